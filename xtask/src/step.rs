//! Running other programs: one line that says what happens, their output only when they fail.

use std::io::IsTerminal;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::clock::Stopwatch;

/// Lines of a failed program's output that are shown.
const SHOWN_LINES: usize = 60;

/// Runs a program quietly under a line that says what it does and how long it took.
///
/// # Errors
/// When it cannot be started or ends with a failure; the end of its output is in the error.
pub fn run(what: &str, command: &mut Command) -> Result<Output> {
    let watch = Stopwatch::start();
    let bar = spinner(what);
    let output = command.stdin(Stdio::null()).output();
    bar.finish_and_clear();
    let output = output.with_context(|| cannot_start(command))?;
    if !output.status.success() {
        bail!("{what}: failed ({})\n{}", output.status, tail(&output));
    }
    eprintln!("  {what} … {:.1} s", watch.secs());
    Ok(output)
}

/// Runs several programs at the same time under one line.
///
/// # Errors
/// The first failure, as [`run`] tells it.
pub fn run_together(what: &str, commands: Vec<Command>) -> Result<()> {
    let watch = Stopwatch::start();
    let bar = spinner(what);
    let outputs: Vec<_> = std::thread::scope(|scope| {
        let output_of = |mut command: Command| {
            let output = command.stdin(Stdio::null()).output();
            output.with_context(|| cannot_start(&command))
        };
        let running: Vec<_> =
            commands.into_iter().map(|command| scope.spawn(move || output_of(command))).collect();
        running.into_iter().map(|thread| thread.join()).collect()
    });
    bar.finish_and_clear();
    for output in outputs {
        let output = output.map_err(|_| anyhow!("{what}: a thread panicked"))??;
        if !output.status.success() {
            bail!("{what}: failed ({})\n{}", output.status, tail(&output));
        }
    }
    eprintln!("  {what} … {:.1} s", watch.secs());
    Ok(())
}

/// Runs a program that has the terminal to itself, so that its questions can be answered; the
/// answer is whether it succeeded.
///
/// # Errors
/// When it cannot be started.
pub fn show(command: &mut Command) -> Result<bool> {
    let status = command.status().with_context(|| cannot_start(command))?;
    Ok(status.success())
}

/// What a program prints on its standard output, trimmed.
///
/// # Errors
/// When it cannot be started or ends with a failure.
pub fn ask(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| cannot_start(command))?;
    if !output.status.success() {
        bail!("{}\n{}", cannot_start(command), tail(&output));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a program of this name can be started at all.
pub fn exists(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok()
}

/// A spinner with the text, or a plain line where there is no terminal.
pub fn spinner(what: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        eprintln!("  {what} …");
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg} [{elapsed}]") {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn cannot_start(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
    let args: Vec<_> = command.get_args().map(|a| a.to_string_lossy()).collect();
    format!("could not run `{name} {}`", args.join(" "))
}

fn tail(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    let lines: Vec<&str> = text.lines().collect();
    let skipped = lines.len().saturating_sub(SHOWN_LINES);
    lines.get(skipped..).unwrap_or_default().join("\n")
}
