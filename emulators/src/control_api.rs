//! The control API, under `/__control`.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::{get, post};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::emulated_provider_admission::{EmulatedProviderLimiters, day_of};
use crate::emulator_reply::{EmulatorReply, ReplyResult};
use crate::emulator_request::{Provider, parse_query_string};
use crate::faults::{FaultRule, FaultRules};
use crate::request_pipeline::{EmulatorApp, lock_ignoring_poison};
use crate::settings::{Patch, QuotaPatch};

pub(crate) fn control_router() -> Router<Arc<EmulatorApp>> {
    Router::new()
        .route("/__control/faults", get(show_faults).post(set_fault).delete(clear_faults))
        .route("/__control/log", get(show_log))
        .route("/__control/log/clear", post(clear_log))
        .route("/__control/counts", get(show_counts))
        .route("/__control/settings", get(show_settings).post(change_settings))
        .route("/__control/catalogue", get(show_catalogue))
        .route("/__control/reset", post(reset_state))
}

fn bad_request_reply(text: &str) -> EmulatorReply {
    EmulatorReply::with_json_body(400, &json!({ "error": text }))
}

fn parse_json_body<T: DeserializeOwned>(body: &Bytes) -> Result<T, EmulatorReply> {
    serde_json::from_slice(body).map_err(|error| bad_request_reply(&error.to_string()))
}

async fn show_faults(State(app): State<Arc<EmulatorApp>>) -> EmulatorReply {
    EmulatorReply::ok(&json!({ "faults": lock_ignoring_poison(&app.faults).fault_rules() }))
}

async fn set_fault(State(app): State<Arc<EmulatorApp>>, body: Bytes) -> ReplyResult {
    let rule: FaultRule = parse_json_body(&body)?;
    if rule.provider != "all" && Provider::parse(&rule.provider).is_none() {
        return Err(bad_request_reply("provider must be google, openlibrary, isbndb or all"));
    }
    lock_ignoring_poison(&app.faults).set_rule(rule);
    Ok(show_faults(State(app)).await)
}

async fn clear_faults(State(app): State<Arc<EmulatorApp>>) -> EmulatorReply {
    lock_ignoring_poison(&app.faults).clear();
    show_faults(State(app)).await
}

async fn show_log(State(app): State<Arc<EmulatorApp>>, uri: Uri) -> EmulatorReply {
    let query = parse_query_string(uri.query().unwrap_or_default());
    let since =
        query.iter().find(|(name, _)| name == "since").and_then(|(_, seq)| seq.parse().ok());
    EmulatorReply::ok(&lock_ignoring_poison(&app.log).entries_after(since.unwrap_or(0)))
}

async fn clear_log(State(app): State<Arc<EmulatorApp>>) -> EmulatorReply {
    lock_ignoring_poison(&app.log).clear();
    EmulatorReply::ok(&json!({ "ok": true }))
}

async fn show_counts(State(app): State<Arc<EmulatorApp>>) -> EmulatorReply {
    EmulatorReply::ok(&lock_ignoring_poison(&app.log).counts_by_provider())
}

async fn show_settings(State(app): State<Arc<EmulatorApp>>) -> EmulatorReply {
    let settings = lock_ignoring_poison(&app.settings).clone();
    let now_ms = app.clock.unix_ms();
    let mut quota = Vec::new();
    let mut limits = lock_ignoring_poison(&app.limits);
    for (provider, keys, limit) in [
        (Provider::Google, &app.keys.google, settings.google_daily),
        (Provider::Isbndb, &app.keys.isbndb, settings.isbndb_per_day()),
    ] {
        let (day, ends_in_ms) = day_of(&settings, provider, now_ms);
        for key in keys {
            let Some(label) = app.keys.key_label(provider, key) else { continue };
            let spent = limits.key_use(&label).daily.spent_units(day);
            quota.push(json!({
                "provider": provider.name(), "key": label, "spent": spent, "limit": limit,
                "left": limit.saturating_sub(spent), "resetsInMs": ends_in_ms,
            }));
        }
    }
    EmulatorReply::ok(&json!({ "settings": settings, "quota": quota, "nowMs": now_ms }))
}

async fn change_settings(State(app): State<Arc<EmulatorApp>>, body: Bytes) -> ReplyResult {
    let patch: Patch = parse_json_body(&body)?;
    if patch.restore_all {
        restore(&app);
    }
    patch.apply_patch(&mut lock_ignoring_poison(&app.settings));
    app.clock.advance(patch.advance_clock_ms);
    for quota in &patch.quota {
        set_quota(&app, quota).map_err(bad_request_reply)?;
    }
    Ok(show_settings(State(app)).await)
}

fn set_quota(app: &EmulatorApp, patch: &QuotaPatch) -> Result<(), &'static str> {
    let provider = Provider::parse(&patch.provider).ok_or("unknown provider")?;
    let is_label = [&app.keys.google, &app.keys.isbndb]
        .into_iter()
        .flatten()
        .any(|key| app.keys.key_label(provider, key).as_ref() == Some(&patch.key));
    let given = is_label.then(|| patch.key.clone());
    let label = given.or_else(|| app.keys.key_label(provider, &patch.key)).ok_or("unknown key")?;
    let settings = lock_ignoring_poison(&app.settings).clone();
    let limit = if provider == Provider::Google {
        settings.google_daily
    } else {
        settings.isbndb_per_day()
    };
    let left = patch.left.map(|left| limit.saturating_sub(left));
    let spent = patch.spent.or(left).ok_or("spent or left is needed")?;
    let (day, _) = day_of(&settings, provider, app.clock.unix_ms());
    lock_ignoring_poison(&app.limits).key_use(&label).daily.set_spent(day, spent);
    Ok(())
}

/// Settings, faults, quotas and paces as at the start.
fn restore(app: &EmulatorApp) {
    *lock_ignoring_poison(&app.settings) = app.initial.clone();
    *lock_ignoring_poison(&app.faults) = FaultRules::default();
    *lock_ignoring_poison(&app.limits) = EmulatedProviderLimiters::default();
}

async fn reset_state(State(app): State<Arc<EmulatorApp>>) -> EmulatorReply {
    restore(&app);
    lock_ignoring_poison(&app.log).clear();
    EmulatorReply::ok(&json!({ "ok": true }))
}

async fn show_catalogue(State(app): State<Arc<EmulatorApp>>) -> EmulatorReply {
    let catalogue = &app.catalogue;
    let books: Vec<Value> = catalogue
        .editions
        .iter()
        .map(|edition| {
            let known: Vec<Provider> = Provider::ALL
                .into_iter()
                .filter(|provider| edition.is_known_to_provider(*provider))
                .collect();
            let work =
                catalogue.works.get(edition.work).map(|work| format!("OL{}W", work.ol_number));
            json!({
                "isbn13": edition.isbn13, "isbn10": edition.isbn10(), "title": edition.title,
                "subtitle": edition.subtitle, "authors": edition.authors,
                "language": edition.language, "kind": edition.kind, "knownTo": known,
                "work": work, "googleId": edition.google_id,
                "openLibraryId": format!("OL{}M", edition.ol_number),
            })
        })
        .collect();
    EmulatorReply::ok(&json!({ "books": books }))
}
