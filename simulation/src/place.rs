//! Where code runs: an isolate or an object. What runs there ends with it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use ports::Clock;

use crate::disk::Disk;
use crate::world::World;

/// One start of an isolate or an object, until it is killed.
#[derive(Default)]
pub struct Life {
    is_over: Cell<bool>,
    waiting: RefCell<BTreeMap<u64, Waker>>,
    next: Cell<u64>,
}

impl Life {
    /// Runs `work`; `None` where the life ends before.
    pub fn run<T>(
        self: &Rc<Self>,
        work: impl Future<Output = T>,
    ) -> impl Future<Output = Option<T>> {
        let number = self.next.get();
        self.next.set(number + 1);
        Running { life: Rc::clone(self), number, work: Some(Box::pin(work)) }
    }

    /// Ends everything that runs here.
    pub fn end(&self) {
        self.is_over.set(true);
        for waker in std::mem::take(&mut *self.waiting.borrow_mut()).into_values() {
            waker.wake();
        }
    }

    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_over.get()
    }

    /// True while nothing runs here.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.waiting.borrow().is_empty()
    }
}

struct Running<F> {
    life: Rc<Life>,
    number: u64,
    work: Option<Pin<Box<F>>>,
}

impl<F: Future> Future for Running<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.life.is_over() {
            self.work = None;
            return Poll::Ready(None);
        }
        let Some(work) = self.work.as_mut() else { return Poll::Ready(None) };
        match work.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => {
                let number = self.number;
                self.life.waiting.borrow_mut().insert(number, context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<F> Drop for Running<F> {
    fn drop(&mut self) {
        self.life.waiting.borrow_mut().remove(&self.number);
    }
}

/// An isolate, or an object with its storage.
pub struct Place {
    pub world: Rc<World>,
    /// The Worker whose code runs.
    pub worker: &'static str,
    pub life: Rc<Life>,
    /// An object's storage.
    pub disk: Option<Rc<Disk>>,
    /// The data centre: what KV serves there may be a minute old.
    pub location: u32,
}

impl Place {
    /// The output gate: nothing leaves an object before its writes are on disk.
    pub async fn pass_output_gate(&self) {
        if let Some(disk) = &self.disk {
            while let Some(wait_ms) = disk.unconfirmed_ms(self.world.now_ms()) {
                self.world.host.sleep(wait_ms).await;
            }
        }
    }
}
