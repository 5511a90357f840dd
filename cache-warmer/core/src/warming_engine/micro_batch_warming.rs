//! Warms a micro-batch: lease, fetch through the ISBNdb Worker, merge through the proxy, complete.

use runtime::wire_types::batch_search_types::{BatchItemOutcome, CacheMode};

use super::WarmingEngine;
use super::micro_batch::{ItemResult, MicroBatchReport};
use super::ports::WarmerPorts;
use super::quota_check::is_new_reason;
use crate::ledger::batch_sizes::WarmingBatchKind;
use crate::ledger::change_set::LedgerChangeSet;
use crate::ledger::item_transition::{self, LastAnswerTimes};
use crate::ledger::job::{JobState, WarmingJob};
use crate::ledger::job_progress::Lease;
use crate::ledger::ledger_item::{LedgerItem, WarmStage, WarmTarget};
use crate::ledger::ledger_store::{LedgerStore, StorageResult};
use crate::settings::MAX_BULK_ISBNS;

impl<S: LedgerStore, O: WarmerPorts> WarmingEngine<'_, S, O> {
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
        let Some(mut job) = self.warming_job(number)? else { return Ok(()) };
        let mut meta = self.store.ledger_state()?;
        let probing = meta.backoff.as_ref().is_some_and(|backoff| backoff.streak > 0);
        let items =
            self.next_items(&job, stage, probing, meta.quota.as_ref().map(|q| q.left_background))?;
        if items.is_empty() {
            job.fetched.clear();
            return self.store.commit_changes(&[job.into()]);
        }
        let token = meta.next_token();
        meta.last_served = number;
        let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
        job.lease = Some(Lease { token, items: count });
        let fetched = !job.fetched.is_empty();
        let isbndb_has_no_key = meta.isbndb_has_no_key;
        self.store.commit_changes(&[job.into(), meta.into()])?;
        // 3. Fetch from the ISBNdb Worker, then from the proxy.
        let mode = match stage {
            WarmStage::Refresh => CacheMode::Refresh,
            _ if items.iter().any(|item| item.state.tries().bypass_cache) => CacheMode::Recheck,
            _ => CacheMode::Default,
        };
        let kind = items.first().map(WarmingBatchKind::of).unwrap_or_default();
        let mut report = MicroBatchReport { kind, ..Default::default() };
        let mut to_fetch = Vec::new();
        match items.first().map(|item| (&item.target, item.stage)) {
            Some((WarmTarget::Author { .. }, _)) => {
                self.warm_authors(number, &items, mode, isbndb_has_no_key, &mut report).await?;
            }
            Some((_, WarmStage::Isbn)) if !fetched && !isbndb_has_no_key => {
                to_fetch = self.prefetch_isbns(&items, mode, &mut report).await;
            }
            Some((_, WarmStage::Refresh))
                if !isbndb_has_no_key && items.iter().all(LedgerItem::is_by_isbn) =>
            {
                let kept = self.prefetch_isbns(&items, mode, &mut report).await;
                let kept: Vec<LedgerItem> =
                    items.iter().filter(|item| kept.contains(&item.key)).cloned().collect();
                self.compose(&kept, mode, &mut report).await;
            }
            _ => self.compose(&items, mode, &mut report).await,
        }
        // 4. Complete, if the lease was not replaced.
        self.complete_batch(number, token, started_ms, report, to_fetch)
    }

    fn warming_job(&self, number: u32) -> StorageResult<Option<WarmingJob>> {
        let job = self.store.job(number)?;
        Ok(job.filter(|job| job.state == JobState::Warming && !job.paused))
    }

    fn next_items(
        &self,
        job: &WarmingJob,
        stage: WarmStage,
        probing: bool,
        left: Option<u32>,
    ) -> StorageResult<Vec<LedgerItem>> {
        let now_ms = self.ports.now_ms();
        let due = |limit: u32| {
            let limit = if probing { 1 } else { limit.max(1) };
            self.store.due_items(job.number, stage, now_ms, limit)
        };
        if stage == WarmStage::Isbn && !job.fetched.is_empty() {
            let chunk =
                if probing { 1 } else { job.batch_sizes.of(WarmingBatchKind::Isbn) as usize };
            let keys: Vec<String> = job.fetched.iter().take(chunk).cloned().collect();
            let items = self.store.items_by_keys(job.number, &keys)?;
            return Ok(items
                .into_iter()
                .filter(|i| i.due_ms().is_some() && i.stage == stage)
                .collect());
        }
        let left = left.unwrap_or(u32::MAX);
        let size = |kind| job.batch_sizes.of(kind);
        match stage {
            WarmStage::Author => due(size(WarmingBatchKind::Author).min(left)),
            WarmStage::Title => due(size(WarmingBatchKind::Title).min(left)),
            WarmStage::Isbn => {
                let size = size(WarmingBatchKind::Isbn);
                let meta = self.store.ledger_state()?;
                let bulk = match meta.quota {
                    // The ISBNdb Worker is skipped: the items go to the proxy directly.
                    _ if meta.isbndb_has_no_key => size,
                    Some(quota) => quota.bulk_size.min(MAX_BULK_ISBNS),
                    None => size,
                };
                due(bulk.min(left))
            }
            WarmStage::Refresh => {
                let mut items = due(WarmingBatchKind::Isbn.usual_size().min(left))?;
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
        to_fetch: Vec<String>,
    ) -> StorageResult<()> {
        let Some(job) = self.store.job(number)? else { return Ok(()) };
        if job.lease.as_ref().is_none_or(|lease| lease.token != token) {
            // The job was cancelled, paused or replaced meanwhile. The caches keep the answers.
            return Ok(());
        }
        let now_ms = self.ports.now_ms();
        let mut meta = self.store.ledger_state()?;
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
        let mut change_set = LedgerChangeSet::new(job);
        for (key, result) in &report.results {
            self.complete_item(&mut change_set, key, result, answer_times)?;
        }
        let job = &mut change_set.job;
        job.fetched.retain(|key| !report.results.iter().any(|(done, _)| done == key));
        job.fetched.extend(to_fetch);
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
        change_set.job.unpublished |=
            is_new_reason(backoff.as_ref(), meta.backoff.as_ref(), now_ms);
        meta.backoff = backoff;
        if let Some(backoff) = &meta.backoff {
            // Read the quota again after the backoff.
            meta.quota_ms = 0;
            let fields =
                serde_json::json!({ "until_ms": backoff.until_ms, "job": change_set.job.id });
            self.ports.log("backoff", &backoff.reason, fields);
        }
        self.commit_step(change_set, meta)
    }

    fn complete_item(
        &self,
        change_set: &mut LedgerChangeSet,
        key: &str,
        result: &ItemResult,
        answer_times: LastAnswerTimes,
    ) -> StorageResult<()> {
        let number = change_set.job.number;
        let stored = self.store.items_by_keys(number, std::slice::from_ref(&key.to_owned()))?;
        let Some(item) = stored.into_iter().next().filter(|item| item.state.is_unfinished()) else {
            return Ok(());
        };
        let before = item.clone();
        let result = match result {
            Err((failure, provider)) => {
                change_set.put(
                    Some(&before),
                    item_transition::after_failure(item, failure, provider, answer_times),
                );
                return Ok(());
            }
            Ok(result) => result,
        };
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
                if let Some(done) =
                    item_transition::completed_by_author(&book, seen, tier, *fresh_until_ms, now_ms)
                {
                    change_set.put(Some(&book), done);
                }
            }
        }
        let seen = result.books.iter().find(|seen| seen.id == key);
        change_set.put(
            Some(&before),
            item_transition::apply_item_outcome(item, &result.outcome, seen, answer_times),
        );
        Ok(())
    }
}
