//! The ports in memory: a bucket, both siblings with their caches, a clock, faults and crashes.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use bibliography::isbn::Isbn13;
use bibliography::text_normalization::{author_name_key, title_key};
use ports::http_types::{Headers, decode_segment};
use ports::{IncomingResponse, OutgoingRequest};
use runtime::call_outcome::{Failure, ProviderFailure, SiblingWorkerFailure};
use runtime::time::DAY_MS;
use runtime::wire_types::batch_search_wire_types::{
    BatchItemOutcome, BatchItemQuery, BatchItemResult, BatchSearchAnswer, BatchSearchItem,
    BatchSearchRequest, CacheMode, LibraryBookCacheEntries,
};
use runtime::wire_types::isbndb_worker_answers::{
    BulkFailure, BulkRequest, IsbndbWorkerBulkAnswer, QuotaStatusAnswer,
};
use runtime::wire_types::search_log::{LoggedQuery, SearchLogResponse};
use serde::de::DeserializeOwned;
use testkit::{InjectedStoreError, StoreFaults};

use crate::warming_engine::ports::{
    BucketFileInfo, RangeReadResult, SiblingWorker, WarmerPorts, parse_answer,
};
use crate::warming_ledger::warming_ledger_store::{StorageResult, WarmerStorageError};

#[derive(Clone, Debug)]
pub(crate) struct FakeCacheEntry {
    pub(crate) fresh_until_ms: u64,
    pub(crate) empty: bool,
}

#[derive(Default)]
pub(crate) struct FakeWarmerPorts {
    pub(crate) now_ms: Cell<u64>,
    pub(crate) files: RefCell<BTreeMap<String, Vec<u8>>>,
    pub(crate) uploaded_ms: RefCell<BTreeMap<String, u64>>,
    pub(crate) kv: RefCell<BTreeMap<String, serde_json::Value>>,
    pub(crate) kv_writes: Cell<u32>,
    pub(crate) cache: RefCell<BTreeMap<String, FakeCacheEntry>>,
    pub(crate) isbndb_authors: RefCell<BTreeSet<String>>,
    pub(crate) isbndb_books: RefCell<BTreeSet<Isbn13>>,
    pub(crate) fetched: RefCell<BTreeMap<String, u32>>,
    pub(crate) unknown: RefCell<BTreeSet<String>>,
    pub(crate) wrong: RefCell<BTreeSet<String>>,
    pub(crate) daily: Cell<u32>,
    pub(crate) spent: Cell<(u64, u32)>,
    pub(crate) upstream_calls: Cell<u32>,
    /// Every call to this sibling fails so.
    pub(crate) sibling_fault: RefCell<Option<(SiblingWorker, Failure)>>,
    /// Every fetched item fails so.
    pub(crate) item_fault: RefCell<Option<Failure>>,
    /// One provider does not answer: what only it knows fails, other answers are partial.
    pub(crate) half_down: Cell<bool>,
    /// Titles whose entries are not stored with those of an ISBN or an author.
    pub(crate) unstored_title_keys: RefCell<BTreeSet<String>>,
    /// The item with this key fails so.
    pub(crate) poison: RefCell<Option<(String, Failure)>>,
    /// A batch with this item is refused as a whole.
    pub(crate) refused_with: RefCell<Option<String>>,
    /// The largest batch that the proxy completes. A larger one ends as `overload` says: with a
    /// failure, or with the rest deferred.
    pub(crate) capacity: Cell<usize>,
    pub(crate) overload: RefCell<Option<Failure>>,
    /// The sizes of the batches, in the order of the calls.
    pub(crate) batches: RefCell<Vec<usize>>,
    /// The proxy's search log; `None` if the log is switched off.
    pub(crate) search_log: RefCell<Option<Vec<LoggedQuery>>>,
    pub(crate) keyless: Cell<bool>,
    /// ISBNdb refuses the ISBNdb Worker's key.
    pub(crate) refused: Cell<bool>,
    /// Why ISBNdb refuses the plan or the key.
    pub(crate) mismatch: RefCell<Option<String>>,
    /// Storage faults of the bucket and of KV, and the operation at which a step crashes.
    pub(crate) faults: StoreFaults,
    /// The next read of a file yields once before it answers.
    pub(crate) slow: Cell<bool>,
    pub(crate) logs: RefCell<Vec<String>>,
}

impl FakeWarmerPorts {
    pub(crate) fn new() -> Self {
        Self {
            now_ms: Cell::new(20_000 * DAY_MS),
            daily: Cell::new(1_000),
            capacity: Cell::new(usize::MAX),
            ..Self::default()
        }
    }

    pub(crate) fn put(&self, key: &str, text: &str) {
        self.files.borrow_mut().insert(key.to_owned(), text.as_bytes().to_vec());
        self.uploaded_ms.borrow_mut().insert(key.to_owned(), self.now_ms.get());
    }

    fn file_info(&self, key: &str, body: &[u8]) -> BucketFileInfo {
        let etag = body.iter().fold(7_u64, |hash, byte| hash.wrapping_mul(31) + u64::from(*byte));
        BucketFileInfo {
            key: key.to_owned(),
            etag: etag.to_string(),
            size_bytes: body.len() as u64,
            uploaded_ms: self.uploaded_ms.borrow().get(key).copied().unwrap_or_default(),
        }
    }

    async fn run_operation<T>(&self, work: impl FnOnce() -> T) -> T {
        self.now_ms.set(self.now_ms.get() + 20);
        self.faults.run_operation(work).await
    }

    fn units_left(&self) -> u32 {
        let (day, spent) = self.spent.get();
        let spent = if day == self.now_ms.get() / DAY_MS { spent } else { 0 };
        self.daily.get().saturating_sub(spent)
    }

    fn spend(&self, units: u32) {
        let spent = self.daily.get() - self.units_left() + units;
        self.spent.set((self.now_ms.get() / DAY_MS, spent));
        self.upstream_calls.set(self.upstream_calls.get() + 1);
    }

    fn next_day_ms(&self) -> u64 {
        (self.now_ms.get() / DAY_MS + 1) * DAY_MS
    }

    fn isbndb_answer(&self, request: &OutgoingRequest) -> Result<Vec<u8>, Failure> {
        let sibling = |failure| {
            Failure::Sibling(SiblingWorkerFailure {
                service: "isbndb-worker".to_owned(),
                failure: Box::new(failure),
            })
        };
        let spent =
            || Failure::Provider(ProviderFailure::QuotaSpent { until_ms: self.next_day_ms() });
        if request.url == "/quota" {
            return Ok(json_bytes(&QuotaStatusAnswer {
                plan: "basic".to_owned(),
                daily_limit: self.daily.get(),
                spent: self.daily.get() - self.units_left(),
                left: self.units_left(),
                left_background: self.units_left(),
                resets_at_ms: self.next_day_ms(),
                pace_ms: 1_000,
                bulk_size: 100,
                refused: self.refused.get().then(|| "401".to_owned()),
                mismatch: self.mismatch.borrow().clone(),
            }));
        }
        if let Some(name) = request.url.strip_prefix("/author/") {
            if self.keyless.get() {
                return Err(sibling(Failure::Provider(ProviderFailure::NotConfigured)));
            }
            let name = name.split('?').next().unwrap().to_owned();
            if name.len() > 150 {
                return Err(sibling(Failure::bad_request("name: is longer")));
            }
            let cached = self.isbndb_authors.borrow().contains(&name);
            if !cached {
                if self.units_left() == 0 {
                    return Err(sibling(spent()));
                }
                self.spend(1);
                self.isbndb_authors.borrow_mut().insert(name.clone());
            }
            let key = format!("a:{}", author_name_key(&decode_segment(&name).unwrap()));
            if self.unknown.borrow().contains(&key) {
                return Err(sibling(Failure::not_found("author")));
            }
            return Ok(json_bytes(&serde_json::json!({ "cached": cached, "total": 1 })));
        }
        let asked: BulkRequest = serde_json::from_slice(&request.body).unwrap();
        let (mut answer, mut units) = (IsbndbWorkerBulkAnswer::default(), 0);
        for isbn in asked.isbns {
            if !self.isbndb_books.borrow().contains(&isbn) {
                if self.keyless.get() {
                    answer.failed.push(BulkFailure {
                        isbn,
                        failure: Failure::Provider(ProviderFailure::NotConfigured),
                    });
                    continue;
                }
                if self.units_left() <= units {
                    answer.failed.push(BulkFailure { isbn, failure: spent() });
                    continue;
                }
                units += 1;
                self.isbndb_books.borrow_mut().insert(isbn);
            }
            answer.missing.push(isbn);
        }
        if units > 0 {
            self.spend(units);
        }
        answer.units = units;
        answer.upstream_calls = u32::from(units > 0);
        Ok(json_bytes(&answer))
    }

    fn read_fresh_entry(&self, key: &str) -> Option<FakeCacheEntry> {
        let cache = self.cache.borrow();
        cache.get(key).filter(|entry| entry.fresh_until_ms > self.now_ms.get()).cloned()
    }

    fn put_entry(&self, key: &str, empty: bool) {
        let entry = FakeCacheEntry { fresh_until_ms: self.now_ms.get() + 7 * DAY_MS, empty };
        self.cache.borrow_mut().insert(key.to_owned(), entry);
        *self.fetched.borrow_mut().entry(key.to_owned()).or_default() += 1;
    }

    fn batch_item_result(
        &self,
        id: &str,
        key: &str,
        was_cached: bool,
        books: Vec<LibraryBookCacheEntries>,
    ) -> BatchItemResult {
        let entry = self.cache.borrow().get(key).cloned().unwrap();
        let outcome = if entry.empty {
            BatchItemOutcome::NotFound {
                fresh_until_ms: entry.fresh_until_ms,
                was_cached,
                partial: false,
            }
        } else {
            BatchItemOutcome::Found {
                count: 1,
                tier: "R2".to_owned(),
                fresh_until_ms: entry.fresh_until_ms,
                was_cached,
                partial: false,
            }
        };
        BatchItemResult { id: id.to_owned(), key: key.to_owned(), outcome, books }
    }

    fn fake_item_result(&self, item: &BatchSearchItem, mode: CacheMode) -> BatchItemResult {
        let key = key_of(&item.query);
        let seen = || match &item.query {
            BatchItemQuery::Isbn { title: Some(title), author, .. } => {
                vec![LibraryBookCacheEntries {
                    id: item.id.clone(),
                    isbn: true,
                    title: self.read_fresh_entry(&title_entry(title, author.as_deref())).is_some(),
                    wrong: false,
                }]
            }
            _ => Vec::new(),
        };
        let fail = |failure: Failure| BatchItemResult {
            id: item.id.clone(),
            key: key.clone(),
            outcome: BatchItemOutcome::Failed { failure, provider: "isbndb".to_owned() },
            books: Vec::new(),
        };
        let has_books =
            matches!(&item.query, BatchItemQuery::Author { books, .. } if !books.is_empty());
        let search_log = matches!(item.query, BatchItemQuery::Auto { .. });
        if mode == CacheMode::OnlyIfCached && search_log && self.cache.borrow().contains_key(&key) {
            // The stored entry, fresh or stale.
            return self.batch_item_result(&item.id, &key, true, Vec::new());
        }
        if mode == CacheMode::OnlyIfCached && self.read_fresh_entry(&key).is_none() {
            let outcome = BatchItemOutcome::Miss;
            return BatchItemResult { id: item.id.clone(), key, outcome, books: Vec::new() };
        }
        let cached = mode != CacheMode::Refresh && self.read_fresh_entry(&key).is_some();
        if cached && !has_books {
            return self.batch_item_result(&item.id, &key, true, seen());
        }
        if let Some((_, failure)) = self.poison.borrow().as_ref().filter(|(k, _)| *k == key) {
            return fail(failure.clone());
        }
        if let Some(failure) = self.item_fault.borrow().as_ref() {
            return fail(failure.clone());
        }
        if self.wrong.borrow().contains(&key) {
            return fail(Failure::Provider(ProviderFailure::WrongBook));
        }
        if self.half_down.get() && !cached {
            return self.half_answer(item, key);
        }
        if !cached {
            if search_log {
                self.spend(1);
            }
            self.put_entry(&key, self.unknown.borrow().contains(&key));
        }
        let books = match &item.query {
            BatchItemQuery::Author { name, books } => books
                .iter()
                .enumerate()
                .map(|(place, book)| {
                    // The page holds two of three books.
                    let number = book.isbn.map(|isbn| format!("i:{isbn}"));
                    let known =
                        number.as_ref().is_none_or(|key| !self.unknown.borrow().contains(key));
                    let held = place % 3 != 2 && known;
                    let another = |key: &String| self.wrong.borrow().contains(key);
                    let wrong = held && book.repaired && number.as_ref().is_some_and(another);
                    if held {
                        let own = number.iter().filter(|_| !wrong);
                        own.for_each(|key| self.put_entry(key, false));
                        if !book.title.is_empty() {
                            self.store_title(&title_entry(&book.title, Some(name)));
                        }
                    }
                    LibraryBookCacheEntries {
                        id: book.id.clone(),
                        isbn: held && book.isbn.is_some() && !wrong,
                        title: held
                            && self
                                .read_fresh_entry(&title_entry(&book.title, Some(name)))
                                .is_some(),
                        wrong,
                    }
                })
                .collect(),
            BatchItemQuery::Isbn { title: Some(title), author, .. } => {
                if self.read_fresh_entry(&key).is_some_and(|entry| !entry.empty) {
                    self.store_title(&title_entry(title, author.as_deref()));
                }
                seen()
            }
            _ => Vec::new(),
        };
        self.batch_item_result(&item.id, &key, false, books)
    }

    /// The answer while one provider does not answer.
    fn half_answer(&self, item: &BatchSearchItem, key: String) -> BatchItemResult {
        let outcome = if self.unknown.borrow().contains(&key) {
            let provider = "open-library".to_owned();
            BatchItemOutcome::Failed {
                failure: Failure::Provider(ProviderFailure::Timeout),
                provider,
            }
        } else {
            let fresh_until_ms = self.now_ms.get() + 300_000;
            let (tier, count) = ("R2".to_owned(), 1);
            BatchItemOutcome::Found {
                count,
                tier,
                fresh_until_ms,
                was_cached: false,
                partial: true,
            }
        };
        BatchItemResult { id: item.id.clone(), key, outcome, books: Vec::new() }
    }

    fn store_title(&self, key: &str) {
        if !self.unstored_title_keys.borrow().contains(key) {
            self.put_entry(key, false);
        }
    }

    fn answer_as_proxy(&self, request: &OutgoingRequest) -> Result<Vec<u8>, Failure> {
        if request.url.starts_with("/search-log?") {
            let list = self.search_log.borrow().clone();
            let enabled = list.is_some();
            let queries = list.unwrap_or_default();
            return Ok(json_bytes(&SearchLogResponse { enabled, queries, unreachable_shards: 0 }));
        }
        let asked: BatchSearchRequest = serde_json::from_slice(&request.body).unwrap();
        let spoiling = self.refused_with.borrow();
        let spoils = |item: &BatchSearchItem| Some(key_of(&item.query)) == *spoiling;
        if asked.items.iter().any(spoils) {
            return Err(Failure::bad_request("an item cannot be read"));
        }
        self.batches.borrow_mut().push(asked.items.len());
        let capacity = self.capacity.get();
        if let Some(failure) = self.overload.borrow().as_ref()
            && asked.items.len() > capacity
        {
            return Err(failure.clone());
        }
        let answer = |(place, item): (usize, &BatchSearchItem)| match place < capacity {
            true => self.fake_item_result(item, asked.cache),
            false => BatchItemResult {
                id: item.id.clone(),
                key: key_of(&item.query),
                outcome: BatchItemOutcome::Deferred,
                books: Vec::new(),
            },
        };
        let results = asked.items.iter().enumerate().map(answer).collect();
        Ok(json_bytes(&BatchSearchAnswer { results }))
    }
}

fn to_storage_error(_: InjectedStoreError) -> WarmerStorageError {
    WarmerStorageError("down".to_owned())
}

fn json_bytes<T: serde::Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap()
}

fn title_entry(title: &str, author: Option<&str>) -> String {
    format!("t:{}|{}", title_key(title), author.map(author_name_key).unwrap_or_default())
}

pub(crate) fn key_of(query: &BatchItemQuery) -> String {
    match query {
        BatchItemQuery::Isbn { isbn, .. } => format!("i:{isbn}"),
        BatchItemQuery::Author { name, .. } => format!("a:{}", author_name_key(name)),
        BatchItemQuery::Title { title, author } => title_entry(title, author.as_deref()),
        BatchItemQuery::Auto { q } => format!("q:{q}"),
        BatchItemQuery::Unknown => String::new(),
    }
}

impl WarmerPorts for FakeWarmerPorts {
    fn now_ms(&self) -> u64 {
        self.now_ms.get()
    }

    fn memory_bytes(&self) -> u64 {
        0
    }

    async fn sleep_ms(&self, ms: u64) {
        self.now_ms.set(self.now_ms.get() + ms);
    }

    async fn call_sibling<T: DeserializeOwned>(
        &self,
        sibling: SiblingWorker,
        _route: &'static str,
        request: OutgoingRequest,
        _timeout_ms: u64,
    ) -> Result<T, Failure> {
        self.run_operation(|| {
            let fault = self.sibling_fault.borrow();
            if let Some((_, failure)) = fault.as_ref().filter(|(down, _)| *down == sibling) {
                return Err(failure.clone());
            }
            let body = match sibling {
                SiblingWorker::Isbndb => self.isbndb_answer(&request)?,
                SiblingWorker::Proxy => self.answer_as_proxy(&request)?,
            };
            parse_answer(&IncomingResponse { status: 200, headers: Headers::default(), body })
        })
        .await
    }

    async fn list(&self, prefix: &str) -> StorageResult<(Vec<BucketFileInfo>, bool)> {
        self.run_operation(|| {
            let files = self.files.borrow();
            let files = files.iter().filter(|(key, _)| key.starts_with(prefix));
            Ok((files.map(|(key, body)| self.file_info(key, body)).collect(), false))
        })
        .await
    }

    async fn top_level(&self) -> StorageResult<Vec<String>> {
        let files = self.files.borrow();
        Ok(files.keys().filter(|key| !key.contains('/')).cloned().collect())
    }

    async fn read(
        &self,
        file: &str,
        etag: &str,
        from: u64,
        len: u64,
    ) -> StorageResult<RangeReadResult> {
        let mut waits = self.slow.take();
        std::future::poll_fn(|_| match std::mem::take(&mut waits) {
            true => std::task::Poll::Pending,
            false => std::task::Poll::Ready(()),
        })
        .await;
        let read = || {
            let files = self.files.borrow();
            let Some(body) = files.get(file) else { return Ok(RangeReadResult::Gone) };
            if self.file_info(file, body).etag != etag {
                return Ok(RangeReadResult::Replaced);
            }
            let from = usize::try_from(from).unwrap();
            if from >= body.len() {
                // R2 answers the same.
                return Err(WarmerStorageError("range not satisfiable".to_owned()));
            }
            let to = (from + usize::try_from(len).unwrap()).min(body.len());
            Ok(RangeReadResult::Bytes(body[from..to].to_vec()))
        };
        self.run_operation(|| self.faults.read(read).map_err(to_storage_error)?).await
    }

    async fn write(&self, file: &str, _type: &str, body: Vec<u8>) -> StorageResult<()> {
        let write = || drop(self.files.borrow_mut().insert(file.to_owned(), body));
        self.run_operation(|| self.faults.write_or_inject_fault(write).map_err(to_storage_error))
            .await
    }

    async fn write_parts(
        &self,
        file: &str,
        content_type: &str,
        next: &mut dyn FnMut() -> StorageResult<Option<Vec<u8>>>,
    ) -> StorageResult<()> {
        let parts: Vec<_> = std::iter::from_fn(|| next().transpose()).collect::<Result<_, _>>()?;
        self.write(file, content_type, parts.concat()).await
    }

    async fn publish(&self, key: &str, body: Vec<u8>) -> StorageResult<()> {
        let write = || {
            self.kv_writes.set(self.kv_writes.get() + 1);
            let value = serde_json::from_slice(&body).unwrap();
            self.kv.borrow_mut().insert(key.to_owned(), value);
        };
        self.run_operation(|| self.faults.write_or_inject_fault(write).map_err(to_storage_error))
            .await
    }

    fn log(&self, event: &'static str, message: &str, _fields: serde_json::Value) {
        self.logs.borrow_mut().push(format!("{event}: {message}"));
    }
}
