//! What a micro-batch brought becomes the new state of its items, in one change set.

use runtime::api::batch::BatchOutcome;

use super::Engine;
use super::asking::{Asked, Haul};
use super::day::is_news;
use super::outside::Outside;
use crate::ledger::draft::Draft;
use crate::ledger::item::What;
use crate::ledger::settle::{self, Scene};
use crate::ledger::store::{Store, Stored};

impl<S: Store, O: Outside> Engine<'_, S, O> {
    /// Settles a batch, if its lease still stands.
    pub(super) fn settle(
        &self,
        number: u32,
        token: u64,
        started_ms: u64,
        haul: Haul,
        to_fetch: Vec<String>,
    ) -> Stored<()> {
        let Some(job) = self.store.job(number)? else { return Ok(()) };
        if job.lease.as_ref().is_none_or(|lease| lease.token != token) {
            // Cancelled, paused or replaced meanwhile: what was fetched stands in the caches.
            return Ok(());
        }
        let now_ms = self.outside.now_ms();
        let mut meta = self.store.meta()?;
        if haul.weather.whole {
            meta.answered_ms = now_ms;
        }
        if haul.weather.isbndb {
            meta.isbndb_ms = now_ms;
        }
        if haul.weather.whole_google {
            meta.google_ms = now_ms;
        }
        let scene = Scene {
            now_ms,
            answered_ms: meta.answered_ms,
            isbndb_ms: meta.isbndb_ms,
            google_ms: meta.google_ms,
        };
        let open_before = job.items.open();
        let mut draft = Draft::new(job);
        for (key, result) in &haul.results {
            self.settle_one(&mut draft, key, result, scene)?;
        }
        let job = &mut draft.job;
        job.fetched.retain(|key| !haul.results.iter().any(|(done, _)| done == key));
        job.fetched.extend(to_fetch);
        job.lease = None;
        job.progressed_ms = now_ms;
        job.spent.binding_calls += haul.binding_calls;
        job.spent.isbndb_calls += haul.upstream_calls;
        job.spent.isbndb_units += haul.units;
        let settled = open_before.saturating_sub(job.items.open());
        job.pace.add(now_ms.saturating_sub(started_ms), settled);
        meta.spend(haul.units);
        if haul.leaf_off {
            meta.leaf_off = true;
            meta.leaf_off_ms = now_ms;
        }
        let hold = haul.weather.hold(meta.hold.as_ref(), now_ms);
        draft.job.unpublished |= is_news(hold.as_ref(), meta.hold.as_ref(), now_ms);
        meta.hold = hold;
        if let Some(hold) = &meta.hold {
            // What is left is read again when the hold is over.
            meta.quota_ms = 0;
            let fields = serde_json::json!({ "until_ms": hold.until_ms, "job": draft.job.id });
            self.outside.log("hold", &hold.reason, fields);
        }
        self.store.commit(&draft.changes(Some(meta)))
    }

    fn settle_one(&self, draft: &mut Draft, key: &str, result: &Asked, scene: Scene) -> Stored<()> {
        let number = draft.job.number;
        let stored = self.store.items(number, std::slice::from_ref(&key.to_owned()))?;
        let Some(item) = stored.into_iter().next().filter(|item| item.state.is_open()) else {
            return Ok(());
        };
        let before = item.clone();
        let result = match result {
            Err((failure, provider)) => {
                draft.put(Some(&before), settle::failed(item, failure, provider, scene));
                return Ok(());
            }
            Ok(result) => result,
        };
        if let (
            What::Author { .. },
            BatchOutcome::Found { tier, fresh_until_ms, partial: false, .. },
        ) = (&item.what, &result.outcome)
        {
            let keys: Vec<String> = result.books.iter().map(|seen| seen.id.clone()).collect();
            for book in self.store.items(number, &keys)? {
                let Some(seen) = result.books.iter().find(|seen| seen.id == book.key) else {
                    continue;
                };
                let now_ms = scene.now_ms;
                if let Some(done) =
                    settle::brought_along(&book, seen, tier, *fresh_until_ms, now_ms)
                {
                    draft.put(Some(&book), done);
                }
            }
        }
        let seen = result.books.iter().find(|seen| seen.id == key);
        draft.put(Some(&before), settle::answered(item, &result.outcome, seen, scene));
        Ok(())
    }
}
