//! Cache scans: look items up in the cache, which spends no quota. Planning looks up the open items
//! for warm entries, the daily verification the done items for expired entries.

use runtime::call_outcome::Failure;
use runtime::time::DAY_MS;
use runtime::wire_types::batch_search_wire_types::{
    BatchItemOutcome, BatchItemResult, BatchSearchItem, CacheMode,
};

use super::micro_batch::batch_item_of_warming_item;
use super::ports::WarmerPorts;
use super::{WarmingEngine, sibling_worker_client};
use crate::warming_ledger::backoff::{ItemFailureEffect, item_failure_effect};
use crate::warming_ledger::job::{JobState, LibraryWarmingJob};
use crate::warming_ledger::job_progress::{CacheScanProgress, Coverage};
use crate::warming_ledger::learned_batch_sizes::{BatchSizeOutcome, WarmingBatchKind};
use crate::warming_ledger::warming_item::{
    ItemState, TryCounts, WarmStage, WarmTarget, WarmingItem,
};
use crate::warming_ledger::warming_ledger_changes::WarmingLedgerChanges;
use crate::warming_ledger::warming_ledger_store::{
    StorageResult, ToWarmingLedgerRow, WarmingLedgerStore,
};

/// The result of a look-up: what the cache holds of some items.
#[derive(Default)]
pub(super) struct LookUpReport {
    /// Lacks items that were refused alone, and those for which even a batch of one is too much.
    pub(super) results: Vec<BatchItemResult>,
    pub(super) size_results: Vec<BatchSizeOutcome>,
    pub(super) calls: u64,
    /// Why the whole look-up failed.
    pub(super) failure: Option<Failure>,
}

impl<S: WarmingLedgerStore, O: WarmerPorts> WarmingEngine<'_, S, O> {
    /// Starts the verification of every library, and the warming of logged searches after it, at
    /// most once a day.
    pub(crate) fn begin_daily_verification(&self) -> StorageResult<()> {
        let now_ms = self.ports.now_ms();
        let mut meta = self.store.warmer_state()?;
        let day = now_ms / DAY_MS;
        if meta.verified_day == day {
            return Ok(());
        }
        meta.verified_day = day;
        meta.search_warming_due_ms = Some(now_ms);
        let mut rows = vec![meta.to_ledger_row()?];
        for mut job in self.store.load_all_jobs()? {
            if !matches!(job.state, JobState::Done | JobState::Warming) || job.cache_scan.is_some()
            {
                continue;
            }
            job.cache_scan =
                Some(CacheScanProgress { verify: true, ..CacheScanProgress::default() });
            if job.state == JobState::Done {
                job.set_state(JobState::Warming, now_ms);
            }
            rows.push(job.to_ledger_row()?);
        }
        self.store.write_ledger_rows(rows)
    }

    pub(super) async fn cache_scan(&self, number: u32) -> StorageResult<()> {
        let Some(job) = self.scanning_job(number)? else { return Ok(()) };
        let Some(cache_scan) = job.cache_scan.clone() else { return Ok(()) };
        let size = job.batch_sizes.of(WarmingBatchKind::LookUp);
        let page = self.store.item_page(number, &cache_scan.after, size)?;
        let Some(last) = page.last().map(|item| item.key.clone()) else {
            return self.end_cache_scan(job, &cache_scan);
        };
        let is_wanted = |item: &&WarmingItem| match cache_scan.verify {
            true => matches!(item.state, ItemState::Done { .. }),
            false => item.state.is_unfinished(),
        };
        let batch: Vec<_> = page.iter().filter(is_wanted).filter_map(lookup_item).collect();
        let LookUpReport { results, size_results, calls, failure } =
            self.look_up_batch(batch).await;
        // The job may have changed meanwhile.
        let mut still = self.scanning_job(number)?;
        if let Some(job) = &mut still {
            job.batch_sizes.learn(WarmingBatchKind::LookUp, &size_results);
            job.spent.binding_calls += calls;
        }
        if let Some(failure) = failure {
            if let Some(job) = still {
                self.store.commit_changes(&[&job])?;
            }
            return self.cool_down(format!("books-api-proxy: {}", failure.root_cause()));
        }
        let Some(job) = still else { return Ok(()) };
        let now_ms = self.ports.now_ms();
        let mut warming_ledger_changes = WarmingLedgerChanges::new(job);
        let mut tally = cache_scan;
        for item in &page {
            let result = results.iter().find(|result| result.id == item.key);
            let after =
                result.and_then(|result| state_after_lookup(item, result, &mut tally, now_ms));
            if let Some(after) = after {
                warming_ledger_changes.put(Some(item), after);
            }
        }
        tally.after = last;
        warming_ledger_changes.job.progressed_ms = now_ms;
        if !tally.verify {
            warming_ledger_changes.job.spent.already_warm = tally.warm;
        }
        warming_ledger_changes.job.cache_scan = Some(tally);
        let mut meta = self.store.warmer_state()?;
        meta.last_served = number;
        meta.backoff = None;
        self.commit_step(warming_ledger_changes, meta)
    }

    /// The cached state of a batch. A batch that is refused as a whole is sent item by item; an
    /// item that is refused alone has that failure.
    pub(super) async fn look_up_batch(&self, batch: Vec<BatchSearchItem>) -> LookUpReport {
        let mut look_up = LookUpReport::default();
        let mut batches = vec![batch];
        while let Some(batch) = batches.pop() {
            if batch.is_empty() {
                continue;
            }
            let answer = sibling_worker_client::send_batch(
                self.ports,
                CacheMode::OnlyIfCached,
                batch.clone(),
            )
            .await;
            look_up.calls += 1;
            look_up.size_results.extend(BatchSizeOutcome::of(batch.len(), &answer));
            match answer {
                Ok(answer) => {
                    let is_deferred =
                        |result: &BatchItemResult| result.outcome == BatchItemOutcome::Deferred;
                    let (deferred, done): (Vec<_>, Vec<_>) =
                        batch.into_iter().zip(answer).partition(|(_, result)| is_deferred(result));
                    let rest: Vec<BatchSearchItem> =
                        deferred.into_iter().map(|(item, _)| item).collect();
                    match (done.is_empty(), rest.len()) {
                        // Even a batch of one is too large for this item: it keeps its state.
                        (true, 1) => {}
                        (true, len) => {
                            batches.extend(rest.chunks(len.div_ceil(2)).map(<[_]>::to_vec))
                        }
                        (false, _) => batches.push(rest),
                    }
                    look_up.results.extend(done.into_iter().map(|(_, result)| result));
                }
                Err(failure)
                    if item_failure_effect(&failure, self.ports.now_ms())
                        != ItemFailureEffect::Final =>
                {
                    look_up.failure = Some(failure);
                    break;
                }
                Err(_) if batch.len() > 1 => {
                    batches.extend(batch.into_iter().map(|item| vec![item]));
                }
                Err(_) => {}
            }
        }
        look_up
    }

    fn scanning_job(&self, number: u32) -> StorageResult<Option<LibraryWarmingJob>> {
        let job = self.store.job(number)?;
        Ok(job.filter(|job| {
            matches!(job.state, JobState::Planning | JobState::Warming) && !job.paused
        }))
    }

    fn end_cache_scan(
        &self,
        mut job: LibraryWarmingJob,
        cache_scan: &CacheScanProgress,
    ) -> StorageResult<()> {
        let now_ms = self.ports.now_ms();
        job.cache_scan = None;
        job.progressed_ms = now_ms;
        if cache_scan.verify {
            job.add_coverage(Coverage {
                at_ms: now_ms,
                asked: cache_scan.warm + cache_scan.expiring + cache_scan.missing,
                warm: cache_scan.warm,
                expiring: cache_scan.expiring,
                missing: cache_scan.missing,
            });
            let fields = serde_json::json!({
                "job": job.id, "warm": cache_scan.warm, "expiring": cache_scan.expiring,
                "missing": cache_scan.missing,
            });
            self.ports.log("verification", "verification is over", fields);
        } else {
            let next = if job.dry_run { JobState::Planned } else { JobState::Warming };
            job.set_state(next, now_ms);
        }
        self.store.commit_changes(&[&job])
    }
}

/// The look-up of an item: its ISBN and its title at once, if it has both.
fn lookup_item(item: &WarmingItem) -> Option<BatchSearchItem> {
    match item.isbn_fresh_ms {
        0 => batch_item_of_warming_item(item),
        _ => batch_item_of_warming_item(&WarmingItem { stage: WarmStage::Isbn, ..item.clone() }),
    }
}

/// The new state of an item after the look-up; `None` if nothing changes.
pub(super) fn state_after_lookup(
    item: &WarmingItem,
    result: &BatchItemResult,
    tally: &mut CacheScanProgress,
    now_ms: u64,
) -> Option<WarmingItem> {
    let mut after = item.clone();
    let seen = result.books.iter().find(|seen| seen.id == item.key);
    let has_both = item.target.isbn13().is_some()
        && matches!(item.target, WarmTarget::Book { title: Some(_), .. });
    let title_missing = has_both
        && seen.is_some_and(|seen| !seen.title)
        // An untitled item stays warm by its ISBN: no provider knows the title.
        && !(tally.verify && item.is_untitled());
    let warm = match &result.outcome {
        BatchItemOutcome::Found { partial: false, tier, fresh_until_ms, .. } if !title_missing => {
            Some((tier.clone(), *fresh_until_ms))
        }
        _ => None,
    };
    if !tally.verify {
        let (tier, fresh_until_ms) = warm.filter(|(_, until_ms)| *until_ms > now_ms)?;
        tally.warm += 1;
        after.state = ItemState::Done { tier, fresh_until_ms };
        return Some(after);
    }
    match warm {
        Some((tier, fresh_until_ms)) if fresh_until_ms > now_ms + DAY_MS => {
            tally.warm += 1;
            after.state = ItemState::Done { tier, fresh_until_ms };
            // Cloudflare bills each written row: an item that did not change is not written.
            (after.state != item.state).then_some(after)
        }
        Some((_, fresh_until_ms)) => {
            tally.expiring += 1;
            after.stage = WarmStage::Refresh;
            // The oldest come first. Rounded to days, so that an author comes before its books.
            let until_ms = (fresh_until_ms / DAY_MS * DAY_MS).min(now_ms);
            let (why, tries) = ("expires soon".to_owned(), TryCounts::default());
            after.state = ItemState::Deferred { until_ms, why, tries };
            Some(after)
        }
        None => {
            tally.missing += 1;
            after.stage = item.target.first_stage();
            after.state = ItemState::Pending { tries: TryCounts::default() };
            Some(after)
        }
    }
}
