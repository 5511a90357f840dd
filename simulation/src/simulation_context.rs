//! What every part of a simulated world needs: time, randomness, faults, counters, the trace.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;

use futures::future::{Either, select};
use ports::{Clock, Spawn};
use testkit::TestSystemPorts;

use crate::faults::{PlantedFault, PlatformFault};
use crate::scenario::{DAY_MS, Scenario};
use crate::seeded_random::SplitMix64;

/// 2026-11-21 07:00 UTC: an hour before Google's day ends, seventeen before ISBNdb's.
pub const START_MS: u64 = 1_795_244_400_000;

/// The cause of an action: every call to a provider is traced back to one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Initiator {
    #[default]
    Platform,
    /// The warmer: a cron or an alarm.
    Warmer,
    /// The owner of the library, with the admin token.
    Owner(u32),
    /// An anonymous client's request of that number.
    Client(u32),
}

/// The environment of a world's parts.
pub struct SimulationContext {
    /// Clock and spawner.
    pub host: TestSystemPorts,
    random: SplitMix64,
    /// The vars of the Workers' configs that differ from the defaults.
    pub vars: BTreeMap<&'static str, String>,
    cause: Cell<Initiator>,
    planted: Option<PlantedFault>,
    faults: RefCell<BTreeMap<PlatformFault, u32>>,
    pub counts: RefCell<BTreeMap<String, u64>>,
    /// The events, a line each, if they are kept: equal for equal seeds.
    pub trace: Option<RefCell<String>>,
}

impl SimulationContext {
    #[must_use]
    pub fn new(host: TestSystemPorts, plan: &Scenario, keep_trace: bool) -> Self {
        let contact = ("OPEN_LIBRARY_CONTACT", "simulation@example.org".to_owned());
        Self {
            host,
            random: SplitMix64::new(plan.seed),
            vars: plan.vars.iter().cloned().chain([contact]).collect(),
            cause: Cell::default(),
            planted: plan.planted,
            faults: RefCell::default(),
            counts: RefCell::default(),
            trace: keep_trace.then(RefCell::default),
        }
    }

    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.host.current_time_ms()
    }

    pub fn uniform(&self) -> f64 {
        self.random.uniform()
    }

    pub fn random_between(&self, least: u64, end: u64) -> u64 {
        self.random.random_between(least, end)
    }

    pub fn chance(&self, share: f64) -> bool {
        self.random.random_bool(share)
    }

    pub fn var(&self, name: &str) -> Option<String> {
        let misread =
            self.has_planted_fault(PlantedFault::DayMisread) && name.ends_with("_DAILY_QUOTA");
        self.vars.get(name).map(|text| if misread { format!("{text}0") } else { text.clone() })
    }

    pub async fn sleep(&self, ms: u64) {
        self.host.sleep(ms).await;
    }

    /// Starts work of the platform itself, which no crash ends.
    pub fn spawn_platform_work(&self, work: impl Future<Output = ()> + 'static) {
        self.host.spawn(Box::pin(work));
    }

    /// Waits for the time of an operation that takes `least` to `most`.
    pub async fn simulate_latency(&self, least: u64, most: u64) {
        self.host.sleep(self.random_between(least, most)).await;
    }

    /// The output of `work`, if it comes within that time.
    pub async fn with_timeout<T>(&self, ms: u64, work: impl Future<Output = T>) -> Option<T> {
        match select(pin!(work), pin!(self.host.sleep(ms))).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(_) => None,
        }
    }

    pub fn switch(&self, fault: PlatformFault, on: bool) {
        let mut faults = self.faults.borrow_mut();
        let running = faults.entry(fault).or_default();
        *running = if on { *running + 1 } else { running.saturating_sub(1) };
    }

    pub fn is_fault_active(&self, fault: PlatformFault) -> bool {
        self.faults.borrow().get(&fault).is_some_and(|running| *running > 0)
    }

    pub fn has_planted_fault(&self, planted: PlantedFault) -> bool {
        self.planted == Some(planted)
    }

    pub fn increment_counter(&self, name: &str, by: u64) {
        *self.counts.borrow_mut().entry(name.to_owned()).or_default() += by;
    }

    /// Counts an operation that the free plan limits by the day.
    pub fn count_of_day(&self, name: &str, by: u64) -> u64 {
        let name = format!("day {} {name}", self.now_ms() / DAY_MS);
        self.increment_counter(&name, by);
        self.counts.borrow().get(&name).copied().unwrap_or(0)
    }

    pub fn write_trace_line(&self, line: impl FnOnce() -> String) {
        if let Some(text) = &self.trace {
            let line = format!("{:>9} {}\n", self.now_ms() - START_MS, line());
            text.borrow_mut().push_str(&line);
        }
    }

    pub fn initiator(&self) -> Initiator {
        self.cause.get()
    }

    /// Runs `work` with `cause` as its cause, also between steps of other work.
    pub async fn run_with_cause<T>(&self, cause: Initiator, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            let outer = self.cause.replace(cause);
            let polled = work.as_mut().poll(context);
            self.cause.set(outer);
            polled
        })
        .await
    }
}
