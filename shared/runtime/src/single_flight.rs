//! Identical calls in flight are one call.
//!
//! All requests of an object share one context of the platform, so one may wait for what another
//! has started (in a plain Worker that would hang). The work itself outlives its waiters: it is
//! spawned, and goes on when all waiters have given up, because it is billed by then.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use bibliography::book::Book;
use futures::FutureExt;
use futures::future::{LocalBoxFuture, Shared};
use runtime::api::isbndb::BulkAnswer;
use runtime::outcome::Outcome;
use runtime::rate_limit::CallClass;

use super::cache::ListHead;

#[derive(Debug)]
pub struct Page {
    pub head: ListHead,
    pub books: Vec<Book>,
}

/// The result of a shared call. One type for all of them: each would have its own copy of the shared
/// future in the wasm.
#[derive(Clone)]
pub enum SharedResult {
    Book(Outcome<Rc<Book>>),
    Bulk(Rc<BulkAnswer>),
    Page(Outcome<Rc<Page>>),
    /// The key's usage, taken over.
    Usage,
}

pub type SharedCall = Shared<LocalBoxFuture<'static, SharedResult>>;
/// Who waits for it: it may become interactive on the way.
pub type ClassCell = Rc<Cell<CallClass>>;

struct Running {
    class: ClassCell,
    work: SharedCall,
}

#[derive(Default)]
pub struct SingleFlight {
    running: RefCell<BTreeMap<String, Running>>,
}

impl SingleFlight {
    /// The same call in flight, where there is one. It goes on in the better class of the two.
    pub fn running(&self, key: &str, class: CallClass) -> Option<SharedCall> {
        let running = self.running.borrow();
        let running = running.get(key)?;
        match (class, running.class.get()) {
            (CallClass::Interactive, _) | (CallClass::Public, CallClass::Background) => {
                running.class.set(class);
            }
            _ => {}
        }
        Some(running.work.clone())
    }

    /// Begins a call that others may join until it ends. It does not move by itself: one clone of
    /// it has to be spawned.
    pub fn begin(
        self: &Rc<Self>,
        key: String,
        class: ClassCell,
        work: LocalBoxFuture<'static, SharedResult>,
    ) -> SharedCall {
        let (single_flight, own_key) = (Rc::clone(self), key.clone());
        let work = async move {
            let joined = work.await;
            single_flight.running.borrow_mut().remove(&own_key);
            joined
        };
        let work = work.boxed_local().shared();
        self.running.borrow_mut().insert(key, Running { class, work: work.clone() });
        work
    }
}
