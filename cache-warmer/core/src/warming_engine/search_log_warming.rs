//! Warms logged searches, once a day, after the libraries' books.
//!
//! 1. The proxy's search log is read. If the proxy keeps no log, the run ends.
//! 2. Each query is looked up in the cache, which spends nothing.
//! 3. Missing and stale queries are searched while the day has quota to spare.
//!
//! A query is removed from the list before it is searched: a step that crashes skips the query, and
//! never spends a second unit on it.

use runtime::wire_types::batch_search_wire_types::{
    BatchItemOutcome, BatchItemResult, BatchSearchItem, CacheMode,
};
use runtime::wire_types::isbndb_worker_answers::QuotaStatusAnswer;
use runtime::wire_types::search_log::LoggedQuery;

use super::cache_scan::LookUpReport;
use super::ports::WarmerPorts;
use super::sibling_worker_client::is_not_found;
use super::{WarmingEngine, sibling_worker_client};
use crate::warming_ledger::backoff::cool_down_ms;
use crate::warming_ledger::batch_provider_health::BatchProviderHealth;
use crate::warming_ledger::learned_batch_sizes::{BatchSizeOutcome, WarmingBatchKind};
use crate::warming_ledger::search_log_warming::{
    SearchLogAvailability, SearchLogWarmingRun, SearchLogWarmingState, key_hash,
};
use crate::warming_ledger::warming_ledger_store::{StorageResult, WarmingLedgerStore};

/// The fraction of the day's quota that is kept for a library.
const KEPT_DIVISOR: u32 = 2;
/// Tries at reading the list before it waits for the next day.
const MAX_TRIES: u32 = 5;

/// Units that searches may use now: what is left for warming today, minus the half of the day
/// that is kept for a library.
pub(crate) fn spare_units(quota: &QuotaStatusAnswer) -> u32 {
    match quota.refused {
        Some(_) => 0,
        None => quota.left_background.saturating_sub(quota.daily_limit / KEPT_DIVISOR),
    }
}

fn no_spare_reason(quota: &QuotaStatusAnswer) -> String {
    match &quota.refused {
        Some(refused) => format!("isbndb: refused ({refused})"),
        None => format!(
            "no quota to spare: {} of {} units are left for warming today, and half of the day is \
             kept for a library",
            quota.left_background, quota.daily_limit
        ),
    }
}

impl<S: WarmingLedgerStore, O: WarmerPorts> WarmingEngine<'_, S, O> {
    pub(super) async fn warm_logged_searches(&self) -> StorageResult<()> {
        let search_warming = self.store.search_log_warming_state()?;
        if search_warming.search_run.is_none() {
            self.read_search_log(search_warming).await
        } else if !search_warming.to_warm.is_empty() {
            self.warm_searches(search_warming).await
        } else if !search_warming.to_look_up.is_empty() {
            self.look_up_searches(search_warming).await
        } else {
            self.end_search_run(search_warming, None)
        }
    }

    async fn read_search_log(
        &self,
        mut search_warming: SearchLogWarmingState,
    ) -> StorageResult<()> {
        let answer = sibling_worker_client::fetch_search_log(self.ports).await;
        let now_ms = self.ports.now_ms();
        let mut due_ms = Some(now_ms);
        match answer {
            Ok(search_log) if search_log.enabled => {
                search_warming.list = SearchLogAvailability::On;
                search_warming.failures = 0;
                search_warming.begin_run(search_log.queries, now_ms);
            }
            Ok(_) => {
                search_warming.list = SearchLogAvailability::Off;
                search_warming.failures = 0;
                due_ms = None;
            }
            Err(failure) => {
                search_warming.failures += 1;
                let why = format!("books-api-proxy: {}", failure.root_cause());
                search_warming.list = SearchLogAvailability::Unreadable(why);
                due_ms = Some(now_ms + cool_down_ms(search_warming.failures));
                // An older proxy lacks the route.
                if is_not_found(&failure) || search_warming.failures >= MAX_TRIES {
                    search_warming.failures = 0;
                    due_ms = None;
                }
            }
        }
        self.commit_searches(search_warming, due_ms)
    }

    async fn look_up_searches(
        &self,
        mut search_warming: SearchLogWarmingState,
    ) -> StorageResult<()> {
        let size = search_warming.batch_sizes.of(WarmingBatchKind::LookUp);
        let chunk = take_first(&mut search_warming.to_look_up, size);
        let LookUpReport { results, size_results, failure, .. } =
            self.look_up_batch(chunk.iter().map(batch_item_for_query).collect()).await;
        search_warming.batch_sizes.learn(WarmingBatchKind::LookUp, &size_results);
        if let Some(failure) = failure {
            search_warming.to_look_up.extend(chunk);
            let why = format!("books-api-proxy: {}", failure.root_cause());
            return self.end_search_run(search_warming, Some(why));
        }
        let now_ms = self.ports.now_ms();
        for query in chunk {
            let Some(search_run) = &mut search_warming.search_run else { break };
            let result = results.iter().find(|result| result.id == query.key);
            match result.map(|result| &result.outcome) {
                Some(BatchItemOutcome::Found { partial: false, fresh_until_ms, .. })
                    if *fresh_until_ms > now_ms =>
                {
                    search_run.fresh += 1;
                }
                Some(BatchItemOutcome::Found { .. } | BatchItemOutcome::Miss) => {
                    search_warming.to_warm.push(query)
                }
                Some(BatchItemOutcome::NotFound { .. }) => {
                    search_run.absent += 1;
                    search_warming.absent.push(key_hash(&query.key));
                }
                // The query failed or did not fit, even alone in its batch.
                Some(BatchItemOutcome::Failed { .. } | BatchItemOutcome::Deferred) | None => {
                    search_run.failed += 1;
                }
            }
        }
        self.commit_searches(search_warming, Some(now_ms))
    }

    async fn warm_searches(&self, mut search_warming: SearchLogWarmingState) -> StorageResult<()> {
        let quota = match sibling_worker_client::fetch_quota(self.ports).await {
            Ok(quota) => quota,
            Err(failure) => {
                let why = format!("isbndb-worker: {}", failure.root_cause());
                return self.end_search_run(search_warming, Some(why));
            }
        };
        let mut meta = self.store.warmer_state()?;
        // Without a key ISBNdb is not called, so that no quota limits the searches.
        let spare = if meta.isbndb_has_no_key { u32::MAX } else { spare_units(&quota) };
        if spare == 0 {
            let why = no_spare_reason(&quota);
            return self.end_search_run(search_warming, Some(why));
        }
        let size = search_warming.batch_sizes.of(WarmingBatchKind::Title);
        let chunk = take_first(&mut search_warming.to_warm, size.min(spare));
        let asked = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
        if let Some(search_run) = &mut search_warming.search_run {
            search_run.asked += asked;
        }
        // The quota as it was read, minus what the searches may spend.
        meta.quota_ms = self.ports.now_ms();
        meta.quota = Some(quota);
        meta.spend(asked.into());
        meta.search_warming_due_ms = Some(meta.quota_ms);
        self.store.commit_changes(&[&meta, &search_warming])?;
        let batch = chunk.iter().map(batch_item_for_query).collect();
        let answer = sibling_worker_client::send_batch(self.ports, CacheMode::Refresh, batch).await;
        let now_ms = self.ports.now_ms();
        let mut search_warming = self.store.search_log_warming_state()?;
        let end = BatchSizeOutcome::of(chunk.len(), &answer);
        search_warming.batch_sizes.learn(WarmingBatchKind::Title, end.as_slice());
        let mut provider_health = BatchProviderHealth::default();
        match answer {
            Ok(results) => {
                for (query, result) in chunk.into_iter().zip(results) {
                    match &mut search_warming.search_run {
                        // The query was not searched: it goes into a smaller batch.
                        Some(run) if asked > 1 && result.outcome == BatchItemOutcome::Deferred => {
                            run.asked = run.asked.saturating_sub(1);
                            search_warming.to_warm.push(query);
                        }
                        _ => {
                            count_result(&mut search_warming, &result, &mut provider_health, now_ms)
                        }
                    }
                }
            }
            Err(failure) => {
                if let Some(search_run) = &mut search_warming.search_run {
                    search_run.failed += asked;
                }
                provider_health.record_failure(&failure, "books-api-proxy", now_ms);
            }
        }
        match provider_health.backoff(None, now_ms) {
            // A provider that is down or spent is not called until the next day.
            Some(backoff) => self.end_search_run(search_warming, Some(backoff.reason)),
            None => self.commit_searches(search_warming, Some(now_ms)),
        }
    }

    fn end_search_run(
        &self,
        mut search_warming: SearchLogWarmingState,
        why: Option<String>,
    ) -> StorageResult<()> {
        search_warming.end_run(why);
        if let Some(search_run) = search_warming.history.last() {
            let message =
                search_run.why.as_deref().unwrap_or("the warming of logged searches is over");
            self.ports.log("searches", message, run_counts(search_run));
        }
        self.commit_searches(search_warming, None)
    }

    /// Stores the run and its next due time.
    fn commit_searches(
        &self,
        search_warming: SearchLogWarmingState,
        due_ms: Option<u64>,
    ) -> StorageResult<()> {
        let mut meta = self.store.warmer_state()?;
        meta.search_warming_due_ms = due_ms;
        self.store.commit_changes(&[&meta, &search_warming])
    }
}

fn take_first(queries: &mut Vec<LoggedQuery>, most: u32) -> Vec<LoggedQuery> {
    queries.drain(..queries.len().min(most as usize)).collect()
}

fn batch_item_for_query(query: &LoggedQuery) -> BatchSearchItem {
    BatchSearchItem { id: query.key.clone(), query: query.query.clone() }
}

/// The counts of a run, for the log: no log line has a query.
fn run_counts(search_run: &SearchLogWarmingRun) -> serde_json::Value {
    serde_json::json!({
        "listed": search_run.listed, "fresh": search_run.fresh, "asked": search_run.asked, "warmed": search_run.warmed,
        "absent": search_run.absent, "failed": search_run.failed, "left": search_run.left,
    })
}

fn count_result(
    search_warming: &mut SearchLogWarmingState,
    result: &BatchItemResult,
    provider_health: &mut BatchProviderHealth,
    now_ms: u64,
) {
    let Some(search_run) = &mut search_warming.search_run else { return };
    match &result.outcome {
        BatchItemOutcome::Failed { failure, provider } => {
            search_run.failed += 1;
            provider_health.record_failure(failure, provider, now_ms);
            return;
        }
        BatchItemOutcome::Found { partial: false, .. } => search_run.warmed += 1,
        BatchItemOutcome::NotFound { .. } => {
            search_run.absent += 1;
            search_warming.absent.push(key_hash(&result.id));
        }
        BatchItemOutcome::Found { .. } | BatchItemOutcome::Miss | BatchItemOutcome::Deferred => {
            search_run.failed += 1;
        }
    }
    provider_health.answered = true;
}
