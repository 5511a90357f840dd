//! Warming what others searched for, once a day, after the library's books.
//!
//! 1. The proxy's list is read; where it keeps none, that is all.
//! 2. The cache is asked about each query, which spends nothing.
//! 3. What is missing or stale is asked for, as long as the day has quota to spare.
//!
//! A query is taken off before it is asked for: a step that dies costs it its turn, never a
//! second unit.

use runtime::api::batch::{BatchItem, BatchOutcome, BatchResult, CacheMode};
use runtime::api::leaf::Quota;
use runtime::api::searched::SearchedQuery;
use runtime::outcome::Failure;

use super::outside::Outside;
use super::{Engine, peers};
use crate::ledger::hold::cool_down_ms;
use crate::ledger::searches::{List, Pass, Searches, mark};
use crate::ledger::store::{Change, Store, Stored};
use crate::ledger::weather::Weather;

/// Of the day's quota, the part that a library may still come for.
const KEPT_DIVISOR: u32 = 2;
/// Tries at reading the list before it waits for the next day.
const MAX_TRIES: u32 = 5;

/// Units that searches may use now: what warming may still use today, without the half of the
/// day that is kept for a library.
pub(crate) fn spare_units(quota: &Quota) -> u32 {
    match quota.refused {
        Some(_) => 0,
        None => quota.left_background.saturating_sub(quota.daily_limit / KEPT_DIVISOR),
    }
}

/// Why there are none.
fn nothing_spare(quota: &Quota) -> String {
    match &quota.refused {
        Some(refused) => format!("isbndb: refused ({refused})"),
        None => format!(
            "no quota to spare: {} of {} units are left for warming today, and half of the day is \
             kept for a library",
            quota.left_background, quota.daily_limit
        ),
    }
}

impl<S: Store, O: Outside> Engine<'_, S, O> {
    /// Does the next piece of the pass.
    pub(super) async fn searches(&self) -> Stored<()> {
        let searches = self.store.searches()?;
        match &searches.pass {
            None => self.read_list(searches).await,
            Some(_) if !searches.to_warm.is_empty() => self.warm_searches(searches).await,
            Some(_) if !searches.to_look_up.is_empty() => self.look_up_searches(searches).await,
            Some(_) => self.end_searches(searches, None),
        }
    }

    async fn read_list(&self, mut searches: Searches) -> Stored<()> {
        let answer = peers::searched(self.outside).await;
        let now_ms = self.outside.now_ms();
        let mut due_ms = Some(now_ms);
        match answer {
            Ok(searched) if searched.enabled => {
                searches.list = List::On;
                searches.failures = 0;
                searches.begin(searched.queries, now_ms);
            }
            Ok(_) => {
                searches.list = List::Off;
                searches.failures = 0;
                due_ms = None;
            }
            Err(failure) => {
                searches.failures += 1;
                searches.list = List::Unread(format!("books-api-proxy: {}", failure.root()));
                due_ms = Some(now_ms + cool_down_ms(searches.failures));
                // An older proxy has no such route.
                let hopeless = matches!(failure.root(), Failure::NotFound { .. });
                if hopeless || searches.failures >= MAX_TRIES {
                    searches.failures = 0;
                    due_ms = None;
                }
            }
        }
        self.keep_searches(searches, due_ms, None)
    }

    async fn look_up_searches(&self, mut searches: Searches) -> Stored<()> {
        let chunk = cut(&mut searches.to_look_up, self.settings.probes_per_batch());
        let batch = chunk.iter().map(item).collect();
        let results = match peers::batch(self.outside, CacheMode::OnlyIfCached, batch).await {
            Ok(results) => results,
            Err(failure) => {
                searches.to_look_up.extend(chunk);
                return self.end_searches(searches, Some(of_proxy(&failure)));
            }
        };
        let now_ms = self.outside.now_ms();
        for (query, result) in chunk.into_iter().zip(results) {
            let Some(pass) = &mut searches.pass else { break };
            match result.outcome {
                BatchOutcome::Found { partial: false, fresh_until_ms, .. }
                    if fresh_until_ms > now_ms =>
                {
                    pass.fresh += 1;
                }
                BatchOutcome::Found { .. } | BatchOutcome::Miss => searches.to_warm.push(query),
                BatchOutcome::NotFound { .. } => {
                    pass.absent += 1;
                    searches.absent.push(mark(&query.key));
                }
                BatchOutcome::Failed { .. } => pass.failed += 1,
            }
        }
        self.keep_searches(searches, Some(now_ms), None)
    }

    async fn warm_searches(&self, mut searches: Searches) -> Stored<()> {
        let quota = match peers::quota(self.outside).await {
            Ok(quota) => quota,
            Err(failure) => {
                let why = format!("isbndb-worker: {}", failure.root());
                return self.end_searches(searches, Some(why));
            }
        };
        // Without a key ISBNdb is not asked at all.
        let spare = match self.store.meta()?.leaf_off {
            true => u32::MAX,
            false => spare_units(&quota),
        };
        if spare == 0 {
            let why = nothing_spare(&quota);
            return self.end_searches(searches, Some(why));
        }
        let chunk = cut(&mut searches.to_warm, self.settings.titles_per_batch().min(spare));
        let asked = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
        if let Some(pass) = &mut searches.pass {
            pass.asked += asked;
        }
        let now_ms = self.outside.now_ms();
        self.keep_searches(searches, Some(now_ms), Some((quota, asked)))?;
        let batch = chunk.iter().map(item).collect();
        let answer = peers::batch(self.outside, CacheMode::Refresh, batch).await;
        let now_ms = self.outside.now_ms();
        let mut searches = self.store.searches()?;
        let mut weather = Weather::default();
        match answer {
            Ok(results) => {
                for result in results {
                    count(&mut searches, &result, &mut weather, now_ms);
                }
            }
            Err(failure) => {
                if let Some(pass) = &mut searches.pass {
                    pass.failed += asked;
                }
                weather.failure(&failure, "books-api-proxy", now_ms);
            }
        }
        match weather.hold(None, now_ms) {
            // Whoever is down, or spent, is left alone until the next day.
            Some(hold) => self.end_searches(searches, Some(hold.reason)),
            None => self.keep_searches(searches, Some(now_ms), None),
        }
    }

    fn end_searches(&self, mut searches: Searches, why: Option<String>) -> Stored<()> {
        searches.end(why);
        if let Some(pass) = searches.newest() {
            let message = pass.why.as_deref().unwrap_or("the pass over the searches is over");
            self.outside.log("searches", message, counts(pass));
        }
        self.keep_searches(searches, None, None)
    }

    /// Keeps the document and when it is due, with the quota as it was read before spending.
    fn keep_searches(
        &self,
        searches: Searches,
        due_ms: Option<u64>,
        quota: Option<(Quota, u32)>,
    ) -> Stored<()> {
        let mut meta = self.store.meta()?;
        meta.searches_due_ms = due_ms;
        if let Some((quota, units)) = quota {
            meta.quota = Some(quota);
            meta.quota_ms = self.outside.now_ms();
            meta.spend(units.into());
        }
        let changes = [Change::Meta(Box::new(meta)), Change::Searches(Box::new(searches))];
        self.store.commit(&changes)
    }
}

fn cut(queries: &mut Vec<SearchedQuery>, most: u32) -> Vec<SearchedQuery> {
    queries.drain(..queries.len().min(most as usize)).collect()
}

fn item(query: &SearchedQuery) -> BatchItem {
    BatchItem { id: query.key.clone(), query: query.query.clone() }
}

fn of_proxy(failure: &Failure) -> String {
    format!("books-api-proxy: {}", failure.root())
}

/// Numbers only: what was searched for is in no log.
fn counts(pass: &Pass) -> serde_json::Value {
    serde_json::json!({
        "listed": pass.listed, "fresh": pass.fresh, "asked": pass.asked, "warmed": pass.warmed,
        "absent": pass.absent, "failed": pass.failed, "left": pass.left,
    })
}

fn count(searches: &mut Searches, result: &BatchResult, weather: &mut Weather, now_ms: u64) {
    let Some(pass) = &mut searches.pass else { return };
    match &result.outcome {
        BatchOutcome::Failed { failure, provider } => {
            pass.failed += 1;
            weather.failure(failure, provider, now_ms);
            return;
        }
        BatchOutcome::Found { partial: false, .. } => pass.warmed += 1,
        BatchOutcome::NotFound { .. } => {
            pass.absent += 1;
            searches.absent.push(mark(&result.id));
        }
        BatchOutcome::Found { .. } | BatchOutcome::Miss => pass.failed += 1,
    }
    weather.answered = true;
}
