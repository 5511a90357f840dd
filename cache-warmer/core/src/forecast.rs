//! The forecast: what a library will cost, and when it will be warm.
//!
//! One page of an author warms the author and up to 1,000 of their books for one unit. The ISBNs
//! that the pages lack are requested in bulk at a unit each, titles without an ISBN one by one.
//! What a page lacks is unknown before it is fetched, so each figure is given three times. Google
//! is left out: warming queries it only for what the others lack, out of the proxy's own share.

use runtime::time::DAY_MS;
use serde::Serialize;

use crate::settings::WarmerSettings;
use crate::warming_ledger::job::LibraryWarmingJob;
use crate::warming_ledger::job_progress::WarmTargetCounts;
use crate::warming_ledger::learned_batch_sizes::WarmingBatchKind;
use crate::warming_ledger::warmer_state::WarmerState;

/// Open Library's limit for a client that names a contact: three calls a second.
const OPEN_LIBRARY_PACE_MS: u64 = 334;
/// Of a hundred books, those that are expected on the page of their author.
const COVERAGE_PERCENT: u64 = 70;
const BASIS: &str = "one author's page for each author, since the author's search is to be warm and a \
                     page may hold all books of the author; one unit for each ISBN and each title \
                     that no page can hold (without an author, or an ISBN of two books); ISBNs in \
                     full bulk calls";

/// A figure if authors' pages hold every book, the expected part of them, and no book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ForecastRange {
    least: u64,
    expected: u64,
    most: u64,
}

impl ForecastRange {
    fn of(figure: impl Fn(u64) -> u64) -> Self {
        Self { least: figure(100), expected: figure(COVERAGE_PERCENT), most: figure(0) }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderCost {
    provider: &'static str,
    calls: ForecastRange,
    /// Units of the day's quota; calls for a provider without a quota.
    units: ForecastRange,
    #[serde(skip_serializing_if = "Option::is_none")]
    daily_units: Option<u64>,
    /// Days of quota, today included.
    days: ForecastRange,
    /// Time at the plan's pace, without the waits for quota.
    time_ms: ForecastRange,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
struct Cost {
    calls: u64,
    units: u64,
}

/// The least that any plan could spend, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Minimum {
    isbndb: Cost,
    basis: &'static str,
}

/// The cost of keeping the library warm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct KeepWarm {
    /// Units of ISBNdb's day if every entry is refreshed when it stops being fresh.
    units_a_day: u64,
    calls_a_day: u64,
    /// Days between two refreshes of an entry, within the quota.
    every_days: u64,
    /// True if a refresh comes before the stale entry expires.
    fits_quota: bool,
}

/// The cost of the open items, and of keeping the whole library warm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Forecast {
    work: WarmTargetCounts,
    providers: Vec<ProviderCost>,
    minimum: Minimum,
    /// When the job is done if it starts now, Unix time, waits for quota included.
    done_at_ms: ForecastRange,
    keep_warm: KeepWarm,
}

/// The part of ISBNdb's day that warming may use.
#[derive(Clone, Copy)]
struct Day {
    units: u64,
    left: u64,
    resets_at_ms: u64,
}

impl Day {
    fn of(meta: &WarmerState, now_ms: u64) -> Self {
        // ISBNdb's smallest plan, until the ISBNdb Worker has reported its quota.
        let (mut units, mut left, mut resets_at_ms) = (1_000, 1_000, 0);
        if let Some(quota) = &meta.quota {
            // Today's interactive reserve is assumed for the other days too.
            let kept = quota.left.saturating_sub(quota.left_background);
            units = u64::from(quota.daily_limit.saturating_sub(kept)).max(1);
            left = u64::from(quota.left_background);
            resets_at_ms = quota.resets_at_ms;
        }
        if resets_at_ms == 0 {
            resets_at_ms = (now_ms / DAY_MS + 1) * DAY_MS;
        }
        Self { units, left, resets_at_ms }
    }

    /// Days that units take, today included; 0 for no units.
    fn days_for_units(&self, units: u64) -> u64 {
        if units == 0 { 0 } else { 1 + units.saturating_sub(self.left).div_ceil(self.units) }
    }

    /// When units are spent that take `time_ms` at the pace.
    fn done_at_ms(&self, units: u64, time_ms: u64, now_ms: u64) -> u64 {
        let days = self.days_for_units(units);
        if days <= 1 {
            return now_ms + time_ms;
        }
        // The last day begins with a reset; its units take their part of the time.
        let last_day = units.saturating_sub(self.left).saturating_sub((days - 2) * self.units);
        let share_ms = u128::from(time_ms) * u128::from(last_day) / u128::from(units.max(1));
        self.resets_at_ms + (days - 2) * DAY_MS + u64::try_from(share_ms).unwrap_or(u64::MAX)
    }
}

/// A provider's limits.
struct ProviderLimits {
    provider: &'static str,
    bulk_size: u64,
    pace_ms: u64,
    /// For a provider with a quota.
    day: Option<Day>,
}

impl ProviderLimits {
    /// Calls, and units: a bulk call counts one unit for each of its ISBNs; a provider without a
    /// quota counts calls.
    fn cost(&self, work: &WarmTargetCounts, coverage_percent: u64) -> Cost {
        let missing = |count: u64| (count * (100 - coverage_percent)).div_ceil(100);
        let isbns = work.isbns_alone + missing(work.isbns_with_author);
        let titles = work.titles_alone + missing(work.titles_with_author);
        let calls = work.authors + isbns.div_ceil(self.bulk_size) + titles;
        let units = if self.day.is_some() { work.authors + isbns + titles } else { calls };
        Cost { calls, units }
    }

    fn time_ms(&self, cost: Cost) -> u64 {
        cost.calls.saturating_mul(self.pace_ms)
    }

    fn provider_cost(&self, work: &WarmTargetCounts) -> ProviderCost {
        let range_of = |figure: &dyn Fn(Cost) -> u64| {
            ForecastRange::of(|coverage| figure(self.cost(work, coverage)))
        };
        ProviderCost {
            provider: self.provider,
            calls: range_of(&|cost| cost.calls),
            units: range_of(&|cost| cost.units),
            daily_units: self.day.map(|day| day.units),
            days: range_of(&|cost| match &self.day {
                Some(day) => day.days_for_units(cost.units),
                None => u64::from(cost.units > 0),
            }),
            time_ms: range_of(&|cost| self.time_ms(cost)),
        }
    }

    fn done_at_ms(&self, cost: Cost, now_ms: u64) -> u64 {
        let time_ms = self.time_ms(cost);
        self.day.map_or(now_ms + time_ms, |day| day.done_at_ms(cost.units, time_ms, now_ms))
    }
}

/// The forecast of a job, with the quota that the ISBNdb Worker reported last.
pub(crate) fn forecast_job(
    job: &LibraryWarmingJob,
    meta: &WarmerState,
    settings: &WarmerSettings,
    now_ms: u64,
) -> Forecast {
    let (remaining, all) = (&job.items.remaining_work, &job.items.all_work);
    let (quota, day) = (meta.quota.as_ref(), Day::of(meta, now_ms));
    let isbndb = (!meta.isbndb_has_no_key).then(|| ProviderLimits {
        provider: "isbndb",
        bulk_size: quota.map_or(100, |quota| u64::from(quota.bulk_size).max(1)),
        pace_ms: quota.map_or(1_000, |quota| quota.pace_ms).max(settings.rate_limit_ms),
        day: Some(day),
    });
    let minimum = isbndb.as_ref().map(|isbndb| isbndb.cost(remaining, 100)).unwrap_or_default();
    let open_library = ProviderLimits {
        provider: "openLibrary",
        bulk_size: u64::from(WarmingBatchKind::Isbn.usual_size()),
        pace_ms: OPEN_LIBRARY_PACE_MS.max(settings.rate_limit_ms),
        day: None,
    };
    let providers: Vec<ProviderLimits> = isbndb.into_iter().chain([open_library]).collect();
    let costs = |work| providers.iter().map(|provider| provider.provider_cost(work)).collect();
    Forecast {
        work: *remaining,
        providers: costs(remaining),
        minimum: Minimum { isbndb: minimum, basis: BASIS },
        done_at_ms: ForecastRange::of(|coverage| {
            let done = |provider: &ProviderLimits| {
                provider.done_at_ms(provider.cost(remaining, coverage), now_ms)
            };
            providers.iter().map(done).max().unwrap_or_default()
        }),
        keep_warm: keep_warm_cost(&costs(all), &day, settings),
    }
}

fn keep_warm_cost(costs: &[ProviderCost], day: &Day, settings: &WarmerSettings) -> KeepWarm {
    let fresh_days = (settings.cold_ttl_ms / DAY_MS).max(1);
    let stale_days = (settings.stale_ttl_ms / DAY_MS).max(1);
    let limited = costs.iter().filter(|cost| cost.daily_units.is_some());
    let units: u64 = limited.map(|cost| cost.units.expected).sum();
    let calls: u64 = costs.iter().map(|cost| cost.calls.expected).sum();
    let every_days = units.div_ceil(day.units).max(fresh_days);
    KeepWarm {
        units_a_day: units.div_ceil(fresh_days),
        calls_a_day: calls.div_ceil(fresh_days),
        every_days,
        fits_quota: every_days <= stale_days,
    }
}

/// Time until a job is warm: the open items at the measured pace, plus the waits for a new day's
/// quota.
pub(crate) fn eta_ms(
    job: &LibraryWarmingJob,
    meta: &WarmerState,
    settings: &WarmerSettings,
    now_ms: u64,
) -> Option<u64> {
    let items = job.items.open_count();
    if items == 0 {
        return None;
    }
    let planned = forecast_job(job, meta, settings, now_ms);
    let expected_ms = planned.done_at_ms.expected.saturating_sub(now_ms);
    let at_pace_ms =
        planned.providers.iter().map(|cost| cost.time_ms.expected).max().unwrap_or_default();
    let nights_ms = expected_ms.saturating_sub(at_pace_ms);
    Some(job.pace.estimated_ms(items).unwrap_or(at_pace_ms) + nights_ms)
}

#[cfg(test)]
mod tests {
    use runtime::config::Vars;
    use runtime::wire_types::isbndb_worker_answers::QuotaStatusAnswer;

    use super::*;
    use crate::warming_ledger::job_progress::WarmingSpeed;

    fn settings() -> WarmerSettings {
        WarmerSettings::read(&Vars::new(|_| None)).unwrap()
    }

    fn job_with_work(work: WarmTargetCounts) -> LibraryWarmingJob {
        let mut job = LibraryWarmingJob::default();
        job.items.remaining_work = work;
        job.items.all_work = work;
        job.items.pending = 860;
        job
    }

    /// 800 units a day for warming, 400 of them left today.
    fn sample_ledger() -> WarmerState {
        let quota = QuotaStatusAnswer {
            plan: "basic".to_owned(),
            daily_limit: 1_000,
            spent: 400,
            left: 600,
            left_background: 400,
            resets_at_ms: DAY_MS,
            pace_ms: 1_000,
            bulk_size: 100,
            refused: None,
            mismatch: None,
        };
        WarmerState { quota: Some(quota), ..WarmerState::default() }
    }

    fn of(work: WarmTargetCounts) -> Forecast {
        forecast_job(&job_with_work(work), &sample_ledger(), &settings(), DAY_MS / 2)
    }

    #[test]
    fn calls_units_time_and_days_follow_from_the_counts() {
        let forecast = of(WarmTargetCounts {
            authors: 360,
            isbns_with_author: 400,
            isbns_alone: 150,
            titles_with_author: 50,
            titles_alone: 10,
        });
        let [isbndb, open_library] = forecast.providers.as_slice() else { panic!() };
        // Pages; ISBNs in calls of a hundred at a unit each; titles one by one.
        assert_eq!(isbndb.units, ForecastRange { least: 520, expected: 655, most: 970 });
        assert_eq!(isbndb.calls, ForecastRange { least: 372, expected: 388, most: 426 });
        assert_eq!(forecast.minimum.isbndb, Cost { calls: 372, units: 520 });
        // 400 units are left today.
        assert_eq!(isbndb.daily_units, Some(800));
        assert_eq!(isbndb.days, ForecastRange { least: 2, expected: 2, most: 2 });
        assert_eq!(isbndb.time_ms.least, 372_000);
        assert_eq!(open_library.days.most, 1);
        // The rest of the units waits for the reset: 120 of 520 take their part of the time.
        assert_eq!(forecast.done_at_ms.least, DAY_MS + 372_000 * 120 / 520);
        // 655 units in seven days.
        assert_eq!(forecast.keep_warm.units_a_day, 94);
        assert_eq!((forecast.keep_warm.every_days, forecast.keep_warm.fits_quota), (7, true));
        let json = serde_json::to_value(&forecast).unwrap();
        assert_eq!(json["providers"][0]["provider"], "isbndb");
        assert_eq!(json["minimum"]["isbndb"]["units"], 520);
        assert_eq!(json["keepWarm"]["everyDays"], 7);
    }

    #[test]
    fn a_library_beyond_the_quota_is_refreshed_more_slowly() {
        let big = of(WarmTargetCounts {
            authors: 7_000,
            isbns_with_author: 10_000,
            ..WarmTargetCounts::default()
        });
        assert_eq!((big.keep_warm.every_days, big.keep_warm.fits_quota), (13, true));
        assert_eq!(big.providers[0].days, ForecastRange { least: 10, expected: 13, most: 22 });
        let alone = of(WarmTargetCounts { isbns_alone: 100_000, ..WarmTargetCounts::default() });
        assert!(!alone.keep_warm.fits_quota);
        let nothing = of(WarmTargetCounts::default());
        assert_eq!(nothing.providers[0].days, ForecastRange::default());
        assert_eq!(nothing.done_at_ms.most, DAY_MS / 2);
    }

    #[test]
    fn without_a_key_only_open_library_is_planned() {
        let work = WarmTargetCounts { authors: 3, isbns_alone: 6, ..WarmTargetCounts::default() };
        let meta = WarmerState { isbndb_has_no_key: true, ..sample_ledger() };
        let forecast = forecast_job(&job_with_work(work), &meta, &settings(), 0);
        assert_eq!(forecast.providers.len(), 1);
        assert_eq!(forecast.providers[0].calls, ForecastRange { least: 4, expected: 4, most: 4 });
        assert_eq!(forecast.minimum.isbndb, Cost::default());
        assert!(forecast.keep_warm.fits_quota);
    }

    #[test]
    fn the_estimate_follows_the_measured_pace_once_there_is_one() {
        let settings = settings();
        let mut job = job_with_work(WarmTargetCounts {
            authors: 360,
            isbns_with_author: 500,
            ..WarmTargetCounts::default()
        });
        let meta = WarmerState::default();
        let planned = forecast_job(&job, &meta, &settings, 0);
        assert_eq!(planned.minimum.isbndb.units, 360);
        // 360 pages and two bulk calls, one a second.
        assert_eq!(eta_ms(&job, &meta, &settings, 0), Some(362_000));
        job.pace = WarmingSpeed { busy_ms: 10_000, completed: 10 };
        assert_eq!(eta_ms(&job, &meta, &settings, 0), Some(860_000));
        // Units past the day's quota wait for the next day, whose start is known.
        job.pace = WarmingSpeed::default();
        job.items.remaining_work.authors = 1_100;
        let now_ms = 20_000 * DAY_MS + DAY_MS / 2;
        let eta_ms_of =
            |job: &LibraryWarmingJob| eta_ms(job, &meta, &settings, now_ms).unwrap_or_default();
        let nights = DAY_MS / 2..DAY_MS / 2 + 3_600_000;
        assert!(nights.contains(&eta_ms_of(&job)), "{}", eta_ms_of(&job));
        job.items.pending = 0;
        assert_eq!(eta_ms(&job, &meta, &settings, 0), None);
    }
}
