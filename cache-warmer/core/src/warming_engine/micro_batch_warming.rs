//! Warms a micro-batch: lease, fetch through the ISBNdb Worker, merge through the proxy, complete.

use runtime::wire_types::batch_search_wire_types::{BatchItemOutcome, BatchItemResult, CacheMode};

use super::WarmingEngine;
use super::micro_batch::{MicroBatchReport, batch_item_of_warming_item};
use super::ports::WarmerPorts;
use super::quota_check::is_new_reason;
use crate::settings::MAX_BULK_ISBNS;
use crate::warming_ledger::item_transition::{
    LastAnswerTimes, completed_by_author, item_after_outcome,
};
use crate::warming_ledger::job::{JobState, LibraryWarmingJob};
use crate::warming_ledger::job_progress::Lease;
use crate::warming_ledger::learned_batch_sizes::WarmingBatchKind;
use crate::warming_ledger::warmer_state::WarmerState;
use crate::warming_ledger::warming_item::{WarmStage, WarmTarget, WarmingItem};
use crate::warming_ledger::warming_ledger_changes::WarmingLedgerChanges;
use crate::warming_ledger::warming_ledger_store::{StorageResult, WarmingLedgerStore};

impl<S: WarmingLedgerStore, O: WarmerPorts> WarmingEngine<'_, S, O> {
    pub(super) async fn warm_micro_batch(
        &self,
        number: u32,
        stage: WarmStage,
    ) -> StorageResult<()> {
        // 1. Is there quota left?
        if !self.has_quota_today(number).await? {
            return Ok(());
        }
        // 2. Take the batch. After a backoff it is one item, as a probe.
        let started_ms = self.ports.now_ms();
        let job = self.store.job(number)?;
        let job = job.filter(|job| job.state == JobState::Warming && !job.paused);
        let Some(mut job) = job else { return Ok(()) };
        let mut meta = self.store.warmer_state()?;
        let items = self.next_items(&job, stage, &meta)?;
        if items.is_empty() {
            job.fetched.clear();
            return self.store.commit_changes(&[&job]);
        }
        meta.last_token += 1;
        let token = meta.last_token;
        meta.last_served = number;
        let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
        job.lease = Some(Lease { token, items: count });
        let fetched = !job.fetched.is_empty();
        let isbndb_has_no_key = meta.isbndb_has_no_key;
        self.store.commit_changes(&[&job, &meta])?;
        // 3. Fetch from the ISBNdb Worker, then from the proxy.
        let mode = match stage {
            WarmStage::Refresh => CacheMode::Refresh,
            _ if items.iter().any(|item| item.state.tries().bypass_cache) => CacheMode::Recheck,
            _ => CacheMode::Default,
        };
        let kind = items.first().map(WarmingBatchKind::of).unwrap_or_default();
        let mut report = MicroBatchReport { kind, ..Default::default() };
        match items.first().map(|item| (&item.target, item.stage)) {
            Some((WarmTarget::Author { .. }, _)) => {
                self.warm_authors(number, &items, mode, isbndb_has_no_key, &mut report).await?;
            }
            Some((_, WarmStage::Isbn)) if !fetched && !isbndb_has_no_key => {
                report.fetched = self.prefetch_isbns(&items, mode, &mut report).await;
            }
            Some((_, WarmStage::Refresh))
                if !isbndb_has_no_key && items.iter().all(WarmingItem::is_by_isbn) =>
            {
                let kept = self.prefetch_isbns(&items, mode, &mut report).await;
                let kept = items.iter().filter(|item| kept.contains(&item.key));
                self.send(kept.filter_map(batch_item_of_warming_item).collect(), mode, &mut report)
                    .await;
            }
            _ => {
                let batch = items.iter().filter_map(batch_item_of_warming_item).collect();
                self.send(batch, mode, &mut report).await;
            }
        }
        // 4. Complete, if the lease was not replaced.
        self.complete_batch(number, token, started_ms, report)
    }

    fn next_items(
        &self,
        job: &LibraryWarmingJob,
        stage: WarmStage,
        meta: &WarmerState,
    ) -> StorageResult<Vec<WarmingItem>> {
        let now_ms = self.ports.now_ms();
        let size = |kind| job.batch_sizes.of(kind);
        let is_probe = meta.backoff.as_ref().is_some_and(|backoff| backoff.streak > 0);
        if stage == WarmStage::Isbn && !job.fetched.is_empty() {
            let count = if is_probe { 1 } else { size(WarmingBatchKind::Isbn) as usize };
            let keys = job.fetched.get(..count).unwrap_or(&job.fetched);
            let mut items = self.store.items_by_keys(job.number, keys)?;
            items.retain(|item| item.state.is_unfinished() && item.stage == stage);
            return Ok(items);
        }
        let left = meta.quota.as_ref().map_or(u32::MAX, |quota| quota.left_background);
        let most = if is_probe { 1 } else { left.max(1) };
        let due = |size: u32| self.store.due_items(job.number, stage, now_ms, size.clamp(1, most));
        match stage {
            WarmStage::Author => due(size(WarmingBatchKind::Author)),
            WarmStage::Title => due(size(WarmingBatchKind::Title)),
            WarmStage::Isbn => due(match &meta.quota {
                Some(quota) if !meta.isbndb_has_no_key => quota.bulk_size.min(MAX_BULK_ISBNS),
                // Without a key the ISBNdb Worker is skipped: the items go to the proxy directly.
                _ => size(WarmingBatchKind::Isbn),
            }),
            WarmStage::Refresh => {
                let mut items = due(WarmingBatchKind::Isbn.usual_size())?;
                // One kind per batch. Authors come first: the proxy stores their books with them.
                items.sort_by_key(WarmingBatchKind::of);
                let kind = items.first().map(WarmingBatchKind::of).unwrap_or_default();
                items.retain(|item| WarmingBatchKind::of(item) == kind);
                items.truncate(size(kind) as usize);
                Ok(items)
            }
        }
    }

    /// Completes a batch, if its lease was not replaced.
    pub(super) fn complete_batch(
        &self,
        number: u32,
        token: u64,
        started_ms: u64,
        report: MicroBatchReport,
    ) -> StorageResult<()> {
        let Some(job) = self.store.job(number)? else { return Ok(()) };
        if job.lease.as_ref().is_none_or(|lease| lease.token != token) {
            // The job was cancelled, paused or replaced meanwhile. The caches keep the answers.
            return Ok(());
        }
        let now_ms = self.ports.now_ms();
        let mut meta = self.store.warmer_state()?;
        if report.provider_health.all_answered {
            meta.answered_ms = now_ms;
        }
        if report.provider_health.isbndb {
            meta.isbndb_ms = now_ms;
        }
        if report.provider_health.google_answered {
            meta.google_ms = now_ms;
        }
        let answer_times = LastAnswerTimes {
            now_ms,
            answered_ms: meta.answered_ms,
            isbndb_ms: meta.isbndb_ms,
            google_ms: meta.google_ms,
        };
        let open_before = job.items.open_count();
        let mut warming_ledger_changes = WarmingLedgerChanges::new(job);
        for result in &report.results {
            self.complete_item(&mut warming_ledger_changes, result, answer_times)?;
        }
        let job = &mut warming_ledger_changes.job;
        job.fetched.retain(|key| !report.results.iter().any(|result| result.id == *key));
        job.fetched.extend(report.fetched);
        job.batch_sizes.learn(report.kind, &report.size_results);
        job.lease = None;
        job.progressed_ms = now_ms;
        job.spent.binding_calls += report.binding_calls;
        job.spent.isbndb_calls += report.upstream_calls;
        job.spent.isbndb_units += report.units;
        let completed = open_before.saturating_sub(job.items.open_count());
        job.pace.add(now_ms.saturating_sub(started_ms), completed);
        meta.spend(report.units);
        if report.isbndb_has_no_key {
            meta.isbndb_has_no_key = true;
            meta.isbndb_no_key_since_ms = now_ms;
        }
        let backoff = report.provider_health.backoff(meta.backoff.as_ref(), now_ms);
        warming_ledger_changes.job.unpublished |=
            is_new_reason(backoff.as_ref(), meta.backoff.as_ref(), now_ms);
        meta.backoff = backoff;
        if let Some(backoff) = &meta.backoff {
            // Read the quota again after the backoff.
            meta.quota_ms = 0;
            let fields = serde_json::json!({ "until_ms": backoff.until_ms, "job": warming_ledger_changes.job.id });
            self.ports.log("backoff", &backoff.reason, fields);
        }
        self.commit_step(warming_ledger_changes, meta)
    }

    fn complete_item(
        &self,
        warming_ledger_changes: &mut WarmingLedgerChanges,
        result: &BatchItemResult,
        answer_times: LastAnswerTimes,
    ) -> StorageResult<()> {
        let number = warming_ledger_changes.job.number;
        let stored = self.store.items_by_keys(number, std::slice::from_ref(&result.id))?;
        let Some(item) = stored.into_iter().find(|item| item.state.is_unfinished()) else {
            return Ok(());
        };
        let before = item.clone();
        if let (
            WarmTarget::Author { .. },
            BatchItemOutcome::Found { tier, fresh_until_ms, partial: false, .. },
        ) = (&item.target, &result.outcome)
        {
            let keys: Vec<String> = result.books.iter().map(|seen| seen.id.clone()).collect();
            for book in self.store.items_by_keys(number, &keys)? {
                let Some(seen) = result.books.iter().find(|seen| seen.id == book.key) else {
                    continue;
                };
                let now_ms = answer_times.now_ms;
                if let Some(done) = completed_by_author(&book, seen, tier, *fresh_until_ms, now_ms)
                {
                    warming_ledger_changes.put(Some(&book), done);
                }
            }
        }
        let seen = result.books.iter().find(|seen| seen.id == result.id);
        let after = item_after_outcome(item, &result.outcome, seen, answer_times);
        warming_ledger_changes.put(Some(&before), after);
        Ok(())
    }
}
