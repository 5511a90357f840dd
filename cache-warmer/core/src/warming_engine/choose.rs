//! Chooses the next step from the ledger, the clock and the daily limit of written rows.

use crate::warming_ledger::job::{JobState, LibraryWarmingJob};
use crate::warming_ledger::warming_item::WarmStage;
use crate::warming_ledger::warming_ledger_store::{StorageResult, WarmingLedgerStore};
use runtime::time::HOUR_MS;

const PROGRESS_MS: u64 = 120_000;
/// KV takes one write a second for a key.
const MIN_BETWEEN_WRITES_MS: u64 = 1_100;
const LONG_PROGRESS_MS: u64 = 600_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WarmingStep {
    ScanUploads,
    Import(u32),
    /// For planning, or for the daily verification, which sets a done job to `Warming`.
    CacheScan(u32),
    Warm(u32, WarmStage),
    SearchWarming,
    /// All items are done: close the job.
    Finish(u32),
    /// Write progress, and results if the job is over.
    Publish(u32),
    /// Nothing is due before this time; `None` if nothing will be.
    Wait(Option<u64>),
}

/// Chooses the next step. Libraries take turns, a micro-batch each. Refreshing comes after the
/// other stages of all libraries, and logged searches come last.
pub(crate) fn choose_step<S: WarmingLedgerStore>(
    store: &S,
    rows_per_day: u64,
    now_ms: u64,
) -> StorageResult<WarmingStep> {
    let meta = store.warmer_state()?;
    let mut jobs = store.load_all_jobs()?;
    // Round robin: the job after the one served last comes first.
    jobs.sort_by_key(|job| (job.number <= meta.last_served, job.number));
    let mut wait_ends: Vec<u64> = Vec::new();
    for job in &jobs {
        if let Some(due_ms) = publish_due_ms(job) {
            if due_ms <= now_ms {
                return Ok(WarmingStep::Publish(job.number));
            }
            wait_ends.push(due_ms);
        }
    }
    let backoff_end = meta.current_backoff(now_ms).map(|backoff| backoff.until_ms);
    if meta.scan_wanted {
        match backoff_end {
            None => return Ok(WarmingStep::ScanUploads),
            Some(until_ms) => wait_ends.push(until_ms),
        }
    }
    // Once the day's rows of the ledger's SQLite are written, imports and all steps that call a
    // sibling stop.
    let rows_end = meta.rows_until_ms(rows_per_day, now_ms);
    let backoff_end = backoff_end.max(rows_end);
    let mut refresh = None;
    for job in jobs.iter().filter(|job| !job.paused) {
        if job.state == JobState::Importing {
            let due_ms = job.read_retry_ms.max(rows_end.unwrap_or_default());
            if due_ms <= now_ms {
                return Ok(WarmingStep::Import(job.number));
            }
            wait_ends.push(due_ms);
        }
        if !matches!(job.state, JobState::Planning | JobState::Warming) {
            continue;
        }
        if job.state == JobState::Warming && job.cache_scan.is_none() && job.items.open_count() == 0
        {
            return Ok(WarmingStep::Finish(job.number));
        }
        if let Some(until_ms) = backoff_end {
            // The remaining steps call a sibling.
            wait_ends.push(until_ms);
            continue;
        }
        if job.cache_scan.is_some() {
            return Ok(WarmingStep::CacheScan(job.number));
        }
        match due_stage(store, job, now_ms)? {
            Some(WarmStage::Refresh) => refresh = refresh.or(Some(job.number)),
            Some(stage) => return Ok(WarmingStep::Warm(job.number, stage)),
            None => wait_ends.extend(store.next_due_ms(job.number)?),
        }
    }
    // A library with open work comes first, even if it is paused.
    let has_open_job = jobs.iter().any(|job| job.state.has_open_work());
    if let Some(due_ms) = meta.search_warming_due_ms.filter(|_| !has_open_job) {
        let due_ms = due_ms.max(backoff_end.unwrap_or_default());
        if due_ms <= now_ms {
            return Ok(WarmingStep::SearchWarming);
        }
        wait_ends.push(due_ms);
    }
    Ok(match refresh {
        Some(job) => WarmingStep::Warm(job, WarmStage::Refresh),
        None => WarmingStep::Wait(wait_ends.into_iter().min()),
    })
}

fn due_stage<S: WarmingLedgerStore>(
    store: &S,
    job: &LibraryWarmingJob,
    now_ms: u64,
) -> StorageResult<Option<WarmStage>> {
    // Books that a bulk call has loaded into the ISBNdb Worker's cache: the proxy stores them
    // before the next call.
    if !job.fetched.is_empty() {
        return Ok(Some(WarmStage::Isbn));
    }
    for stage in WarmStage::ALL {
        if !store.due_items(job.number, stage, now_ms, 1)?.is_empty() {
            return Ok(Some(stage));
        }
    }
    Ok(None)
}

/// When a job's progress is due to be written; `None` if nothing changed.
fn publish_due_ms(job: &LibraryWarmingJob) -> Option<u64> {
    let after = |wait_ms: u64| match job.published_ms {
        0 => 0,
        published_ms => published_ms + wait_ms,
    };
    if job.unpublished {
        return Some(after(MIN_BETWEEN_WRITES_MS).max(job.publish_retry_ms));
    }
    let has_progress = job.progressed_ms > job.published_ms;
    // More than an hour after the last change of state, progress is written less often.
    let interval_ms =
        if job.published_ms > job.changed_ms + HOUR_MS { LONG_PROGRESS_MS } else { PROGRESS_MS };
    (job.state.has_open_work() && has_progress && !job.paused)
        .then(|| after(interval_ms).max(job.publish_retry_ms))
}
