//! The JSON between Workers, or between a Worker and its objects, matches its record.

use runtime::cache_policy::EntryMetadata;
use runtime::health::CheckResult;
use runtime::outcome::Failure;
use runtime::rate_limit::{MovedRoutes, RateLimiterState};
use runtime::wire_types::batch::{
    BatchAnswer, BatchItemOutcome, BatchItemResult, BatchRequest, ItemQuery,
};
use runtime::wire_types::isbndb::{BookAnswer, BooksPage, BulkAnswer, BulkRequest, QuotaAnswer};
use runtime::wire_types::search_log::SearchLog;
use runtime::wire_types::volume::VolumesPage;
use testkit::RecordedForms;

#[test]
fn forms_are_read_and_written_as_recorded() {
    let mut forms = RecordedForms::parse(include_str!("forms.json"));
    forms.check::<BatchRequest>("BatchRequest");
    forms.check::<BatchAnswer>("BatchAnswer");
    forms.check::<BatchItemResult>("BatchResult");
    forms.check::<SearchLog>("SearchLog");
    forms.check::<BookAnswer>("BookAnswer");
    forms.check::<BooksPage>("BooksPage");
    forms.check::<BulkRequest>("BulkRequest");
    forms.check::<BulkAnswer>("BulkAnswer");
    forms.check::<QuotaAnswer>("Quota");
    forms.check::<VolumesPage>("Volumes");
    forms.check::<EntryMetadata>("Envelope");
    forms.check::<Failure>("Failure");
    forms.check::<RateLimiterState>("RateLimiterState");
    forms.check::<MovedRoutes>("MovedRoutes");
    forms.check::<CheckResult>("CheckResult");
    forms.assert_complete();
}

#[test]
fn unknown_kinds_lose_their_item_alone() {
    let batch = r#"{"cache":"warm-only","items":[
        {"id":"1","kind":"series","name":"Dune"},{"id":"2","kind":"auto","q":"dune"}]}"#;
    let batch: BatchRequest = serde_json::from_str(batch).unwrap();
    assert_eq!(batch.cache, runtime::wire_types::batch::CacheMode::Unknown);
    assert_eq!(batch.items[0].query, ItemQuery::Unknown);
    assert_eq!(batch.items[1].query, ItemQuery::Auto { q: "dune".to_owned() });
    let row =
        |query: &str| format!(r#"{{"key":"k","query":{query},"timesSearched":2,"lastAskedMs":5}}"#);
    let (known, later) = (row(r#"{"kind":"auto","q":"dune"}"#), row(r#"{"kind":"series"}"#));
    let log: SearchLog =
        serde_json::from_str(&format!(r#"{{"queries":[{later},{known}]}}"#)).unwrap();
    assert_eq!(log.queries.len(), 1);
    let moved = r#"["/author",{"route":"/book","pause_ms":1,"next_at_ms":2,"probing":false}]"#;
    let moved: MovedRoutes = serde_json::from_str(moved).unwrap();
    assert_eq!(moved.route_names(), ["/book"]);
    let result = r#"{"results":[{"id":"1","key":"k","outcome":"queued"}]}"#;
    let answer: BatchAnswer = serde_json::from_str(result).unwrap();
    assert_eq!(answer.results[0].outcome, BatchItemOutcome::Deferred);
}
