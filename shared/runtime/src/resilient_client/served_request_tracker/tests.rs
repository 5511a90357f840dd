use super::*;
use crate::call_outcome::{Failure, ProviderFailure, SiblingWorkerFailure};
use crate::resilient_client::request_context::{CallTiming, DEFAULT_BUDGET_MS};
use ports::http_types::Method;
use testkit::Executor;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn begin_request(setup: &Executor, pairs: &[(&str, &str)], trusted: bool) -> ServedRequestTracker {
    let mut request = Request::new(Method::Get, "https://x/book/9780441172719?key=secret");
    for (name, value) in pairs {
        request.headers.set(name, *value);
    }
    let identity = WorkerIdentity { worker: "isbndb-worker", version: "v2".to_owned() };
    let caller = trusted.then_some("books-api-proxy");
    ServedRequestTracker::begin_request(
        identity,
        &request,
        caller,
        trusted,
        DEFAULT_BUDGET_MS,
        &setup.test_system_ports(),
    )
}

#[test]
fn only_a_known_caller_s_deadline_and_id_are_used() {
    let setup = Executor::default();
    setup.test_system_ports().set_time_ms(1_000);
    for (sent, trusted, deadline, id) in [
        ("2500", true, 3_500, "abc-1"),
        ("2500", false, 11_000, "0af7651916cd43dd8448eb211c80319c"),
        ("99999999", true, 11_000, "abc-1"), // at most our own budget
        ("0", true, 1_000, "abc-1"),
        ("-5", true, 11_000, "abc-1"),
        ("soon", true, 11_000, "abc-1"),
    ] {
        let headers = [("x-deadline-ms", sent), ("x-request-id", "abc-1"), ("traceparent", PARENT)];
        let served_request_tracker = begin_request(&setup, &headers, trusted);
        assert_eq!(
            served_request_tracker.request_context().deadline_at_ms,
            deadline,
            "{sent} {trusted}"
        );
        assert_eq!(served_request_tracker.request_context().request_id, id);
    }
    for bad in ["a b", "x\u{e9}", "", &"a".repeat(65)] {
        let served_request_tracker =
            begin_request(&setup, &[("x-request-id", bad), ("cf-ray", "ray1-FRA")], true);
        assert_ne!(served_request_tracker.request_context().request_id, bad, "{bad:?}");
    }
    assert_eq!(
        begin_request(&setup, &[("cf-ray", "ray1-FRA")], false).request_context().request_id,
        "ray1-FRA"
    );
}

#[test]
fn a_nearer_deadline_never_becomes_a_later_one() {
    let setup = Executor::default();
    let context = begin_request(&setup, &[], true).request_context().clone();
    assert_eq!(context.with_nearer_deadline(0, 3_000).deadline_at_ms, 3_000);
    assert_eq!(context.with_nearer_deadline(0, 60_000).deadline_at_ms, 10_000);
    assert_eq!(context.remaining_ms(11_000), 0);
}

#[test]
fn the_answer_has_trace_and_timings_and_one_log_line() {
    let setup = Executor::default();
    let client_state = ResilientClientState::default();
    let served_request_tracker = begin_request(&setup, &[("traceparent", PARENT)], true);
    for (target, duration_ms, binding) in
        [("ISBNDB_WORKER", 40, true), ("open-library", 200, false), ("ISBNDB_WORKER", 5, true)]
    {
        served_request_tracker.request_context().add_timing(CallTiming {
            target,
            duration_ms,
            binding,
        });
    }
    setup.test_system_ports().set_time_ms(250);
    let reply = served_request_tracker.finish_request(
        Reply::empty(503),
        "/book/{isbn}",
        "timeout",
        &setup.test_system_ports(),
        &client_state,
    );
    for (name, value) in [
        ("x-trace-id", "0af7651916cd43dd8448eb211c80319c"),
        ("x-parent-span-id", "b7ad6b7169203331"),
        ("x-response-time", "250"),
        ("x-service-binding-time", "45"),
        (
            "server-timing",
            "ISBNDB_WORKER;dur=40, open-library;dur=200, ISBNDB_WORKER;dur=5, total;dur=250",
        ),
    ] {
        assert_eq!(reply.headers.get(name), Some(value), "{name}");
    }
    assert_eq!(client_state.metrics().get(Metric::Requests, &["/book/{isbn}", "5xx"]), 1.0);
    let lines = setup.test_system_ports().log_lines();
    assert_eq!(lines.len(), 1);
    let text = lines[0].to_json();
    for field in [
        r#""level":"error""#,
        r#""side":"callee""#,
        r#""source":"books-api-proxy""#,
        r#""route":"/book/{isbn}""#,
        r#""status":503"#,
        r#""duration_ms":250"#,
        r#""outcome":"timeout""#,
    ] {
        assert!(text.contains(field), "{field} not in {text}");
    }
    assert!(!text.contains("9780441172719") && !text.contains("secret"), "{text}");
}

#[test]
fn without_a_binding_call_there_is_no_binding_time() {
    let setup = Executor::default();
    let reply = begin_request(&setup, &[], false).finish_request(
        Reply::empty(200),
        "/",
        "ok",
        &setup.test_system_ports(),
        &ResilientClientState::default(),
    );
    assert_eq!(reply.headers.get("x-service-binding-time"), None);
    assert_eq!(setup.test_system_ports().log_lines()[0].source.as_deref(), Some("public"));
}

#[test]
fn only_an_unreported_internal_failure_is_logged() {
    let setup = Executor::default();
    let served_request_tracker = begin_request(&setup, &[("traceparent", PARENT)], true);
    let internal = |detail: &str| Failure::internal(detail);
    let reported = Failure::Sibling(SiblingWorkerFailure {
        service: "x".to_owned(),
        failure: Box::new(internal("theirs")),
    });
    for failure in [internal(""), Failure::Provider(ProviderFailure::Timeout), reported] {
        served_request_tracker.request_context().log_internal(
            "/book/{isbn}",
            &failure,
            &setup.test_system_ports(),
        );
    }
    assert_eq!(setup.test_system_ports().log_lines().len(), 0);
    served_request_tracker.request_context().log_internal(
        "/book/{isbn}",
        &internal("the disk\nis full"),
        &setup.test_system_ports(),
    );
    let lines = setup.test_system_ports().log_lines();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((line.level, line.event), (LogLevel::Error, "internal"));
    assert_eq!(line.message, "isbndb-worker: the disk\nis full");
    assert_eq!(line.trace_id, "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(line.route.as_deref(), Some("/book/{isbn}"));
    assert_eq!(line.to_json().lines().count(), 1);
}
