//! Test programs: how they are run, and how their output is counted.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TestCounts {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl TestCounts {
    const fn add_counts(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct TestReport {
    pub tally: TestCounts,
    /// The lines about failed tests. They are printed again after the last test, because
    /// a log of continuous integration is often cut to its end.
    pub failures: Vec<String>,
}

impl TestReport {
    pub fn add_report(&mut self, other: Self) {
        self.tally.add_counts(other.tally);
        self.failures.extend(other.failures);
    }

    /// Counts how the program ended.
    fn record_exit(&mut self, command: &Command, status: ExitStatus) {
        if status.success() || self.tally.failed > 0 {
            return;
        }
        // A compilation failed, or a test program crashed.
        self.record_failed_test(
            command,
            &format!("ended with {status}, and no test failed: read its output above"),
        );
    }

    /// A run that names a test fails if no test has that name.
    pub fn require_a_test(mut self, command: &Command) -> Self {
        if self.tally.passed + self.tally.failed == 0 {
            self.record_failed_test(command, "ran no test");
        }
        self
    }

    fn record_failed_test(&mut self, command: &Command, why: &str) {
        self.tally.failed += 1;
        let (program, args) = (command.get_program(), command.get_args().collect::<Vec<_>>());
        let args = args.join(OsStr::new(" "));
        self.failures.push(format!("{} {} {why}", program.display(), args.display()));
    }
}

/// Runs a test program, prints its output, counts its tests, and keeps the lines about failures.
pub fn run_and_count(command: &mut Command, read: fn(&str) -> TestCounts) -> Result<TestReport> {
    run_test_program(command, read, |line| println!("{line}"))
}

/// As [`run_and_count`], for a program beside another one: its output is printed in one piece.
pub fn run_beside(
    what: &str,
    command: &mut Command,
    read: fn(&str) -> TestCounts,
) -> Result<TestReport> {
    let mut output = format!("\n== {what}\n");
    let report = run_test_program(command, read, |line| {
        output.push_str(line);
        output.push('\n');
    });
    println!("{output}");
    report
}

fn run_test_program(
    command: &mut Command,
    read: fn(&str) -> TestCounts,
    mut print: impl FnMut(&str),
) -> Result<TestReport> {
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().context("cannot run tests")?;
    let mut report = TestReport::default();
    let mut in_failures = false;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            print(&line);
            report.tally.add_counts(read(&line));
            in_failures =
                (in_failures || starts_failures(&line)) && !line.starts_with("test result:");
            if in_failures && report.failures.len() < MAX_FAILURE_LINES {
                report.failures.push(line);
            }
        }
    }
    report.record_exit(command, child.wait()?);
    Ok(report)
}

/// Enough for the messages of some tens of failed tests.
const MAX_FAILURE_LINES: usize = 400;

/// The heading above the failures of a cargo test program and of Node's runner.
fn starts_failures(line: &str) -> bool {
    line == "failures:" || line.starts_with("\u{2716} failing tests:")
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; …`
pub fn parse_test_result(line: &str) -> TestCounts {
    let Some(rest) = line.trim().strip_prefix("test result: ") else {
        return TestCounts::default();
    };
    let number = |word: &str| {
        let before = rest.split(word).next().filter(|before| before.len() < rest.len());
        before.and_then(|b| b.trim().rsplit(' ').next()?.parse().ok()).unwrap_or(0)
    };
    TestCounts { passed: number(" passed"), failed: number(" failed"), skipped: number(" ignored") }
}

/// `ℹ pass 3`, `ℹ fail 0`, `ℹ cancelled 0`, `ℹ skipped 1`
pub fn node_line(line: &str) -> TestCounts {
    let mut tally = TestCounts::default();
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
        let tally = |passed, failed, skipped| TestCounts { passed, failed, skipped };
        let line =
            "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out";
        assert_eq!(parse_test_result(line), tally(12, 3, 1));
        assert_eq!(parse_test_result("test a ... ok"), tally(0, 0, 0));
        assert_eq!(node_line("ℹ pass 7"), tally(7, 0, 0));
        assert_eq!(node_line("ℹ fail 2"), tally(0, 2, 0));
        assert_eq!(node_line("ℹ skipped 1"), tally(0, 0, 1));
        assert_eq!(node_line("ℹ duration_ms 12.5"), tally(0, 0, 0));
        assert_eq!(node_line("✔ pass 7 (3ms)"), tally(0, 0, 0));
    }

    #[test]
    fn a_crashed_program_counts_as_a_failed_test() {
        let run = |script: &str| {
            run_and_count(Command::new("sh").args(["-c", script]), parse_test_result).unwrap().tally
        };
        let tally = |passed, failed, skipped| TestCounts { passed, failed, skipped };
        let two = "echo 'test result: ok. 12 passed; 0 failed; 1 ignored'; \
                   echo 'test result: FAILED. 3 passed; 2 failed; 4 ignored'";
        assert_eq!(run(&format!("{two}; exit 101")), tally(15, 2, 5));
        assert_eq!(run("echo 'test result: ok. 3 passed; 0 failed; 0 ignored'"), tally(3, 0, 0));
        let crashed = "echo 'test result: ok. 3 passed; 0 failed; 0 ignored'; exit 1";
        assert_eq!(run(crashed), tally(3, 1, 0), "one of several programs crashed");
        let mut all = tally(1, 2, 3);
        all.add_counts(tally(10, 20, 30));
        assert_eq!(all, tally(11, 22, 33));
        assert!(run_and_count(&mut Command::new("/no/such/program"), parse_test_result).is_err());
    }

    #[test]
    fn the_lines_about_failures_are_kept() {
        let run = |script: &str| {
            run_and_count(Command::new("sh").args(["-c", script]), parse_test_result)
                .unwrap()
                .failures
        };
        let failed = "printf 'running 1 test\nfailures:\n\n---- a::b stdout ----\nleft: 1\n\
                      test result: FAILED. 0 passed; 1 failed; 0 ignored\nlater\n'; exit 101";
        assert_eq!(run(failed), ["failures:", "", "---- a::b stdout ----", "left: 1"]);
        assert!(run("echo 'test result: ok. 3 passed; 0 failed; 0 ignored'").is_empty());
        assert_eq!(run("exit 101").len(), 1, "a crash is named");
        let named = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            run_and_count(&mut command, parse_test_result).unwrap().require_a_test(&command)
        };
        let none = named("echo 'test result: ok. 0 passed; 0 failed; 0 ignored'");
        assert_eq!((none.tally.failed, none.failures.len()), (1, 1), "{none:?}");
        let one = named("echo 'test result: ok. 1 passed; 0 failed; 0 ignored'");
        assert_eq!((one.tally.failed, one.failures.len()), (0, 0));
        assert!(starts_failures("✖ failing tests:") && !starts_failures("✖ one test (3ms)"));
    }
}
