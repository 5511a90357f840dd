//! Asking the cache about all items of a job, which spends nothing: before the warming for what is
//! warm already, and daily for what is not any more.

use runtime::api::batch::{BatchItem, BatchOutcome, BatchResult, CacheMode};
use runtime::outcome::Failure;

use super::asking::question;
use super::outside::Outside;
use super::{Engine, peers};
use crate::ledger::draft::Draft;
use crate::ledger::hold::{Class, classify};
use crate::ledger::item::{Item, Stage, State, What};
use crate::ledger::job::{Job, JobState};
use crate::ledger::progress::{Coverage, Sweep};
use crate::ledger::store::{Change, Store, Stored};

const DAY_MS: u64 = 86_400_000;

impl<S: Store, O: Outside> Engine<'_, S, O> {
    /// Asks about the next items.
    pub(super) async fn sweep(&self, number: u32) -> Stored<()> {
        let Some(job) = self.sweeping(number)? else { return Ok(()) };
        let Some(sweep) = job.sweep.clone() else { return Ok(()) };
        let page = self.store.page(number, &sweep.after, self.settings.probes_per_batch())?;
        let Some(last) = page.last().map(|item| item.key.clone()) else {
            return self.end_sweep(job, &sweep);
        };
        let wanted = |item: &&Item| match item.state {
            State::Done { .. } => sweep.verify,
            State::Pending | State::Deferred { .. } => !sweep.verify,
            State::NotFound { .. } | State::Failed { .. } => false,
        };
        let batch: Vec<_> = page.iter().filter(wanted).filter_map(probe).collect();
        let results = match self.look(batch).await {
            Ok(results) => results,
            Err(failure) => {
                return self.cool_down(format!("books-api-proxy: {}", failure.root()));
            }
        };
        // The job may have changed meanwhile.
        let Some(job) = self.sweeping(number)? else { return Ok(()) };
        let now_ms = self.outside.now_ms();
        let mut draft = Draft::new(job);
        let mut tally = sweep;
        for item in &page {
            let result = results.iter().find(|result| result.id == item.key);
            if let Some(after) = result.and_then(|result| judge(item, result, &mut tally, now_ms)) {
                draft.put(Some(item), after);
            }
        }
        tally.after = last;
        draft.job.spent.binding_calls += 1;
        draft.job.progressed_ms = now_ms;
        if !tally.verify {
            draft.job.spent.already_warm = tally.warm;
        }
        draft.job.sweep = Some(tally);
        let mut meta = self.store.meta()?;
        meta.last_served = number;
        meta.hold = None;
        self.store.commit(&draft.changes(Some(meta)))
    }

    /// What the cache says of a batch; one that is refused as a whole is asked item by item, and
    /// what is refused alone is taken as it is.
    async fn look(&self, batch: Vec<BatchItem>) -> Result<Vec<BatchResult>, Failure> {
        let mut results = Vec::new();
        let mut batches = vec![batch];
        while let Some(batch) = batches.pop().filter(|batch| !batch.is_empty()) {
            let answer = peers::batch(self.outside, CacheMode::OnlyIfCached, batch.clone()).await;
            match answer {
                Ok(answer) => results.extend(answer),
                Err(failure) if classify(&failure, self.outside.now_ms()) != Class::Final => {
                    return Err(failure);
                }
                Err(_) if batch.len() > 1 => {
                    batches.extend(batch.into_iter().map(|item| vec![item]));
                }
                Err(_) => {}
            }
        }
        Ok(results)
    }

    fn sweeping(&self, number: u32) -> Stored<Option<Job>> {
        let job = self.store.job(number)?;
        Ok(job.filter(|job| {
            matches!(job.state, JobState::Planning | JobState::Warming) && !job.paused
        }))
    }

    fn end_sweep(&self, mut job: Job, sweep: &Sweep) -> Stored<()> {
        let now_ms = self.outside.now_ms();
        job.sweep = None;
        job.progressed_ms = now_ms;
        if sweep.verify {
            job.add_coverage(Coverage {
                at_ms: now_ms,
                asked: sweep.warm + sweep.expiring + sweep.missing,
                warm: sweep.warm,
                expiring: sweep.expiring,
                missing: sweep.missing,
            });
            let fields = serde_json::json!({
                "job": job.id, "warm": sweep.warm, "expiring": sweep.expiring,
                "missing": sweep.missing,
            });
            self.outside.log("verification", "verification is over", fields);
        } else {
            let next = if job.dry_run { JobState::Planned } else { JobState::Warming };
            job.enter(next, now_ms);
        }
        self.store.commit(&[Change::Job(Box::new(job))])
    }
}

/// The question about an item: about its number and its title at once, where it has both.
fn probe(item: &Item) -> Option<BatchItem> {
    match item.number_fresh_ms {
        0 => question(item),
        _ => question(&Item { stage: Stage::Isbn, ..item.clone() }),
    }
}

/// What the cache's word means for an item; none where nothing changes.
fn judge(item: &Item, result: &BatchResult, tally: &mut Sweep, now_ms: u64) -> Option<Item> {
    let mut after = item.clone();
    let seen = result.books.iter().find(|seen| seen.id == item.key);
    let title_missing = matches!(&item.what, What::Book { isbn: Some(_), title: Some(_), .. })
        && seen.is_some_and(|seen| !seen.title)
        // Nobody knew it: it is warm by its number.
        && !(tally.verify && item.is_untitled());
    let warm = match &result.outcome {
        BatchOutcome::Found { partial: false, tier, fresh_until_ms, .. } => {
            Some((tier.clone(), *fresh_until_ms))
        }
        _ => None,
    };
    if !tally.verify {
        let (tier, fresh_until_ms) = warm.filter(|(_, until_ms)| *until_ms > now_ms)?;
        if title_missing {
            return None;
        }
        tally.warm += 1;
        after.state = State::Done { tier, fresh_until_ms };
        return Some(after);
    }
    match warm.filter(|_| !title_missing) {
        Some((tier, fresh_until_ms)) if fresh_until_ms > now_ms + DAY_MS => {
            tally.warm += 1;
            after.state = State::Done { tier, fresh_until_ms };
            // Row writes are counted: what did not change is not written.
            (after.state != item.state).then_some(after)
        }
        Some((_, fresh_until_ms)) => {
            tally.expiring += 1;
            after.stage = Stage::Refresh;
            // Oldest first. Whole days, so that an author comes before the books it brings along.
            let until_ms = (fresh_until_ms / DAY_MS * DAY_MS).min(now_ms);
            after.state = State::Deferred { until_ms, why: "expires soon".to_owned() };
            Some(after)
        }
        None => {
            tally.missing += 1;
            after.stage = item.own_stage();
            after.state = State::Pending;
            Some(after)
        }
    }
}
