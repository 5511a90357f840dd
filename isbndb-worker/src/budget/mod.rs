//! The object's logic over ports: gate, ledger, queue, joined calls and cache in one place.
//!
//! # A call upstream, in order
//! 1. The cache, then the same call in flight ([`joins`]).
//! 2. A key that was refused is not sent again ([`state`]).
//! 3. The breaker, then a place in the line, then a permit ([`upstream`]).
//! 4. The state with the counted units is stored. Only then the request is sent.
//! 5. The answer is judged; pace, day and refusal are taken over; a real answer is cached.
//!
//! # Layout
//! [`lookup`]: one edition, many editions. [`list`]: authors, titles, searches. [`account`]:
//! `/quota` and what `/health` is told. [`answer`]: routes into replies. [`cache`], [`store`].

pub mod account;
pub mod answer;
pub mod cache;
pub mod joins;
pub mod list;
pub mod lookup;
pub mod state;
pub mod store;
pub mod upstream;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;

use futures::future::{Either, LocalBoxFuture, select};
use shared::book::Book;
use shared::gate::Line;
use shared::isbn::Isbn13;
use shared::mesh::port::{Host, Transport};
use shared::mesh::{CallContext, Client, Mesh};
use shared::outcome::{Failure, Outcome};
use shared::secret::Secret;
use shared::wire::leaf::{BulkAnswer, CallClass};

use crate::config::Config;
use cache::Cache;
use joins::Joins;
use list::Page;
use state::State;
use store::{Store, StoreError};

/// Lets work go on that nobody waits for any more.
pub trait Spawn {
    /// Runs `work` to its end.
    fn spawn(&self, work: LocalBoxFuture<'static, ()>);
}

/// A request with what it brings along.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Ids and deadline.
    pub context: CallContext,
    /// Who may wait and who yields.
    pub class: CallClass,
    /// True where the cache is not to be asked.
    pub refresh: bool,
    /// The provider's key, where there is one.
    pub key: Option<Secret>,
}

/// The one place that owns the provider's budget.
pub struct Budget<T, H, S> {
    client: Client<T, H>,
    host: H,
    config: Config,
    cache: Cache<S>,
    inner: RefCell<Inner>,
    books: Rc<Joins<Isbn13, Outcome<Rc<Book>>>>,
    bulks: Rc<Joins<Vec<Isbn13>, Rc<BulkAnswer>>>,
    lists: Rc<Joins<String, Outcome<Rc<Page>>>>,
    usage: Rc<Joins<(), ()>>,
}

/// What changes.
struct Inner {
    state: State,
    line: Line,
    in_flight: u32,
    in_flight_units: u32,
    upstream_calls: u64,
}

impl<T, H, S> Budget<T, H, S>
where
    T: Transport + 'static,
    H: Host + Spawn + Clone + 'static,
    S: Store + 'static,
{
    /// Goes on from what the store holds.
    ///
    /// # Errors
    /// [`StoreError`] where the state cannot be read: without it nothing may be sent.
    pub fn open(
        transport: T,
        host: H,
        mesh: Rc<Mesh>,
        store: S,
        config: Config,
    ) -> Result<Self, StoreError> {
        let cache = Cache::new(store);
        let stored = cache.store().load_state()?;
        let (state, rows) = State::restore(stored.as_deref(), &config, host.now_ms());
        cache.set_row_count(rows);
        Ok(Self {
            client: Client::new(transport, host.clone(), mesh),
            host,
            config,
            cache,
            inner: RefCell::new(Inner {
                state,
                line: Line::default(),
                in_flight: 0,
                in_flight_units: 0,
                upstream_calls: 0,
            }),
            books: Rc::default(),
            bulks: Rc::default(),
            lists: Rc::default(),
            usage: Rc::default(),
        })
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What `work` gives before the request's time is over.
    async fn by_deadline<V>(
        &self,
        asked: &Asked,
        work: impl Future<Output = V>,
    ) -> Result<V, Failure> {
        let left_ms = asked.context.remaining_ms(self.host.now_ms());
        match select(pin!(work), pin!(self.host.sleep(left_ms))).await {
            Either::Left((value, _)) => Ok(value),
            Either::Right(_) => Err(Failure::Timeout),
        }
    }
}
