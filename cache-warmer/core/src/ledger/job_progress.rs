//! Progress of a job: lease, cache scan, coverage, speed, cost.

use serde::{Deserialize, Serialize};

/// The right of one step to complete a batch. It does not expire: the step that took it, a command
/// or a change of state ends it, and the next step replaces that of a crashed step.
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
    /// Warm, but expires within a day.
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
