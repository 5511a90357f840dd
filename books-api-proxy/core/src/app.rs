//! What the proxy is made of, independent of the platform.

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;

use bibliography::query::Query;
use futures::future::LocalBoxFuture;
use ports::Host;
use runtime::outcome::Failure;

use crate::cache::port::CacheStores;
use crate::candidate::Candidate;
use crate::config::Config;
use crate::flight::{FlightRequest, FlightResult};
use crate::isolate::IsolateState;
use crate::provider::{Provider, ProviderFuture};
use crate::providers::FetchPolicy;

/// Everything the proxy needs from outside, for one request.
pub trait ProxyPorts: Host + 'static {
    type Stores: CacheStores;

    fn stores(&self) -> &Self::Stores;

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
    /// Errors: the object failed or took too long: the caller goes on its own.
    fn send_flight(
        &self,
        flight: &FlightRequest,
    ) -> impl Future<Output = Result<FlightResult, Failure>>;

    /// True for a caller whose misses need no admission.
    fn is_known(&self) -> bool;

    /// Whether this caller may cause calls to providers, and which.
    fn admit_miss(&self) -> impl Future<Output = Result<Admitted, Failure>>;
}

pub type StoredBody<P> = <<P as ProxyPorts>::Stores as CacheStores>::Body;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// True if its calls are those of an anonymous client.
    pub is_public: bool,
    /// True if a wider question may follow one that every provider denies: not once half of the
    /// anonymous clients' day is spent.
    pub may_widen: bool,
}

pub struct App<P: ProxyPorts> {
    pub ports: Rc<P>,
    pub config: Rc<Config>,
    pub isolate_state: Rc<IsolateState<StoredBody<P>>>,
    /// True once the entry of the running flight was purged: what the flight finds is not stored.
    pub is_purged: Rc<Cell<bool>>,
}

// Written by hand: deriving it would ask for `P: Clone`.
impl<P: ProxyPorts> Clone for App<P> {
    fn clone(&self) -> Self {
        Self {
            ports: Rc::clone(&self.ports),
            config: Rc::clone(&self.config),
            isolate_state: Rc::clone(&self.isolate_state),
            is_purged: Rc::clone(&self.is_purged),
        }
    }
}
