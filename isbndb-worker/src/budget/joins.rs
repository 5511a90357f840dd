//! Identical calls in flight are one call.
//!
//! All requests of an object share one context of the platform, so one may wait for what another
//! has started (in a plain Worker that would hang). The work itself belongs to nobody: it is
//! spawned, and goes on when all who wait have given up, because it is paid for by then.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

use futures::FutureExt;
use futures::future::{LocalBoxFuture, Shared};
use shared::wire::leaf::CallClass;

/// Something in flight.
type Work<V> = Shared<LocalBoxFuture<'static, V>>;

struct Running<V: Clone> {
    class: Rc<Cell<CallClass>>,
    work: Work<V>,
}

/// The calls in flight, by what they ask.
pub struct Joins<K, V: Clone> {
    running: RefCell<HashMap<K, Running<V>>>,
}

impl<K, V: Clone> Default for Joins<K, V> {
    fn default() -> Self {
        Self { running: RefCell::default() }
    }
}

impl<K: Clone + Eq + Hash + 'static, V: Clone + 'static> Joins<K, V> {
    /// Joins the call in flight, or starts it. An interactive request makes a background call that
    /// it joins interactive: `start` gets the class as a cell and looks at it while it waits.
    pub fn join(
        self: &Rc<Self>,
        key: K,
        class: CallClass,
        spawn: impl FnOnce(LocalBoxFuture<'static, ()>),
        start: impl FnOnce(Rc<Cell<CallClass>>) -> LocalBoxFuture<'static, V>,
    ) -> Work<V> {
        if let Some(running) = self.running.borrow().get(&key) {
            if class == CallClass::Interactive {
                running.class.set(class);
            }
            return running.work.clone();
        }
        let cell = Rc::new(Cell::new(class));
        let work = start(Rc::clone(&cell));
        let joins = Rc::clone(self);
        let own_key = key.clone();
        let work = async move {
            let value = work.await;
            joins.running.borrow_mut().remove(&own_key);
            value
        }
        .boxed_local()
        .shared();
        let running = Running { class: cell, work: work.clone() };
        self.running.borrow_mut().insert(key, running);
        spawn(work.clone().map(|_| ()).boxed_local());
        work
    }
}
