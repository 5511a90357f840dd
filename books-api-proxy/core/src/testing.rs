//! What tests share: a clock that advances only when all tasks wait, and in-memory ports.

pub mod fake_ports;
pub mod odd;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use ports::Clock;

/// Starts at 0.
#[derive(Default)]
pub struct FakeClock {
    now_ms: Cell<u64>,
    sleepers: RefCell<BTreeMap<u64, Vec<Waker>>>,
}

impl FakeClock {
    /// Runs a future to its end, moving to the next sleeper whenever nothing else can go on.
    pub fn run<T>(self: Rc<Self>, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                return value;
            }
            let next = self.sleepers.borrow_mut().pop_first();
            let (at_ms, wakers) = next.expect("nothing to wait for: a future hangs");
            self.now_ms.set(self.now_ms.get().max(at_ms));
            wakers.into_iter().for_each(Waker::wake);
        }
    }

    /// Moves time by hand.
    pub fn advance(&self, ms: u64) {
        self.now_ms.set(self.now_ms.get() + ms);
    }
}

impl Clock for FakeClock {
    fn now_ms(&self) -> u64 {
        self.now_ms.get()
    }

    fn sleep(&self, ms: u64) -> impl Future<Output = ()> {
        let until_ms = self.now_ms.get() + ms;
        poll_fn(move |context| {
            if self.now_ms.get() >= until_ms {
                return Poll::Ready(());
            }
            self.sleepers.borrow_mut().entry(until_ms).or_default().push(context.waker().clone());
            Poll::Pending
        })
    }
}
