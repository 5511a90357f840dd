//! Equal calls in flight become one call.
//!
//! All requests of an object share one context of the platform, so one may wait for another's call
//! (in a plain Worker that would hang). The call outlives its waiters: it is spawned, and goes on
//! when all waiters have left, because it is already billed.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use futures::FutureExt;
use futures::future::{LocalBoxFuture, Shared};

use crate::rate_limit::CallClass;

pub type SharedCall<T> = Shared<LocalBoxFuture<'static, T>>;
/// The class of a shared call; it may rise to interactive while the call waits.
pub type CallClassCell = Rc<Cell<CallClass>>;

pub struct SingleFlight<T: Clone> {
    running: RefCell<BTreeMap<String, (CallClassCell, SharedCall<T>)>>,
}

impl<T: Clone> Default for SingleFlight<T> {
    fn default() -> Self {
        Self { running: RefCell::default() }
    }
}

impl<T: Clone + 'static> SingleFlight<T> {
    /// The equal call in flight, if there is one. It continues in the better class of the two.
    pub fn join_call(&self, key: &str, class: CallClass) -> Option<SharedCall<T>> {
        let running = self.running.borrow();
        let (of, work) = running.get(key)?;
        of.set(class.min(of.get()));
        Some(work.clone())
    }

    /// Begins a call that others may join until it ends. The future does not run by itself: one
    /// clone of it has to be spawned.
    pub fn start_shared_call(
        self: &Rc<Self>,
        key: String,
        class: CallClassCell,
        work: LocalBoxFuture<'static, T>,
    ) -> SharedCall<T> {
        let (single_flight, own_key) = (Rc::clone(self), key.clone());
        let work = async move {
            let result = work.await;
            single_flight.running.borrow_mut().remove(&own_key);
            result
        };
        let work = work.boxed_local().shared();
        self.running.borrow_mut().insert(key, (class, work.clone()));
        work
    }
}

#[cfg(test)]
mod tests {
    use futures::channel::oneshot;

    use super::*;

    #[test]
    fn equal_calls_share_one_result_until_it_ends() {
        let (single_flight, class) = (Rc::new(SingleFlight::default()), CallClassCell::default());
        class.set(CallClass::Background);
        let (answer, work) = oneshot::channel();
        let work = work.map(Result::unwrap_or_default).boxed_local();
        let begun = single_flight.start_shared_call("a".to_owned(), Rc::clone(&class), work);
        let joined: Vec<_> =
            (0..99).map(|_| single_flight.join_call("a", CallClass::Background).unwrap()).collect();
        assert!(single_flight.join_call("b", CallClass::Interactive).is_none());
        assert!(begun.clone().now_or_never().is_none());
        answer.send(7).unwrap();
        assert_eq!(begun.now_or_never(), Some(7));
        assert!(joined.into_iter().all(|call| call.now_or_never() == Some(7)));
        assert!(single_flight.join_call("a", CallClass::Background).is_none(), "it has ended");
    }

    #[test]
    fn a_call_has_the_best_class_of_its_waiters() {
        let (single_flight, class) = (Rc::new(SingleFlight::default()), CallClassCell::default());
        class.set(CallClass::Background);
        let work = futures::future::pending::<u8>().boxed_local();
        let _call = single_flight.start_shared_call("a".to_owned(), Rc::clone(&class), work);
        for (joins, expected) in [
            (CallClass::Background, CallClass::Background),
            (CallClass::Public, CallClass::Public),
            (CallClass::Background, CallClass::Public),
            (CallClass::Interactive, CallClass::Interactive),
            (CallClass::Public, CallClass::Interactive),
        ] {
            assert!(single_flight.join_call("a", joins).is_some());
            assert_eq!(class.get(), expected, "{joins:?}");
        }
    }
}
