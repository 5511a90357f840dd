//! What a plan costs each provider: calls, units of the day, time, days.

use serde::{Deserialize, Serialize};

use super::provider_limits::{ProviderLimits, Workload};
use runtime::time::DAY_MS;

/// A figure that depends on what the providers know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Where authors' pages hold every book.
    pub least: u64,
    /// Where they hold the share that is expected.
    pub expected: u64,
    /// Where they hold none.
    pub most: u64,
}

/// Upstream calls and units of one provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    pub calls: u64,
    /// Units of the day's quota.
    pub units: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderCost {
    /// `isbndb`, `openLibrary` or `googleBooks`.
    pub provider: String,
    pub calls: Range,
    /// Units of the day's quota; a provider without one counts calls.
    pub units: Range,
    /// Units a day that warming may use; absent if nothing limits them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub daily_units: Option<u64>,
    /// Days of quota, the present one counted.
    pub days: Range,
    /// Time at the plan's pace, waiting for quota left out.
    pub time_ms: Range,
}

pub(super) fn providers(work: &Workload, provider_limits: &ProviderLimits) -> Vec<ProviderCost> {
    let mut costs = Vec::new();
    let coverage = provider_limits.coverage_percent;
    if let Some(isbndb) = &provider_limits.isbndb {
        let cost = |coverage| isbndb_cost(work, coverage, isbndb.bulk_size);
        let cost = [cost(100), cost(coverage), cost(0)];
        let (daily, today) = (isbndb.daily_units, isbndb.left_today);
        costs.push(provider("isbndb", cost, isbndb.pace_ms, Some((daily, today))));
    }
    let open_library = &provider_limits.open_library;
    let cost = |coverage| open_library_cost(work, coverage, open_library.bulk_size);
    let cost = [cost(100), cost(coverage), cost(0)];
    costs.push(provider("openLibrary", cost, open_library.pace_ms, None));
    if let Some(google) = &provider_limits.google {
        let quota = (google.daily_calls.max(1), google.daily_calls);
        let cost = [Cost::default(), google_cost(work, coverage), google_cost(work, 0)];
        costs.push(provider("googleBooks", cost, google.pace_ms, Some(quota)));
    }
    costs
}

/// What is left after the authors' pages: numbers and titles.
fn left_over(work: &Workload, coverage_percent: u8) -> (u64, u64) {
    let missing = |count: u64| (count * u64::from(100 - coverage_percent.min(100))).div_ceil(100);
    (
        work.isbns_alone + missing(work.isbns_with_author),
        work.titles_alone + missing(work.titles_with_author),
    )
}

pub(super) fn isbndb_cost(work: &Workload, coverage_percent: u8, bulk_size: u64) -> Cost {
    let (isbns, titles) = left_over(work, coverage_percent);
    // A bulk call counts a unit for each ISBN in it.
    Cost {
        calls: work.authors + isbns.div_ceil(bulk_size.max(1)) + titles,
        units: work.authors + isbns + titles,
    }
}

fn open_library_cost(work: &Workload, coverage_percent: u8, bulk_size: u64) -> Cost {
    let (isbns, titles) = left_over(work, coverage_percent);
    let calls = work.authors + isbns.div_ceil(bulk_size.max(1)) + titles;
    Cost { calls, units: calls }
}

/// Google is queried only for what the other two lack: it is expected to be queried for the single
/// titles, and at most for everything that is not on an author's page.
fn google_cost(work: &Workload, coverage_percent: u8) -> Cost {
    let (isbns, titles) = left_over(work, coverage_percent);
    let calls = if coverage_percent == 0 { isbns + titles } else { titles };
    Cost { calls, units: calls }
}

fn provider(name: &str, cost: [Cost; 3], pace_ms: u64, quota: Option<(u64, u64)>) -> ProviderCost {
    let range = |value: &dyn Fn(Cost) -> u64| {
        let [least, expected, most] = cost.map(value);
        Range { least, expected, most }
    };
    ProviderCost {
        provider: name.to_owned(),
        calls: range(&|cost| cost.calls),
        units: range(&|cost| cost.units),
        daily_units: quota.map(|(daily, _)| daily),
        days: range(&|cost| days(cost.units, quota)),
        time_ms: range(&|cost| cost.calls.saturating_mul(pace_ms)),
    }
}

/// Days of quota that units take, the present one counted; 0 for none.
fn days(units: u64, quota: Option<(u64, u64)>) -> u64 {
    match quota {
        _ if units == 0 => 0,
        Some((daily, today)) => 1 + units.saturating_sub(today).div_ceil(daily.max(1)),
        None => 1,
    }
}

/// When a provider's part is done. The day of ISBNdb is known; another provider's is taken to
/// begin now.
pub(super) fn done_at_ms(
    cost: &ProviderCost,
    pick: fn(&Range) -> u64,
    provider_limits: &ProviderLimits,
) -> u64 {
    let (units, days, time_ms) = (pick(&cost.units), pick(&cost.days), pick(&cost.time_ms));
    if days <= 1 {
        return provider_limits.now_ms + time_ms;
    }
    let daily = cost.daily_units.unwrap_or(units).max(1);
    let (today, resets_at_ms) = match &provider_limits.isbndb {
        Some(isbndb) if cost.provider == "isbndb" => (isbndb.left_today, isbndb.resets_at_ms),
        _ => (daily, provider_limits.now_ms + DAY_MS),
    };
    // The last day begins with a reset, and its units take their share of the time.
    let last_day = units.saturating_sub(today).saturating_sub((days - 2) * daily);
    let share_ms = u128::from(time_ms) * u128::from(last_day) / u128::from(units.max(1));
    resets_at_ms + (days - 2) * DAY_MS + u64::try_from(share_ms).unwrap_or(u64::MAX)
}
