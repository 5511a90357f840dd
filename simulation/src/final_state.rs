//! The rules about the final state of a world: nothing is lost or stuck, and a done item is warm.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use bibliography::cache_key::COLD_PREFIX;
use ports::http_types::{Method, Request};
use runtime::cache_policy::EntryMetadata;
use serde_json::Value as Json;
use testkit::Executor;

use crate::client_requests::{send_request, with_token};
use crate::invariant_checks::record_violation;
use crate::simulation_context::Initiator;

use crate::scenario::MINUTE_MS;
use crate::sim_cache_warmer::ledger_owner;
use crate::world::SimWorld;

/// The number of the first probe: no event has so high a number.
const PROBES_FROM: u32 = 1_000_000;

/// A job and its items, as the ledger stores them.
struct StoredJob {
    id: String,
    document: Json,
    items: BTreeMap<String, Json>,
    rejected: usize,
}

impl StoredJob {
    fn number_at_path(&self, path: &str) -> u64 {
        self.document.pointer(path).and_then(Json::as_u64).unwrap_or(0)
    }

    fn state(&self) -> &str {
        self.document.get("state").and_then(Json::as_str).unwrap_or_default()
    }

    fn is_paused(&self) -> bool {
        self.document.get("paused").and_then(Json::as_bool).unwrap_or(false)
    }
}

/// The state's name and its data.
fn state_of(item: &Json) -> Option<(&String, &Json)> {
    item.get("state")?.as_object()?.iter().next()
}

fn stored_jobs(world: &SimWorld) -> Vec<StoredJob> {
    let disk = world.object_disk(&ledger_owner());
    let rows = disk.ledger_rows(0, |key, _| key.starts_with("job:"));
    let documents = rows.iter().filter_map(|row| serde_json::from_str::<Json>(&row.document).ok());
    let stored = documents.map(|document| {
        let number = document.get("number").and_then(Json::as_u64).unwrap_or(0) as u32;
        let rows = disk.ledger_rows(number, |_, _| true);
        let (rejected, items): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| row.key.starts_with("z:"));
        let items = items
            .into_iter()
            .filter_map(|row| Some((row.key, serde_json::from_str(&row.document).ok()?)));
        let id = document.get("id").and_then(Json::as_str).unwrap_or_default().to_owned();
        StoredJob { id, items: items.collect(), rejected: rejected.len(), document }
    });
    stored.collect()
}

/// True if the owner ended the job: its items that are not warm stay as they are.
fn is_ended(state: &str) -> bool {
    ["cancelled", "superseded"].contains(&state)
}

/// True if nothing is left to warm.
#[must_use]
pub fn is_all_warm(world: &SimWorld) -> bool {
    let is_over = |job: &StoredJob| match job.state() {
        "done" | "failed" => {
            job.number_at_path("/items/pending") + job.number_at_path("/items/deferred") == 0
        }
        state => job.is_paused() || is_ended(state),
    };
    let jobs = stored_jobs(world);
    !jobs.is_empty() && jobs.iter().all(is_over)
}

/// Checks a world at rest.
pub fn check_final_state(executor: &Executor, world: &Rc<SimWorld>) {
    for job in stored_jobs(world).iter().filter(|job| job.state() != "superseded") {
        nothing_is_stuck(world, job);
        rows_add_up(world, job);
        states_add_up(world, job);
        if !is_ended(job.state()) {
            done_is_warm(executor, world, job);
        }
    }
    one_key_is_one_question(executor, world);
}

/// Rule 10: two texts with one key ask the providers the same, up to case and accents.
fn one_key_is_one_question(executor: &Executor, world: &Rc<SimWorld>) {
    // A shorter pause would answer the second text from a flight or a recent answer of the first.
    const APART_MS: u64 = 5 * MINUTE_MS;
    let ask = |number: u32, target: &str| {
        world.bucket.delete_prefix(COLD_PREFIX);
        world.kv.clear();
        world.simulated_workers().restart_isolates();
        executor.advance(APART_MS);
        let cause = Initiator::Owner(2 * PROBES_FROM + number);
        let reply = executor.run_to_end(send_request(
            world,
            cause,
            with_token(Request::new(Method::Get, target)),
            0,
        ));
        executor.advance(MINUTE_MS);
        let asked = world.observed.asked.borrow_mut().remove(&cause).unwrap_or_default();
        let asked = asked.iter().map(|url| url.to_lowercase()).collect::<BTreeSet<_>>();
        (reply.map(|reply| reply.status), asked)
    };
    for place in 0..2 {
        let Some(book) =
            world.books.get(world.random_between(0, world.books.len() as u64) as usize)
        else {
            return;
        };
        let texts = [
            book.title.clone(),
            format!(" \u{201c}{}\u{2122}\u{201d} ", book.title.to_uppercase()),
        ];
        let targets = texts.map(|text| {
            format!("/search/title?{}", ports::http_types::encode_query([("q", text.as_str())]))
        });
        let [one, two] = targets;
        let ((_, first), (_, second)) = (ask(2 * place, &one), ask(2 * place + 1, &two));
        // A provider whose day is spent gets no request.
        for provider in ["google", "openlibrary", "isbndb-worker"] {
            let of = |asked: &BTreeSet<String>| -> BTreeSet<String> {
                asked.iter().filter(|url| url.starts_with(provider)).cloned().collect()
            };
            let (first, second) = (of(&first), of(&second));
            if !first.is_empty() && !second.is_empty() && first != second {
                let detail = format!("{two}: {first:?} and {second:?}");
                record_violation(world, "one_key_is_one_question", detail);
            }
        }
    }
}

/// Liveness: when all faults are over, every library is done within a bounded time.
fn nothing_is_stuck(world: &SimWorld, job: &StoredJob) {
    let is_over = ["done", "cancelled"].contains(&job.state()) || job.is_paused();
    let open = job.number_at_path("/items/pending") + job.number_at_path("/items/deferred");
    if !is_over || open > 0 && job.state() == "done" {
        let why = job.items.values().filter_map(state_of).find(|(name, _)| *name == "deferred");
        let detail = format!("{} {}: {open} open, {why:?}", job.id, job.state());
        record_violation(world, "nothing_is_stuck", detail);
    }
}

/// Rule 7: every row of the file is behind one item, or rejected with its line.
fn rows_add_up(world: &SimWorld, job: &StoredJob) {
    let [total, valid, repaired, title_author, rejected] =
        ["total", "valid", "repaired", "titleAuthor", "rejected"]
            .map(|name| job.number_at_path(&format!("/rows/{name}")));
    let file = job.document.get("file").and_then(Json::as_str).unwrap_or_default();
    let stored = world.bucket.stored_object(file).map(|stored| stored.body);
    let in_file =
        stored.map_or(0, |body| body.iter().filter(|byte| **byte == b'\n').count() as u64);
    let behind = job.items.values().map(|item| {
        let listed = item.get("rows").and_then(Json::as_array).map_or(0, Vec::len) as u64;
        listed + item.get("moreRows").and_then(Json::as_u64).unwrap_or(0)
    });
    let behind: u64 = behind.sum();
    let is_read = ["done", "warming"].contains(&job.state());
    let sums =
        total == valid + repaired + title_author + rejected && job.rejected as u64 == rejected;
    if is_read && (!sums || total + 1 != in_file || behind + rejected != total) {
        let detail = format!("{}: {in_file} lines, {behind} behind items", job.id);
        record_violation(world, "rows_add_up", detail);
    }
}

/// The counters of a job equal the numbers of its items.
fn states_add_up(world: &SimWorld, job: &StoredJob) {
    for name in ["pending", "deferred", "done", "failed", "notFound"] {
        let states = job.items.values().filter_map(state_of).filter(|(state, _)| *state == name);
        let (counted, stored) =
            (job.number_at_path(&format!("/items/{name}")), states.count() as u64);
        if counted != stored {
            let detail = format!("{}: {name} {counted}, not {stored}", job.id);
            record_violation(world, "states_add_up", detail);
        }
    }
}

/// Rule 4: a search finds a done item without a call to a provider.
fn done_is_warm(executor: &Executor, world: &Rc<SimWorld>, job: &StoredJob) {
    for (number, (key, item)) in job.items.iter().enumerate() {
        let Some((state, _)) = state_of(item) else { continue };
        let text = |path: &str| item.pointer(path).and_then(Json::as_str).map(str::to_owned);
        let isbn = item.pointer("/target/book/isbn").and_then(Json::as_object);
        let isbn = isbn.and_then(|isbn| isbn.get("stated")?.as_str().map(str::to_owned));
        let target = match (isbn, text("/target/author/name")) {
            (Some(isbn), _) => format!("/search/isbn?q={isbn}"),
            (None, Some(name)) => {
                format!(
                    "/search/author?{}",
                    ports::http_types::encode_query([("q", name.as_str())])
                )
            }
            _ => continue,
        };
        if state != "done" {
            record_violation(world, "done_is_warm", format!("{}: {key} is {item}", job.id));
            continue;
        }
        let cause = Initiator::Owner(PROBES_FROM + number as u32);
        world.observed.targets.borrow_mut().insert(cause, target.clone());
        let request = with_token(Request::new(Method::Get, &target));
        let Some(reply) = executor.run_to_end(send_request(world, cause, request, number % 2))
        else {
            continue;
        };
        let tier = reply.headers.get("x-cache").unwrap_or_default().to_owned();
        if reply.status == 200 && !tier.starts_with("MISS") {
            continue;
        }
        // An entry that was purged after its item was done is warmed by the next verification.
        executor.advance(MINUTE_MS);
        let key = world.observed.keys.borrow().get(&target).cloned().unwrap_or_default();
        if !world.observed.purged.borrow().contains(&key) {
            record_violation(world, "done_is_warm", format!("{target}: {} {tier}", reply.status));
        }
    }
}

/// A purge holds: no tier has an entry from before it.
pub fn a_purge_holds(world: &SimWorld, key: &str, purged_ms: u64) {
    let cold =
        world.bucket.stored_object(&format!("{COLD_PREFIX}{key}")).map(|stored| stored.metadata);
    let hot = world.kv.stored_value(world.now_ms(), key).map(|entry| entry.metadata);
    for (tier, metadata) in [("R2", cold), ("KV", hot)] {
        let metadata = metadata.and_then(|text| EntryMetadata::decode(&text));
        if metadata.is_some_and(|metadata| metadata.stored_at_ms < purged_ms) {
            record_violation(world, "a_purge_holds", format!("{tier} has {key} from before"));
        }
    }
}
