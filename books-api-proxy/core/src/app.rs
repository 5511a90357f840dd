//! What the proxy is made of, independent of the platform.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::rc::Rc;

use bibliography::query::Query;
use futures::future::LocalBoxFuture;
use ports::Host;
use runtime::cache_policy::memory::MemoryTier;
use runtime::outcome::Failure;

use crate::cache::port::Stores;
use crate::candidate::Candidate;
use crate::config::Config;
use crate::flight::{FlightRequest, FlightResult};
use crate::providers::FetchPolicy;
use crate::search::provider_queries::ProviderFuture;
use crate::search::provider_rules::Provider;

/// Everything the proxy needs from outside, for one request.
pub trait Ports: Stores + Host + 'static {
    /// Runs work after the response was sent.
    fn spawn(&self, work: LocalBoxFuture<'static, ()>);

    /// Asks one provider. The future stands on its own: it may outlive the request.
    fn ask(
        &self,
        provider: Provider,
        query: &Query,
        fetch_policy: FetchPolicy,
    ) -> ProviderFuture<Vec<Candidate>>;

    /// Has the question answered through the flight object of its shard.
    ///
    /// # Errors
    /// The object failed or took too long: the caller goes on its own.
    fn run_shared(
        &self,
        flight: &FlightRequest,
    ) -> impl Future<Output = Result<FlightResult, Failure>>;

    /// Whether this caller may cause calls to providers, `calls` at most to one of them.
    ///
    /// # Errors
    /// Its limit is reached, or it has no token.
    fn admit_miss(&self, calls: u32) -> impl Future<Output = Result<(), Failure>>;
}

/// Plain data that an isolate remembers; right also when it vanishes.
pub struct IsolateState<B> {
    pub memory: RefCell<MemoryTier<B>>,
    /// Stale keys whose refresh was started here, and when.
    refreshing: RefCell<BTreeMap<String, u64>>,
}

/// How long a refresh that was started is not started again by the same isolate.
const REFRESH_AGAIN_MS: u64 = 30_000;
/// Most keys remembered as being refreshed.
const MAX_REFRESHING: usize = 512;
/// Longest life of an entry in memory: a purge reaches every isolate within it.
const MEMORY_MS: u64 = 60_000;

impl<B: Clone> IsolateState<B> {
    /// Nothing yet.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            memory: RefCell::new(MemoryTier::new(config.memory_tier_bytes, MEMORY_MS)),
            refreshing: RefCell::default(),
        }
    }

    /// True for the first request that finds a key stale, within the time a refresh takes.
    pub fn may_refresh(&self, key: &str, now_ms: u64) -> bool {
        let mut refreshing = self.refreshing.borrow_mut();
        if refreshing.get(key).is_some_and(|at| now_ms.saturating_sub(*at) < REFRESH_AGAIN_MS) {
            return false;
        }
        if refreshing.len() >= MAX_REFRESHING {
            refreshing.clear();
        }
        refreshing.insert(key.to_owned(), now_ms);
        true
    }
}

/// The proxy at work on one request.
pub struct App<P: Ports> {
    /// The outside.
    pub ports: Rc<P>,
    /// Settings.
    pub config: Rc<Config>,
    /// The isolate's memory.
    pub isolate_state: Rc<IsolateState<P::Body>>,
}

// Written by hand: deriving it would ask for `P: Clone`.
impl<P: Ports> Clone for App<P> {
    fn clone(&self) -> Self {
        Self {
            ports: Rc::clone(&self.ports),
            config: Rc::clone(&self.config),
            isolate_state: Rc::clone(&self.isolate_state),
        }
    }
}
