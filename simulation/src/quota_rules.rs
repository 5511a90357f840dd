//! The rules about pace, quota and shares, one function each, checked at each call to a provider.

use std::rc::Rc;

use emulators::in_process_providers::{EmulatedFault, EmulatedLimitRefusal, EmulatedReply};
use ports::OutgoingRequest;
use serde_json::Value as Json;

use crate::invariant_checks::{on_asked, record_violation};
use crate::scenario::{DAY_MS, HOUR_MS, MINUTE_MS};
use crate::sim_disk;
use crate::simulation_context::Initiator;
use crate::world::SimWorld;

/// A call to a provider.
pub struct AnsweredProviderCall<'a> {
    pub request: &'a OutgoingRequest,
    pub answered: &'a EmulatedReply,
}

/// Checks a call that has reached a provider.
pub fn on_sent(world: &Rc<SimWorld>, sent: &AnsweredProviderCall<'_>) {
    let answered = sent.answered;
    world.increment_counter(&format!("{} calls", answered.provider), 1);
    world.increment_counter(&format!("{} units", answered.provider), answered.units);
    let has_fault = answered.fault != EmulatedFault::None;
    if has_fault {
        world.increment_counter(&format!("provider {}", answered.fault), 1);
    }
    let is_failing = has_fault || answered.status >= 500 || answered.latency_ms > 0;
    if answered.status == 429 {
        world.observed.limited_at_ms.borrow_mut().insert(answered.provider, world.now_ms());
    }
    if is_failing || answered.status == 429 {
        world.observed.failing_at_ms.borrow_mut().insert(answered.provider, world.now_ms());
    }
    if answered.provider != "isbndb" {
        on_asked(world, format!("{} {}", answered.provider, sent.request.url));
    }
    pace_is_kept(world, sent);
    day_is_kept(world, sent);
    counted_before_sent(world, sent);
    public_share_is_kept(world, sent);
}

/// Rule 5: no provider ever has to refuse a call for its pace.
fn pace_is_kept(
    world: &SimWorld,
    AnsweredProviderCall { answered, request, .. }: &AnsweredProviderCall<'_>,
) {
    if answered.refusal == Some(EmulatedLimitRefusal::Pace) || answered.is_over_policy {
        record_violation(world, "pace_is_kept", format!("{} {}", answered.provider, request.url));
    }
}

/// Rule 5: no provider ever has to refuse a call for its day, unless the day was spent elsewhere.
fn day_is_kept(
    world: &SimWorld,
    AnsweredProviderCall { answered, request, .. }: &AnsweredProviderCall<'_>,
) {
    let elsewhere = world.observed.is_spent_elsewhere(answered.provider, world.now_ms());
    if answered.refusal == Some(EmulatedLimitRefusal::Quota) && !elsewhere {
        record_violation(world, "day_is_kept", format!("{} {}", answered.key, request.url));
    }
}

/// Rule 5: the units of a call are on disk before it is sent.
fn counted_before_sent(
    world: &SimWorld,
    AnsweredProviderCall { answered, request, .. }: &AnsweredProviderCall<'_>,
) {
    let (owner, path) = match answered.key.as_str() {
        "isbndb-1" => ("ISBNDB_OBJECT/isbndb", ["limiter", "daily_quota", "spent"].as_slice()),
        "google-1" | "google-2" => ("PROVIDER_LIMITER/google", ["daily_quota", "spent"].as_slice()),
        "google-3" => ("PROVIDER_LIMITER/google-isbn", ["daily_quota", "spent"].as_slice()),
        _ => return,
    };
    let row = if answered.provider == "isbndb" { "state" } else { "limiter" };
    let Some(sim_disk::SimStorageRow::Text(text)) = world.object_disk(owner).get(0, row) else {
        return record_violation(world, "counted_before_sent", format!("{owner} has no count"));
    };
    let state: Json = serde_json::from_str(&text).unwrap_or_default();
    let spent = path.iter().try_fold(&state, |state, name| state.get(name)).and_then(Json::as_u64);
    let elsewhere = world.observed.is_spent_elsewhere(answered.provider, world.now_ms());
    // Around midnight the limiter and the provider may count for different days.
    let edge_ms = (world.now_ms() % HOUR_MS).min(HOUR_MS - world.now_ms() % HOUR_MS);
    if spent.unwrap_or(0) < answered.spent && !elsewhere && edge_ms > MINUTE_MS {
        let (url, counted) = (&request.url, spent.unwrap_or(0));
        let detail = format!("{url}: {counted} < {}", answered.spent);
        record_violation(world, "counted_before_sent", detail);
    }
}

/// Anonymous clients use at most their share of a provider's day.
fn public_share_is_kept(
    world: &SimWorld,
    AnsweredProviderCall { answered, request, .. }: &AnsweredProviderCall<'_>,
) {
    let day = match answered.provider {
        "openlibrary" => return,
        // Google's day ends at eight o'clock.
        "google" => (world.now_ms() - 8 * HOUR_MS) / DAY_MS,
        _ => world.now_ms() / DAY_MS,
    };
    if !matches!(world.initiator(), Initiator::Client(_)) {
        return;
    }
    let name =
        if answered.provider == "google" { "GOOGLE_DAILY_QUOTA" } else { "ISBNDB_DAILY_QUOTA" };
    let daily = world.var(name).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let limiter = if answered.key == "google-2" { "google-1" } else { &answered.key };
    let mut units = world.observed.public_units.borrow_mut();
    let used = units.entry((limiter.to_owned(), day)).or_default();
    *used += answered.units;
    if *used > daily * 3 / 10 {
        let (used, url) = (*used, &request.url);
        record_violation(world, "public_share_is_kept", format!("{used} of {daily} units: {url}"));
    }
}
