//! `cargo xtask test` and `cargo xtask soak`: native, at the JS border, and in workerd.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

use crate::build;
use crate::clock::Stopwatch;
use crate::project::{Form, Worker, root};
use crate::simulate;
use crate::step;
use crate::tools::Tools;

/// How long and how hard the tests try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    Short,
    /// Soak, many property cases, big imports; `SOAK=1` tells the tests.
    Long,
}

/// The seed of every property test in a short run, which so gives the same result on every
/// machine. A long run draws new seeds: that is where rare inputs are looked for.
const SHORT_RUN_SEED: &str = "1";

impl Length {
    fn apply(self, command: &mut Command) {
        match self {
            Self::Short => command.env("PROPTEST_RNG_SEED", SHORT_RUN_SEED),
            Self::Long => command.env("SOAK", "1").env("PROPTEST_CASES", "4096"),
        };
    }

    /// Milliseconds that one end-to-end test may take.
    const fn e2e_timeout_ms(self) -> u64 {
        match self {
            Self::Short => 300_000,
            Self::Long => 3 * 3_600_000,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Tally {
    const fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Report {
    tally: Tally,
    /// The lines that describe failed tests. They are printed again after the last test, because
    /// a log of continuous integration is often cut to its end.
    failures: Vec<String>,
}

impl Report {
    fn add(&mut self, other: Self) {
        self.tally.add(other.tally);
        self.failures.extend(other.failures);
    }

    /// Notes how the program ended.
    fn end(&mut self, command: &Command, status: ExitStatus) {
        if status.success() || self.tally.failed > 0 {
            return;
        }
        // It did not compile, or a test program crashed.
        self.tally.failed = 1;
        let (program, args) = (command.get_program(), command.get_args().collect::<Vec<_>>());
        self.failures.push(format!(
            "{} {} ended with {status}, and no test failed: read its output above",
            program.display(),
            args.join(OsStr::new(" ")).display()
        ));
    }
}

/// Runs every test, or the end-to-end files whose names contain `only`.
pub fn test(only: Option<&str>, length: Length) -> Result<()> {
    let watch = Stopwatch::start();
    // First of all: a wrong name is said before anything is built.
    let files = e2e_files(only)?;
    let tools = Tools::ensure()?;
    let mut report = Report::default();
    if only.is_none() {
        heading("native tests");
        report.add(run_native(length)?);
        if length == Length::Long {
            heading("the simulation: worlds under seeds");
            report.add(run_simulation(&simulate::LONG));
            report.add(run_simulation(&simulate::PLANTED));
        }
        heading("tests at the JS border (wasm32 in Node)");
        report.add(run_wasm(&tools)?);
    }
    heading("end-to-end tests in workerd");
    build::build(&tools, &Worker::TESTED, Form::Release)?;
    build_emulators()?;
    let worlds = match (only, length) {
        (None, Length::Short) => Some(start_worlds()?),
        _ => None,
    };
    report.add(run_e2e(&tools, files, length)?);
    if let Some(worlds) = worlds {
        heading("the simulation: worlds under seeds");
        report.add(follow(worlds, &worlds_command(), cargo_line)?);
    }
    let Report { tally, failures } = report;
    if !failures.is_empty() {
        heading("failed tests");
        failures.iter().for_each(|line| println!("{line}"));
    }
    println!("\nall tests: {:.0} s", watch.secs());
    println!("{} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.skipped);
    if tally.failed > 0 { bail!("{} tests failed", tally.failed) } else { Ok(()) }
}

pub fn build_emulators() -> Result<()> {
    step::run("building the provider emulators", &mut emulators_build()).map(drop)
}

pub fn emulators_build() -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root()).args(["build", "--locked", "-p", "emulators"]);
    cargo
}

fn heading(text: &str) {
    println!("\n== {text}");
}

fn run_native(length: Length) -> Result<Report> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root()).args([
        "test",
        "--locked",
        "--workspace",
        "--no-fail-fast",
        "--quiet",
    ]);
    length.apply(&mut cargo);
    if length == Length::Long {
        cargo.args(["--profile", "soak", "--", "--include-ignored"]);
    }
    count(&mut cargo, cargo_line)
}

/// The simulation's test of a hundred worlds, compiled as [`run_native`] has compiled it. It yields
/// to the end-to-end tests, which leave about half of two processors idle.
fn worlds_command() -> Command {
    let mut nice = Command::new("nice");
    nice.current_dir(root()).args(["-n", "19", "cargo", "test", "--locked", "--workspace"]);
    nice.args(["--quiet", "--lib", "--", "--ignored", "a_hundred_worlds_break_no_rule"]);
    nice
}

/// Its lines wait in the pipe: they are few.
fn start_worlds() -> Result<Child> {
    start(&mut worlds_command())
}

/// All worlds are one test.
fn run_simulation(args: &[&str]) -> Report {
    let failure = simulate::simulate(args).err().map(|error| error.to_string());
    let failed = u64::from(failure.is_some());
    let tally = Tally { passed: 1 - failed, failed, skipped: 0 };
    Report { tally, failures: failure.into_iter().collect() }
}

fn run_wasm(tools: &Tools) -> Result<Report> {
    let mut cargo = tools.command("cargo");
    cargo.args(["test", "--locked", "--target", "wasm32-unknown-unknown", "--no-fail-fast"]);
    cargo.args(wasm_test_args()?);
    count(&mut cargo, cargo_line)
}

/// cargo's arguments for the tests that are written for wasm, and for nothing else.
pub fn wasm_test_args() -> Result<Vec<String>> {
    let mut args = Vec::new();
    for (name, dir) in [("workerd", "shared/workerd"), ("warmer-core", "cache-warmer/core")] {
        let tests = wasm_tests(dir)?;
        if !tests.is_empty() {
            args.extend(["-p".to_owned(), name.to_owned()]);
        }
        for test in tests {
            args.extend(["--test".to_owned(), test]);
        }
    }
    Ok(args)
}

/// The integration tests of a crate that are written for wasm. The others, the examples and the
/// unit tests use what runs natively only.
fn wasm_tests(dir: &str) -> Result<Vec<String>> {
    let dir = root().join(dir).join("tests");
    let mut found = Vec::new();
    if !dir.is_dir() {
        return Ok(found);
    }
    for entry in
        std::fs::read_dir(&dir).with_context(|| format!("cannot list {}", dir.display()))?
    {
        let path = entry?.path();
        let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            if text.contains("wasm_bindgen_test") {
                found.push(name.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn run_e2e(tools: &Tools, files: Vec<PathBuf>, length: Length) -> Result<Report> {
    let mut node = tools.command("node");
    node.arg("--test")
        .arg("--test-reporter=spec")
        // Each file runs a workerd and the emulators of its own; two keep two cores busy.
        .arg("--test-concurrency=2")
        .arg(format!("--test-timeout={}", length.e2e_timeout_ms()))
        .args(files);
    length.apply(&mut node);
    count(&mut node, node_line)
}

/// The end-to-end tests, of which `only` may name a folder, a file or a part of either.
fn e2e_files(only: Option<&str>) -> Result<Vec<PathBuf>> {
    let dir = root().join("e2e");
    let mut files = Vec::new();
    list_tests(&dir, &mut files)?;
    files.retain(|path| {
        let name = path.strip_prefix(&dir).unwrap_or(path).to_string_lossy();
        only.is_none_or(|part| name.contains(part))
    });
    if files.is_empty() {
        bail!("no file *.test.mjs below e2e has `{}` in its path", only.unwrap_or_default());
    }
    files.sort();
    Ok(files)
}

fn list_tests(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            list_tests(&path, files)?;
        } else if path.to_string_lossy().ends_with(".test.mjs") {
            files.push(path);
        }
    }
    Ok(())
}

/// Runs a test program, shows what it prints, counts, and keeps what it says of failures.
fn count(command: &mut Command, read: fn(&str) -> Tally) -> Result<Report> {
    follow(start(command)?, command, read)
}

fn start(command: &mut Command) -> Result<Child> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cannot run tests")
}

/// Reads a test program that was started, to its end.
fn follow(mut child: Child, command: &Command, read: fn(&str) -> Tally) -> Result<Report> {
    let mut report = Report::default();
    let mut in_failures = false;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            println!("{line}");
            report.tally.add(read(&line));
            in_failures =
                (in_failures || starts_failures(&line)) && !line.starts_with("test result:");
            if in_failures && report.failures.len() < MAX_FAILURE_LINES {
                report.failures.push(line);
            }
        }
    }
    report.end(command, child.wait()?);
    Ok(report)
}

/// Enough for the messages of some tens of failed tests.
const MAX_FAILURE_LINES: usize = 400;

/// The heading above the failures of a cargo test program and of Node's runner.
fn starts_failures(line: &str) -> bool {
    line == "failures:" || line.starts_with("\u{2716} failing tests:")
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; …`
fn cargo_line(line: &str) -> Tally {
    let Some(rest) = line.trim().strip_prefix("test result: ") else { return Tally::default() };
    let number = |word: &str| {
        let before = rest.split(word).next().filter(|before| before.len() < rest.len());
        before.and_then(|b| b.trim().rsplit(' ').next()?.parse().ok()).unwrap_or(0)
    };
    Tally { passed: number(" passed"), failed: number(" failed"), skipped: number(" ignored") }
}

/// `ℹ pass 3`, `ℹ fail 0`, `ℹ cancelled 0`, `ℹ skipped 1`
fn node_line(line: &str) -> Tally {
    let mut tally = Tally::default();
    let words: Vec<&str> = line.split_whitespace().collect();
    if let ["ℹ", what, number] = words.as_slice() {
        let number = number.parse().unwrap_or(0);
        match *what {
            "pass" => tally.passed = number,
            "fail" | "cancelled" => tally.failed = number,
            "skipped" | "todo" => tally.skipped = number,
            _ => {}
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tally_of_each_test_program_is_read() {
        let tally = |passed, failed, skipped| Tally { passed, failed, skipped };
        let line =
            "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out";
        assert_eq!(cargo_line(line), tally(12, 3, 1));
        assert_eq!(cargo_line("test a ... ok"), tally(0, 0, 0));
        assert_eq!(node_line("ℹ pass 7"), tally(7, 0, 0));
        assert_eq!(node_line("ℹ fail 2"), tally(0, 2, 0));
        assert_eq!(node_line("ℹ skipped 1"), tally(0, 0, 1));
        assert_eq!(node_line("ℹ duration_ms 12.5"), tally(0, 0, 0));
        assert_eq!(node_line("✔ pass 7 (3ms)"), tally(0, 0, 0));
    }

    #[test]
    fn a_test_program_counts_by_its_lines_and_by_how_it_ends() {
        let run = |script: &str| {
            count(Command::new("sh").args(["-c", script]), cargo_line).unwrap().tally
        };
        let tally = |passed, failed, skipped| Tally { passed, failed, skipped };
        let two = "echo 'test result: ok. 12 passed; 0 failed; 1 ignored'; \
                   echo 'test result: FAILED. 3 passed; 2 failed; 4 ignored'";
        assert_eq!(run(&format!("{two}; exit 101")), tally(15, 2, 5));
        assert_eq!(run("echo 'test result: ok. 3 passed; 0 failed; 0 ignored'"), tally(3, 0, 0));
        let crashed = "echo 'test result: ok. 3 passed; 0 failed; 0 ignored'; exit 1";
        assert_eq!(run(crashed), tally(3, 1, 0), "a program of several crashed");
        let mut all = tally(1, 2, 3);
        all.add(tally(10, 20, 30));
        assert_eq!(all, tally(11, 22, 33));
        assert!(count(&mut Command::new("/no/such/program"), cargo_line).is_err());
    }

    #[test]
    fn what_failed_is_kept_for_the_end() {
        let run = |script: &str| {
            count(Command::new("sh").args(["-c", script]), cargo_line).unwrap().failures
        };
        let failed = "printf 'running 1 test\nfailures:\n\n---- a::b stdout ----\nleft: 1\n\
                      test result: FAILED. 0 passed; 1 failed; 0 ignored\nlater\n'; exit 101";
        assert_eq!(run(failed), ["failures:", "", "---- a::b stdout ----", "left: 1"]);
        assert!(run("echo 'test result: ok. 3 passed; 0 failed; 0 ignored'").is_empty());
        assert_eq!(run("exit 101").len(), 1, "a crash is named");
        assert!(starts_failures("✖ failing tests:") && !starts_failures("✖ one test (3ms)"));
    }

    #[test]
    fn the_tests_of_each_kind_are_found() {
        let names = |only| -> Vec<String> {
            let files = e2e_files(only).unwrap();
            files.iter().map(|f| f.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(names(Some("isbndb/pace")), ["pace.test.mjs"]);
        assert!(names(Some("warmer/")).len() > 5);
        let all = names(None);
        assert!(all.len() > 15 && all.iter().all(|name| name.ends_with(".test.mjs")), "{all:?}");
        assert!(e2e_files(Some("no such name")).is_err());
        // Without this, code written for wasm only would run in no test.
        assert_eq!(wasm_tests("shared/workerd").unwrap(), ["js_bindings"]);
        assert_eq!(wasm_tests("xtask").unwrap(), Vec::<String>::new());
    }
}
