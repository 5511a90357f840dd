//! The rules that are checked while a world runs, one function each. [`crate::quota_rules`] has
//! those about calls to providers, [`crate::final_state`] those of the final state.

use bibliography::cache_key::{COLD_PREFIX, CacheKey};
use ports::OutgoingRequest;
use ports::http_types::Reply;
use ports::structured_log::LogLine;
use runtime::cache_policy::{AnswerBookPresence, EntryMetadata};
use runtime::wire_types::provider_names::{GOOGLE_BOOKS, ISBNDB, OPEN_LIBRARY};
use serde_json::Value as Json;

use crate::faults::{PlatformFault, RULES};
use crate::rule_observations::Violation;
use crate::scenario::{DAY_MS, HOUR_MS, MINUTE_MS};
use crate::sim_secrets::SECRETS;
use crate::simulation_context::START_MS;
use crate::world::SimWorld;

pub fn record_violation(world: &SimWorld, rule: &'static str, detail: String) {
    let after_ms = world.now_ms() - START_MS;
    world.write_trace_line(|| format!("VIOLATION {rule}: {detail}"));
    debug_assert!(RULES.iter().any(|(known, _)| *known == rule), "{rule} has no planted fault");
    let mut violations = world.observed.violations.borrow_mut();
    if violations.iter().filter(|violation| violation.rule == rule).count() < 5 {
        violations.push(Violation { rule, after_ms, detail });
    }
}

/// Records a request to a provider or to the ISBNdb Worker.
pub fn on_asked(world: &SimWorld, asked: String) {
    world.observed.asked.borrow_mut().entry(world.initiator()).or_default().insert(asked);
}

/// Rule 6: a call ends by its deadline. A search repeated as keywords may end a late call up to
/// 5 s after its deadline.
pub fn calls_end_in_time(world: &SimWorld, url: &str, ends_ms: u64) {
    let late_ms = world.now_ms().saturating_sub(ends_ms);
    if late_ms > 5_000 {
        record_violation(world, "calls_end_in_time", format!("{url}: {late_ms} ms late"));
    }
}

/// Rule 9: no secret goes over a binding, into the log or into an answer.
pub fn no_secret_leaves_its_worker(world: &SimWorld, request: &OutgoingRequest) {
    let body = String::from_utf8_lossy(&request.body);
    let sent = format!("{:?} {} {body}", request.headers, request.url);
    no_secret_in(world, &sent, &request.url);
}

fn no_secret_in(world: &SimWorld, text: &str, place: &str) {
    if let Some((name, _)) = SECRETS.iter().find(|(_, secret)| text.contains(secret)) {
        record_violation(world, "no_secret_leaves_its_worker", format!("{name} in {place}"));
    }
}

/// Checks a line of the log.
pub fn on_log(world: &SimWorld, line: &LogLine) {
    let text = line.to_json();
    // Rule 9: no secret is in the log.
    no_secret_in(world, &text, "the log");
    breakers_open_only_for_failing_providers(world, line);
    if line.event == "backoff" || line.event == "step" {
        world.write_trace_line(|| format!("{} {}", line.event, line.message));
    }
}

/// The name that the emulators give a provider.
fn emulated_name(provider: &str) -> Option<&'static str> {
    match provider {
        GOOGLE_BOOKS => Some("google"),
        OPEN_LIBRARY => Some("openlibrary"),
        ISBNDB => Some("isbndb"),
        _ => None,
    }
}

/// Rule 12: a breaker opens only if its provider was failing.
fn breakers_open_only_for_failing_providers(world: &SimWorld, line: &LogLine) {
    let Some(provider) = line.target.as_deref().and_then(emulated_name) else { return };
    if line.outcome.as_deref().is_none_or(|outcome| !outcome.contains("circuit")) {
        return;
    }
    let failing_at_ms = world.observed.failing_at_ms.borrow().get(provider).copied().unwrap_or(0);
    if failing_at_ms + 3 * MINUTE_MS < world.now_ms() {
        let detail = format!("{provider}: {}", line.message);
        record_violation(world, "breakers_open_only_for_failing_providers", detail);
    }
}

/// Checks an entry that was stored in a tier.
pub fn on_stored(world: &SimWorld, key: &CacheKey, bytes: &[u8], metadata: &EntryMetadata) {
    world.write_trace_line(|| {
        let (outcome, partial) = (metadata.outcome, metadata.partial);
        format!(
            "stored {key} {outcome:?} {} partial={partial} by {:?}",
            metadata.count,
            world.initiator()
        )
    });
    if let Some(target) = world.observed.targets.borrow().get(&world.initiator()) {
        world.observed.keys.borrow_mut().insert(target.clone(), key.to_string());
    }
    no_wrong_book(world, key, bytes, metadata);
    no_failure_as_an_absence(world, key, metadata);
    partial_is_short_lived(world, key, metadata);
}

/// The ISBN in the key of an ISBN.
fn isbn_of(key: &CacheKey) -> Option<&str> {
    key.as_str().split_once("/isbn/").map(|(_, isbn)| isbn)
}

/// Rule 3: an entry of an ISBN holds a book with that ISBN.
fn no_wrong_book(world: &SimWorld, key: &CacheKey, bytes: &[u8], metadata: &EntryMetadata) {
    let isbn = isbn_of(key).filter(|isbn| !isbn.contains('~'));
    let Some(isbn) = isbn.filter(|_| metadata.outcome == AnswerBookPresence::Found) else {
        return;
    };
    let page: Json = serde_json::from_slice(bytes).unwrap_or_default();
    let first = page.pointer("/items/0/volumeInfo/industryIdentifiers");
    if !first.is_some_and(|identifiers| identifiers.to_string().contains(isbn)) {
        record_violation(world, "no_wrong_book", format!("{key} holds {first:?}"));
    }
}

/// Rule 1: no book that every provider knows is stored as absent.
fn no_failure_as_an_absence(world: &SimWorld, key: &CacheKey, metadata: &EntryMetadata) {
    let isbn = isbn_of(key).unwrap_or_default();
    let is_known = world.books.iter().any(|book| book.isbn13 == isbn);
    if is_known && metadata.outcome == AnswerBookPresence::None && !metadata.partial {
        let detail = format!("{key} by {:?}", metadata.providers);
        record_violation(world, "no_failure_as_an_absence", detail);
    }
}

/// Rule 2: a partial answer is kept for five minutes; if the missing provider's day is spent,
/// until the day ends (midnight UTC for ISBNdb, eight o'clock for Google) or the provider's reset.
fn partial_is_short_lived(world: &SimWorld, key: &CacheKey, metadata: &EntryMetadata) {
    let fresh_ms = metadata.fresh_until_ms.saturating_sub(world.now_ms());
    let past_end_ms = [0, 8 * HOUR_MS].map(|end_ms| (metadata.fresh_until_ms - end_ms) % DAY_MS);
    let is_end_of_day = past_end_ms.iter().any(|past_ms| *past_ms < MINUTE_MS);
    let limited_at_ms = world.observed.limited_at_ms.borrow();
    let is_said = limited_at_ms.iter().any(|(provider, at_ms)| {
        let is_lacking =
            !metadata.providers.iter().any(|name| emulated_name(name) == Some(*provider));
        is_lacking && at_ms + DAY_MS > world.now_ms()
    });
    if metadata.partial && fresh_ms > 6 * MINUTE_MS && !is_end_of_day && !is_said {
        record_violation(world, "partial_is_short_lived", format!("{key} for {fresh_ms} ms"));
    }
}

/// Checks an answer to a client.
pub fn on_answer(world: &SimWorld, target: &str, reply: &Reply, took_ms: u64) {
    let tier = reply.headers.get("x-cache").unwrap_or("-").to_owned();
    world.increment_counter(&format!("answers {} {tier}", reply.status), 1);
    world.write_trace_line(|| {
        format!("{:?} {target} {} {tier} {took_ms} ms", world.initiator(), reply.status)
    });
    let longest_ms = &world.observed.longest_answer_ms;
    longest_ms.set(longest_ms.get().max(took_ms));
    let body = String::from_utf8_lossy(&reply.body);
    no_secret_in(world, &format!("{:?} {body}", reply.headers), target);
    answered_in_time(world, target, took_ms);
    failures_are_typed(world, target, reply);
    no_absence_of_a_known_book(world, target, reply);
    fresh_entries_are_served(world, target, reply, took_ms);
}

/// Rules 6 and 13: an answer waits neither for a provider past its deadline nor for a write.
fn answered_in_time(world: &SimWorld, target: &str, took_ms: u64) {
    // A search has four seconds; the tiers are read before, for as long as they may take.
    if took_ms > 9_000 {
        record_violation(world, "answered_in_time", format!("{target}: {took_ms} ms"));
    }
}

/// Rule 1: a client gets an answer, a limit or a failed provider, and no internal error.
fn failures_are_typed(world: &SimWorld, target: &str, reply: &Reply) {
    if ![200, 404, 429, 503].contains(&reply.status) {
        let body = String::from_utf8_lossy(&reply.body).chars().take(300).collect::<String>();
        record_violation(world, "failures_are_typed", format!("{target}: {} {body}", reply.status));
    }
}

/// Rules 1 and 12: no answer denies a book that every provider knows.
fn no_absence_of_a_known_book(world: &SimWorld, target: &str, reply: &Reply) {
    let Some(book) = world.books.iter().find(|book| target.contains(&book.isbn13)) else { return };
    let page: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
    let is_empty = page.get("totalItems").and_then(Json::as_u64) == Some(0)
        && page.get("partial").and_then(Json::as_bool) != Some(true);
    if reply.status == 404 || reply.status == 200 && is_empty {
        record_violation(world, "no_absence_of_a_known_book", format!("{target}: {}", book.title));
    }
}

/// Rule 13: if the tiers have no fault, a fresh entry is served whatever else is down.
fn fresh_entries_are_served(world: &SimWorld, target: &str, reply: &Reply, took_ms: u64) {
    let stores_are_available = !world.is_fault_active(PlatformFault::R2Down)
        && !world.is_fault_active(PlatformFault::KvDown);
    let Some(key) = world.observed.keys.borrow().get(target).cloned() else { return };
    let stored = world.bucket.stored_object(&format!("{COLD_PREFIX}{key}"));
    let metadata = stored.and_then(|stored| EntryMetadata::decode(&stored.metadata));
    let began_ms = world.now_ms() - took_ms;
    let is_fresh = metadata.is_some_and(|metadata| {
        metadata.outcome == AnswerBookPresence::Found
            && metadata.fresh_until_ms > world.now_ms()
            && metadata.stored_at_ms + MINUTE_MS < began_ms
    });
    if stores_are_available && is_fresh && reply.status >= 429 {
        let detail = format!("{target} {key}: {}", reply.status);
        record_violation(world, "fresh_entries_are_served", detail);
    }
}
