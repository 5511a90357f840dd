//! Turns the results of a micro-batch into the new states of its items, in one change set.

use runtime::wire_types::batch::BatchItemOutcome;

use super::WarmingEngine;
use super::micro_batch::{ItemResult, MicroBatchReport};
use super::ports::WarmerPorts;
use super::quota_check::is_new_reason;
use crate::ledger::change_set::ChangeSet;
use crate::ledger::item::WarmTarget;
use crate::ledger::item_transition::{self, AnswerTimes};
use crate::ledger::store::{LedgerStore, StoreResult};

impl<S: LedgerStore, O: WarmerPorts> WarmingEngine<'_, S, O> {
    /// Completes a batch, if its lease was not replaced.
    pub(super) fn complete_batch(
        &self,
        number: u32,
        token: u64,
        started_ms: u64,
        report: MicroBatchReport,
        to_fetch: Vec<String>,
    ) -> StoreResult<()> {
        let Some(job) = self.store.job(number)? else { return Ok(()) };
        if job.lease.as_ref().is_none_or(|lease| lease.token != token) {
            // The job was cancelled, paused or replaced meanwhile. The caches keep the answers.
            return Ok(());
        }
        let now_ms = self.ports.now_ms();
        let mut meta = self.store.meta()?;
        if report.provider_health.all_answered {
            meta.answered_ms = now_ms;
        }
        if report.provider_health.isbndb {
            meta.isbndb_ms = now_ms;
        }
        if report.provider_health.google_answered {
            meta.google_ms = now_ms;
        }
        let provider_clock = AnswerTimes {
            now_ms,
            answered_ms: meta.answered_ms,
            isbndb_ms: meta.isbndb_ms,
            google_ms: meta.google_ms,
        };
        let open_before = job.items.open_count();
        let mut change_set = ChangeSet::new(job);
        for (key, result) in &report.results {
            self.complete_item(&mut change_set, key, result, provider_clock)?;
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
        change_set: &mut ChangeSet,
        key: &str,
        result: &ItemResult,
        provider_clock: AnswerTimes,
    ) -> StoreResult<()> {
        let number = change_set.job.number;
        let stored = self.store.items(number, std::slice::from_ref(&key.to_owned()))?;
        let Some(item) = stored.into_iter().next().filter(|item| item.state.is_unfinished()) else {
            return Ok(());
        };
        let before = item.clone();
        let result = match result {
            Err((failure, provider)) => {
                change_set.put(
                    Some(&before),
                    item_transition::after_failure(item, failure, provider, provider_clock),
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
            for book in self.store.items(number, &keys)? {
                let Some(seen) = result.books.iter().find(|seen| seen.id == book.key) else {
                    continue;
                };
                let now_ms = provider_clock.now_ms;
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
            item_transition::apply_outcome(item, &result.outcome, seen, provider_clock),
        );
        Ok(())
    }
}
