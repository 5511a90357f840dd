//! How a job moves: lease, cache scan, coverage, pace, cost.

use serde::{Deserialize, Serialize};

/// What one step is warming. It has no end in time: the step that set it takes it away, a command
/// or a change of state takes it away, and the next step replaces one that a dead step left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Lease {
    /// The step's own: its results count only while its token stands here.
    pub(crate) token: u64,
    pub(crate) items: u32,
}

/// A way through all items of a job, asking the cache only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CacheScan {
    /// True for the daily verification, false for the plan of a new library.
    pub(crate) verify: bool,
    pub(crate) after: String,
    pub(crate) warm: u64,
    /// Warm, but expiring within a day.
    pub(crate) expiring: u64,
    /// Expected warm and not there.
    pub(crate) missing: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Coverage {
    pub(crate) at_ms: u64,
    pub(crate) asked: u64,
    pub(crate) warm: u64,
    /// Warm, but expiring within a day.
    pub(crate) expiring: u64,
    /// Not there; queued again.
    pub(crate) missing: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FailureLine {
    pub(crate) line: u64,
    pub(crate) reason: String,
    pub(crate) row: String,
    /// The item that it stands behind: a row may stand behind its number and behind its title.
    #[serde(default)]
    pub(crate) item: String,
}

/// Measured speed: items completed since a moment, waiting left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WarmingSpeed {
    pub(crate) busy_ms: u64,
    pub(crate) completed: u64,
}

impl WarmingSpeed {
    /// Adds a step; old steps fade, so that the figure follows the present.
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

    pub(crate) fn time_ms(&self, items: u64) -> Option<u64> {
        (self.completed > 0).then(|| items.saturating_mul(self.busy_ms) / self.completed)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Spent {
    /// Upstream calls of the ISBNdb Worker that this job caused directly.
    pub(crate) isbndb_calls: u64,
    pub(crate) isbndb_units: u64,
    pub(crate) binding_calls: u64,
    /// Items that were warm before anything was asked.
    pub(crate) already_warm: u64,
}
