//! A library on its way into the cache.

use serde::{Deserialize, Serialize};

use super::item::{Item, Rejected, Stage, State, What};
use crate::import::{Format, ImportState};
use crate::plan::Workload;

/// Failures that the status lists; all of them stand in `failures.csv`.
pub(crate) const MAX_FAILURES_LISTED: usize = 20;

/// Bytes of a row that the status shows.
const MAX_ROW_SHOWN_BYTES: usize = 500;

/// What a job is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum JobState {
    /// Reading its file.
    Importing,
    /// Asking the cache what is warm already, which spends nothing.
    Planning,
    /// Planned by a dry run: waits for a word.
    Planned,
    /// Warming.
    Warming,
    /// Every row is accounted for.
    Done,
    /// Its file could not be read.
    Failed,
    /// Stopped for good.
    Cancelled,
    /// A newer version of its file took over.
    Superseded,
}

impl JobState {
    /// True where nothing will happen any more without a word from outside.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled | Self::Superseded)
    }
}

/// What became of the file's rows at the import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RowCounts {
    /// Data rows read.
    pub(crate) total: u64,
    /// With a valid number.
    pub(crate) valid: u64,
    /// With a repaired number, to be confirmed.
    pub(crate) repaired: u64,
    /// With title and author only.
    pub(crate) title_author: u64,
    /// Unusable, each with its reason.
    pub(crate) rejected: u64,
}

/// What became of the items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ItemCounts {
    /// Authors and books together.
    pub(crate) total: u64,
    /// Seen in the cache.
    pub(crate) done: u64,
    /// To be done now.
    pub(crate) pending: u64,
    /// To be done later, for a reason.
    pub(crate) deferred: u64,
    /// Given up.
    pub(crate) failed: u64,
    /// Confirmed absent.
    pub(crate) not_found: u64,
    /// What is still to be asked for, in the plan's terms.
    pub(crate) to_do: Workload,
    /// The library as a whole, in the same terms.
    pub(crate) whole: Workload,
}

impl ItemCounts {
    fn slot(&mut self, state: &State) -> &mut u64 {
        match state {
            State::Pending => &mut self.pending,
            State::Deferred { .. } => &mut self.deferred,
            State::Done { .. } => &mut self.done,
            State::NotFound { .. } => &mut self.not_found,
            State::Failed { .. } => &mut self.failed,
        }
    }

    /// Counts an item that is new or changed.
    pub(crate) fn moved(&mut self, from: Option<&Item>, to: &Item) {
        if let Some(from) = from {
            let slot = self.slot(&from.state);
            *slot = slot.saturating_sub(1);
            let slot = work_slot(&mut self.whole, from);
            *slot = slot.saturating_sub(1);
            if from.state.is_open() {
                let slot = work_slot(&mut self.to_do, from);
                *slot = slot.saturating_sub(1);
            }
        } else {
            self.total += 1;
        }
        *self.slot(&to.state) += 1;
        *work_slot(&mut self.whole, to) += 1;
        if to.state.is_open() {
            *work_slot(&mut self.to_do, to) += 1;
        }
    }

    /// Items with something left to do.
    pub(crate) fn open(&self) -> u64 {
        self.pending + self.deferred
    }
}

/// Where the plan counts an item.
fn work_slot<'a>(work: &'a mut Workload, item: &Item) -> &'a mut u64 {
    let What::Book { isbn, confirm, author, .. } = &item.what else { return &mut work.authors };
    let along = author.is_some() && !confirm;
    match (isbn.is_some() && item.stage != Stage::Title, along) {
        (true, true) => &mut work.isbns_with_author,
        (true, false) => &mut work.isbns_alone,
        (false, true) => &mut work.titles_with_author,
        (false, false) => &mut work.titles_alone,
    }
}

/// What is being worked on: given to one step, void once it is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Lease {
    /// Who holds it; a step's results count only under its own token.
    pub(crate) token: u64,
    /// Items in it.
    pub(crate) items: u32,
    /// When it is void by itself.
    pub(crate) until_ms: u64,
}

/// A way through all items of a job, asking the cache only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sweep {
    /// True for the daily verification, false for the plan of a new library.
    pub(crate) verify: bool,
    /// Last key seen.
    pub(crate) after: String,
    /// Found warm.
    pub(crate) warm: u64,
    /// Warm, but expiring within a day.
    pub(crate) expiring: u64,
    /// Expected warm and not there.
    pub(crate) missing: u64,
}

/// One day's verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Coverage {
    /// When it ended, Unix time.
    pub(crate) at_ms: u64,
    /// Items asked for.
    pub(crate) asked: u64,
    /// Found warm.
    pub(crate) warm: u64,
    /// Warm, but expiring within a day.
    pub(crate) expiring: u64,
    /// Not there; queued again.
    pub(crate) missing: u64,
}

/// Days of coverage that are kept.
const MAX_COVERAGE: usize = 60;

/// A failure as the status lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FailureLine {
    /// Line in the file.
    pub(crate) line: u64,
    /// What a person reads.
    pub(crate) reason: String,
    /// The row as it stood there.
    pub(crate) row: String,
}

/// Measured speed: items settled since a moment, waiting left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pace {
    /// Time spent in steps.
    pub(crate) busy_ms: u64,
    /// Items settled in that time.
    pub(crate) settled: u64,
}

impl Pace {
    /// Adds a step; old steps fade, so that the figure follows the present.
    pub(crate) fn add(&mut self, busy_ms: u64, settled: u64) {
        self.busy_ms += busy_ms;
        self.settled += settled;
        if self.busy_ms > 600_000 {
            self.busy_ms /= 2;
            self.settled /= 2;
        }
    }

    /// Items a minute.
    pub(crate) fn per_minute(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let pace = self.settled as f64 * 60_000.0 / self.busy_ms.max(1) as f64;
        (self.settled > 0).then_some((pace * 10.0).round() / 10.0)
    }

    /// Time for a number of items.
    pub(crate) fn time_ms(&self, items: u64) -> Option<u64> {
        (self.settled > 0).then(|| items.saturating_mul(self.busy_ms) / self.settled)
    }
}

/// What the warming cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Spent {
    /// Upstream calls of the leaf that this job caused directly.
    pub(crate) isbndb_calls: u64,
    /// Units of its day.
    pub(crate) isbndb_units: u64,
    /// Binding calls.
    pub(crate) binding_calls: u64,
    /// Items that were warm before anything was asked.
    pub(crate) already_warm: u64,
}

/// One library.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Job {
    /// Number, from 1.
    pub(crate) number: u32,
    /// Name in URLs.
    pub(crate) id: String,
    /// Key of the file.
    pub(crate) file: String,
    /// Other keys with the same content.
    pub(crate) aliases: Vec<String>,
    /// Version of the file.
    pub(crate) etag: String,
    /// Bytes of the file.
    pub(crate) size_bytes: u64,
    /// What it is doing.
    pub(crate) state: JobState,
    /// Stopped until a person resumes it.
    pub(crate) paused: bool,
    /// Held after planning: a dry run asked for it.
    pub(crate) dry_run: bool,
    /// Why the file could not be read.
    pub(crate) error: Option<String>,
    /// The format that was recognised.
    pub(crate) format: Option<Format>,
    /// Where the reading stands, and what the header said.
    pub(crate) import: Option<ImportState>,
    /// Bytes of the file read.
    pub(crate) read_bytes: u64,
    /// Rows of the file.
    pub(crate) rows: RowCounts,
    /// Items made of them.
    pub(crate) items: ItemCounts,
    /// Authors among the items.
    pub(crate) authors: u64,
    /// What is being worked on.
    pub(crate) lease: Option<Lease>,
    /// Numbers that the leaf fetched in bulk and the proxy is still to store.
    pub(crate) fetched: Vec<String>,
    /// A way through all items.
    pub(crate) sweep: Option<Sweep>,
    /// Verifications, latest last.
    pub(crate) coverage: Vec<Coverage>,
    /// The first failures.
    pub(crate) failures: Vec<FailureLine>,
    /// Measured speed.
    pub(crate) pace: Pace,
    /// Cost so far.
    pub(crate) spent: Spent,
    /// When it was created, Unix time.
    pub(crate) created_ms: u64,
    /// When its state last changed.
    pub(crate) changed_ms: u64,
    /// When its progress was last written to KV.
    pub(crate) published_ms: u64,
    /// True where a change of state still has to be published.
    pub(crate) unpublished: bool,
    /// When anything in it last moved.
    pub(crate) progressed_ms: u64,
    /// Not published before then: the last write failed.
    pub(crate) publish_retry_ms: u64,
    /// Writes that failed in a row.
    pub(crate) publish_failures: u32,
}

impl Default for Job {
    fn default() -> Self {
        Self {
            number: 0,
            id: String::new(),
            file: String::new(),
            aliases: Vec::new(),
            etag: String::new(),
            size_bytes: 0,
            state: JobState::Importing,
            paused: false,
            dry_run: false,
            error: None,
            format: None,
            import: None,
            read_bytes: 0,
            rows: RowCounts::default(),
            items: ItemCounts::default(),
            authors: 0,
            lease: None,
            fetched: Vec::new(),
            sweep: None,
            coverage: Vec::new(),
            failures: Vec::new(),
            pace: Pace::default(),
            spent: Spent::default(),
            created_ms: 0,
            changed_ms: 0,
            published_ms: 0,
            unpublished: false,
            progressed_ms: 0,
            publish_retry_ms: 0,
            publish_failures: 0,
        }
    }
}

impl Job {
    /// A library just found.
    pub(crate) fn new(number: u32, file: &str, etag: &str, size_bytes: u64, now_ms: u64) -> Self {
        Self {
            number,
            id: format!("{}-{number}", slug(file)),
            file: file.to_owned(),
            etag: etag.to_owned(),
            size_bytes,
            created_ms: now_ms,
            changed_ms: now_ms,
            unpublished: true,
            ..Self::default()
        }
    }

    /// Enters a state: what is leased is given up, and the change is to be published.
    pub(crate) fn enter(&mut self, state: JobState, now_ms: u64) {
        self.state = state;
        self.lease = None;
        self.changed_ms = now_ms;
        self.unpublished = true;
    }

    /// Lists the rows behind an item that came to nothing.
    pub(crate) fn list_failure(&mut self, item: &Item, reason: &str) {
        for row in &item.rows {
            self.list(row.line, reason, &row.raw);
        }
    }

    /// Lists a rejected row.
    pub(crate) fn list_rejected(&mut self, rejected: &Rejected) {
        self.list(rejected.line, &rejected.reason, &rejected.raw);
    }

    fn list(&mut self, line: u64, reason: &str, raw: &str) {
        if let Some(known) = self.failures.iter_mut().find(|failure| failure.line == line) {
            reason.clone_into(&mut known.reason);
        } else if self.failures.len() < MAX_FAILURES_LISTED {
            let row = clip(raw, MAX_ROW_SHOWN_BYTES).to_owned();
            self.failures.push(FailureLine { line, reason: reason.to_owned(), row });
        }
    }

    /// Takes rows off the list of failures that are tried again or came right.
    pub(crate) fn unlist(&mut self, item: &Item) {
        self.failures.retain(|failure| !item.rows.iter().any(|row| row.line == failure.line));
    }

    /// Keeps a verification.
    pub(crate) fn add_coverage(&mut self, coverage: Coverage) {
        self.coverage.push(coverage);
        let surplus = self.coverage.len().saturating_sub(MAX_COVERAGE);
        self.coverage.drain(..surplus);
    }
}

/// At most `max` bytes of a text, cut between characters.
pub(crate) fn clip(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or_default()
}

/// A file's name as a part of a URL.
fn slug(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or_default();
    let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let mut slug = String::new();
    for c in name.chars() {
        if slug.len() >= 40 {
            break;
        }
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "library".to_owned() } else { slug.to_owned() }
}
