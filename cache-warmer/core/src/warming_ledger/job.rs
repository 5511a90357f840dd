//! A job: a library file that is warmed.

use bibliography::text_normalization::truncate_text;
use runtime::lenient;
use serde::{Deserialize, Serialize};

use super::job_progress::{
    CacheScanProgress, Coverage, FailedLibraryRow, ItemCounts, Lease, RowCounts, Spent,
    WarmingSpeed,
};
use super::learned_batch_sizes::LearnedBatchSizes;
use super::warming_item::{RejectedRow, WarmTarget, WarmingItem};
use crate::import::{ImportCheckpoint, LibraryFileFormat, TextEncoding};

/// Failures that `/status` lists; `failures.csv` has all.
pub(crate) const MAX_FAILURES_LISTED: usize = 20;

const MAX_ROW_SHOWN_BYTES: usize = 500;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum JobState {
    #[default]
    Importing,
    /// Scanning the cache for warm items, which spends no quota.
    Planning,
    /// Planned by a dry run: waits for `POST /warm`, resume or retry.
    Planned,
    Warming,
    /// Every item is warm or has failed for a named reason.
    Done,
    /// Its file could not be read, or none of its rows can be used.
    Failed,
    Cancelled,
    /// Replaced by a newer version of its file.
    Superseded,
}

impl JobState {
    pub(crate) fn has_open_work(&self) -> bool {
        matches!(self, Self::Importing | Self::Planning | Self::Warming)
    }

    /// True if only a command, a new file or the daily verification changes the state.
    pub(crate) fn is_job_over(&self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled | Self::Superseded)
    }
}

const MAX_COVERAGE: usize = 60;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LibraryWarmingJob {
    pub(crate) number: u32,
    pub(crate) id: String,
    pub(crate) file: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) etag: String,
    pub(crate) size_bytes: u64,
    pub(crate) state: JobState,
    pub(crate) paused: bool,
    /// The job stops after planning.
    pub(crate) dry_run: bool,
    pub(crate) error: Option<String>,
    #[serde(deserialize_with = "lenient::default_if_unreadable")]
    pub(crate) format: Option<LibraryFileFormat>,
    /// The encoding that the operator named for the file; without it, detected from the bytes.
    pub(crate) encoding: Option<TextEncoding>,
    /// The state of the importer, with the header. The import starts again if it cannot be read.
    #[serde(deserialize_with = "lenient::default_if_unreadable")]
    pub(crate) import: Option<ImportCheckpoint>,
    /// R2 did not answer: the file is not read before this time.
    pub(crate) read_retry_ms: u64,
    pub(crate) read_failures: u32,
    pub(crate) read_bytes: u64,
    pub(crate) rows: RowCounts,
    pub(crate) items: ItemCounts,
    pub(crate) authors: u64,
    pub(crate) lease: Option<Lease>,
    /// Item keys of ISBNs that are in the ISBNdb Worker's cache, but not yet sent to the proxy.
    pub(crate) fetched: Vec<String>,
    pub(crate) cache_scan: Option<CacheScanProgress>,
    pub(crate) batch_sizes: LearnedBatchSizes,
    pub(crate) coverage: Vec<Coverage>,
    pub(crate) failures: Vec<FailedLibraryRow>,
    /// The first failed authors: an author has no row, so its name is shown instead.
    pub(crate) author_failures: Vec<FailedLibraryRow>,
    pub(crate) pace: WarmingSpeed,
    pub(crate) spent: Spent,
    pub(crate) created_ms: u64,
    pub(crate) changed_ms: u64,
    pub(crate) published_ms: u64,
    /// True if a change of state is not published yet.
    pub(crate) unpublished: bool,
    pub(crate) progressed_ms: u64,
    /// The last write failed: nothing is published before this time.
    pub(crate) publish_retry_ms: u64,
    pub(crate) publish_failures: u32,
}

impl LibraryWarmingJob {
    pub(crate) fn new(number: u32, file: &str, etag: &str, size_bytes: u64, now_ms: u64) -> Self {
        Self {
            number,
            id: format!("{}-{number}", file_slug(file)),
            file: file.to_owned(),
            etag: etag.to_owned(),
            size_bytes,
            created_ms: now_ms,
            changed_ms: now_ms,
            unpublished: true,
            ..Self::default()
        }
    }

    /// Enters a state: the lease ends, and the change is to be published.
    pub(crate) fn set_state(&mut self, state: JobState, now_ms: u64) {
        self.state = state;
        // A job that is over cannot be resumed, so its results do not show it as paused.
        self.paused &= !self.state.is_job_over();
        self.lease = None;
        self.changed_ms = now_ms;
        self.unpublished = true;
    }

    /// The state of the importer; at first the start of the file.
    pub(crate) fn state_of_import(&self) -> ImportCheckpoint {
        self.import.clone().unwrap_or_else(|| ImportCheckpoint::new(self.encoding))
    }

    /// Stores the new state of the importer.
    pub(crate) fn take_import(&mut self, state: ImportCheckpoint) {
        self.rows = RowCounts {
            total: state.counts.total_rows(),
            valid: state.counts.valid,
            repaired: state.counts.repaired,
            title_author: state.counts.title_author,
            rejected: state.counts.rejected,
        };
        self.read_bytes = state.offset;
        self.format = state.layout.as_ref().map(|layout| layout.format);
        self.import = Some(state);
    }

    /// Lists the rows of a failed item, or the name of a failed author.
    pub(crate) fn list_failure(&mut self, item: &WarmingItem, reason: &str) {
        for row in &item.rows {
            add_failure_line(&mut self.failures, &item.key, row.line, reason, &row.raw);
        }
        if let WarmTarget::Author { name, .. } = &item.target {
            add_failure_line(&mut self.author_failures, &item.key, 0, reason, name);
        }
    }

    pub(crate) fn list_rejected(&mut self, rejected: &RejectedRow) {
        let (line, reason) = (rejected.line, &rejected.reason);
        add_failure_line(&mut self.failures, &rejected.ledger_key(), line, reason, &rejected.raw);
    }

    /// Removes the rows of an item that is retried or was found from the list of failures.
    pub(crate) fn unlist(&mut self, item: &WarmingItem) {
        for list in [&mut self.failures, &mut self.author_failures] {
            list.retain(|failure| failure.item != item.key);
        }
    }

    pub(crate) fn add_coverage(&mut self, coverage: Coverage) {
        self.coverage.push(coverage);
        let surplus = self.coverage.len().saturating_sub(MAX_COVERAGE);
        self.coverage.drain(..surplus);
    }
}

fn add_failure_line(
    list: &mut Vec<FailedLibraryRow>,
    item: &str,
    line: u64,
    reason: &str,
    row: &str,
) {
    let same = |failure: &&mut FailedLibraryRow| failure.line == line && failure.item == item;
    if let Some(known) = list.iter_mut().find(same) {
        reason.clone_into(&mut known.reason);
    } else if list.len() < MAX_FAILURES_LISTED {
        let row = truncate_text(row, MAX_ROW_SHOWN_BYTES).to_owned();
        let (reason, item) = (reason.to_owned(), item.to_owned());
        list.push(FailedLibraryRow { line, reason, row, item });
    }
}

/// A file's name in a form for URLs.
fn file_slug(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or_default();
    let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    let slug = truncate_text(&slug, 40).trim_end_matches('-');
    if slug.is_empty() { "library".to_owned() } else { slug.to_owned() }
}
