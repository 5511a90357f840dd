//! The shared state of a simulated world: time, randomness, the log, faults, counters, the trace.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;

use emulators::in_process::{EmulatedProviders, SharedCatalogue};
use futures::future::{Either, select};
use ports::log::LogLine;
use ports::{Clock, LogSink, Spawn};
use testkit::TestHost;

use crate::faults::{Fault, Planted};
use crate::kv::Kv;
use crate::library::{self, Book};
use crate::object::SimObjects;
use crate::proxy::Isolates;
use crate::r2::Bucket;
use crate::random::Random;
use crate::rules::Observed;
use crate::scenario::{DAY_MS, Scenario};
use crate::sim_instance::{Lifetime, SimInstance};

/// 2026-11-21 07:00 UTC: an hour before Google's day ends, seventeen before ISBNdb's.
pub const START_MS: u64 = 1_795_244_400_000;

/// The arguments of the emulated providers, by the var of the Workers with the same value.
const PROVIDER_ARGS: [(&str, &str); 3] = [
    ("GOOGLE_DAILY_QUOTA", "--google-daily"),
    ("ISBNDB_DAILY_QUOTA", "--isbndb-daily"),
    ("ISBNDB_PLAN", "--isbndb-plan"),
];

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

/// One world. A clone of the `Rc` is a handle to the same one.
pub struct World {
    /// Clock and spawner.
    pub host: TestHost,
    random: Random,
    /// Vars of the Workers that differ from the defaults.
    vars: BTreeMap<&'static str, String>,
    cause: Cell<Initiator>,
    planted: Option<Planted>,
    faults: RefCell<BTreeMap<Fault, u32>>,
    /// The books that every provider knows.
    pub books: Vec<Book>,
    pub counts: RefCell<BTreeMap<String, u64>>,
    /// The events, line by line, if a trace is wanted: equal for equal seeds.
    pub trace: Option<RefCell<String>>,
    pub kv: Kv,
    pub bucket: Bucket,
    pub providers: RefCell<EmulatedProviders>,
    pub objects: SimObjects,
    pub isolates: Isolates,
    pub observed: Observed,
}

impl World {
    #[must_use]
    pub fn new(
        host: TestHost,
        plan: &Scenario,
        books: &SharedCatalogue,
        keep_trace: bool,
    ) -> Rc<Self> {
        let contact = ("OPEN_LIBRARY_CONTACT", "simulation@example.org".to_owned());
        let vars: BTreeMap<_, _> = plan.vars.iter().cloned().chain([contact]).collect();
        let providers =
            PROVIDER_ARGS.iter().filter_map(|(var, arg)| Some(format!("{arg}={}", vars.get(var)?)));
        let providers = EmulatedProviders::new(books.clone(), providers);
        let world = Rc::new(Self {
            host,
            random: Random::new(plan.seed),
            vars,
            cause: Cell::default(),
            planted: plan.planted,
            faults: RefCell::default(),
            books: library::books(),
            counts: RefCell::default(),
            trace: keep_trace.then(RefCell::default),
            kv: Kv::default(),
            bucket: Bucket::default(),
            providers: RefCell::new(providers),
            objects: SimObjects::default(),
            isolates: Isolates::default(),
            observed: Observed::default(),
        });
        world.isolates.start(&world);
        world
    }

    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.host.time_ms()
    }

    pub fn uniform(&self) -> f64 {
        self.random.uniform()
    }

    pub fn random_between(&self, least: u64, end: u64) -> u64 {
        self.random.random_between(least, end)
    }

    pub fn chance(&self, share: f64) -> bool {
        self.random.chance(share)
    }

    pub fn var(&self, name: &str) -> Option<String> {
        let misread = self.has_planted(Planted::DayMisread) && name.ends_with("_DAILY_QUOTA");
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

    pub fn switch(&self, fault: Fault, on: bool) {
        let mut faults = self.faults.borrow_mut();
        let running = faults.entry(fault).or_default();
        *running = if on { *running + 1 } else { running.saturating_sub(1) };
    }

    pub fn is_on(&self, fault: Fault) -> bool {
        self.faults.borrow().get(&fault).is_some_and(|running| *running > 0)
    }

    pub fn has_planted(&self, planted: Planted) -> bool {
        self.planted == Some(planted)
    }

    pub fn count(&self, name: &str, by: u64) {
        *self.counts.borrow_mut().entry(name.to_owned()).or_default() += by;
    }

    /// Counts an operation that the free plan limits by the day.
    pub fn count_of_day(&self, name: &str, by: u64) -> u64 {
        let name = format!("day {} {name}", self.now_ms() / DAY_MS);
        self.count(&name, by);
        self.counts.borrow().get(&name).copied().unwrap_or(0)
    }

    pub fn trace(&self, line: impl FnOnce() -> String) {
        if let Some(text) = &self.trace {
            let line = format!("{:>9} {}\n", self.now_ms() - START_MS, line());
            text.borrow_mut().push_str(&line);
        }
    }

    pub fn initiator(&self) -> Initiator {
        self.cause.get()
    }

    /// Runs `work` with `cause` as its cause, also between steps of other work.
    pub async fn caused<T>(&self, cause: Initiator, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            let outer = self.cause.replace(cause);
            let polled = work.as_mut().poll(context);
            self.cause.set(outer);
            polled
        })
        .await
    }

    /// Starts work of a place; it inherits the cause, and ends with the place.
    pub fn start(self: &Rc<Self>, life: &Rc<Lifetime>, work: impl Future<Output = ()> + 'static) {
        let (world, cause, life) = (Rc::clone(self), self.initiator(), Rc::clone(life));
        self.host.spawn(Box::pin(async move {
            let _ = life.run(world.caused(cause, work)).await;
        }));
    }
}

/// Time, randomness and the log for code that runs at a place.
#[derive(Clone)]
pub struct SimHost(pub Rc<SimInstance>);

impl Clock for SimHost {
    fn now_ms(&self) -> u64 {
        self.0.world.now_ms()
    }

    fn sleep(&self, ms: u64) -> impl Future<Output = ()> {
        self.0.world.host.sleep(ms)
    }
}

impl ports::Random for SimHost {
    fn uniform(&self) -> f64 {
        self.0.world.uniform()
    }
}

impl LogSink for SimHost {
    fn write(&self, line: &LogLine) {
        crate::rules::on_log(&self.0.world, line);
    }
}

impl Spawn for SimHost {
    fn spawn(&self, work: Pin<Box<dyn Future<Output = ()>>>) {
        self.0.world.start(&self.0.life, work);
    }
}
