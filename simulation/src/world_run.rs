//! One world from its plan to its final state.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use emulators::in_process_providers::SharedCatalogue;
use ports::OutgoingRequest;
use ports::http_types::{Method, Request};
use serde_json::Value as Json;
use testkit::Executor;
use warmer_core::binding_manifest::{CRON_HEARTBEAT, CRON_VERIFY};
use warmer_core::routes;

use crate::client_requests::{send_request, with_token};
use crate::invariant_checks;
use crate::rule_observations::Violation;
use crate::scenario::{ABUSER, DAY_MS, HOUR_MS, MINUTE_MS, PlannedEvent, Scenario, WorldEvent};
use crate::sim_workers::SimWorkers;
use crate::simulation_context::{Initiator, START_MS};
use crate::world::SimWorld;
use crate::{final_state, sim_cache_warmer};

/// How long after the last fault everything is warm at the latest: a spent day has to end.
const REST_MS: u64 = 30 * HOUR_MS;

/// The result of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldOutcome {
    pub violations: Vec<Violation>,
    pub counts: BTreeMap<String, u64>,
    pub longest_answer_ms: u64,
    /// The time from the last fault until the last library was warm.
    pub warm_after_ms: u64,
    pub trace: String,
}

/// Runs the world of a plan.
#[must_use]
pub fn run_world(plan: &Scenario, books: &SharedCatalogue, keep_trace: bool) -> WorldOutcome {
    let executor = Executor::new(START_MS);
    let world = SimWorld::new(executor.test_system_ports(), plan, books, keep_trace);
    SimWorkers::start(&world);
    let warm_after_ms = Cell::new(0);
    // Rule 8: a panic is a violation like any other.
    let ended =
        catch_unwind(AssertUnwindSafe(|| run_events(&executor, &world, plan, &warm_after_ms)));
    if ended.is_err() {
        let detail = "a panic ended the world".to_owned();
        invariant_checks::record_violation(&world, "no_panic", detail);
    }
    let outcome = WorldOutcome {
        violations: world.observed.violations.borrow().clone(),
        counts: world.counts.borrow().clone(),
        longest_answer_ms: world.observed.longest_answer_ms.get(),
        warm_after_ms: warm_after_ms.get(),
        trace: world.trace.as_ref().map(|text| text.borrow().clone()).unwrap_or_default(),
    };
    world.stop();
    executor.restart();
    outcome
}

/// Runs a plan until everything is warm, for a day at most, and returns the counts.
#[must_use]
pub fn run_until_warm(plan: &Scenario, books: &SharedCatalogue) -> BTreeMap<String, u64> {
    let executor = Executor::new(START_MS);
    let world = SimWorld::new(executor.test_system_ports(), plan, books, false);
    SimWorkers::start(&world);
    schedule_events(&world, plan);
    while !final_state::is_all_warm(&world) && world.now_ms() < START_MS + DAY_MS {
        executor.advance(10_000);
    }
    let counts = world.counts.borrow().clone();
    world.stop();
    counts
}

fn schedule_events(world: &Rc<SimWorld>, plan: &Scenario) {
    for (number, event) in plan.events.iter().cloned().enumerate() {
        let at = Rc::clone(world);
        world.spawn_platform_work(async move {
            at.sleep(event.after_ms).await;
            apply_event(&at, number as u32, event).await;
        });
    }
    let crons = Rc::clone(world);
    world.spawn_platform_work(async move { run_crons(&crons).await });
}

fn run_events(
    executor: &Executor,
    world: &Rc<SimWorld>,
    plan: &Scenario,
    warm_after_ms: &Cell<u64>,
) {
    schedule_events(world, plan);
    let faults_end_ms = plan.faults_end_ms();
    executor.advance(faults_end_ms);
    // Work from the last fault ends within two hours, so run so long even if all is warm before.
    let (mut waited_ms, mut warm_ms) = (0, None);
    while waited_ms < REST_MS && (waited_ms <= 2 * HOUR_MS || warm_ms.is_none()) {
        if warm_ms.is_none() && final_state::is_all_warm(world) {
            warm_ms = Some(waited_ms);
        }
        executor.advance(15 * MINUTE_MS);
        waited_ms += 15 * MINUTE_MS;
    }
    warm_after_ms.set(warm_ms.unwrap_or(waited_ms));
    final_state::check_final_state(executor, world);
}

/// Runs the two crons without end.
async fn run_crons(world: &Rc<SimWorld>) {
    loop {
        let quarter_ms = 15 * MINUTE_MS;
        world.sleep(quarter_ms - world.now_ms() % quarter_ms).await;
        let is_verification = world.now_ms() % DAY_MS == 2 * HOUR_MS;
        let crons = [Some(CRON_HEARTBEAT), is_verification.then_some(CRON_VERIFY)];
        for cron in crons.into_iter().flatten() {
            let woken =
                sim_cache_warmer::send_owner_request(world, "/cron", routes::wake_request(cron));
            let woken = world.run_with_cause(Initiator::Warmer, woken).await;
            world.write_trace_line(|| format!("cron {cron} {:?}", woken.map(|reply| reply.status)));
        }
    }
}

async fn apply_event(world: &Rc<SimWorld>, number: u32, event: PlannedEvent) {
    match event.what {
        WorldEvent::Upload { file, csv } => upload_until_stored(world, number, file, &csv).await,
        WorldEvent::Command { file, command } => command_job(world, number, file, command).await,
        WorldEvent::Purge { target } => purge(world, number, &target).await,
        WorldEvent::Search { client, is_owner, target } => {
            client_search(world, number, client, is_owner, &target).await;
        }
        WorldEvent::Platform { fault, ms } => {
            world.increment_counter(&format!("platform {fault:?}"), 1);
            world.write_trace_line(|| format!("{fault:?} for {ms} ms"));
            world.switch(fault, true);
            world.sleep(ms).await;
            world.switch(fault, false);
            world.write_trace_line(|| format!("{fault:?} is over"));
        }
        WorldEvent::Provider { provider, rule, ms } => {
            world.write_trace_line(|| format!("{rule} for {ms} ms"));
            let _ = world.providers.borrow_mut().set_fault(&rule);
            world.sleep(ms).await;
            let none = format!(r#"{{"provider":"{provider}","fault":"none"}}"#);
            let _ = world.providers.borrow_mut().set_fault(&none);
            world.write_trace_line(|| format!("{provider} has no fault"));
        }
        WorldEvent::SpendDay { provider } => {
            world.increment_counter("days spent elsewhere", 1);
            world.observed.spend_elsewhere(provider, world.now_ms());
            world.providers.borrow_mut().spend_day(provider, world.now_ms());
        }
        WorldEvent::RestartIsolates => {
            world.increment_counter("isolates restarted", 1);
            world.simulated_workers().restart_isolates();
        }
        WorldEvent::KillObject { draw } => {
            let owners = world.object_owners();
            if let Some(owner) = owners.get(draw as usize % owners.len().max(1)) {
                world.simulated_workers().kill_object(owner);
            }
        }
    }
}

fn owner_did(world: &SimWorld, what: &str, to: &str, status: Option<u16>) {
    world.write_trace_line(|| format!("{what} {to} {status:?}"));
    world.increment_counter(&format!("owner {what} {}", status.unwrap_or(0)), 1);
}

/// Uploads a file until it is stored, and starts its warming.
async fn upload_until_stored(world: &Rc<SimWorld>, number: u32, file: &str, csv: &str) {
    if world.bucket.stored_object(file).is_some() {
        world.increment_counter("owner replaces a file", 1);
    }
    while world.bucket.put(world, file, (csv.as_bytes(), ""), None).await.is_err() {
        world.sleep(MINUTE_MS).await;
    }
    let body = serde_json::json!({ "dryRun": false, "file": file, "encoding": null });
    let Ok(warm) = OutgoingRequest::json_post("/warm", &body) else { return };
    let sending = sim_cache_warmer::send_owner_request(world, "/warm", warm);
    let reply = world.run_with_cause(Initiator::Owner(number), sending).await;
    owner_did(world, "upload", file, reply.ok().map(|reply| reply.status));
}

/// Sends the owner's command to the newest job of a file, as the dashboard does.
async fn command_job(world: &Rc<SimWorld>, number: u32, file: &str, command: &str) {
    let get =
        sim_cache_warmer::send_owner_request(world, "/status", OutgoingRequest::get("/status"));
    let Ok(status) = world.run_with_cause(Initiator::Owner(number), get).await else { return };
    let status: Json = serde_json::from_slice(&status.body).unwrap_or_default();
    let jobs = status.get("jobs").and_then(Json::as_array).cloned().unwrap_or_default();
    let is_of = |job: &&Json| job.get("file").and_then(Json::as_str) == Some(file);
    let id = jobs.iter().filter(is_of).filter_map(|job| job.get("id")?.as_str()).next_back();
    let Some(id) = id else { return };
    let post = OutgoingRequest::new_without_body(Method::Post, format!("/jobs/{id}/{command}"));
    let sending = sim_cache_warmer::send_owner_request(world, "/jobs/{id}/{command}", post);
    let reply = world.run_with_cause(Initiator::Owner(number), sending).await;
    owner_did(world, command, id, reply.ok().map(|reply| reply.status));
}

async fn client_search(
    world: &Rc<SimWorld>,
    number: u32,
    client: u32,
    is_owner: bool,
    target: &str,
) {
    let mut request = Request::new(Method::Get, target);
    request.headers.set("cf-connecting-ip", format!("10.0.0.{client}"));
    let (request, cause) = match is_owner {
        true => (with_token(request), Initiator::Owner(number)),
        false => (request, Initiator::Client(number)),
    };
    let began_ms = world.now_ms();
    world.observed.targets.borrow_mut().insert(cause, target.to_owned());
    let reply = send_request(world, cause, request, client as usize % 2).await;
    // An isolate that died sends no answer, and the client's own retry is another request.
    if let Some(reply) = reply {
        let took_ms = world.now_ms() - began_ms;
        if client == ABUSER {
            world.increment_counter(&format!("abuser {}", reply.status), 1);
        }
        let check = async { invariant_checks::on_answer(world, target, &reply, took_ms) };
        world.run_with_cause(cause, check).await;
    }
}

/// The owner purges a search and repeats a failed purge, which may have deleted a part; after a 200
/// no older entry may be served.
async fn purge(world: &Rc<SimWorld>, number: u32, target: &str) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let isbn = path.strip_prefix("/book/").map(|isbn| format!("isbn={isbn}"));
    let by = match path {
        "/search/title" => query.replace("q=", "title="),
        "/search/author" => query.replace("q=", "author="),
        "/search/isbn" => query.replace("q=", "isbn="),
        _ => isbn.unwrap_or_else(|| query.to_owned()),
    };
    let (began_ms, reply) = loop {
        let request = with_token(Request::new(Method::Delete, &format!("/cache?{by}")));
        let began_ms = world.now_ms();
        let reply = send_request(world, Initiator::Owner(number), request, 0).await;
        owner_did(world, "purge", &by, reply.as_ref().map(|reply| reply.status));
        match reply {
            Some(reply) if reply.status < 500 => break (began_ms, reply),
            _ => world.sleep(MINUTE_MS).await,
        }
    };
    let body: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
    let key = body.pointer("/keys/0").and_then(Json::as_str);
    if let (200, Some(key)) = (reply.status, key) {
        world.observed.purged.borrow_mut().insert(key.to_owned());
        world.sleep(3 * MINUTE_MS).await;
        final_state::a_purge_holds(world, key, began_ms);
    }
}
