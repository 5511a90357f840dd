//! The parts of the warmer's `/status` that this tool shows.

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Default, Deserialize)]
pub struct WarmerStatus {
    /// In no particular order: a job is found by its file.
    #[serde(default)]
    pub jobs: Vec<WarmingJobStatus>,
    #[serde(default)]
    pub warnings: Vec<Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WarmingJobStatus {
    pub id: String,
    pub file: String,
    /// importing, planning, warming, done, failed…
    pub state: String,
    pub error: Option<String>,
    pub rows: Rows,
    pub items: Items,
    pub failures: Vec<FailedLibraryRow>,
    /// Failed authors; their rows may be warm all the same.
    pub author_failures: Vec<FailedLibraryRow>,
    /// All failed lines; the status lists only the first ones.
    #[serde(skip)]
    pub failed_lines: Vec<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rows {
    pub total: u64,
    pub valid: u64,
    pub repaired: u64,
    pub title_author: u64,
    pub rejected: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Items {
    pub total: u64,
    pub done: u64,
    pub pending: u64,
    pub deferred: u64,
    pub failed: u64,
    pub not_found: u64,
}

impl Items {
    pub const fn finished(&self) -> u64 {
        self.done + self.failed + self.not_found
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FailedLibraryRow {
    pub line: u64,
    pub reason: String,
    /// The row of the file, or the author's name.
    pub row: String,
}

impl WarmingJobStatus {
    pub fn is_job_over(&self) -> bool {
        matches!(self.state.as_str(), "done" | "failed" | "cancelled" | "superseded")
    }

    pub const fn every_row_is_accounted_for(&self) -> bool {
        let rows = &self.rows;
        rows.total > 0
            && rows.total == rows.valid + rows.repaired + rows.title_author + rows.rejected
    }

    /// The message if the file could not be read.
    pub fn unreadable_file_message(&self) -> Option<String> {
        (self.state == "failed").then(|| {
            let why = self.error.as_deref().unwrap_or("the warmer gives no reason");
            format!(
                "{} cannot be read as a library: {}",
                replace_control_chars(&self.file),
                replace_control_chars(why)
            )
        })
    }
}

/// A text of a file for a terminal: control characters are replaced, so they command nothing.
pub fn replace_control_chars(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_command_the_terminal() {
        assert_eq!(
            replace_control_chars("a\u{1b}[2Jb\n\u{9b}c é"),
            "a\u{fffd}[2Jb\u{fffd}\u{fffd}c é"
        );
    }

    #[test]
    fn an_unreadable_file_is_shown_with_the_reason() {
        let status = r#"{"jobs": [
            {"file": "uploads/a.csv", "state": "failed", "error": "the file is empty"},
            {"file": "uploads/b.csv", "state": "done", "error": null}]}"#;
        let status: WarmerStatus = serde_json::from_str(status).unwrap();
        let reported: Vec<_> =
            status.jobs.iter().map(WarmingJobStatus::unreadable_file_message).collect();
        let expected = "uploads/a.csv cannot be read as a library: the file is empty";
        assert_eq!(reported, [Some(expected.to_owned()), None]);
    }
}
