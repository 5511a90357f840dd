//! Progress of a job: counters, lease, cache scan, coverage, speed, cost. It is stored in the same
//! change set as the items that it counts.

use serde::{Deserialize, Serialize};

use super::warming_item::{ItemState, WarmTarget, WarmingItem};

/// The right of one step to complete a batch. It does not expire: the step that took it, a command
/// or a change of state ends it, and the job's next step replaces that of a crashed step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Lease {
    /// Identifies the step: its results count only while the job has this token.
    pub(crate) token: u64,
    pub(crate) items: u32,
}

/// A look-up of all items of a job in the cache.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CacheScanProgress {
    /// True for the daily verification, false for the plan of a new library.
    pub(crate) verify: bool,
    pub(crate) after: String,
    pub(crate) warm: u64,
    /// Warm, but expires within a day.
    pub(crate) expiring: u64,
    /// Done, but no longer in the cache.
    pub(crate) missing: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Coverage {
    pub(crate) at_ms: u64,
    pub(crate) asked: u64,
    pub(crate) warm: u64,
    /// Warm, but expires within a day; searched again.
    pub(crate) expiring: u64,
    /// No longer in the cache; searched again.
    pub(crate) missing: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FailedLibraryRow {
    pub(crate) line: u64,
    pub(crate) reason: String,
    pub(crate) row: String,
    /// The row's item; a row may have two, that of its ISBN and that of its title.
    #[serde(default)]
    pub(crate) item: String,
}

/// Measured speed: completed items in a time, waits not included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WarmingSpeed {
    pub(crate) busy_ms: u64,
    pub(crate) completed: u64,
}

impl WarmingSpeed {
    /// Adds a step. Older steps count less, so that the figure follows the present.
    pub(crate) fn add(&mut self, busy_ms: u64, completed: u64) {
        self.busy_ms += busy_ms;
        self.completed += completed;
        if self.busy_ms > 600_000 {
            self.busy_ms /= 2;
            self.completed /= 2;
        }
    }

    pub(crate) fn per_minute(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let pace = self.completed as f64 * 60_000.0 / self.busy_ms.max(1) as f64;
        (self.completed > 0).then_some((pace * 10.0).round() / 10.0)
    }

    pub(crate) fn estimated_ms(&self, items: u64) -> Option<u64> {
        (self.completed > 0).then(|| items.saturating_mul(self.busy_ms) / self.completed)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Spent {
    /// Calls to ISBNdb that the ISBNdb Worker made for this job.
    pub(crate) isbndb_calls: u64,
    pub(crate) isbndb_units: u64,
    pub(crate) binding_calls: u64,
    /// Items that were warm before the first call.
    pub(crate) already_warm: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RowCounts {
    pub(crate) total: u64,
    pub(crate) valid: u64,
    pub(crate) repaired: u64,
    pub(crate) title_author: u64,
    pub(crate) rejected: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WarmTargetCounts {
    pub(crate) authors: u64,
    /// ISBNs that an author's page may hold.
    pub(crate) isbns_with_author: u64,
    pub(crate) isbns_alone: u64,
    /// Titles without an ISBN that an author's page may hold.
    pub(crate) titles_with_author: u64,
    pub(crate) titles_alone: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ItemCounts {
    pub(crate) total: u64,
    pub(crate) done: u64,
    pub(crate) pending: u64,
    pub(crate) deferred: u64,
    pub(crate) failed: u64,
    pub(crate) not_found: u64,
    pub(crate) remaining_work: WarmTargetCounts,
    /// The work of the whole library.
    pub(crate) all_work: WarmTargetCounts,
}

impl ItemCounts {
    /// The counters that an item is part of.
    fn counters_of(&mut self, item: &WarmingItem) -> impl Iterator<Item = &mut u64> {
        let of_state = match item.state {
            ItemState::Pending { .. } => &mut self.pending,
            ItemState::Deferred { .. } => &mut self.deferred,
            ItemState::Done { .. } => &mut self.done,
            ItemState::NotFound { .. } => &mut self.not_found,
            ItemState::Failed { .. } => &mut self.failed,
        };
        let is_unfinished = item.state.is_unfinished();
        let remaining = is_unfinished.then(|| work_slot(&mut self.remaining_work, item));
        [of_state, work_slot(&mut self.all_work, item)].into_iter().chain(remaining)
    }

    pub(crate) fn record_transition(&mut self, from: Option<&WarmingItem>, to: &WarmingItem) {
        match from {
            Some(from) => self.counters_of(from).for_each(|count| *count = count.saturating_sub(1)),
            None => self.total += 1,
        }
        self.counters_of(to).for_each(|count| *count += 1);
    }

    pub(crate) fn open_count(&self) -> u64 {
        self.pending + self.deferred
    }
}

fn work_slot<'a>(work: &'a mut WarmTargetCounts, item: &WarmingItem) -> &'a mut u64 {
    let WarmTarget::Book { author, .. } = &item.target else { return &mut work.authors };
    match (item.is_by_isbn(), author.is_some()) {
        (true, true) => &mut work.isbns_with_author,
        (true, false) => &mut work.isbns_alone,
        (false, true) => &mut work.titles_with_author,
        (false, false) => &mut work.titles_alone,
    }
}
