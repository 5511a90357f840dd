//! `cargo xtask test` and `cargo xtask soak`: native, at the JS border, and in workerd.

use std::path::PathBuf;
use std::process::Command;
use std::thread;

use anyhow::{Result, anyhow, bail};

use crate::build;
use crate::build_tools::BuildTools;
use crate::clock::Stopwatch;
use crate::simulate;
use crate::subprocess;
use crate::test_program::{
    TestCounts, TestReport, node_line, parse_test_result, run_and_count, run_beside,
};
use crate::workspace::{BuildProfile, Worker, files_below, project_root, read_text_file};

/// How long the tests run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestRunLength {
    Short,
    /// Soak, many property cases, big imports; the tests read `SOAK=1`.
    Long,
}

/// The seed of every property test in a short run, so that its result is the same on every
/// machine. A long run draws new seeds to find rare inputs.
const SHORT_RUN_SEED: &str = "1";

impl TestRunLength {
    fn set_env_vars(self, command: &mut Command) {
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

/// Runs the tests in their short forms, or the end-to-end files whose names contain `only`.
pub fn test(only: Option<&str>, length: TestRunLength) -> Result<()> {
    let watch = Stopwatch::start();
    // First, so that a wrong name is reported before anything is built.
    let files = e2e_files(only)?;
    let tools = BuildTools::ensure_installed()?;
    let mut report = TestReport::default();
    let mut beside = None;
    if only.is_none() {
        compile_tests_without_workerd(&tools, length)?;
    }
    build::build_workers(&tools, &Worker::TESTED, BuildProfile::Release)?;
    build_emulators()?;
    if only.is_none() {
        let programs = tests_without_workerd(&tools, length)?;
        match length {
            TestRunLength::Short => beside = Some(thread::spawn(|| run_all(programs))),
            TestRunLength::Long => {
                report.add_report(run_all(programs)?);
                heading("the simulation: worlds under seeds");
                report.add_report(run_simulation(&simulate::LONG));
                report.add_report(run_simulation(&simulate::PLANTED));
            }
        }
    }
    heading("end-to-end tests in workerd");
    report.add_report(run_e2e(&tools, files, length)?);
    if let Some(beside) = beside {
        report.add_report(beside.join().map_err(|_| anyhow!("running the other tests panicked"))??);
    }
    let TestReport { tally, failures } = report;
    if !failures.is_empty() {
        heading("failed tests");
        failures.iter().for_each(|line| println!("{line}"));
    }
    println!("\nall tests: {:.0} s", watch.elapsed_secs());
    println!("{} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.skipped);
    if tally.failed > 0 { bail!("{} tests failed", tally.failed) } else { Ok(()) }
}

pub fn build_emulators() -> Result<()> {
    subprocess::run_program("building the provider emulators", &mut emulators_build()).map(drop)
}

pub fn emulators_build() -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(project_root()).args(["build", "--locked", "-p", "emulators"]);
    cargo
}

fn heading(text: &str) {
    println!("\n== {text}");
}

/// A kind of tests, and the program that runs them.
type TestProgram = (&'static str, Command);

/// In a short run these programs run while the end-to-end tests do, which use about half of two
/// processors; the lowest priority keeps the processors free for those.
fn tests_without_workerd(tools: &BuildTools, length: TestRunLength) -> Result<Vec<TestProgram>> {
    let mut native = at_lowest_priority(&native_tests(length));
    let border = at_lowest_priority(&border_tests(tools)?);
    if length == TestRunLength::Long {
        native.args(["--", "--include-ignored"]);
    }
    let mut programs =
        vec![("native tests", native), ("tests at the JS border (wasm32 in Node)", border)];
    if length == TestRunLength::Short {
        let mut worlds = at_lowest_priority(&native_tests(length));
        worlds.args(["--lib", "--", "--ignored", "a_hundred_worlds_break_no_rule"]);
        programs.push(("the simulation: worlds under seeds", worlds));
    }
    Ok(programs)
}

fn compile_tests_without_workerd(tools: &BuildTools, length: TestRunLength) -> Result<()> {
    let mut native = native_tests(length);
    subprocess::run_program("compiling the native tests", native.arg("--no-run"))?;
    let mut border = border_tests(tools)?;
    subprocess::run_program("compiling the tests at the JS border", border.arg("--no-run"))
        .map(drop)
}

fn run_all(programs: Vec<TestProgram>) -> Result<TestReport> {
    let mut report = TestReport::default();
    for (what, mut command) in programs {
        let ran = run_beside(what, &mut command, parse_test_result)?;
        report.add_report(ran.require_a_test(&command));
    }
    Ok(report)
}

fn native_tests(length: TestRunLength) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(project_root()).args(["test", "--locked", "--workspace", "--quiet"]);
    cargo.arg("--no-fail-fast");
    length.set_env_vars(&mut cargo);
    if length == TestRunLength::Long {
        cargo.args(["--profile", "soak"]);
    }
    cargo
}

fn border_tests(tools: &BuildTools) -> Result<Command> {
    let mut cargo = tools.command_with_tools("cargo");
    cargo.args(["test", "--locked", "--target", "wasm32-unknown-unknown", "--no-fail-fast"]);
    cargo.args(wasm_test_args()?);
    Ok(cargo)
}

fn at_lowest_priority(command: &Command) -> Command {
    let mut nice = Command::new("nice");
    nice.args(["-n", "19"]).arg(command.get_program()).args(command.get_args());
    if let Some(dir) = command.get_current_dir() {
        nice.current_dir(dir);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => nice.env(name, value),
            None => nice.env_remove(name),
        };
    }
    nice
}

/// All worlds count as one test.
fn run_simulation(args: &[&str]) -> TestReport {
    let failure = simulate::simulate_with_args(args).err().map(|error| error.to_string());
    let failed = u64::from(failure.is_some());
    let tally = TestCounts { passed: 1 - failed, failed, skipped: 0 };
    TestReport { tally, failures: failure.into_iter().collect() }
}

/// cargo's arguments for the tests for wasm only.
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

/// The integration tests of a crate for wasm. Its other tests, its examples and its unit tests
/// need native code.
fn wasm_tests(dir: &str) -> Result<Vec<String>> {
    let dir = project_root().join(dir).join("tests");
    let files = if dir.is_dir() { files_below(&dir, &|_| false)? } else { Vec::new() };
    let mut found = Vec::new();
    for path in files {
        let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        if path.extension().is_some_and(|extension| extension == "rs")
            && read_text_file(&path)?.contains("wasm_bindgen_test")
        {
            found.push(name.to_owned());
        }
    }
    Ok(found)
}

fn run_e2e(tools: &BuildTools, files: Vec<PathBuf>, length: TestRunLength) -> Result<TestReport> {
    let mut node = tools.command_with_tools("node");
    node.arg("--test")
        .arg("--test-reporter=spec")
        // Each file runs its own workerd and emulators; with a third one, tests of the pace fail.
        .arg("--test-concurrency=2")
        .arg(format!("--test-timeout={}", length.e2e_timeout_ms()))
        .args(files);
    length.set_env_vars(&mut node);
    run_and_count(&mut node, node_line)
}

/// The end-to-end tests, of which `only` may name a folder, a file or a part of either.
fn e2e_files(only: Option<&str>) -> Result<Vec<PathBuf>> {
    let dir = project_root().join("e2e");
    let mut files = files_below(&dir, &|_| true)?;
    files.retain(|path| {
        let name = path.strip_prefix(&dir).unwrap_or(path).to_string_lossy();
        name.ends_with(".test.mjs") && only.is_none_or(|part| name.contains(part))
    });
    if files.is_empty() {
        bail!("no file *.test.mjs below e2e has `{}` in its path", only.unwrap_or_default());
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        // Without this test, code for wasm alone could have no test at all.
        assert_eq!(wasm_tests("shared/workerd").unwrap(), ["js_bindings"]);
        assert_eq!(wasm_tests("xtask").unwrap(), Vec::<String>::new());
    }
}
