//! What a library will cost, and when it will be warm.

use runtime::api::isbndb::Quota;

use crate::ledger::job::Job;
use crate::settings::Settings;
use library::plan::{IsbndbLimits, OpenLibraryLimits, PlanSummary, ProviderLimits, summary};

const DAY_MS: u64 = 86_400_000;
/// Open Library's policy for a client with a contact: three calls a second.
const OPEN_LIBRARY_PACE_MS: u64 = 334;
/// Books that an author's page is expected to hold, of a hundred: most of a library's editions
/// stand on the page of their author.
const COVERAGE_PERCENT: u8 = 70;
/// ISBNdb's smallest plan, where the leaf has not said yet.
const BASIC: IsbndbLimits = IsbndbLimits {
    daily_units: 1_000,
    left_today: 1_000,
    resets_at_ms: 0,
    pace_ms: 1_000,
    bulk_size: 100,
};

/// What the providers allow. Google's share is the proxy's affair: warming asks it only for what
/// the others lack.
fn provider_limits(
    quota: Option<&Quota>,
    isbndb_has_no_key: bool,
    settings: &Settings,
    now_ms: u64,
) -> ProviderLimits {
    let mut isbndb = quota.map_or(BASIC, IsbndbLimits::from);
    isbndb.pace_ms = isbndb.pace_ms.max(settings.rate_limit_ms);
    if isbndb.resets_at_ms == 0 {
        isbndb.resets_at_ms = (now_ms / DAY_MS + 1) * DAY_MS;
    }
    ProviderLimits {
        isbndb: (!isbndb_has_no_key).then_some(isbndb),
        open_library: OpenLibraryLimits {
            pace_ms: OPEN_LIBRARY_PACE_MS.max(settings.rate_limit_ms),
            bulk_size: u64::from(settings.books_per_batch()),
        },
        google: None,
        coverage_percent: COVERAGE_PERCENT,
        fresh_ms: settings.cold_ttl_ms,
        stale_ms: settings.stale_ttl_ms,
        now_ms,
    }
}

/// The cost of what is still open, and of keeping the whole warm.
pub(crate) fn forecast(
    job: &Job,
    quota: Option<&Quota>,
    isbndb_has_no_key: bool,
    settings: &Settings,
    now_ms: u64,
) -> PlanSummary {
    let provider_limits = provider_limits(quota, isbndb_has_no_key, settings, now_ms);
    summary(&job.items.remaining_work, &job.items.all_work, &provider_limits)
}

/// Time until a job is warm: the measured pace for what is left, and the nights that the quota
/// makes it wait.
pub(crate) fn eta_ms(
    job: &Job,
    quota: Option<&Quota>,
    isbndb_has_no_key: bool,
    settings: &Settings,
    now_ms: u64,
) -> Option<u64> {
    let items = job.items.open();
    if items == 0 {
        return None;
    }
    let planned = forecast(job, quota, isbndb_has_no_key, settings, now_ms);
    let expected_ms = planned.done_at_ms.expected.saturating_sub(now_ms);
    let at_pace_ms =
        planned.providers.iter().map(|cost| cost.time_ms.expected).max().unwrap_or_default();
    let nights_ms = expected_ms.saturating_sub(at_pace_ms);
    Some(job.pace.time_ms(items).unwrap_or(at_pace_ms) + nights_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::progress::Pace;
    use library::plan::Workload;
    use runtime::config::Vars;

    fn job() -> Job {
        let mut job = Job::default();
        let work = Workload { authors: 360, isbns_with_author: 500, ..Workload::default() };
        job.items.remaining_work = work;
        job.items.all_work = work;
        job.items.pending = 860;
        job
    }

    #[test]
    fn the_estimate_follows_the_measured_pace_once_there_is_one() {
        let settings = Settings::read(&Vars::new(|_| None)).unwrap();
        let mut job = job();
        let planned = forecast(&job, None, false, &settings, 0);
        assert_eq!(planned.minimum.isbndb.units, 360);
        // 360 pages and two bulk calls at one a second.
        assert_eq!(eta_ms(&job, None, false, &settings, 0), Some(362_000));
        job.pace = Pace { busy_ms: 10_000, completed: 10 };
        assert_eq!(eta_ms(&job, None, false, &settings, 0), Some(860_000));
        // Work past the day's quota waits for the next day, whose start is known.
        job.pace = Pace::default();
        job.items.remaining_work.authors = 1_100;
        let now_ms = 20_000 * DAY_MS + DAY_MS / 2;
        let eta_ms_of = |job: &Job| eta_ms(job, None, false, &settings, now_ms).unwrap_or_default();
        let nights = DAY_MS / 2..DAY_MS / 2 + 3_600_000;
        assert!(nights.contains(&eta_ms_of(&job)), "{}", eta_ms_of(&job));
        job.items.pending = 0;
        assert_eq!(eta_ms(&job, None, false, &settings, 0), None);
    }
}
