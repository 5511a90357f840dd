//! The page of promises: each row names code and tests, which have to exist.

use std::fs;

use anyhow::{Context, Result, bail, ensure};

use crate::workspace::project_root;

const PROMISES_FILE: &str = "docs/PROMISES.md";

/// Reads the page and every file that it names.
/// Errors: with one sentence for each file or test that does not exist and each promise without a
/// test.
pub fn check_promises() -> Result<()> {
    let read = |path: &str| fs::read_to_string(project_root().join(path)).ok();
    let page = read(PROMISES_FILE).with_context(|| format!("cannot read {PROMISES_FILE}"))?;
    let rows: Vec<&str> = page.lines().filter(|line| number_of(line).is_some()).collect();
    ensure!(!rows.is_empty(), "{PROMISES_FILE} holds no promise");
    let broken: Vec<String> =
        rows.into_iter().flat_map(|row| promise_row_problems(row, &read)).collect();
    if broken.is_empty() { Ok(()) } else { bail!("{}", broken.join("\n")) }
}

/// The number of a promise, in the first cell of its row.
fn number_of(row: &str) -> Option<u32> {
    row.strip_prefix('|')?.split('|').next()?.trim().parse().ok()
}

/// The errors of one row: its last cell names files with their tests, the cell before it files.
fn promise_row_problems(row: &str, read: &impl Fn(&str) -> Option<String>) -> Vec<String> {
    let number = number_of(row).unwrap_or_default();
    let mut cells = row.trim().trim_end_matches('|').rsplit('|');
    let (tests, code) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
    let missing = |path: &str| format!("{PROMISES_FILE}, promise {number}: {path} does not exist");
    let files = code_spans(code).filter(|path| read(path).is_none());
    let mut broken: Vec<String> = files.map(missing).collect();
    let (mut file, mut source, mut found) = ("", String::new(), 0);
    for name in code_spans(tests) {
        if name.contains('/') {
            file = name;
            source = read(name).unwrap_or_default();
            if source.is_empty() {
                broken.push(missing(name));
            }
        } else if source.contains(&format!("fn {name}(")) || source.contains(&format!("\"{name}\""))
        {
            found += 1;
        } else {
            broken.push(format!("{PROMISES_FILE}, promise {number}: {file} has no test `{name}`"));
        }
    }
    if found == 0 {
        broken.push(format!("{PROMISES_FILE}, promise {number}: it names no test"));
    }
    broken
}

fn code_spans(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems_in_row(row: &str) -> Vec<String> {
        let read = |path: &str| {
            let rust = "#[test]\nfn a_test() {\n".to_owned();
            let script = "test(\"a test\", () => {});".to_owned();
            [("a/b.rs", rust), ("c/d.mjs", script)].into_iter().find(|(p, _)| *p == path)
        };
        promise_row_problems(row, &|path| read(path).map(|(_, text)| text))
    }

    #[test]
    fn a_row_names_files_and_tests_that_exist() {
        let sound = "| 3 | text | `a/b.rs` | `a/b.rs`: `a_test`; `c/d.mjs`: `a test` |";
        assert_eq!(problems_in_row(sound), [""; 0]);
        for (row, expected) in [
            ("| 3 | text | `a/x.rs` | `a/b.rs`: `a_test` |", "a/x.rs does not exist"),
            ("| 3 | text | `a/b.rs` | `a/b.rs`: `a_test`, `no_test` |", "has no test `no_test`"),
            ("| 3 | text | `a/b.rs` | `a/b.rs`: `a_test`; `a/x.rs` |", "a/x.rs does not exist"),
            ("| 3 | text | `a/b.rs` | `a/b.rs` |", "it names no test"),
            ("| 3 | text | `a/b.rs` | |", "it names no test"),
        ] {
            let found = problems_in_row(row);
            assert_eq!(found.len(), 1, "{row}: {found:?}");
            assert!(
                found[0].starts_with(PROMISES_FILE) && found[0].ends_with(expected),
                "{found:?}"
            );
        }
    }

    #[test]
    fn the_page_holds_its_promises() {
        let page = fs::read_to_string(project_root().join(PROMISES_FILE)).unwrap();
        let numbers: Vec<u32> = page.lines().filter_map(number_of).collect();
        assert_eq!(numbers, (1..=14).collect::<Vec<_>>());
        check_promises().unwrap();
    }
}
