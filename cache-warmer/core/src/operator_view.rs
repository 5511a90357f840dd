//! The documents for the operator: `/status`, progress, results.

use serde_json::{Value, json};

use crate::forecast::{eta_ms, forecast_job};
use crate::import::ImportCheckpoint;
use crate::ledger::backoff::ProviderBackoff;
use crate::ledger::job::{JobState, WarmingJob};
use crate::ledger::ledger_item::{ItemState, WarmStage};
use crate::ledger::ledger_state::LedgerState;
use crate::ledger::ledger_store::{LedgerStore, StorageResult};
use crate::ledger::logged_search_warming::{SearchLogAvailability, SearchWarmingState};
use crate::settings::WarmerSettings;

const FAR_FUTURE_MS: u64 = 1 << 52;
/// Verifications, and runs of logged searches, that `/status` lists.
const HISTORY_SHOWN: usize = 7;

pub(crate) fn job_document<S: LedgerStore>(
    store: &S,
    meta: &LedgerState,
    job: &WarmingJob,
    settings: &WarmerSettings,
    now_ms: u64,
) -> StorageResult<Value> {
    let eta = (job.state.has_open_work() && !job.paused)
        .then(|| eta_ms(job, meta.quota.as_ref(), meta.isbndb_has_no_key, settings, now_ms))
        .flatten();
    let backoff = current_backoff(store, job, meta, settings, now_ms)?;
    // At any pace: not before the wait is over.
    let wait_ms = backoff.as_ref().map_or(0, |backoff| backoff.until_ms.saturating_sub(now_ms));
    let items = &job.items;
    let coverage = job.coverage.iter().rev().take(HISTORY_SHOWN).collect::<Vec<_>>();
    Ok(json!({
        "id": job.id,
        "file": job.file,
        "aliases": job.aliases,
        "format": job.format,
        "reading": job.import.as_ref().and_then(ImportCheckpoint::import_report),
        "state": if job.paused { json!("paused") } else { json!(job.state) },
        "error": job.error,
        "readBytes": job.read_bytes,
        "sizeBytes": job.size_bytes,
        "rows": job.rows,
        "items": {
            "total": items.total,
            "done": items.done,
            "pending": items.pending,
            "deferred": items.deferred,
            "failed": items.failed,
            "notFound": items.not_found,
        },
        "authors": job.authors,
        "leased": job.lease.as_ref().map_or(0, |lease| lease.items),
        "waiting": wait_reason(job, backoff.as_ref()),
        "pace": job.pace.per_minute().map(|pace| json!({ "itemsPerMinute": pace })),
        "etaSecs": eta.map(|ms| ms.max(wait_ms).div_ceil(1_000)),
        "quota": meta.quota,
        "spent": job.spent,
        "plan": forecast_json(job, meta, settings, now_ms),
        "failures": job.failures,
        "authorFailures": job.author_failures,
        "batchSizes": job.batch_sizes.learned_sizes(),
        "coverage": coverage,
        "createdAt": job.created_ms,
        "changedAt": job.changed_ms,
    }))
}

/// The plan, once the whole library was read.
fn forecast_json(
    job: &WarmingJob,
    meta: &LedgerState,
    settings: &WarmerSettings,
    now_ms: u64,
) -> Option<Value> {
    let known = matches!(job.state, JobState::Planned | JobState::Warming | JobState::Done);
    let plan = known
        .then(|| forecast_job(job, meta.quota.as_ref(), meta.isbndb_has_no_key, settings, now_ms));
    plan.map(|plan| json!(plan))
}

/// The backoff of all work, else what the next item of the job waits for.
fn current_backoff<S: LedgerStore>(
    store: &S,
    job: &WarmingJob,
    meta: &LedgerState,
    settings: &WarmerSettings,
    now_ms: u64,
) -> StorageResult<Option<ProviderBackoff>> {
    let rows_backoff = || meta.rows_backoff(settings.library_rows_per_day, now_ms);
    Ok(match job.state {
        JobState::Importing => rows_backoff(),
        JobState::Planning | JobState::Warming => {
            let backoff = meta.backoff.clone().filter(|backoff| backoff.until_ms > now_ms);
            match rows_backoff().or(backoff) {
                Some(backoff) => Some(backoff),
                None => next_item_backoff(store, job)?,
            }
        }
        _ => None,
    })
}

/// What the next item of a job waits for; `None` unless all open items are deferred.
fn next_item_backoff<S: LedgerStore>(
    store: &S,
    job: &WarmingJob,
) -> StorageResult<Option<ProviderBackoff>> {
    let mut earliest: Option<ProviderBackoff> = None;
    let all_items_wait = job.state == JobState::Warming && job.items.pending == 0;
    for stage in WarmStage::ALL.into_iter().filter(|_| all_items_wait && job.items.deferred > 0) {
        for item in store.due_items(job.number, stage, FAR_FUTURE_MS, 1)? {
            let ItemState::Deferred { until_ms, why: reason, .. } = item.state else { continue };
            let backoff = ProviderBackoff { reason, until_ms, streak: 0 };
            earliest = Some(match earliest.filter(|other| other.until_ms <= until_ms) {
                Some(other) => other,
                None => backoff,
            });
        }
    }
    Ok(earliest)
}

fn wait_reason(job: &WarmingJob, backoff: Option<&ProviderBackoff>) -> Option<Value> {
    if job.paused {
        return Some(json!({ "reason": "paused by the operator", "until": null }));
    }
    if job.state == JobState::Planned {
        let reason = "planned by a dry run: POST /warm or resume starts it";
        return Some(json!({ "reason": reason, "until": null }));
    }
    let backoff = backoff?;
    Some(json!({ "reason": backoff.reason, "until": backoff.until_ms }))
}

/// The state of the warming of logged searches, which the proxy's vars switch on.
fn search_warming_json(
    search_warming: &SearchWarmingState,
    meta: &LedgerState,
    jobs: &[WarmingJob],
    now_ms: u64,
) -> Value {
    let (enabled, error) = match &search_warming.list {
        SearchLogAvailability::Unknown => (None, None),
        SearchLogAvailability::Off => (Some(false), None),
        SearchLogAvailability::On => (Some(true), None),
        SearchLogAvailability::Unreadable(why) => (None, Some(why)),
    };
    let open_job = jobs.iter().find(|job| job.state.has_open_work());
    let waiting = meta.search_warming_due_ms.and_then(|due_ms| match (open_job, &meta.backoff) {
        (Some(job), _) => Some(json!({
            "reason": format!("the library comes first: {} is not done", job.id), "until": null,
        })),
        (None, Some(backoff)) if backoff.until_ms > now_ms => {
            Some(json!({ "reason": backoff.reason, "until": backoff.until_ms }))
        }
        (None, _) if due_ms > now_ms => Some(json!({ "reason": error, "until": due_ms })),
        (None, _) => None,
    });
    let history: Vec<_> = search_warming.history.iter().rev().take(HISTORY_SHOWN).collect();
    json!({
        "enabled": enabled,
        "error": error,
        "waiting": waiting,
        "run": search_warming.search_run,
        "history": history,
    })
}

/// What the operator should correct: files in the bucket, or vars of the ISBNdb Worker.
pub(crate) fn operator_warnings(meta: &LedgerState) -> Vec<&str> {
    let mismatch = meta.quota.as_ref().and_then(|quota| quota.mismatch.as_deref());
    meta.warnings.iter().map(String::as_str).chain(mismatch).collect()
}

pub(crate) fn status<S: LedgerStore>(
    store: &S,
    settings: &WarmerSettings,
    now_ms: u64,
    memory_bytes: u64,
) -> StorageResult<Value> {
    let (jobs, meta, checks) = (store.jobs()?, store.ledger_state()?, store.check_history()?);
    let search_warming = search_warming_json(&store.search_warming_state()?, &meta, &jobs, now_ms);
    let shown = jobs.iter().rev().filter(|job| job.state != JobState::Superseded);
    let jobs: Vec<Value> = shown
        .map(|one| job_document(store, &meta, one, settings, now_ms))
        .collect::<StorageResult<_>>()?;
    let binding = |name: &str| {
        let mut history = checks.list.iter().filter(|check| check.binding == name);
        let failed = history.clone().filter(|check| !check.ok).count();
        json!({
            "checks": history.clone().count(),
            "failed": failed,
            "p95Ms": checks.p95_ms(name),
            "last": history.next_back(),
        })
    };
    Ok(json!({
        "jobs": jobs,
        "searchWarming": search_warming,
        "warnings": operator_warnings(&meta),
        "bindings": {
            "BOOKS_API_PROXY": binding("BOOKS_API_PROXY"),
            "ISBNDB_WORKER": binding("ISBNDB_WORKER"),
        },
        "quota": meta.quota,
        "isbndb": if meta.isbndb_has_no_key { "no key: left out" } else { "used" },
        "scannedAt": meta.scanned_ms,
        "memoryBytes": memory_bytes,
        "now": now_ms,
    }))
}

#[cfg(test)]
mod tests {
    use runtime::config::Vars;

    use super::*;
    use crate::ledger::memory_store::MemoryLedgerStore;

    #[test]
    fn a_plan_is_shown_once_the_library_is_known() {
        let settings = WarmerSettings::read(&Vars::new(|_| None)).unwrap();
        for (state, known) in [
            (JobState::Importing, false),
            (JobState::Planning, false),
            (JobState::Planned, true),
            (JobState::Warming, true),
            (JobState::Failed, false),
        ] {
            let one = WarmingJob { state, ..WarmingJob::default() };
            let (store, meta) = (MemoryLedgerStore::default(), LedgerState::default());
            let view = job_document(&store, &meta, &one, &settings, 1).unwrap();
            assert_eq!(view["plan"]["providers"].is_array(), known, "{view}");
            assert_eq!(view["plan"].is_null(), !known);
        }
    }

    #[test]
    fn search_warming_shows_its_state_and_its_wait() {
        let backoff =
            Some(ProviderBackoff { reason: "isbndb: timeout".to_owned(), until_ms: 50, streak: 1 });
        let library = vec![WarmingJob { id: "mine-1".to_owned(), ..WarmingJob::default() }];
        let unread = || SearchLogAvailability::Unreadable("books-api-proxy: timeout".to_owned());
        let first = "the library comes first: mine-1 is not done";
        let until = |reason: Option<&str>, until_ms: Option<u64>| json!({ "reason": reason, "until": until_ms });
        let nothing = Value::Null;
        for (list, due_ms, backoff, jobs, now_ms, enabled, waiting) in [
            (SearchLogAvailability::Unknown, None, &None, &[][..], 10, &nothing, nothing.clone()),
            (SearchLogAvailability::Off, None, &backoff, &[], 10, &json!(false), nothing.clone()),
            (SearchLogAvailability::On, Some(10), &None, &[], 10, &json!(true), nothing.clone()),
            (
                SearchLogAvailability::On,
                Some(10),
                &backoff,
                &[],
                10,
                &json!(true),
                until(Some("isbndb: timeout"), Some(50)),
            ),
            (SearchLogAvailability::On, Some(10), &backoff, &[], 50, &json!(true), nothing.clone()),
            (
                SearchLogAvailability::On,
                Some(10),
                &backoff,
                &library,
                10,
                &json!(true),
                until(Some(first), None),
            ),
            (
                unread(),
                Some(20),
                &None,
                &[],
                10,
                &nothing,
                until(Some("books-api-proxy: timeout"), Some(20)),
            ),
        ] {
            let search_warming = SearchWarmingState { list, ..SearchWarmingState::default() };
            let backoff = backoff.clone();
            let meta =
                LedgerState { backoff, search_warming_due_ms: due_ms, ..LedgerState::default() };
            let view = search_warming_json(&search_warming, &meta, jobs, now_ms);
            assert_eq!((&view["enabled"], &view["waiting"]), (enabled, &waiting), "{view}");
            let error = view["error"].as_str();
            assert_eq!(
                error.is_some(),
                matches!(search_warming.list, SearchLogAvailability::Unreadable(_)),
                "{view}"
            );
        }
    }
}
