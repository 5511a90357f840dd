//! Runs futures in virtual time.

use std::cell::{Ref, RefCell};
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures::executor::LocalPool;
use futures::task::LocalSpawnExt;
use ports::Clock;

use crate::test_system_ports::TestSystemPorts;

/// Runs the future of a test and the tasks that it spawns. Time jumps to the next timer whenever no
/// task can continue, so that hours pass at once and in a fixed order.
#[derive(Debug)]
pub struct Executor {
    pool: RefCell<LocalPool>,
    host: TestSystemPorts,
}

/// A task that runs beside other work.
#[derive(Debug)]
pub struct StartedTask<T>(Rc<RefCell<Option<T>>>);

impl<T> StartedTask<T> {
    /// True once the task has ended, until its result is taken.
    pub fn is_done(&self) -> bool {
        self.0.borrow().is_some()
    }

    pub fn borrow(&self) -> Ref<'_, Option<T>> {
        self.0.borrow()
    }

    pub fn take_result(&self) -> Option<T> {
        self.0.borrow_mut().take()
    }
}

/// Set when the future of a test can continue.
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Default for Executor {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Executor {
    /// An executor whose time begins at `now_ms`.
    pub fn new(now_ms: u64) -> Self {
        let pool = LocalPool::new();
        let host = TestSystemPorts::new(now_ms, pool.spawner());
        Self { pool: RefCell::new(pool), host }
    }

    /// The executor's clock, randomness, log and spawner. Clones share them.
    pub fn test_system_ports(&self) -> TestSystemPorts {
        self.host.clone()
    }

    /// Runs `work` to its end.
    ///
    /// # Panics
    /// If `work` waits for an event that never happens.
    pub fn run_to_end<T>(&self, work: impl Future<Output = T>) -> T {
        self.run_or_hang(work).unwrap_or_else(|| panic!("nothing can go on: a future hangs"))
    }

    /// Runs `work` to its end, or drops it if nothing can continue: a crash.
    pub fn run_or_hang<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&woken));
        loop {
            while woken.0.swap(false, Ordering::Relaxed) {
                if let Poll::Ready(value) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return Some(value);
                }
                self.run_until_idle();
            }
            if !self.host.fire_next_timer(u64::MAX) {
                return None;
            }
            self.run_until_idle();
        }
    }

    /// Starts work that runs beside other work.
    pub fn start_concurrent_task<T: 'static>(
        &self,
        work: impl Future<Output = T> + 'static,
    ) -> StartedTask<T> {
        let result = Rc::new(RefCell::new(None));
        let slot = Rc::clone(&result);
        let task = async move {
            let value = work.await;
            *slot.borrow_mut() = Some(value);
        };
        let spawned = self.pool.borrow().spawner().spawn_local(task);
        assert!(spawned.is_ok(), "the executor was dropped");
        self.run_until_idle();
        StartedTask(result)
    }

    /// Lets time pass, and runs everything that is due within it.
    pub fn advance(&self, ms: u64) {
        let until_ms = self.host.current_time_ms().saturating_add(ms);
        self.run_until_idle();
        while self.host.fire_next_timer(until_ms) {
            self.run_until_idle();
        }
        self.host.set_time_ms(until_ms);
        self.run_until_idle();
    }

    /// Drops every task and timer, as the end of a process does. Time and log stay.
    pub fn restart(&self) {
        let pool = LocalPool::new();
        self.host.restart(pool.spawner());
        drop(self.pool.replace(pool));
    }

    /// Runs tasks until each of them waits.
    fn run_until_idle(&self) {
        self.pool.borrow_mut().run_until_stalled();
    }
}

impl Clock for Executor {
    fn now_ms(&self) -> u64 {
        self.host.now_ms()
    }

    fn sleep(&self, ms: u64) -> impl Future<Output = ()> {
        self.host.sleep(ms)
    }
}

/// Polls a future once: its output, or `None` if it waits.
pub fn poll_once<F: Future>(work: F) -> Option<F::Output> {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use ports::Spawn;

    use super::*;

    #[test]
    fn time_jumps_from_timer_to_timer() {
        let executor = Executor::new(1_000);
        let host = executor.test_system_ports();
        let moments = Rc::new(RefCell::new(Vec::new()));
        for ms in [300, 100, 200, 100] {
            let (host, moments) = (host.clone(), Rc::clone(&moments));
            executor.test_system_ports().spawn(Box::pin(async move {
                host.sleep(ms).await;
                moments.borrow_mut().push((host.now_ms(), ms));
            }));
        }
        executor.run_to_end(host.sleep(250));
        assert_eq!(*moments.borrow(), [(1_100, 100), (1_100, 100), (1_200, 200)]);
        assert_eq!(host.now_ms(), 1_250);
        executor.advance(50);
        assert_eq!(moments.borrow().len(), 4);
    }

    #[test]
    fn a_future_that_cannot_end_is_dropped() {
        struct Dropped<'a>(&'a Cell<bool>);
        impl Drop for Dropped<'_> {
            fn drop(&mut self) {
                self.0.set(true);
            }
        }
        let (executor, gone) = (Executor::default(), Cell::new(false));
        let guard = Dropped(&gone);
        let hung = executor.run_or_hang(async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        });
        assert_eq!((hung, gone.get()), (None, true));
    }

    #[test]
    fn a_restart_drops_tasks_and_timers() {
        let executor = Executor::default();
        let host = executor.test_system_ports();
        let later = executor.start_concurrent_task({
            let host = host.clone();
            async move { host.sleep(10).await }
        });
        executor.restart();
        executor.advance(1_000);
        assert!(!later.is_done());
        let again = executor.start_concurrent_task(async { 7 });
        assert_eq!(again.take_result(), Some(7));
        host.spawn(Box::pin(async {}));
    }

    #[test]
    fn a_dropped_sleep_wakes_no_task() {
        let executor = Executor::default();
        let host = executor.test_system_ports();
        assert_eq!(poll_once(host.sleep(5)), None);
        executor.run_to_end(host.sleep(20));
        assert_eq!(host.now_ms(), 20);
    }
}
