//! The types that are sent to the objects of this Worker, or stored there, keep their JSON form.

use proxy_core::flight::{AllProvidersFailed, FetchReason, SingleFlightRequest};
use proxy_core::rate_limit::{
    AcquireRequest, FailureReport, Granted, LimiterReading, RouteAnswered,
};
use proxy_core::search_log::cache_miss_log::CacheMissLog;
use runtime::call_outcome::ProviderFailure;
use runtime::rate_limit::CallClass;
use testkit::RecordedJsonForms;

#[test]
fn forms_are_read_and_written_as_recorded() {
    let mut forms = RecordedJsonForms::parse(include_str!("forms.json"));
    forms.check_round_trip::<SingleFlightRequest>("FlightRequest");
    forms.check_round_trip::<AllProvidersFailed>("AllProvidersFailed");
    forms.check_round_trip::<AcquireRequest>("Acquire");
    forms.check_round_trip::<Granted>("Granted");
    forms.check_round_trip::<RouteAnswered>("RouteAnswered");
    forms.check_round_trip::<FailureReport>("Report");
    forms.check_round_trip::<LimiterReading>("LimiterReading");
    forms.check_round_trip::<CacheMissLog>("Log");
    forms.assert_complete();
}

#[test]
fn unknown_values_of_a_later_version_are_dropped() {
    let flight =
        r#"{"question":{"kind":"auto","q":"dune"},"mode":"renew","previous":{"v":1,"o":"few"}}"#;
    let flight: SingleFlightRequest = serde_json::from_str(flight).unwrap();
    assert_eq!((flight.mode, flight.previous), (FetchReason::Miss, None));
    let failed = r#"{"failure":{"kind":"strike"},"providers":[]}"#;
    let failed: AllProvidersFailed = serde_json::from_str(failed).unwrap();
    assert_eq!(failed.failure, ProviderFailure::Unreachable.into());
    let acquire = r#"{"limiter":"google","class":"urgent","units":1}"#;
    let acquire: AcquireRequest = serde_json::from_str(acquire).unwrap();
    assert_eq!(acquire.class, CallClass::Interactive);
    let report = r#"{"limiter":"google","failure":{"kind":"strike"}}"#;
    let report: FailureReport = serde_json::from_str(report).unwrap();
    assert_eq!(report.failure, ProviderFailure::Unreachable);
    let entry = |query: &str, answered: &str| {
        let seen = format!(r#"{{"key":"k","query":{query},"timesSearched":2,"lastAskedMs":5}}"#);
        format!(r#"{{"seen":{seen},"answered":"{answered}"}}"#)
    };
    let auto = r#"{"kind":"auto","q":"dune"}"#;
    let entries = [
        entry(auto, "complete"),
        entry(auto, "doubtful"),
        entry(r#"{"kind":"series","name":"Dune"}"#, "complete"),
    ];
    let log: CacheMissLog =
        serde_json::from_str(&format!(r#"{{"entries":[{}]}}"#, entries.join(","))).unwrap();
    assert_eq!(log.worth_warming(6).len(), 1);
}
