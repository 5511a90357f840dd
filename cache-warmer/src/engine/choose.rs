//! What is done next: a function of the ledger and the clock.

use runtime::order;

use crate::ledger::hold::Hold;
use crate::ledger::item::{Stage, State};
use crate::ledger::job::{Job, JobState};
use crate::ledger::meta::Meta;
use crate::ledger::store::{Store, Stored};

/// Progress of a running job is published that often.
const PROGRESS_MS: u64 = 120_000;
/// A key of KV takes one write a second.
const LEAST_BETWEEN_WRITES_MS: u64 = 1_100;
/// Progress of a job that runs for hours is published less often.
const LONG_PROGRESS_MS: u64 = 600_000;
const HOUR_MS: u64 = 3_600_000;
/// Later than anything is due.
const FAR_MS: u64 = 1 << 52;

/// One piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Look through the bucket.
    Scan,
    /// Read a slice of the job's file.
    Import(u32),
    /// Ask the cache about the next items.
    Sweep(u32),
    /// Warm a micro-batch.
    Warm(u32, Stage),
    /// Warm what others searched for.
    Searches,
    /// Nothing is left to do: close the job.
    Finish(u32),
    /// Write progress, and results where it is over.
    Publish(u32),
    /// Nothing until then, Unix time.
    Wait(u64),
    /// Nothing at all.
    Idle,
}

/// Chooses. Libraries take turns, a micro-batch each; refreshing comes after all of them, and what
/// others searched for after that.
pub(crate) fn choose<S: Store>(store: &S, now_ms: u64) -> Stored<Work> {
    let meta = store.meta()?;
    let mut jobs = store.jobs()?;
    // The one after the last served comes first.
    order::sort_by_key(&mut jobs, |job| (job.number <= meta.last_served, job.number));
    let mut waits = Waits::default();
    for job in &jobs {
        if let Some(due_ms) = publish_due_ms(job) {
            if due_ms <= now_ms {
                return Ok(Work::Publish(job.number));
            }
            waits.add(due_ms);
        }
    }
    let held = held_until(&meta, now_ms);
    if meta.scan_wanted && held.is_none() {
        return Ok(Work::Scan);
    }
    let mut refresh = None;
    for job in jobs.iter().filter(|job| !job.paused) {
        if job.state == JobState::Importing {
            if job.read_retry_ms <= now_ms {
                return Ok(Work::Import(job.number));
            }
            waits.add(job.read_retry_ms);
        }
        let working = matches!(job.state, JobState::Planning | JobState::Warming);
        if !working {
            continue;
        }
        if job.state == JobState::Warming && job.sweep.is_none() && job.items.open() == 0 {
            return Ok(Work::Finish(job.number));
        }
        if let Some(until_ms) = held {
            waits.add(until_ms);
            continue;
        }
        if job.sweep.is_some() {
            return Ok(Work::Sweep(job.number));
        }
        match due_stage(store, job, now_ms)? {
            Some(Stage::Refresh) => refresh = refresh.or(Some(job.number)),
            Some(stage) => return Ok(Work::Warm(job.number, stage)),
            None => {
                if let Some(due_ms) = store.next_due_ms(job.number)? {
                    waits.add(due_ms.max(now_ms + 1));
                }
            }
        }
    }
    if let Some(due_ms) = meta.searches_due_ms.filter(|_| unfinished(&jobs).is_none()) {
        let due_ms = due_ms.max(held.unwrap_or_default());
        if due_ms <= now_ms {
            return Ok(Work::Searches);
        }
        waits.add(due_ms);
    }
    Ok(match (refresh, waits.0) {
        (Some(job), _) => Work::Warm(job, Stage::Refresh),
        (None, Some(until_ms)) => Work::Wait(until_ms),
        (None, None) => Work::Idle,
    })
}

/// A library that has books to warm still, paused or not: they come before what others search for.
pub(crate) fn unfinished(jobs: &[Job]) -> Option<&Job> {
    let working = [JobState::Importing, JobState::Planning, JobState::Warming];
    jobs.iter().find(|job| working.contains(&job.state))
}

#[derive(Default)]
struct Waits(Option<u64>);

impl Waits {
    fn add(&mut self, at_ms: u64) {
        self.0 = Some(self.0.map_or(at_ms, |earliest| earliest.min(at_ms)));
    }
}

/// The end of a hold that is on.
pub(crate) fn held_until(meta: &Meta, now_ms: u64) -> Option<u64> {
    meta.hold.as_ref().map(|hold| hold.until_ms).filter(|until_ms| *until_ms > now_ms)
}

/// What the next item of a job waits for, where all that are left wait.
pub(crate) fn ahead<S: Store>(store: &S, job: &Job) -> Stored<Option<Hold>> {
    let mut earliest: Option<Hold> = None;
    let waits = job.state == JobState::Warming && job.items.pending == 0;
    for stage in Stage::ALL.into_iter().filter(|_| waits && job.items.deferred > 0) {
        for item in store.due(job.number, stage, FAR_MS, 1)? {
            let State::Deferred { until_ms, why: reason } = item.state else { continue };
            let hold = Hold { reason, until_ms, streak: 0 };
            earliest = Some(match earliest.filter(|other| other.until_ms <= until_ms) {
                Some(other) => other,
                None => hold,
            });
        }
    }
    Ok(earliest)
}

fn due_stage<S: Store>(store: &S, job: &Job, now_ms: u64) -> Stored<Option<Stage>> {
    if !job.fetched.is_empty() {
        return Ok(Some(Stage::Isbn));
    }
    for stage in Stage::ALL {
        if !store.due(job.number, stage, now_ms, 1)?.is_empty() {
            return Ok(Some(stage));
        }
    }
    Ok(None)
}

/// When a job's progress is to be written; none where nothing changed.
fn publish_due_ms(job: &Job) -> Option<u64> {
    let after = |wait_ms: u64| match job.published_ms {
        0 => 0,
        published_ms => published_ms + wait_ms,
    };
    if job.unpublished {
        return Some(after(LEAST_BETWEEN_WRITES_MS).max(job.publish_retry_ms));
    }
    let running = matches!(job.state, JobState::Importing | JobState::Planning | JobState::Warming);
    let moved = job.progressed_ms > job.published_ms;
    let often =
        if job.published_ms > job.changed_ms + HOUR_MS { LONG_PROGRESS_MS } else { PROGRESS_MS };
    (running && moved && !job.paused).then(|| after(often).max(job.publish_retry_ms))
}
