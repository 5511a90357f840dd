//! The stored forms, and the object's answers to its Worker, match their records.

use serde_json::json;
use testkit::RecordedJsonForms;

use super::book_cache::isbndb_cache_value::IsbndbCacheValue;
use super::quota_status::IsbndbObjectStatus;
use super::service_state::StoredState;
use crate::rpc::request_from_rpc_call;

#[test]
fn forms_are_read_and_written_as_recorded() {
    let mut forms = RecordedJsonForms::parse(include_str!("recorded_forms.json"));
    forms.check_round_trip::<StoredState>("StoredState");
    forms.check_round_trip::<(u8, IsbndbCacheValue)>("Entry");
    forms.check_round_trip::<IsbndbObjectStatus>("ServiceStatus");
    forms.check_read("Call", |call| {
        let request = request_from_rpc_call(call).ok()?;
        let headers: Vec<_> = request.headers.iter().collect();
        Some(json!([request.target, request.body, headers]))
    });
    forms.assert_complete();
}

#[test]
fn an_unknown_refusal_does_not_lose_the_day_s_count() {
    let stored = r#"{"pauses":2,"refusal":{"detail":"address","fingerprint":1,"day_ends_at_ms":5},
        "moved":["/author"]}"#;
    let state = json!(serde_json::from_str::<StoredState>(stored).unwrap());
    assert_eq!((&state["pauses"], state.get("refusal")), (&json!(2), None));
}
