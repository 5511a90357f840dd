//! Durable Objects: one start at a time, killed at any moment, with alarms that run at least once.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use futures::channel::oneshot;
use isbndb_core::manifest::ISBNDB_OBJECT;
use isbndb_core::object::ObjectInstance as IsbndbObject;
use ports::TransportError;
use ports::http::{Reply, Request};
use proxy_core::durable_objects::batch_object::BatchRunner;
use proxy_core::durable_objects::flight_shard::FlightShard;
use proxy_core::durable_objects::limiter_object::LimiterObject;
use proxy_core::manifest::{BATCH, FLIGHT, PROVIDER_LIMITER};
use runtime::config::Vars;
use runtime::service_client::ServiceClientState;
use warmer_core::service::LedgerService;

use crate::disk::ObjectDisk;
use crate::faults::Fault;
use crate::proxy::{self, Platform};
use crate::rules;
use crate::sim_instance::{Lifetime, SimInstance};
use crate::sim_transport::SimTransport;
use crate::storage::Storage;
use crate::warmer;
use crate::world::{Initiator, SimHost, World};

/// An object without a request for this time is evicted.
const EVICTED_AFTER_MS: u64 = 70_000;
/// A failed alarm is retried so often, and then dropped.
const ALARM_RETRIES: u32 = 6;

/// More alarms a day, of all objects together, mean an endless repetition of a step.
const MOST_ALARMS_A_DAY: u64 = 20_000;

/// All objects by `BINDING/name`.
#[derive(Default)]
pub struct SimObjects(RefCell<BTreeMap<String, Rc<Slot>>>);

struct Slot {
    owner: String,
    disk: Rc<ObjectDisk>,
    start: RefCell<Option<Start>>,
    is_alarm_running: Cell<bool>,
    alarm_failures: Cell<u32>,
}

#[derive(Clone)]
struct Start {
    place: Rc<SimInstance>,
    code: Rc<RunningObject>,
    used_at_ms: u64,
}

enum RunningObject {
    Batch(BatchRunner<Platform>),
    Flight(FlightShard<Platform, Storage>),
    Limiter(Box<LimiterObject<Platform, Storage>>),
    Isbndb(IsbndbObject<SimTransport, SimHost, Storage>, Platform),
    Ledger(LedgerService, Rc<ServiceClientState>),
}

impl SimObjects {
    fn object_slot(&self, owner: &str) -> Rc<Slot> {
        let mut slots = self.0.borrow_mut();
        Rc::clone(slots.entry(owner.to_owned()).or_insert_with(|| {
            Rc::new(Slot {
                owner: owner.to_owned(),
                disk: Rc::default(),
                start: RefCell::default(),
                is_alarm_running: Cell::default(),
                alarm_failures: Cell::default(),
            })
        }))
    }

    /// The storage of an object.
    #[must_use]
    pub fn disk(&self, owner: &str) -> Rc<ObjectDisk> {
        Rc::clone(&self.object_slot(owner).disk)
    }

    /// Ends all objects.
    pub fn stop(&self) {
        for slot in std::mem::take(&mut *self.0.borrow_mut()).into_values() {
            if let Some(start) = slot.start.take() {
                start.place.life.end();
            }
        }
    }

    #[must_use]
    pub fn owners(&self) -> Vec<String> {
        self.0.borrow().keys().cloned().collect()
    }
}

impl Slot {
    fn ensure_started(&self, world: &Rc<World>) -> Start {
        let used_at_ms = world.now_ms();
        let is_evicted = |start: &Start| {
            start.used_at_ms + EVICTED_AFTER_MS < used_at_ms && start.place.life.is_idle()
        };
        let old = self.start.take();
        world.count("evictions", u64::from(old.as_ref().is_some_and(is_evicted)));
        let start = old.filter(|start| !is_evicted(start)).unwrap_or_else(|| self.start(world));
        let start = Start { used_at_ms, ..start };
        self.start.replace(Some(start.clone()));
        start
    }

    fn start(&self, world: &Rc<World>) -> Start {
        world.count("object starts", 1);
        let storage = || self.storage(world);
        let binding = self.owner.split('/').next().unwrap_or_default();
        let worker = match binding {
            BATCH | FLIGHT | PROVIDER_LIMITER => proxy_core::manifest::WORKER,
            ISBNDB_OBJECT => isbndb_core::manifest::WORKER,
            _ => warmer_core::manifest::WORKER,
        };
        let place = Rc::new(SimInstance {
            world: Rc::clone(world),
            worker,
            life: Rc::default(),
            disk: Some(Rc::clone(&self.disk)),
            location: 0,
        });
        let code = match binding {
            BATCH => {
                let isolate = proxy::new_isolate(&place);
                RunningObject::Batch(BatchRunner::new(isolate, proxy::spawn(&place)))
            }
            FLIGHT => {
                let spawn = proxy::spawn(&place);
                RunningObject::Flight(FlightShard::new(
                    proxy::new_isolate(&place),
                    storage(),
                    spawn,
                ))
            }
            PROVIDER_LIMITER => RunningObject::Limiter(Box::new(LimiterObject::new(
                proxy::new_isolate(&place),
                storage(),
            ))),
            ISBNDB_OBJECT => {
                let isolate = Rc::new(isbndb_core::isolate::IsolateMemory::new(Rc::default()));
                let link = SimTransport::to_providers(&place);
                let object = IsbndbObject::new(link, SimHost(Rc::clone(&place)), isolate);
                RunningObject::Isbndb(object, Platform(Rc::clone(&place)))
            }
            _ => RunningObject::Ledger(LedgerService::default(), Rc::default()),
        };
        Start { place, code: Rc::new(code), used_at_ms: world.now_ms() }
    }

    fn storage(&self, world: &Rc<World>) -> Storage {
        let (owner, disk) = (self.owner.clone(), Rc::clone(&self.disk));
        Storage { world: Rc::clone(world), owner, disk }
    }
}

/// Sends a request to an object. The object continues if the caller does not wait.
///
/// # Errors
/// The object died during the call.
pub async fn call(
    world: &Rc<World>,
    owner: &str,
    request: Request,
) -> Result<Reply, TransportError> {
    world.count_of_day("object requests", 1);
    let slot = world.objects.object_slot(owner);
    let Start { place, code, .. } = slot.ensure_started(world);
    let (sender, receiver) = oneshot::channel();
    let (storage, life) = (slot.storage(world), Rc::clone(&place.life));
    world.start(&life, async move {
        let reply = answer(&place, &code, storage, request).await;
        place.pass_output_gate().await;
        let _ = sender.send(reply);
    });
    receiver.await.map_err(|_| TransportError::Unreachable)
}

async fn answer(
    place: &Rc<SimInstance>,
    code: &RunningObject,
    storage: Storage,
    request: Request,
) -> Reply {
    match code {
        RunningObject::Batch(runner) => runner.reply(Ok(request)).await,
        RunningObject::Flight(shard) => shard.reply(Ok(request)).await,
        RunningObject::Limiter(limiter) => limiter.reply(Ok(request)).await,
        RunningObject::Isbndb(object, platform) => {
            let (vars, version) = (Vars::new(|name| place.world.var(name)), "sim".to_owned());
            object.answer(Ok(request), version, &vars, platform, || Ok(storage)).await
        }
        RunningObject::Ledger(service, state) => {
            warmer::answer(place, service, state, storage, &request).await
        }
    }
}

/// Kills an object: its work ends, and writes not on disk are undone. The next request starts it.
pub fn kill(world: &Rc<World>, owner: &str) {
    let slot = world.objects.object_slot(owner);
    let Some(start) = slot.start.take() else { return };
    let is_before = slot.disk.unconfirmed_ms(world.now_ms()).is_some();
    world.count(if is_before { "crashes before a commit" } else { "crashes after a commit" }, 1);
    world.trace(|| format!("crash of {owner}"));
    start.place.life.end();
    slot.disk.crash(world.now_ms());
    if let Some(at_ms) = slot.disk.alarm_ms() {
        schedule_alarm(world, owner, at_ms);
    }
}

/// Kills an object after a time.
pub fn kill_later(world: &Rc<World>, owner: &str, after_ms: u64) {
    let (world, owner) = (Rc::clone(world), owner.to_owned());
    Rc::clone(&world).spawn_platform_work(async move {
        world.sleep(after_ms).await;
        kill(&world, &owner);
    });
}

/// Fires the alarm at a moment, if it is still set to that moment then.
pub fn schedule_alarm(world: &Rc<World>, owner: &str, at_ms: u64) {
    let (world, owner) = (Rc::clone(world), owner.to_owned());
    Rc::clone(&world).spawn_platform_work(async move {
        world.sleep(at_ms.saturating_sub(world.now_ms())).await;
        if world.is_on(Fault::AlarmsLate) {
            world.count("alarms late", 1);
            world.simulate_latency(0, 90_000).await;
        }
        fire_alarm(&world, &owner, at_ms).await;
    });
}

async fn fire_alarm(world: &Rc<World>, owner: &str, at_ms: u64) {
    let slot = world.objects.object_slot(owner);
    // Never two alarms at once: the end of the running one schedules the next.
    if slot.is_alarm_running.get() || slot.disk.alarm_ms() != Some(at_ms) {
        return;
    }
    if world.count_of_day("alarms", 1) > MOST_ALARMS_A_DAY {
        return rules::record_violation(
            world,
            "no_endless_alarms",
            format!("the last is of {owner}"),
        );
    }
    slot.is_alarm_running.set(true);
    slot.disk.take_alarm();
    let is_twice = world.is_on(Fault::AlarmsLate) && world.chance(0.3);
    let is_done = !world.is_on(Fault::AlarmsFail) && run_alarm(world, &slot).await;
    slot.is_alarm_running.set(false);
    let failures = if is_done { 0 } else { slot.alarm_failures.get() + 1 };
    slot.alarm_failures.set(failures);
    match slot.disk.alarm_ms() {
        Some(next_ms) => schedule_alarm(world, owner, next_ms),
        None if is_twice && is_done => {
            world.count("alarms twice", 1);
            slot.disk.restore_alarm(world.now_ms());
            schedule_alarm(world, owner, world.now_ms());
        }
        None if failures > ALARM_RETRIES => {
            world.count("alarms dropped", 1);
            slot.alarm_failures.set(0);
        }
        None if failures > 0 => {
            world.count("alarms retried", 1);
            let next_ms = world.now_ms() + (2_000 << (failures - 1));
            slot.disk.restore_alarm(next_ms);
            schedule_alarm(world, owner, next_ms);
        }
        None => {}
    }
}

/// False if the alarm failed or the object died in it.
async fn run_alarm(world: &Rc<World>, slot: &Slot) -> bool {
    let Start { place, code, .. } = slot.ensure_started(world);
    let (life, storage): (Rc<Lifetime>, Storage) = (Rc::clone(&place.life), slot.storage(world));
    let work = async {
        match &*code {
            RunningObject::Flight(shard) => shard.on_alarm().await.is_ok(),
            RunningObject::Ledger(service, state) => {
                warmer::alarm(&place, service, state, storage).await
            }
            RunningObject::Batch(_) | RunningObject::Limiter(_) | RunningObject::Isbndb(..) => true,
        }
    };
    life.run(world.caused(Initiator::Warmer, work)).await.unwrap_or(false)
}
