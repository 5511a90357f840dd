//! The JSON between Workers, or between a Worker and its objects, matches its record.

use runtime::cache_policy::EntryMetadata;
use runtime::call_outcome::Failure;
use runtime::health::HealthCheckResult;
use runtime::rate_limit::{MovedProviderRoutePauses, RateLimiterState};
use runtime::wire_types::batch_search_wire_types::{
    BatchItemOutcome, BatchItemQuery, BatchItemResult, BatchSearchAnswer, BatchSearchRequest,
};
use runtime::wire_types::isbndb_worker_answers::{
    BooksPage, BulkRequest, FoundIsbndbBookAnswer, IsbndbWorkerBulkAnswer, QuotaStatusAnswer,
};
use runtime::wire_types::search_log::SearchLogResponse;
use runtime::wire_types::volume::SearchAnswerPage;
use testkit::RecordedJsonForms;

#[test]
fn forms_are_read_and_written_as_recorded() {
    let mut forms = RecordedJsonForms::parse(include_str!("forms.json"));
    forms.check_round_trip::<BatchSearchRequest>("BatchSearchRequest");
    forms.check_round_trip::<BatchSearchAnswer>("BatchSearchAnswer");
    forms.check_round_trip::<BatchItemResult>("BatchResult");
    forms.check_round_trip::<SearchLogResponse>("SearchLog");
    forms.check_round_trip::<FoundIsbndbBookAnswer>("FoundIsbndbBookAnswer");
    forms.check_round_trip::<BooksPage>("BooksPage");
    forms.check_round_trip::<BulkRequest>("BulkRequest");
    forms.check_round_trip::<IsbndbWorkerBulkAnswer>("IsbndbWorkerBulkAnswer");
    forms.check_round_trip::<QuotaStatusAnswer>("Quota");
    forms.check_round_trip::<SearchAnswerPage>("Volumes");
    forms.check_round_trip::<EntryMetadata>("Envelope");
    forms.check_round_trip::<Failure>("Failure");
    forms.check_round_trip::<RateLimiterState>("RateLimiterState");
    forms.check_round_trip::<MovedProviderRoutePauses>("MovedRoutes");
    forms.check_round_trip::<HealthCheckResult>("CheckResult");
    forms.assert_complete();
}

#[test]
fn unknown_kinds_lose_their_item_alone() {
    let batch = r#"{"cache":"warm-only","items":[
        {"id":"1","kind":"series","name":"Dune"},{"id":"2","kind":"auto","q":"dune"}]}"#;
    let batch: BatchSearchRequest = serde_json::from_str(batch).unwrap();
    assert_eq!(batch.cache, runtime::wire_types::batch_search_wire_types::CacheMode::Unknown);
    assert_eq!(batch.items[0].query, BatchItemQuery::Unknown);
    assert_eq!(batch.items[1].query, BatchItemQuery::Auto { q: "dune".to_owned() });
    let row =
        |query: &str| format!(r#"{{"key":"k","query":{query},"timesSearched":2,"lastAskedMs":5}}"#);
    let (known, later) = (row(r#"{"kind":"auto","q":"dune"}"#), row(r#"{"kind":"series"}"#));
    let log: SearchLogResponse =
        serde_json::from_str(&format!(r#"{{"queries":[{later},{known}]}}"#)).unwrap();
    assert_eq!(log.queries.len(), 1);
    let moved = r#"["/author",{"route":"/book","pause_ms":1,"next_at_ms":2,"probing":false}]"#;
    let moved: MovedProviderRoutePauses = serde_json::from_str(moved).unwrap();
    assert_eq!(moved.route_names(), ["/book"]);
    let result = r#"{"results":[{"id":"1","key":"k","outcome":"queued"}]}"#;
    let answer: BatchSearchAnswer = serde_json::from_str(result).unwrap();
    assert_eq!(answer.results[0].outcome, BatchItemOutcome::Deferred);
}
