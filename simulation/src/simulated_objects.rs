//! Durable Objects: one start at a time, killed at any moment, with alarms that run at least once.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use futures::channel::oneshot;
use isbndb_core::binding_manifest::ISBNDB_OBJECT;
use isbndb_core::object_instance::IsbndbObjectInstance as IsbndbObject;
use ports::TransportError;
use ports::http_types::{Reply, Request};
use proxy_core::binding_manifest::{BATCH, FLIGHT, PROVIDER_LIMITER};
use proxy_core::durable_objects::batch_object::BatchRunner;
use proxy_core::durable_objects::flight_shard::FlightShard;
use proxy_core::durable_objects::limiter_object::LimiterObject;
use runtime::config::Vars;
use runtime::resilient_client::ResilientClientState;
use warmer_core::warming_ledger_object_service::WarmingLedgerObjectService;

use crate::faults::PlatformFault;
use crate::invariant_checks;
use crate::proxy_isolate::{SimPlatform, new_isolate, task_spawner};
use crate::sim_cache_warmer;
use crate::sim_disk::SimObjectDisk;
use crate::sim_instance::{SimInstance, SimSystemPorts};
use crate::sim_object_storage::SimObjectStorage;
use crate::sim_transport::{CallTarget, SimTransport};
use crate::simulation_context::Initiator;
use crate::world::SimWorld;

/// An object without a request for this time is evicted.
const EVICTED_AFTER_MS: u64 = 70_000;
/// A failed alarm is retried so often, and then dropped.
const ALARM_RETRIES: u32 = 6;
/// More alarms a day of all objects mean an endless repetition.
const MOST_ALARMS_A_DAY: u64 = 20_000;

/// All objects by `BINDING/name`.
pub struct SimObjects {
    world: Rc<SimWorld>,
    slots: RefCell<BTreeMap<String, Rc<SimObjectEntry>>>,
}

struct SimObjectEntry {
    owner: String,
    disk: Rc<SimObjectDisk>,
    start: RefCell<Option<Start>>,
    is_alarm_running: Cell<bool>,
    alarm_failures: Cell<u32>,
}

#[derive(Clone)]
struct Start {
    instance: Rc<SimInstance>,
    running: Rc<RunningObject>,
    used_at_ms: u64,
}

enum RunningObject {
    Batch(BatchRunner<SimPlatform>),
    Flight(FlightShard<SimPlatform, SimObjectStorage>),
    Limiter(Box<LimiterObject<SimPlatform, SimObjectStorage>>),
    Isbndb(IsbndbObject<SimTransport, SimSystemPorts, SimObjectStorage>, SimPlatform),
    Ledger(WarmingLedgerObjectService, Rc<ResilientClientState>),
}

impl SimObjects {
    #[must_use]
    pub fn new(world: &Rc<SimWorld>) -> Rc<Self> {
        Rc::new(Self { world: Rc::clone(world), slots: RefCell::default() })
    }

    fn object_slot(&self, owner: &str) -> Rc<SimObjectEntry> {
        let mut slots = self.slots.borrow_mut();
        Rc::clone(slots.entry(owner.to_owned()).or_insert_with(|| {
            Rc::new(SimObjectEntry {
                owner: owner.to_owned(),
                disk: self.world.object_disk(owner),
                start: RefCell::default(),
                is_alarm_running: Cell::default(),
                alarm_failures: Cell::default(),
            })
        }))
    }

    /// Ends all objects.
    pub fn stop(&self) {
        for slot in self.slots.take().into_values() {
            if let Some(start) = slot.start.take() {
                start.instance.life.end_all_work();
            }
        }
    }
}

impl SimObjectEntry {
    fn ensure_started(&self, world: &Rc<SimWorld>) -> Start {
        let used_at_ms = world.now_ms();
        let is_evicted = |start: &Start| {
            start.used_at_ms + EVICTED_AFTER_MS < used_at_ms && start.instance.life.is_idle()
        };
        let old = self.start.take();
        world.increment_counter("evictions", u64::from(old.as_ref().is_some_and(is_evicted)));
        let start =
            old.filter(|start| !is_evicted(start)).unwrap_or_else(|| self.start_object(world));
        let start = Start { used_at_ms, ..start };
        self.start.replace(Some(start.clone()));
        start
    }

    fn start_object(&self, world: &Rc<SimWorld>) -> Start {
        world.increment_counter("object starts", 1);
        let storage = || self.slot_storage(world);
        let binding = self.owner.split('/').next().unwrap_or_default();
        let worker = match binding {
            BATCH | FLIGHT | PROVIDER_LIMITER => proxy_core::binding_manifest::WORKER_NAME,
            ISBNDB_OBJECT => isbndb_core::binding_manifest::WORKER_NAME,
            _ => warmer_core::binding_manifest::WORKER_NAME,
        };
        let instance = Rc::new(SimInstance {
            world: Rc::clone(world),
            worker,
            life: Rc::default(),
            disk: Some(Rc::clone(&self.disk)),
            location: 0,
        });
        let isolate = || new_isolate(&instance);
        let running = match binding {
            BATCH => RunningObject::Batch(BatchRunner::new(isolate(), task_spawner(&instance))),
            FLIGHT => {
                let spawn = task_spawner(&instance);
                RunningObject::Flight(FlightShard::new(isolate(), storage(), spawn))
            }
            PROVIDER_LIMITER => {
                RunningObject::Limiter(Box::new(LimiterObject::new(isolate(), storage())))
            }
            ISBNDB_OBJECT => {
                let isolate = Rc::new(isbndb_core::isolate_state::IsolateState::new(Rc::default()));
                let link = SimTransport::new(&instance, CallTarget::Providers);
                let object = IsbndbObject::new(link, SimSystemPorts(Rc::clone(&instance)), isolate);
                RunningObject::Isbndb(object, SimPlatform(Rc::clone(&instance)))
            }
            _ => RunningObject::Ledger(WarmingLedgerObjectService::default(), Rc::default()),
        };
        Start { instance, running: Rc::new(running), used_at_ms: world.now_ms() }
    }

    fn slot_storage(&self, world: &Rc<SimWorld>) -> SimObjectStorage {
        let (owner, disk) = (self.owner.clone(), Rc::clone(&self.disk));
        SimObjectStorage { world: Rc::clone(world), owner, disk }
    }
}

impl SimObjects {
    /// Sends a request to an object. The object continues if the caller does not wait.
    ///
    /// # Errors
    /// The object died during the call.
    pub async fn call(
        self: Rc<Self>,
        owner: String,
        request: Request,
    ) -> Result<Reply, TransportError> {
        let world = &self.world;
        world.count_of_day("object requests", 1);
        let slot = self.object_slot(&owner);
        let Start { instance, running, .. } = slot.ensure_started(world);
        let (sender, receiver) = oneshot::channel();
        let storage = slot.slot_storage(world);
        Rc::clone(&instance).start_concurrent_task(async move {
            let reply = answer_running_object(&instance, &running, storage, request).await;
            instance.pass_output_gate().await;
            let _ = sender.send(reply);
        });
        receiver.await.map_err(|_| TransportError::Unreachable)
    }

    /// Kills an object: its work ends, and writes not on disk are undone. The next request starts
    /// it.
    pub fn kill(self: &Rc<Self>, owner: &str) {
        let world = &self.world;
        let slot = self.object_slot(owner);
        let Some(start) = slot.start.take() else { return };
        let is_before = slot.disk.unconfirmed_ms(world.now_ms()).is_some();
        world.increment_counter(
            if is_before { "crashes before a commit" } else { "crashes after a commit" },
            1,
        );
        world.write_trace_line(|| format!("crash of {owner}"));
        start.instance.life.end_all_work();
        slot.disk.undo_unconfirmed(world.now_ms());
        if let Some(at_ms) = slot.disk.alarm_ms() {
            self.schedule_alarm(owner, at_ms);
        }
    }

    /// Kills an object after a time.
    pub fn kill_later(self: &Rc<Self>, owner: &str, after_ms: u64) {
        let (objects, owner) = (Rc::clone(self), owner.to_owned());
        self.world.spawn_platform_work(async move {
            objects.world.sleep(after_ms).await;
            objects.kill(&owner);
        });
    }

    pub fn schedule_alarm(self: &Rc<Self>, owner: &str, at_ms: u64) {
        let (objects, owner) = (Rc::clone(self), owner.to_owned());
        self.world.spawn_platform_work(async move {
            let world = &objects.world;
            world.sleep(at_ms.saturating_sub(world.now_ms())).await;
            if world.is_fault_active(PlatformFault::AlarmsLate) {
                world.increment_counter("alarms late", 1);
                world.simulate_latency(0, 90_000).await;
            }
            objects.fire_alarm(&owner, at_ms).await;
        });
    }

    async fn fire_alarm(self: &Rc<Self>, owner: &str, at_ms: u64) {
        let world = &self.world;
        let slot = self.object_slot(owner);
        // Never two alarms at once: the end of the running one schedules the next.
        if slot.is_alarm_running.get() || slot.disk.alarm_ms() != Some(at_ms) {
            return;
        }
        if world.count_of_day("alarms", 1) > MOST_ALARMS_A_DAY {
            let detail = format!("the last is of {owner}");
            return invariant_checks::record_violation(world, "no_endless_alarms", detail);
        }
        slot.is_alarm_running.set(true);
        slot.disk.take_alarm();
        let is_twice = world.is_fault_active(PlatformFault::AlarmsLate) && world.chance(0.3);
        let is_done =
            !world.is_fault_active(PlatformFault::AlarmsFail) && run_alarm(world, &slot).await;
        slot.is_alarm_running.set(false);
        let failures = if is_done { 0 } else { slot.alarm_failures.get() + 1 };
        slot.alarm_failures.set(failures);
        match slot.disk.alarm_ms() {
            Some(next_ms) => self.schedule_alarm(owner, next_ms),
            None if is_twice && is_done => {
                world.increment_counter("alarms twice", 1);
                slot.disk.restore_alarm(world.now_ms());
                self.schedule_alarm(owner, world.now_ms());
            }
            None if failures > ALARM_RETRIES => {
                world.increment_counter("alarms dropped", 1);
                slot.alarm_failures.set(0);
            }
            None if failures > 0 => {
                world.increment_counter("alarms retried", 1);
                let next_ms = world.now_ms() + (2_000 << (failures - 1));
                slot.disk.restore_alarm(next_ms);
                self.schedule_alarm(owner, next_ms);
            }
            None => {}
        }
    }
}

async fn answer_running_object(
    instance: &Rc<SimInstance>,
    running: &RunningObject,
    storage: SimObjectStorage,
    request: Request,
) -> Reply {
    match running {
        RunningObject::Batch(runner) => runner.reply_to_request(Ok(request)).await,
        RunningObject::Flight(shard) => shard.reply_to_request(Ok(request)).await,
        RunningObject::Limiter(limiter) => limiter.reply_to_request(Ok(request)).await,
        RunningObject::Isbndb(object, platform) => {
            let (vars, version) = (Vars::new(|name| instance.world.var(name)), "sim".to_owned());
            object.handle_request(Ok(request), version, &vars, platform, || Ok(storage)).await
        }
        RunningObject::Ledger(service, state) => {
            sim_cache_warmer::answer_ledger_object(instance, service, state, storage, &request)
                .await
        }
    }
}

/// False if the alarm failed or the object died in it.
async fn run_alarm(world: &Rc<SimWorld>, slot: &SimObjectEntry) -> bool {
    let Start { instance, running, .. } = slot.ensure_started(world);
    let (life, storage) = (Rc::clone(&instance.life), slot.slot_storage(world));
    let work = async {
        match &*running {
            RunningObject::Flight(shard) => shard.on_alarm().await.is_ok(),
            RunningObject::Ledger(service, state) => {
                sim_cache_warmer::run_ledger_alarm(&instance, service, state, storage).await
            }
            RunningObject::Batch(_) | RunningObject::Limiter(_) | RunningObject::Isbndb(..) => true,
        }
    };
    life.run_while_alive(world.run_with_cause(Initiator::Warmer, work)).await.unwrap_or(false)
}
