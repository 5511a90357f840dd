//! Running other programs: one line about each, their output only if they fail.

use std::io::IsTerminal;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::clock::Stopwatch;

const SHOWN_LINES: usize = 60;

/// Runs a program quietly and prints a line with what it does and how long it took.
/// Errors: if it cannot be started or ends with a failure; the end of its output is in the error.
pub fn run_program(what: &str, command: &mut Command) -> Result<Output> {
    let watch = Stopwatch::start();
    let bar = spinner(what);
    let output = command.stdin(Stdio::null()).output();
    bar.finish_and_clear();
    let output = require_success(what, output.with_context(|| cannot_start(command))?)?;
    eprintln!("  {what} … {:.1} s", watch.elapsed_secs());
    Ok(output)
}

fn require_success(what: &str, output: Output) -> Result<Output> {
    if !output.status.success() {
        bail!("{what}: failed ({})\n{}", output.status, last_lines(&output));
    }
    Ok(output)
}

/// Programs, each with a text about what it does.
pub type Works = Vec<(String, Command)>;

/// Runs several programs at the same time; the line names those still running, and counts the rest.
pub fn run_together(works: Works) -> Result<()> {
    let watch = Stopwatch::start();
    let count = works.len();
    let mut open: Vec<String> = works.iter().map(|(what, _)| what.clone()).collect();
    let bar = spinner(&progress_line(&open, count));
    let (sender, ended) = channel();
    for (what, mut command) in works {
        let sender = sender.clone();
        std::thread::spawn(move || {
            let output = command.stdin(Stdio::null()).output();
            // The receiver exists until every program has ended.
            let _ = sender.send((what, output.with_context(|| cannot_start(&command))));
        });
    }
    drop(sender);
    let mut failure = None;
    for (what, output) in ended {
        open.retain(|other| *other != what);
        bar.set_message(progress_line(&open, count));
        match output.and_then(|output| require_success(&what, output)) {
            Ok(_) => bar.suspend(|| eprintln!("  {what} … {:.1} s", watch.elapsed_secs())),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    bar.finish_and_clear();
    failure.map_or(Ok(()), Err)
}

fn progress_line(open: &[String], count: usize) -> String {
    format!("{} of {count} done; now {}", count - open.len(), open.join(", "))
}

/// Runs a program on the terminal, so that its questions can be answered.
pub fn run_interactive(what: &str, command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| cannot_start(command))?;
    if status.success() { Ok(()) } else { bail!("{what} failed") }
}

/// The standard output of a program, trimmed.
pub fn captured_output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| cannot_start(command))?;
    if !output.status.success() {
        bail!("{}\n{}", cannot_start(command), last_lines(&output));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a program of this name can be started.
pub fn is_installed(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok()
}

/// A spinner with the text, or a plain line if there is no terminal.
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

fn last_lines(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    let lines: Vec<&str> = text.lines().collect();
    let skipped = lines.len().saturating_sub(SHOWN_LINES);
    lines.get(skipped..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_reported_after_the_others_have_ended() {
        let file = std::env::temp_dir().join(format!("xtask-together-{}", std::process::id()));
        let shell = |what: &str, script: String| {
            let mut command = Command::new("sh");
            command.args(["-c", &script]);
            (what.to_owned(), command)
        };
        let slow = shell("slow", format!("sleep 0.3; touch '{}'", file.display()));
        let works = vec![shell("quick", "echo because >&2; exit 3".to_owned()), slow];
        let text = format!("{:#}", run_together(works).unwrap_err());
        assert!(text.contains("quick: failed") && text.contains("because"), "{text}");
        std::fs::remove_file(&file).unwrap();
        assert_eq!(progress_line(&["a".to_owned(), "b".to_owned()], 3), "1 of 3 done; now a, b");
    }
}
