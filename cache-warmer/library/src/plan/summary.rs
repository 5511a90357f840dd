//! The answer to a dry run.

use runtime::time::DAY_MS;
use serde::{Deserialize, Serialize};

use super::cost::{Cost, ProviderCost, Range, done_at_ms, isbndb_cost, providers};
use super::provider_limits::{ProviderLimits, Workload};

/// The least that any plan could do with, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minimum {
    /// Calls and units of ISBNdb.
    pub isbndb: Cost,
    /// How it is computed.
    pub basis: String,
}

/// What it costs to keep the library warm once it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeepWarm {
    /// Units of ISBNdb's day, if every entry is refreshed when it stops being fresh.
    pub units_a_day: u64,
    /// Upstream calls a day, all providers.
    pub calls_a_day: u64,
    /// Days between two refreshes of an entry, within the quota.
    pub every_days: u64,
    /// True if that is before a stale entry is given up.
    pub fits_quota: bool,
}

/// The answer to a dry run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanSummary {
    /// What is to be asked.
    pub work: Workload,
    pub providers: Vec<ProviderCost>,
    /// The least possible.
    pub minimum: Minimum,
    /// When it is done if it starts now, Unix time, waiting for quota included.
    pub done_at_ms: Range,
    pub keep_warm: KeepWarm,
}

/// The dry run: what is left to do of a library, and what the whole costs to keep.
#[must_use]
pub fn summary(
    remaining_work: &Workload,
    all_work: &Workload,
    provider_limits: &ProviderLimits,
) -> PlanSummary {
    let providers: Vec<ProviderCost> = providers(remaining_work, provider_limits);
    let done_at = |pick: fn(&Range) -> u64| {
        providers
            .iter()
            .map(|cost| done_at_ms(cost, pick, provider_limits))
            .max()
            .unwrap_or(provider_limits.now_ms)
    };
    let isbndb = provider_limits
        .isbndb
        .as_ref()
        .map(|isbndb| isbndb_cost(remaining_work, 100, isbndb.bulk_size));
    PlanSummary {
        work: *remaining_work,
        minimum: Minimum {
            isbndb: isbndb.unwrap_or_default(),
            basis:
                "one author's page for each author, since the author's search is to be warm and \
                    a page may hold all books of the author; one unit for each number and each \
                    title that no page can bring (no author known, or a number of two books); \
                    numbers in full bulk calls"
                    .to_owned(),
        },
        done_at_ms: Range {
            least: done_at(|range| range.least),
            expected: done_at(|range| range.expected),
            most: done_at(|range| range.most),
        },
        keep_warm: keep_warm(all_work, provider_limits),
        providers,
    }
}

fn keep_warm(all_work: &Workload, provider_limits: &ProviderLimits) -> KeepWarm {
    let costs = providers(all_work, provider_limits);
    let fresh_days = (provider_limits.fresh_ms / DAY_MS).max(1);
    let stale_days = (provider_limits.stale_ms / DAY_MS).max(1);
    let units = |name: &str| {
        costs.iter().find(|cost| cost.provider == name).map_or(0, |cost| cost.units.expected)
    };
    let calls: u64 = costs.iter().map(|cost| cost.calls.expected).sum();
    let daily =
        provider_limits.isbndb.as_ref().map_or(u64::MAX, |isbndb| isbndb.daily_units.max(1));
    let every_days = units("isbndb").div_ceil(daily).max(fresh_days);
    KeepWarm {
        units_a_day: units("isbndb").div_ceil(fresh_days),
        calls_a_day: calls.div_ceil(fresh_days),
        every_days,
        fits_quota: every_days <= stale_days,
    }
}
