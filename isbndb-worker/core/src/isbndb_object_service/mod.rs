//! The object's logic over ports: rate limiter, stored state, queue, shared calls and cache.
//!
//! # A call upstream, in order
//! 1. The cache, then the same call in flight ([`runtime::single_flight`]).
//! 2. A refused key is not sent again ([`service_state`]).
//! 3. The breaker, then a place in the queue, then a permit ([`upstream_request`]).
//! 4. The state with the counted units is stored. Only then the request is sent.
//! 5. The answer is classified; its pace, day and refusal enter the state; a success or a confirmed
//!    absence is cached.

pub mod book_cache;
pub mod book_lists;
pub mod handlers;
pub mod isbn_lookup;
pub mod isbndb_store;
pub mod learned_bulk_size;
pub mod learned_pace;
pub mod plan_mismatch;
pub mod quota_status;
pub mod service_state;
pub mod upstream_request;

#[cfg(test)]
pub(crate) mod object_service_harness;
#[cfg(test)]
mod recorded_forms;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;

use bibliography::edition::Edition;
use futures::FutureExt;
use futures::future::{Either, select};
use ports::{Spawn, SystemPorts, Transport};
use runtime::call_outcome::{Failure, ProviderFailure, ProviderOutcome};
use runtime::rate_limit::{CallClass, PriorityWaitQueue};
use runtime::resilient_client::{RequestContext, ResilientClient, ResilientClientState};
use runtime::secret::{Secret, SecretError};
use runtime::single_flight::{CallClassCell, SingleFlight};
use runtime::wire_types::isbndb_worker_answers::IsbndbWorkerBulkAnswer;

use crate::config::Config;
use book_cache::{CachedBookListHead, IsbndbAnswerCache};
use isbndb_store::{IsbndbStore, IsbndbStoreError};
use service_state::ServiceState;

#[derive(Clone, Debug)]
pub struct IsbndbRequestContext {
    pub context: RequestContext,
    pub class: CallClass,
    /// True if the cache must not be read (`cache-control: no-cache`).
    pub refresh: bool,
    pub key: Result<Secret, SecretError>,
}

/// A request that equal requests share: its first caller, its class, and what it has sent so far.
struct SharedIsbndbRequest {
    caller: IsbndbRequestContext,
    class: CallClassCell,
    sent: Cell<u32>,
    units: Cell<u32>,
}

/// A page of a list as the provider sent it.
struct Page {
    head: CachedBookListHead,
    books: Vec<Edition>,
}

/// The calls to ISBNdb in flight, which equal requests share, by kind of request.
#[derive(Default)]
struct CallsInFlight {
    books: Rc<SingleFlight<ProviderOutcome<Rc<Edition>>>>,
    bulks: Rc<SingleFlight<Rc<IsbndbWorkerBulkAnswer>>>,
    pages: Rc<SingleFlight<ProviderOutcome<Rc<Page>>>>,
    usage: Rc<SingleFlight<()>>,
}

/// The host of the service. Each type that implements these traits is one.
pub trait IsbndbObjectPorts: SystemPorts + Spawn + Clone + 'static {}

impl<H: SystemPorts + Spawn + Clone + 'static> IsbndbObjectPorts for H {}

/// The owner of the provider's pace and quota.
pub struct IsbndbObjectService<T, H, S> {
    client: ResilientClient<T, H>,
    host: H,
    config: Config,
    cache: IsbndbAnswerCache<S>,
    inner: RefCell<Inner>,
    calls_in_flight: CallsInFlight,
}

struct Inner {
    state: ServiceState,
    wait_queue: PriorityWaitQueue,
    in_flight: u32,
    in_flight_units: u32,
}

impl<T: Transport + 'static, H: IsbndbObjectPorts, S: IsbndbStore> IsbndbObjectService<T, H, S> {
    /// Continues from the stored state. Errors: [`IsbndbStoreError`] if the state cannot be read:
    /// no call may be sent without it.
    pub fn from_stored_state(
        transport: T,
        host: H,
        client_state: Rc<ResilientClientState>,
        store: S,
        config: Config,
    ) -> Result<Self, IsbndbStoreError> {
        let stored = store.load_state()?;
        let (state, rows) = ServiceState::restore(stored.as_deref(), &config, host.now_ms());
        let wait_queue = PriorityWaitQueue::default();
        let inner = Inner { state, wait_queue, in_flight: 0, in_flight_units: 0 };
        Ok(Self {
            client: ResilientClient::new(transport, host.clone(), client_state),
            host,
            config,
            cache: IsbndbAnswerCache::new(store, rows),
            inner: RefCell::new(inner),
            calls_in_flight: CallsInFlight::default(),
        })
    }

    /// Joins the same call in flight or starts it with `start`. Its result is the `Ok` value, also
    /// if the call failed; the error is only that the caller's time is over.
    async fn run_shared<R: Clone + 'static>(
        self: &Rc<Self>,
        calls: &Rc<SingleFlight<R>>,
        caller: &IsbndbRequestContext,
        key: String,
        start: impl AsyncFnOnce(Rc<Self>, SharedIsbndbRequest) -> R + 'static,
    ) -> Result<R, Failure> {
        let work = calls.join_call(&key, caller.class).unwrap_or_else(|| {
            let class = Rc::new(Cell::new(caller.class));
            let shared = SharedIsbndbRequest {
                caller: caller.clone(),
                class: Rc::clone(&class),
                sent: Cell::new(0),
                units: Cell::new(0),
            };
            let service = Rc::clone(self);
            let work = async move { start(service, shared).await }.boxed_local();
            let work = calls.start_shared_call(key, class, work);
            self.host.spawn(work.clone().map(|_| ()).boxed_local());
            work
        });
        let left_ms = caller.context.remaining_ms(self.host.now_ms());
        match select(work, pin!(self.host.sleep(left_ms))).await {
            Either::Left((result, _)) => Ok(result),
            Either::Right(_) => Err(ProviderFailure::Timeout.into()),
        }
    }
}
