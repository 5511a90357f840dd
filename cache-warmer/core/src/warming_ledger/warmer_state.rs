//! The ledger's document beside its jobs: the state that belongs to no single job.

use runtime::time::DAY_MS;
use runtime::wire_types::isbndb_worker_answers::QuotaStatusAnswer;
use serde::{Deserialize, Serialize};

use super::backoff::WarmingBackoff;

/// Progress writes to KV a day, changes of state not included: a fifth of the free plan's day,
/// which the proxy's hot tier shares.
const MAX_PROGRESS_WRITES: u32 = 200;

const ROWS_SPENT: &str =
    "the rows that libraries may write in a day are used up: warming resumes at 00:00 UTC";

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WarmerState {
    pub(crate) last_job: u32,
    /// Number of the job that was served last; the turn of the next job is first.
    pub(crate) last_served: u32,
    pub(crate) last_token: u64,
    pub(crate) backoff: Option<WarmingBackoff>,
    /// When all always queried providers last answered, Unix time.
    pub(crate) answered_ms: u64,
    /// When ISBNdb or the ISBNdb Worker last answered, Unix time.
    pub(crate) isbndb_ms: u64,
    pub(crate) google_ms: u64,
    pub(crate) quota: Option<QuotaStatusAnswer>,
    pub(crate) quota_ms: u64,
    /// The ISBNdb Worker reported that it has no key: it is not called.
    pub(crate) isbndb_has_no_key: bool,
    /// Time of that report, Unix time: after an hour the ISBNdb Worker is called again.
    pub(crate) isbndb_no_key_since_ms: u64,
    pub(crate) warnings: Vec<String>,
    /// True if the bucket is to be scanned at once.
    pub(crate) scan_wanted: bool,
    pub(crate) scanned_ms: u64,
    /// Day (since 1970) of the last verification.
    pub(crate) verified_day: u64,
    /// When warming of logged searches goes on, Unix time; `None` if it is over.
    pub(crate) search_warming_due_ms: Option<u64>,
    pub(crate) progress_day: u64,
    pub(crate) progress_writes: u32,
    pub(crate) library_rows_day: u64,
    pub(crate) library_rows: u64,
}

impl WarmerState {
    /// Adds rows that a step writes for a library; true if they reach the day's limit.
    pub(crate) fn add_library_rows(&mut self, rows: u64, per_day: u64, now_ms: u64) -> bool {
        let was_spent = self.rows_until_ms(per_day, now_ms).is_some();
        let day = now_ms / DAY_MS;
        if self.library_rows_day != day {
            (self.library_rows_day, self.library_rows) = (day, 0);
        }
        self.library_rows += rows;
        !was_spent && self.rows_until_ms(per_day, now_ms).is_some()
    }

    /// When libraries may write rows again, if today's rows are used up.
    pub(crate) fn rows_until_ms(&self, per_day: u64, now_ms: u64) -> Option<u64> {
        let day = now_ms / DAY_MS;
        let is_spent = self.library_rows_day == day && self.library_rows >= per_day;
        is_spent.then_some((day + 1) * DAY_MS)
    }

    /// The backoff of a library whose rows of the day are used up.
    pub(crate) fn rows_backoff(&self, per_day: u64, now_ms: u64) -> Option<WarmingBackoff> {
        let until_ms = self.rows_until_ms(per_day, now_ms)?;
        Some(WarmingBackoff::new(ROWS_SPENT.to_owned(), until_ms))
    }

    pub(crate) fn current_backoff(&self, now_ms: u64) -> Option<&WarmingBackoff> {
        self.backoff.as_ref().filter(|backoff| backoff.until_ms > now_ms)
    }

    /// Subtracts units from the quota that was read last, until it is read again.
    pub(crate) fn spend(&mut self, units: u64) {
        if let Some(quota) = &mut self.quota {
            let units = u32::try_from(units).unwrap_or(u32::MAX);
            quota.spent = quota.spent.saturating_add(units);
            quota.left = quota.left.saturating_sub(units);
            quota.left_background = quota.left_background.saturating_sub(units);
        }
    }

    /// Takes one progress write from the day's budget; false if the budget is used up.
    pub(crate) fn take_progress_write(&mut self, now_ms: u64) -> bool {
        let day = now_ms / DAY_MS;
        if self.progress_day != day {
            (self.progress_day, self.progress_writes) = (day, 0);
        }
        if self.progress_writes >= MAX_PROGRESS_WRITES {
            return false;
        }
        self.progress_writes += 1;
        true
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BindingCheck {
    pub(crate) at_ms: u64,
    pub(crate) binding: String,
    pub(crate) ok: bool,
    pub(crate) ms: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) error: Option<String>,
}

/// Checks that are stored: those of a day, four an hour for two bindings.
const MAX_CHECKS: usize = 192;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindingCheckHistory {
    pub(crate) list: Vec<BindingCheck>,
}

impl BindingCheckHistory {
    pub(crate) fn add(&mut self, check: BindingCheck) {
        self.list.push(check);
        let surplus = self.list.len().saturating_sub(MAX_CHECKS);
        self.list.drain(..surplus);
    }

    /// The 95th percentile of a binding's answer times.
    pub(crate) fn p95_ms(&self, binding: &str) -> Option<u64> {
        let mut times: Vec<u64> =
            self.list.iter().filter(|check| check.binding == binding).map(|c| c.ms).collect();
        times.sort();
        let place = (times.len() * 95).div_ceil(100).saturating_sub(1);
        times.get(place).copied()
    }
}
