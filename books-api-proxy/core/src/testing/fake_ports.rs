//! Fake stores and providers in memory, with a clock that advances when all work waits.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use bibliography::isbn::Isbn13;
use bibliography::query::QueryKind::{Author, Mixed};
use bibliography::query::{Query, QueryKind};
use futures::future::LocalBoxFuture;
use ports::{Clock, RandomSource};
use runtime::cache_policy::EntryMetadata;
use runtime::call_outcome::{Failure, FoundOrNotFound, ProviderFailure, ProviderOutcome};
use runtime::rate_limit::CallClass;
use runtime::wire_types::isbndb_worker_answers::BooksPage;
use testkit::{Executor, InjectedStoreError, MemoryStore};

use crate::cache::cache_store_port::{CacheStores, StoreReadResult, TierCacheEntry, TierError};
use crate::flight::{FlightPageResult, SingleFlightRequest};
use crate::provider::Provider;
use crate::provider_record::{ProviderFuture, ProviderRecordsOutcome};
use crate::providers::ProviderFetchOptions;
use crate::search_context::{AdmittedMiss, BulkOutcome, ProxyPorts};

impl ProviderFetchOptions {
    /// Allows an answer from the ISBNdb Worker's cache.
    pub const fn of(class: CallClass) -> Self {
        Self { class, bypass_cache: false }
    }
}

type Scripted = (u64, ProviderRecordsOutcome);
type ScriptedEditions = BTreeMap<(Provider, Isbn13), ProviderRecordsOutcome>;
type TierStore = MemoryStore<(Vec<u8>, EntryMetadata)>;

#[derive(Default)]
pub struct FakeProxyPorts {
    pub clock: Rc<Executor>,
    pub hot: TierStore,
    pub cold: TierStore,
    /// How long a write takes.
    pub write_ms: Cell<u64>,
    /// How long an operation on the cold tier takes; six run at once.
    pub far_ms: Cell<u64>,
    /// When each of the six connections is free again.
    free_at_ms: RefCell<[u64; 6]>,
    /// The operations on the stores, such as `put isbn/9780441172719`.
    pub operations: RefCell<Vec<String>>,
    /// Operations that a batch may make; 950 if not set.
    pub max_operations: Cell<Option<u32>>,
    /// Time that a batch has left; 28 s if not set.
    pub time_left_ms: Cell<Option<u64>>,
    /// The answer of each provider, and its delay.
    pub answers: RefCell<BTreeMap<Provider, Scripted>>,
    pub asked: Cell<u32>,
    /// The policy of the last call.
    pub fetch_policy: Cell<Option<ProviderFetchOptions>>,
    pub spawned: RefCell<Vec<LocalBoxFuture<'static, ()>>>,
    pub refuses_misses: Cell<bool>,
    /// Half of the public share is spent.
    pub half_spent: Cell<bool>,
    /// The client is anonymous.
    pub is_public: Cell<bool>,
    /// No key for Google is bound.
    pub lacks_google: Cell<bool>,
    /// The answer of all providers to a keyword search, if it differs.
    pub words: RefCell<Option<ProviderRecordsOutcome>>,
    /// A provider's outcome for an ISBN in a bulk call; all other ISBNs are not found.
    pub editions: RefCell<ScriptedEditions>,
    /// Providers whose bulk calls fail as a whole.
    pub bulk_fails: RefCell<BTreeMap<Provider, Failure>>,
    /// An author's pages at ISBNdb; later pages do not exist.
    pub pages: RefCell<Vec<ProviderOutcome<BooksPage>>>,
    /// An author's works at Open Library.
    pub works: RefCell<Option<ProviderRecordsOutcome>>,
    /// Every call to a provider, as text.
    pub calls: RefCell<Vec<String>>,
}

impl Clock for FakeProxyPorts {
    fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }
    fn sleep(&self, ms: u64) -> impl Future<Output = ()> {
        self.clock.sleep(ms)
    }
}

impl RandomSource for FakeProxyPorts {
    fn uniform(&self) -> f64 {
        0.5
    }
}

impl FakeProxyPorts {
    fn called(&self, call: String, fetch_policy: Option<ProviderFetchOptions>) {
        self.asked.set(self.asked.get() + 1);
        self.fetch_policy.set(fetch_policy.or(self.fetch_policy.get()));
        self.calls.borrow_mut().push(call);
    }

    /// Records an operation on a store, and waits as long as it takes.
    async fn record_store_operation(&self, name: &str, key: &CacheKey) {
        self.operations.borrow_mut().push(format!("{name} {key}"));
        let far_ms = self.far_ms.get();
        if far_ms > 0 {
            let now_ms = self.now_ms();
            let over_ms = {
                let mut free_at_ms = self.free_at_ms.borrow_mut();
                let next = free_at_ms.iter_mut().min().unwrap();
                *next = now_ms.max(*next) + far_ms;
                *next
            };
            self.clock.sleep(over_ms - now_ms).await;
        }
    }

    fn bulk_outcome(&self, provider: Provider, isbns: &[Isbn13]) -> BulkOutcome {
        if let Some(failure) = self.bulk_fails.borrow().get(&provider) {
            return Err(failure.clone());
        }
        let known = self.editions.borrow();
        let one = |isbn: &Isbn13| known.get(&(provider, *isbn)).cloned();
        Ok(isbns.iter().map(|isbn| one(isbn).unwrap_or(Ok(FoundOrNotFound::NotFound))).collect())
    }
}

fn get(store: &TierStore, key: &CacheKey) -> StoreReadResult<Vec<u8>> {
    let found = store.get(key.as_str()).map_err(to_tier_error)?;
    Ok(found.map(|(body, metadata)| TierCacheEntry { metadata, body }))
}

fn put(
    store: &TierStore,
    key: &CacheKey,
    bytes: &[u8],
    metadata: &EntryMetadata,
) -> Result<(), TierError> {
    store.put(key.as_str(), (bytes.to_vec(), metadata.clone())).map_err(to_tier_error)
}

fn to_tier_error(_: InjectedStoreError) -> TierError {
    TierError::Broken
}

impl CacheStores for FakeProxyPorts {
    type CacheBodyHandle = Vec<u8>;

    fn operation_count(&self) -> u32 {
        u32::try_from(self.operations.borrow().len()).unwrap()
    }

    fn len_bytes(body: &Vec<u8>) -> usize {
        body.len()
    }

    fn stored_bytes(bytes: &[u8]) -> Vec<u8> {
        bytes.to_vec()
    }

    async fn hot_tier_get(&self, key: &CacheKey) -> StoreReadResult<Vec<u8>> {
        self.operations.borrow_mut().push(format!("hot get {key}"));
        get(&self.hot, key)
    }
    async fn cold_tier_get(&self, key: &CacheKey) -> StoreReadResult<Vec<u8>> {
        self.record_store_operation("get", key).await;
        get(&self.cold, key)
    }
    async fn read_cold_metadata(&self, key: &CacheKey) -> Result<Option<EntryMetadata>, TierError> {
        self.record_store_operation("head", key).await;
        Ok(get(&self.cold, key)?.map(|opened| opened.metadata))
    }
    async fn read(&self, body: Vec<u8>) -> Result<Vec<u8>, TierError> {
        Ok(body)
    }
    async fn hot_put(
        &self,
        key: &CacheKey,
        body: &Vec<u8>,
        metadata: &EntryMetadata,
        _ttl_secs: u64,
    ) -> Result<(), TierError> {
        self.clock.sleep(self.write_ms.get()).await;
        put(&self.hot, key, body, metadata)
    }
    async fn cold_put(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        metadata: &EntryMetadata,
        unless_since_ms: Option<u64>,
    ) -> Result<bool, TierError> {
        if let Some(since_ms) = unless_since_ms {
            let there = get(&self.cold, key)?.map(|opened| opened.metadata);
            if there.is_some_and(|there| there.stored_at_ms >= since_ms) {
                self.record_store_operation("refused put", key).await;
                return Ok(false);
            }
        }
        self.record_store_operation("put", key).await;
        self.clock.sleep(self.write_ms.get()).await;
        put(&self.cold, key, bytes, metadata).map(|()| true)
    }
    async fn hot_delete(&self, key: &CacheKey) -> Result<(), TierError> {
        self.operations.borrow_mut().push(format!("hot delete {key}"));
        self.hot.delete(key.as_str()).map_err(to_tier_error)
    }
    async fn cold_delete(&self, key: &CacheKey) -> Result<(), TierError> {
        self.cold.delete(key.as_str()).map_err(to_tier_error)
    }
}

impl ProxyPorts for FakeProxyPorts {
    type Stores = Self;

    fn cache_stores(&self) -> &Self {
        self
    }

    fn spawn(&self, work: LocalBoxFuture<'static, ()>) {
        self.spawned.borrow_mut().push(work);
    }

    fn query_provider(
        &self,
        provider: Provider,
        query: &Query,
        fetch_policy: ProviderFetchOptions,
    ) -> ProviderFuture {
        self.called(format!("{} search", provider.name()), Some(fetch_policy));
        let (mut after_ms, mut outcome) = self.answers.borrow()[&provider].clone();
        if let (Provider::OpenLibrary, Author, Some(works)) =
            (provider, query.kind(), self.works.borrow().as_ref())
        {
            (after_ms, outcome) = (0, works.clone());
        }
        if let Some(words) = self.words.borrow().as_ref().filter(|_| query.kind() == Mixed) {
            outcome = words.clone();
        }
        let clock = Rc::clone(&self.clock);
        Box::pin(async move {
            clock.sleep(after_ms).await;
            (provider, outcome)
        })
    }

    // There is no flight object: the flight runs in the caller.
    async fn send_flight(
        &self,
        _flight: &SingleFlightRequest,
    ) -> Result<FlightPageResult, Failure> {
        Err(ProviderFailure::Unreachable.into())
    }

    fn is_known_caller(&self) -> bool {
        !self.is_public.get()
    }

    async fn admit_miss(&self) -> Result<AdmittedMiss, Failure> {
        let refused =
            Failure::Provider(ProviderFailure::RateLimited { retry_after_ms: 60_000, local: true });
        let admitted =
            AdmittedMiss { is_public: self.is_public.get(), may_widen: !self.half_spent.get() };
        if self.refuses_misses.get() { Err(refused) } else { Ok(admitted) }
    }

    fn time_left_ms(&self) -> u64 {
        self.time_left_ms.get().unwrap_or(28_000)
    }

    fn operations_left(&self) -> u32 {
        self.max_operations.get().unwrap_or(950).saturating_sub(CacheStores::operation_count(self))
    }

    fn is_configured(&self, provider: Provider, _kind: QueryKind) -> bool {
        provider != Provider::GoogleBooks || !self.lacks_google.get()
    }

    async fn fetch_editions(
        &self,
        provider: Provider,
        isbns: &[Isbn13],
        fetch_policy: ProviderFetchOptions,
    ) -> BulkOutcome {
        self.called(format!("{} bulk of {}", provider.name(), isbns.len()), Some(fetch_policy));
        self.bulk_outcome(provider, isbns)
    }

    async fn isbndb_author(
        &self,
        name: &str,
        page: u32,
        fetch_policy: ProviderFetchOptions,
    ) -> ProviderOutcome<BooksPage> {
        self.called(format!("isbndb author {name} page {page}"), Some(fetch_policy));
        let at = page as usize - 1;
        self.pages.borrow().get(at).cloned().unwrap_or(Ok(FoundOrNotFound::NotFound))
    }
}
