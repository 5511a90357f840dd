//! [`SearchContext`] is what `search` and `batch_search` get: ports, settings and the state of the
//! isolate.

use std::cell::Cell;
use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use bibliography::isbn::Isbn13;
use bibliography::query::{Query, QueryKind};
use futures::future::LocalBoxFuture;
use ports::{Clock, RandomSource};
use runtime::call_outcome::{Failure, ProviderOutcome};
use runtime::wire_types::isbndb_worker_answers::BooksPage;

use crate::cache::cache_store_port::CacheStores;
use crate::cache::write::EntryWriter;
use crate::config::Config;
use crate::flight::{FlightPageResult, SingleFlightRequest};
use crate::isolate_state::IsolateCacheState;
use crate::provider::Provider;
use crate::provider_record::{ProviderFuture, ProviderRecordsOutcome};
use crate::providers::ProviderFetchOptions;

/// One outcome per ISBN, or why the whole call failed.
pub type BulkOutcome = Result<Vec<ProviderRecordsOutcome>, Failure>;

/// The ports of one request; `RequestPorts` implements them over a `Platform`, tests with a fake.
pub trait ProxyPorts: Clock + RandomSource + 'static {
    type Stores: CacheStores;

    fn cache_stores(&self) -> &Self::Stores;

    /// Runs work that may outlive the response.
    fn spawn(&self, work: LocalBoxFuture<'static, ()>);

    /// Queries one provider. The future borrows nothing, so that it may outlive the request.
    fn query_provider(
        &self,
        provider: Provider,
        query: &Query,
        fetch_policy: ProviderFetchOptions,
    ) -> ProviderFuture;

    /// Sends the question to the flight object of its shard.
    /// Errors: the object failed or is late; the caller then queries the providers itself.
    fn send_flight(
        &self,
        flight: &SingleFlightRequest,
    ) -> impl Future<Output = Result<FlightPageResult, Failure>>;

    /// True for a trusted caller: its misses need no admission.
    fn is_known_caller(&self) -> bool;

    /// Decides whether this caller may cause calls to providers.
    fn admit_miss(&self) -> impl Future<Output = Result<AdmittedMiss, Failure>>;

    fn time_left_ms(&self) -> u64;
    /// Operations on the stores that are left to this request.
    fn operations_left(&self) -> u32;
    /// Whether the provider has a key for look-ups of this kind, or needs none.
    fn is_configured(&self, provider: Provider, kind: QueryKind) -> bool;
    /// Fetches editions from one provider, in as few calls as it allows.
    fn fetch_editions(
        &self,
        provider: Provider,
        isbns: &[Isbn13],
        fetch_policy: ProviderFetchOptions,
    ) -> impl Future<Output = BulkOutcome>;
    /// A page of an author's books, which the ISBNdb Worker may have in its cache.
    fn isbndb_author(
        &self,
        name: &str,
        page: u32,
        fetch_policy: ProviderFetchOptions,
    ) -> impl Future<Output = ProviderOutcome<BooksPage>>;
}

pub type CacheBody<P> = <<P as ProxyPorts>::Stores as CacheStores>::CacheBodyHandle;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmittedMiss {
    /// True for an anonymous client: its calls count against the public share.
    pub is_public: bool,
    /// True if a denied question may be widened: until half of the public share is spent.
    pub may_widen: bool,
}

pub struct SearchContext<P: ProxyPorts> {
    pub ports: Rc<P>,
    pub config: Rc<Config>,
    pub isolate_state: Rc<IsolateCacheState<CacheBody<P>>>,
    /// Set when the entry of the running flight is purged: its answer must not be stored.
    pub is_purged: Rc<Cell<bool>>,
}

// Not derived, since a derived impl would require `P: Clone`.
impl<P: ProxyPorts> Clone for SearchContext<P> {
    fn clone(&self) -> Self {
        Self {
            ports: Rc::clone(&self.ports),
            config: Rc::clone(&self.config),
            isolate_state: Rc::clone(&self.isolate_state),
            is_purged: Rc::clone(&self.is_purged),
        }
    }
}

impl<P: ProxyPorts> SearchContext<P> {
    pub fn entry_writer<'a>(&'a self, key: &'a CacheKey) -> EntryWriter<'a, P::Stores> {
        let (stores, times) = (self.ports.cache_stores(), &self.config.times);
        EntryWriter { stores, key, times, now_ms: self.ports.now_ms() }
    }
}
