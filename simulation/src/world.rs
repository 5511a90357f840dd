//! A simulated world: its environment, its stores, its providers, and its running Workers.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::rc::Rc;

use emulators::in_process_providers::{EmulatedProviders, SharedCatalogue};
use futures::future::LocalBoxFuture;
use ports::TransportError;
use ports::http_types::{Reply, Request};
use testkit::TestSystemPorts;

use crate::kv::Kv;
use crate::r2::SimBucket;
use crate::rule_observations::Observed;
use crate::scenario::Scenario;
use crate::sim_disk::{DiskEvents, SimObjectDisk};
use crate::sim_library::{self, SimBook};
use crate::simulation_context::SimulationContext;

/// The arguments of the emulated providers, by the var of the Workers with the same value.
const PROVIDER_ARGS: [(&str, &str); 3] = [
    ("GOOGLE_DAILY_QUOTA", "--google-daily"),
    ("ISBNDB_DAILY_QUOTA", "--isbndb-daily"),
    ("ISBNDB_PLAN", "--isbndb-plan"),
];

/// The running isolates and objects of a world.
pub trait SimulatedWorkers {
    /// Answers a request in the proxy's isolate at a location.
    fn send_to_proxy(
        &self,
        location: usize,
        request: Request,
        sibling: Option<String>,
    ) -> Answering;
    fn send_to_isbndb_worker(&self, request: Request, sibling: Option<String>) -> Answering;
    /// Answers in an object by `BINDING/name`, which continues if the caller does not wait.
    fn send_to_object(&self, owner: &str, request: Request) -> Answering;
    /// Replaces all isolates by new ones with empty memory.
    fn restart_isolates(&self);
    /// Kills an object: its work ends, and writes not on disk are undone. The next request starts
    /// it.
    fn kill_object(&self, owner: &str);
    fn kill_object_later(&self, owner: &str, after_ms: u64);
    /// Fires an object's alarm at a moment, if it is still set to that moment then.
    fn schedule_alarm(&self, owner: &str, at_ms: u64);
    /// Ends all isolates and objects.
    fn stop(&self);
}

/// A reply, or an error if the isolate or the object died before.
pub type Answering = LocalBoxFuture<'static, Result<Reply, TransportError>>;

/// One world. A clone of the `Rc` is a handle to the same one.
pub struct SimWorld {
    sim_context: SimulationContext,
    /// The books that every provider knows.
    pub books: Vec<SimBook>,
    pub kv: Kv,
    pub bucket: SimBucket,
    pub providers: RefCell<EmulatedProviders>,
    pub observed: Observed,
    /// The storage of the objects by `BINDING/name`.
    disks: RefCell<BTreeMap<String, Rc<SimObjectDisk>>>,
    /// Anonymous misses by limit, location and client: the window and its count.
    pub rate_limit_counts: RefCell<BTreeMap<String, (u64, u32)>>,
    workers: RefCell<Option<Rc<dyn SimulatedWorkers>>>,
}

impl Deref for SimWorld {
    type Target = SimulationContext;

    fn deref(&self) -> &SimulationContext {
        &self.sim_context
    }
}

impl SimWorld {
    /// A world without Workers.
    #[must_use]
    pub fn new(
        host: TestSystemPorts,
        plan: &Scenario,
        books: &SharedCatalogue,
        keep_trace: bool,
    ) -> Rc<Self> {
        let sim_context = SimulationContext::new(host, plan, keep_trace);
        let providers = PROVIDER_ARGS
            .iter()
            .filter_map(|(var, arg)| Some(format!("{arg}={}", sim_context.vars.get(var)?)));
        let providers = EmulatedProviders::new(books.clone(), providers);
        Rc::new(Self {
            sim_context,
            books: sim_library::library_books(),
            kv: Kv::default(),
            bucket: SimBucket::default(),
            providers: RefCell::new(providers),
            observed: Observed::default(),
            disks: RefCell::default(),
            rate_limit_counts: RefCell::default(),
            workers: RefCell::default(),
        })
    }

    /// The storage of an object.
    #[must_use]
    pub fn object_disk(&self, owner: &str) -> Rc<SimObjectDisk> {
        Rc::clone(self.disks.borrow_mut().entry(owner.to_owned()).or_default())
    }

    #[must_use]
    pub fn object_owners(&self) -> Vec<String> {
        self.disks.borrow().keys().cloned().collect()
    }

    pub fn set_workers(&self, workers: Rc<dyn SimulatedWorkers>) {
        self.workers.replace(Some(workers));
    }

    #[must_use]
    pub fn simulated_workers(&self) -> Rc<dyn SimulatedWorkers> {
        let workers = self.workers.borrow().clone();
        workers.unwrap_or_else(|| unreachable!("a world runs after its Workers are set"))
    }

    /// Ends the Workers.
    pub fn stop(&self) {
        if let Some(workers) = self.workers.take() {
            workers.stop();
        }
    }
}

impl DiskEvents for SimWorld {
    fn sim_context(&self) -> &SimulationContext {
        &self.sim_context
    }

    fn crash_later(&self, owner: &str, after_ms: u64) {
        self.simulated_workers().kill_object_later(owner, after_ms);
    }

    fn alarm_is_set(&self, owner: &str, at_ms: u64) {
        self.simulated_workers().schedule_alarm(owner, at_ms);
    }
}
