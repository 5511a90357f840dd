//! The documents for the operator: `/status`, progress, results.

use serde_json::{Value, json};

use super::WarmingEngine;
use super::ports::WarmerPorts;
use crate::forecast::{eta_ms, forecast_job};
use crate::import::ImportCheckpoint;
use crate::warming_ledger::backoff::WarmingBackoff;
use crate::warming_ledger::job::{JobState, LibraryWarmingJob};
use crate::warming_ledger::search_log_warming::{SearchLogAvailability, SearchLogWarmingState};
use crate::warming_ledger::warmer_state::WarmerState;
use crate::warming_ledger::warming_item::{ItemState, WarmStage};
use crate::warming_ledger::warming_ledger_store::{StorageResult, WarmingLedgerStore};

const FAR_FUTURE_MS: u64 = 1 << 52;
/// Verifications, and runs of logged searches, that `/status` lists.
const HISTORY_SHOWN: usize = 7;

impl<S: WarmingLedgerStore, O: WarmerPorts> WarmingEngine<'_, S, O> {
    pub(crate) fn job_document(
        &self,
        meta: &WarmerState,
        job: &LibraryWarmingJob,
    ) -> StorageResult<Value> {
        let now_ms = self.ports.now_ms();
        let is_running = job.state.has_open_work() && !job.paused;
        let eta = if is_running { eta_ms(job, meta, self.settings, now_ms) } else { None };
        let is_planned =
            matches!(job.state, JobState::Planned | JobState::Warming | JobState::Done);
        let backoff = self.current_backoff(job, meta, now_ms)?;
        // At any pace: not before the wait is over.
        let wait_ms = backoff.as_ref().map_or(0, |backoff| backoff.until_ms.saturating_sub(now_ms));
        let items = &job.items;
        Ok(json!({
            "id": job.id,
            "file": job.file,
            "aliases": job.aliases,
            "format": job.format,
            "reading": job.import.as_ref().and_then(ImportCheckpoint::file_reading_report),
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
            "plan": is_planned.then(|| forecast_job(job, meta, self.settings, now_ms)),
            "failures": job.failures,
            "authorFailures": job.author_failures,
            "batchSizes": job.batch_sizes.learned_sizes(),
            "coverage": newest_first(&job.coverage),
            "createdAt": job.created_ms,
            "changedAt": job.changed_ms,
        }))
    }

    /// The backoff of all work, else what the next item of the job waits for.
    fn current_backoff(
        &self,
        job: &LibraryWarmingJob,
        meta: &WarmerState,
        now_ms: u64,
    ) -> StorageResult<Option<WarmingBackoff>> {
        let rows_backoff = || meta.rows_backoff(self.settings.library_rows_per_day, now_ms);
        Ok(match job.state {
            JobState::Importing => rows_backoff(),
            JobState::Planning | JobState::Warming => {
                match rows_backoff().or_else(|| meta.current_backoff(now_ms).cloned()) {
                    Some(backoff) => Some(backoff),
                    None => self.next_item_backoff(job)?,
                }
            }
            _ => None,
        })
    }

    /// What the next item of a job waits for; `None` unless all open items are deferred.
    fn next_item_backoff(&self, job: &LibraryWarmingJob) -> StorageResult<Option<WarmingBackoff>> {
        if job.state != JobState::Warming || job.items.pending > 0 || job.items.deferred == 0 {
            return Ok(None);
        }
        let mut waits = Vec::new();
        for stage in WarmStage::ALL {
            let next = self.store.due_items(job.number, stage, FAR_FUTURE_MS, 1)?;
            waits.extend(next.into_iter().filter_map(|item| match item.state {
                ItemState::Deferred { until_ms, why, .. } => {
                    Some(WarmingBackoff::new(why, until_ms))
                }
                _ => None,
            }));
        }
        Ok(waits.into_iter().min_by_key(|backoff| backoff.until_ms))
    }

    pub(crate) fn status_document(&self) -> StorageResult<Value> {
        let (store, now_ms) = (self.store, self.ports.now_ms());
        let (jobs, meta, checks) =
            (store.load_all_jobs()?, store.warmer_state()?, store.check_history()?);
        let search_warming =
            search_warming_json(&store.search_log_warming_state()?, &meta, &jobs, now_ms);
        let shown = jobs.iter().rev().filter(|job| job.state != JobState::Superseded);
        let jobs: Vec<Value> =
            shown.map(|job| self.job_document(&meta, job)).collect::<StorageResult<_>>()?;
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
            "memoryBytes": self.ports.memory_bytes(),
            "now": now_ms,
        }))
    }
}

fn newest_first<T>(history: &[T]) -> Vec<&T> {
    history.iter().rev().take(HISTORY_SHOWN).collect()
}

fn wait_reason(job: &LibraryWarmingJob, backoff: Option<&WarmingBackoff>) -> Option<Value> {
    let reason = match job.state {
        _ if job.paused => "paused by the operator",
        JobState::Planned => "planned by a dry run: POST /warm or resume starts it",
        _ => return backoff.map(|it| json!({ "reason": it.reason, "until": it.until_ms })),
    };
    Some(json!({ "reason": reason, "until": null }))
}

/// The state of the warming of logged searches, which the proxy's vars switch on.
fn search_warming_json(
    search_warming: &SearchLogWarmingState,
    meta: &WarmerState,
    jobs: &[LibraryWarmingJob],
    now_ms: u64,
) -> Value {
    let (enabled, error) = match &search_warming.list {
        SearchLogAvailability::Unknown => (None, None),
        SearchLogAvailability::Off => (Some(false), None),
        SearchLogAvailability::On => (Some(true), None),
        SearchLogAvailability::Unreadable(why) => (None, Some(why)),
    };
    let open_job = jobs.iter().find(|job| job.state.has_open_work());
    let waiting = meta.search_warming_due_ms.and_then(|due_ms| {
        if let Some(job) = open_job {
            let reason = format!("the library comes first: {} is not done", job.id);
            return Some(json!({ "reason": reason, "until": null }));
        }
        match meta.current_backoff(now_ms) {
            Some(backoff) => Some(json!({ "reason": backoff.reason, "until": backoff.until_ms })),
            None => (due_ms > now_ms).then(|| json!({ "reason": error, "until": due_ms })),
        }
    });
    json!({
        "enabled": enabled,
        "error": error,
        "waiting": waiting,
        "run": search_warming.search_run,
        "history": newest_first(&search_warming.history),
    })
}

/// What the operator should correct: files in the bucket, or vars of the ISBNdb Worker.
pub(crate) fn operator_warnings(meta: &WarmerState) -> Vec<&str> {
    let mismatch = meta.quota.as_ref().and_then(|quota| quota.mismatch.as_deref());
    meta.warnings.iter().map(String::as_str).chain(mismatch).collect()
}

#[cfg(test)]
mod tests {
    use runtime::config::Vars;

    use super::*;
    use crate::settings::WarmerSettings;
    use crate::testing::fake_ports::FakeWarmerPorts;
    use crate::testing::memory_store::MemoryWarmingLedger;

    #[test]
    fn a_plan_is_shown_once_the_library_is_known() {
        let (store, ports) = (MemoryWarmingLedger::default(), FakeWarmerPorts::new());
        let settings = WarmerSettings::read(&Vars::new(|_| None)).unwrap();
        let engine = WarmingEngine { store: &store, ports: &ports, settings: &settings };
        for (state, known) in [
            (JobState::Importing, false),
            (JobState::Planning, false),
            (JobState::Planned, true),
            (JobState::Warming, true),
            (JobState::Failed, false),
        ] {
            let one = LibraryWarmingJob { state, ..LibraryWarmingJob::default() };
            let view = engine.job_document(&WarmerState::default(), &one).unwrap();
            assert_eq!(view["plan"]["providers"].is_array(), known, "{view}");
            assert_eq!(view["plan"].is_null(), !known);
        }
    }

    #[test]
    fn search_warming_shows_its_state_and_its_wait() {
        let backoff = Some(WarmingBackoff::new("isbndb: timeout".to_owned(), 50));
        let library =
            vec![LibraryWarmingJob { id: "mine-1".to_owned(), ..LibraryWarmingJob::default() }];
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
            let search_warming = SearchLogWarmingState { list, ..SearchLogWarmingState::default() };
            let backoff = backoff.clone();
            let meta =
                WarmerState { backoff, search_warming_due_ms: due_ms, ..WarmerState::default() };
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
