//! The host of the executor: clock, randomness, log, spawner.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use futures::executor::LocalSpawner;
use futures::task::LocalSpawnExt;
use ports::structured_log::LogLine;
use ports::{Clock, LogSink, RandomSource, Spawn};

/// Clock, randomness, log and spawner of an [`Executor`](crate::Executor).
#[derive(Clone, Debug)]
pub struct TestSystemPorts(Rc<HostState>);

#[derive(Debug)]
struct HostState {
    now_ms: Cell<u64>,
    /// Waiting tasks by wake-up time, then in order of arrival.
    timers: RefCell<BTreeMap<(u64, u64), Waker>>,
    next_timer: Cell<u64>,
    unit: Cell<f64>,
    lines: RefCell<Vec<LogLine>>,
    forbidden: RefCell<Vec<String>>,
    spawner: RefCell<LocalSpawner>,
}

impl TestSystemPorts {
    pub(crate) fn new(now_ms: u64, spawner: LocalSpawner) -> Self {
        Self(Rc::new(HostState {
            now_ms: Cell::new(now_ms),
            timers: RefCell::default(),
            next_timer: Cell::default(),
            unit: Cell::new(0.5),
            lines: RefCell::default(),
            forbidden: RefCell::default(),
            spawner: RefCell::new(spawner),
        }))
    }

    /// The current time, for code that has no [`Clock`] in scope.
    pub fn current_time_ms(&self) -> u64 {
        self.0.now_ms.get()
    }

    /// Sets the clock; due timers fire when the executor runs.
    pub fn set_time_ms(&self, now_ms: u64) {
        self.0.now_ms.set(now_ms);
    }

    /// Every random draw has this value from now on.
    pub fn set_unit(&self, unit: f64) {
        self.0.unit.set(unit);
    }

    /// A text that no log line may contain: a line with it fails the test.
    pub fn forbid_in_log(&self, text: &str) {
        self.0.forbidden.borrow_mut().push(text.to_owned());
    }

    pub fn log_lines(&self) -> Vec<LogLine> {
        self.0.lines.borrow().clone()
    }

    pub(crate) fn restart(&self, spawner: LocalSpawner) {
        self.0.timers.borrow_mut().clear();
        *self.0.spawner.borrow_mut() = spawner;
    }

    /// Moves time to the next timer that is due by `until_ms`, and wakes its task.
    pub(crate) fn fire_next_timer(&self, until_ms: u64) -> bool {
        let mut timers = self.0.timers.borrow_mut();
        let Some(entry) = timers.first_entry().filter(|entry| entry.key().0 <= until_ms) else {
            return false;
        };
        let ((at_ms, _), waker) = entry.remove_entry();
        drop(timers);
        self.0.now_ms.set(self.0.now_ms.get().max(at_ms));
        waker.wake();
        true
    }
}

/// Waits until a moment; a drop removes the timer.
struct Sleep {
    host: TestSystemPorts,
    at_ms: u64,
    timer: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let shared = Rc::clone(&self.host.0);
        if shared.now_ms.get() >= self.at_ms {
            return Poll::Ready(());
        }
        let timer = *self.timer.get_or_insert_with(|| {
            let timer = shared.next_timer.get();
            shared.next_timer.set(timer + 1);
            timer
        });
        shared.timers.borrow_mut().insert((self.at_ms, timer), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            self.host.0.timers.borrow_mut().remove(&(self.at_ms, timer));
        }
    }
}

impl Clock for TestSystemPorts {
    fn now_ms(&self) -> u64 {
        self.current_time_ms()
    }

    fn sleep(&self, ms: u64) -> impl Future<Output = ()> {
        Sleep { host: self.clone(), at_ms: self.current_time_ms().saturating_add(ms), timer: None }
    }
}

impl RandomSource for TestSystemPorts {
    fn uniform(&self) -> f64 {
        self.0.unit.get()
    }
}

impl LogSink for TestSystemPorts {
    fn write(&self, line: &LogLine) {
        let text = line.to_json();
        for forbidden in self.0.forbidden.borrow().iter() {
            assert!(!text.contains(forbidden.as_str()), "the log holds `{forbidden}`");
        }
        self.0.lines.borrow_mut().push(line.clone());
    }
}

impl Spawn for TestSystemPorts {
    fn spawn(&self, work: Pin<Box<dyn Future<Output = ()>>>) {
        let spawned = self.0.spawner.borrow().spawn_local(work);
        assert!(spawned.is_ok(), "the executor was dropped");
    }
}
