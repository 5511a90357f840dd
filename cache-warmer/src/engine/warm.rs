//! Warming a micro-batch: lease, fetch through the leaf, compose through the proxy, settle.

use futures::future::join_all;
use shared::outcome::Failure;
use shared::wire::batch::{
    BatchItem, BatchOutcome, BatchQuery, BatchResult, CacheMode, LibraryBook,
};

use super::outside::Outside;
use super::{Engine, peers};
use crate::ledger::draft::Draft;
use crate::ledger::hold::Hold;
use crate::ledger::item::{Item, Stage, What};
use crate::ledger::job::{Job, JobState, Lease};
use crate::ledger::settle::{self, Scene, Weather};
use crate::ledger::store::{Change, Store, Stored};

/// A step that takes longer is taken for dead.
const LEASE_MS: u64 = 90_000;
/// The leaf's quota is read again after that time.
const QUOTA_AGE_MS: u64 = 60_000;
/// Shorter waits are not announced by a write of their own.
const LONG_WAIT_MS: u64 = 60_000;
/// Numbers in one bulk call where the leaf does not say.
const BULK_SIZE: u32 = 100;
/// Books of an author that are named along with it; the others are asked for by number.
const MAX_BOOKS_ALONG: usize = 40;

/// What a batch brought, before it is settled.
#[derive(Default)]
struct Haul {
    results: Vec<(String, Result<BatchResult, (Failure, String)>)>,
    weather: Weather,
    binding_calls: u64,
    upstream_calls: u64,
    units: u64,
}

impl Haul {
    fn fail(&mut self, key: &str, failure: &Failure, provider: &str, now_ms: u64) {
        self.weather.failure(failure, provider, now_ms);
        self.results.push((key.to_owned(), Err((failure.clone(), provider.to_owned()))));
    }
}

impl<S: Store, O: Outside> Engine<'_, S, O> {
    /// Warms the next micro-batch of a stage.
    pub(super) async fn warm(&self, number: u32, stage: Stage) -> Stored<()> {
        // 1. Is there anything to spend?
        if !self.day_is_open(number).await? {
            return Ok(());
        }
        // 2. Take the batch. After a hold one item goes ahead as a probe.
        let started_ms = self.outside.now_ms();
        let Some(mut job) = self.running(number)? else { return Ok(()) };
        let mut meta = self.store.meta()?;
        let probing = meta.hold.as_ref().is_some_and(|hold| hold.streak > 0);
        let items =
            self.take(&job, stage, probing, meta.quota.as_ref().map(|q| q.left_background))?;
        if items.is_empty() {
            job.fetched.clear();
            return self.store.commit(&[Change::Job(Box::new(job))]);
        }
        let token = meta.next_token();
        meta.last_served = number;
        let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
        job.lease = Some(Lease { token, items: count, until_ms: started_ms + LEASE_MS });
        let fetched = !job.fetched.is_empty();
        let leaf_off = meta.leaf_off;
        self.store.commit(&[Change::Job(Box::new(job)), Change::Meta(Box::new(meta))])?;
        // 3. Ask.
        let mode = if stage == Stage::Refresh { CacheMode::Refresh } else { CacheMode::Default };
        let mut haul = Haul::default();
        let mut to_fetch = Vec::new();
        match items.first().map(|item| (&item.what, item.stage)) {
            Some((What::Author { .. }, _)) => {
                self.authors(number, &items, mode, leaf_off, &mut haul).await?;
            }
            Some((What::Book { isbn: Some(_), .. }, Stage::Isbn)) if !fetched && !leaf_off => {
                to_fetch = self.fetch(&items, &mut haul).await;
            }
            Some((What::Book { isbn: Some(_), .. }, Stage::Refresh)) if !leaf_off => {
                let kept = self.fetch(&items, &mut haul).await;
                let kept: Vec<Item> =
                    items.iter().filter(|item| kept.contains(&item.key)).cloned().collect();
                self.compose(&kept, mode, &mut haul).await;
            }
            _ => self.compose(&items, mode, &mut haul).await,
        }
        // 4. Settle, if the lease still stands.
        self.settle(number, token, started_ms, haul, to_fetch)
    }

    fn running(&self, number: u32) -> Stored<Option<Job>> {
        let job = self.store.job(number)?;
        Ok(job.filter(|job| job.state == JobState::Warming && !job.paused))
    }

    /// Reads the leaf's quota where it is old; false where everything has to wait.
    async fn day_is_open(&self, number: u32) -> Stored<bool> {
        let meta = self.store.meta()?;
        let now_ms = self.outside.now_ms();
        if now_ms.saturating_sub(meta.quota_ms) < QUOTA_AGE_MS {
            return Ok(true);
        }
        let answer = peers::quota(self.outside).await;
        let now_ms = self.outside.now_ms();
        let mut meta = self.store.meta()?;
        let mut open = true;
        match answer {
            Ok(quota) => {
                meta.leaf_off = false;
                let spent = quota.left_background == 0 && quota.resets_at_ms > now_ms;
                if let Some(refused) = &quota.refused {
                    let reason = format!("isbndb: refused ({refused}): check key, plan and host");
                    meta.hold = Some(Hold { reason, until_ms: now_ms + 3_600_000, streak: 0 });
                    open = false;
                } else if spent {
                    let reason = "isbndb: quota_spent".to_owned();
                    meta.hold = Some(Hold { reason, until_ms: quota.resets_at_ms, streak: 0 });
                    open = false;
                }
                meta.quota = Some(quota);
                meta.quota_ms = now_ms;
            }
            Err(failure) if matches!(failure.root(), Failure::NotConfigured) => {
                meta.leaf_off = true;
                meta.quota = None;
                meta.quota_ms = now_ms;
            }
            Err(failure) => {
                let mut weather = Weather::default();
                weather.failure(&failure, "isbndb-worker", now_ms);
                meta.hold = weather.hold(meta.hold.as_ref(), now_ms);
                open = false;
            }
        }
        let mut changes = Vec::new();
        if is_long(meta.hold.as_ref(), now_ms) && !open {
            if let Some(mut job) = self.store.job(number)? {
                job.unpublished = true;
                changes.push(Change::Job(Box::new(job)));
            }
        }
        changes.push(Change::Meta(Box::new(meta)));
        self.store.commit(&changes)?;
        Ok(open)
    }

    /// The items of the next batch.
    fn take(&self, job: &Job, stage: Stage, probing: bool, left: Option<u32>) -> Stored<Vec<Item>> {
        let now_ms = self.outside.now_ms();
        let settings = self.settings;
        let due = |limit: u32| {
            let limit = if probing { 1 } else { limit.max(1) };
            self.store.due(job.number, stage, now_ms, limit)
        };
        if stage == Stage::Isbn && !job.fetched.is_empty() {
            let chunk = if probing { 1 } else { settings.books_per_batch() as usize };
            let keys: Vec<String> = job.fetched.iter().take(chunk).cloned().collect();
            let items = self.store.items(job.number, &keys)?;
            return Ok(items
                .into_iter()
                .filter(|i| i.due_ms().is_some() && i.stage == stage)
                .collect());
        }
        let left = left.unwrap_or(u32::MAX);
        match stage {
            Stage::Author => due(settings.authors_per_batch().min(left)),
            Stage::Isbn => {
                let quota = self.store.meta()?;
                let bulk = quota.quota.map_or(settings.books_per_batch(), |q| q.bulk_size);
                due(bulk.clamp(1, BULK_SIZE).min(left))
            }
            Stage::Title => due(settings.titles_per_batch().min(left)),
            Stage::Refresh => {
                let mut items = due(settings.books_per_batch().min(left))?;
                // One kind a batch: authors bring their books along, so they come first.
                items.sort_by_key(|item| item.what.first_stage());
                let kind = items.first().map(|item| item.what.first_stage());
                items.retain(|item| Some(item.what.first_stage()) == kind);
                items.truncate(match kind {
                    Some(Stage::Isbn) => settings.books_per_batch() as usize,
                    _ => settings.authors_per_batch() as usize,
                });
                Ok(items)
            }
        }
    }

    /// Author pages into the leaf's cache, then the authors with their books to the proxy.
    async fn authors(
        &self,
        number: u32,
        items: &[Item],
        mode: CacheMode,
        leaf_off: bool,
        haul: &mut Haul,
    ) -> Stored<()> {
        let mut batch = Vec::new();
        let mut fetched = Vec::new();
        if !leaf_off {
            let calls = items.iter().map(|item| async {
                match &item.what {
                    What::Author { name, .. } => {
                        peers::author(self.outside, name, self.settings.page_size).await
                    }
                    What::Book { .. } => Ok(false),
                }
            });
            fetched = join_all(calls).await;
            haul.binding_calls += items.len() as u64;
        }
        let now_ms = self.outside.now_ms();
        for (place, item) in items.iter().enumerate() {
            match fetched.get(place) {
                Some(Err(failure)) => {
                    haul.fail(&item.key, failure, "isbndb", now_ms);
                    continue;
                }
                Some(Ok(true)) => {
                    haul.upstream_calls += 1;
                    haul.units += 1;
                }
                Some(Ok(false)) | None => {}
            }
            let What::Author { name, books } = &item.what else { continue };
            let books = self.books_along(number, books, mode)?;
            let query = BatchQuery::Author { name: name.clone(), books };
            batch.push(BatchItem { id: item.key.clone(), query });
        }
        self.send(batch, mode, haul).await;
        Ok(())
    }

    /// The open books of an author, as the proxy is told of them.
    fn books_along(
        &self,
        number: u32,
        keys: &[String],
        mode: CacheMode,
    ) -> Stored<Vec<LibraryBook>> {
        let books = self.store.items(number, keys)?.into_iter();
        let wanted = books.filter(|book| book.state.is_open() || mode == CacheMode::Refresh);
        Ok(wanted
            .filter_map(|book| match book.what {
                What::Book { isbn, confirm, title, .. } => Some(LibraryBook {
                    id: book.key,
                    isbn: isbn.filter(|_| !confirm),
                    title: title.unwrap_or_default(),
                }),
                What::Author { .. } => None,
            })
            .filter(|book| book.isbn.is_some() || !book.title.is_empty())
            .take(MAX_BOOKS_ALONG)
            .collect())
    }

    /// Numbers into the leaf's cache; answers the keys of those that got an answer.
    async fn fetch(&self, items: &[Item], haul: &mut Haul) -> Vec<String> {
        let numbers = items.iter().filter_map(|item| match &item.what {
            What::Book { isbn: Some(isbn), .. } => Some(*isbn),
            _ => None,
        });
        haul.binding_calls += 1;
        let answer = peers::bulk(self.outside, numbers.collect()).await;
        let now_ms = self.outside.now_ms();
        let bulk = match answer {
            Ok(bulk) => bulk,
            Err(failure) => {
                for item in items {
                    haul.fail(&item.key, &failure, "isbndb", now_ms);
                }
                return Vec::new();
            }
        };
        haul.upstream_calls += u64::from(bulk.upstream_calls);
        haul.units += u64::from(bulk.units);
        let mut kept = Vec::new();
        for item in items {
            let What::Book { isbn: Some(isbn), .. } = &item.what else { continue };
            match bulk.failed.iter().find(|failed| failed.isbn == *isbn) {
                Some(failed) => haul.fail(&item.key, &failed.failure, "isbndb", now_ms),
                None => kept.push(item.key.clone()),
            }
        }
        // The leaf answered, whatever it said about single numbers.
        haul.weather.answered |= !kept.is_empty();
        kept
    }

    /// Books to the proxy, by number or by title.
    async fn compose(&self, items: &[Item], mode: CacheMode, haul: &mut Haul) {
        let batch = items.iter().filter_map(question).collect();
        self.send(batch, mode, haul).await;
    }

    async fn send(&self, batch: Vec<BatchItem>, mode: CacheMode, haul: &mut Haul) {
        if batch.is_empty() {
            return;
        }
        let keys: Vec<String> = batch.iter().map(|item| item.id.clone()).collect();
        haul.binding_calls += 1;
        let answer = peers::batch(self.outside, mode, batch).await;
        let now_ms = self.outside.now_ms();
        match answer {
            Ok(results) => {
                for result in results {
                    match &result.outcome {
                        BatchOutcome::Failed { failure, provider } => {
                            haul.weather.failure(failure, provider, now_ms);
                        }
                        _ => haul.weather.answered = true,
                    }
                    haul.results.push((result.id.clone(), Ok(result)));
                }
            }
            Err(failure) => {
                for key in keys {
                    haul.fail(&key, &failure, "books-api-proxy", now_ms);
                }
            }
        }
    }

    fn settle(
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
        let answered_ms = if haul.weather.answered { now_ms } else { meta.answered_ms };
        let scene = Scene { now_ms, answered_ms };
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
        meta.answered_ms = answered_ms;
        meta.spend(haul.units);
        let hold = haul.weather.hold(meta.hold.as_ref(), now_ms);
        draft.job.unpublished |= is_long(hold.as_ref(), now_ms);
        meta.hold = hold;
        if let Some(hold) = &meta.hold {
            // What is left is read again when the hold is over.
            meta.quota_ms = 0;
            let fields = serde_json::json!({ "until_ms": hold.until_ms, "job": draft.job.id });
            self.outside.log("hold", &hold.reason, fields);
        }
        self.store.commit(&draft.changes(Some(meta)))
    }

    fn settle_one(
        &self,
        draft: &mut Draft,
        key: &str,
        result: &Result<BatchResult, (Failure, String)>,
        scene: Scene,
    ) -> Stored<()> {
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

/// A wait that a person should be told of at once.
fn is_long(hold: Option<&Hold>, now_ms: u64) -> bool {
    hold.is_some_and(|hold| hold.until_ms > now_ms + LONG_WAIT_MS)
}

/// The question an item asks the proxy.
pub(super) fn question(item: &Item) -> Option<BatchItem> {
    let query = match &item.what {
        What::Author { name, .. } => BatchQuery::Author { name: name.clone(), books: Vec::new() },
        What::Book { isbn: Some(isbn), confirm, title, author } if item.stage != Stage::Title => {
            BatchQuery::Isbn {
                isbn: *isbn,
                title: title.clone(),
                author: author.clone(),
                confirm: *confirm,
            }
        }
        What::Book { title, author, .. } => {
            BatchQuery::Title { title: title.clone()?, author: author.clone() }
        }
    };
    Some(BatchItem { id: item.key.clone(), query })
}
