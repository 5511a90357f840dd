use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::call_outcome::{
    FoundOrNotFound, ProviderFailure, ProviderOutcome, ProviderRefusalReason,
};
use crate::metrics::Metric;
use crate::problem::ProblemDetails;
use crate::resilient_client::breaker::{BreakerSettings, BreakerState};
use crate::resilient_client::call_runner::MIN_BUDGET_MS;
use crate::resilient_client::client_state::ResilientClientSettings;
use crate::resilient_client::request_context::WorkerIdentity;
use crate::resilient_client::retry::RetrySettings;
use crate::resilient_client::sibling_answer;
use ports::http_types::Headers;
use ports::http_types::Reply;
use ports::{OutgoingRequest, TransportError};
use testkit::scripted_transport::test_response;
use testkit::{Executor, ScriptedTransport, SentRequest};

/// What the callee does with the n-th request.
enum ScriptedCalleeAction {
    Answer(u16, &'static str),
    Typed(Failure),
    EarliestRetry(u16, &'static str),
    Hang,
    Break,
    Bloat,
}

/// Time 0, no jitter.
fn executor_at_zero() -> Executor {
    let setup = Executor::default();
    setup.test_system_ports().set_unit(0.0);
    setup
}

fn scripted_transport<'s>(
    setup: &Executor,
    script: impl Fn(usize) -> ScriptedCalleeAction + 's,
) -> ScriptedTransport<'s> {
    ScriptedTransport::new(setup.test_system_ports(), move |sent| match script(sent.nth) {
        ScriptedCalleeAction::Answer(status, body) => (0, Ok(test_response(status, &[], body))),
        ScriptedCalleeAction::Typed(failure) => {
            let Reply { status, headers, body } =
                problem::problem_document_reply(&ProblemDetails::new("isbndb-worker", &failure, 0));
            (0, Ok(IncomingResponse { status, headers, body }))
        }
        ScriptedCalleeAction::EarliestRetry(status, after) => {
            (0, Ok(test_response(status, &[("retry-after", after)], "")))
        }
        ScriptedCalleeAction::Hang => (u64::MAX, Err(TransportError::Timeout)),
        ScriptedCalleeAction::Break => (0, Err(TransportError::Unreachable)),
        ScriptedCalleeAction::Bloat => (0, Err(TransportError::TooLarge)),
    })
}

fn worker_identity() -> WorkerIdentity {
    WorkerIdentity { worker: "books-api-proxy", version: "v1".to_owned() }
}

fn test_call_context(setup: &Executor, budget_ms: u64) -> RequestContext {
    RequestContext::for_background(worker_identity(), budget_ms, &setup.test_system_ports())
}

fn sample_isbndb_call() -> ResilientCall {
    ResilientCall::for_service_binding(
        "ISBNDB_WORKER",
        "/book/{isbn}",
        OutgoingRequest::get("/book/9780441172719"),
    )
}

fn sample_open_library_call() -> ResilientCall {
    ResilientCall::for_provider(
        "open-library",
        "/search.json",
        OutgoingRequest::get("https://x/search.json?q=secret"),
    )
}

fn client_state(failures: u32) -> Rc<ResilientClientState> {
    let client_state = Rc::<ResilientClientState>::default();
    client_state.replace_settings(ResilientClientSettings {
        breaker: BreakerSettings { failures, ..BreakerSettings::default() },
        retry: RetrySettings::default(),
    });
    client_state
}

#[test]
fn only_binding_calls_carry_trace_and_deadline() {
    let setup = executor_at_zero();
    let transport = scripted_transport(&setup, |_| ScriptedCalleeAction::Answer(200, "{}"));
    let client = ResilientClient::new(&transport, setup.test_system_ports(), client_state(3));
    let context = test_call_context(&setup, 10_000);
    setup.run_to_end(client.call(&context, sample_isbndb_call())).unwrap();
    setup.run_to_end(client.call(&context, sample_open_library_call())).unwrap();
    let sent = transport.sent_requests();
    let headers = &sent[0].request.headers;
    assert!(headers.get("traceparent").unwrap().contains(&context.trace.trace_id()));
    assert_eq!(headers.get("x-parent-span-id"), Some(context.trace.span_id().as_str()));
    assert_eq!(headers.get("x-request-id"), Some(context.request_id.as_str()));
    assert_eq!(headers.get("x-service"), Some("books-api-proxy"));
    assert_eq!(headers.get("x-deadline-ms"), Some("9900"), "a little less than our own 10,000");
    assert_eq!(sent[0].timeout_ms, 10_000);
    assert_eq!(sent[1].request.headers.iter().count(), 0, "a provider gets none of our headers");
    assert_eq!(sent[1].timeout_ms, 5_000, "a provider's attempt is capped");
}

#[test]
fn an_expired_request_is_not_sent_and_takes_no_quota() {
    let setup = executor_at_zero();
    let transport = scripted_transport(&setup, |_| ScriptedCalleeAction::Answer(200, "{}"));
    let client = ResilientClient::new(&transport, setup.test_system_ports(), client_state(3));
    let context = test_call_context(&setup, 500);
    setup.test_system_ports().set_time_ms(490);
    let admissions = Cell::new(0);
    let result = setup.run_to_end(client.ask_when_admitted(
        &context,
        sample_open_library_call(),
        async |_| {
            admissions.set(admissions.get() + 1);
            Ok(())
        },
        |_| Ok(()),
    ));
    assert_eq!(result, Err(ProviderFailure::DeadlineExceeded.into()));
    assert_eq!((transport.sent_count(), admissions.get()), (0, 0));
}

#[test]
fn an_admission_past_the_deadline_sends_nothing() {
    let setup = executor_at_zero();
    let transport = scripted_transport(&setup, |_| ScriptedCalleeAction::Answer(200, "{}"));
    let client = ResilientClient::new(&transport, setup.test_system_ports(), client_state(3));
    let context = test_call_context(&setup, 500);
    let wait = async |_| {
        setup.test_system_ports().set_time_ms(600);
        Ok(())
    };
    let result = setup.run_to_end(client.ask_when_admitted(
        &context,
        sample_open_library_call(),
        wait,
        |_| Ok(()),
    ));
    assert_eq!(
        (result, transport.sent_count()),
        (Err(ProviderFailure::DeadlineExceeded.into()), 0)
    );
}

#[test]
fn every_attempt_is_admitted_and_a_refusal_is_final() {
    let setup = executor_at_zero();
    let transport = scripted_transport(&setup, |_| ScriptedCalleeAction::Break);
    let client = ResilientClient::new(&transport, setup.test_system_ports(), client_state(0));
    let refused =
        Failure::Provider(ProviderFailure::RateLimited { retry_after_ms: 10, local: true });
    let passes = RefCell::new(Vec::new());
    let admit = async |attempt| {
        passes.borrow_mut().push(attempt);
        if attempt < 3 { Ok(()) } else { Err(refused.clone()) }
    };
    let result = setup.run_to_end(client.ask_when_admitted(
        &test_call_context(&setup, 10_000),
        sample_open_library_call(),
        admit,
        |_| Ok(()),
    ));
    assert_eq!(
        result,
        Err(ProviderFailure::Unreachable.into()),
        "the failure of the earlier attempt"
    );
    assert_eq!((passes.borrow().as_slice(), transport.sent_count()), ([1, 2, 3].as_slice(), 2));
    let closed = async |_| Err(refused.clone());
    let result = setup.run_to_end(client.ask_when_admitted(
        &test_call_context(&setup, 10_000),
        sample_open_library_call(),
        closed,
        |_| Ok(()),
    ));
    assert_eq!((result, transport.sent_count()), (Err(refused.clone()), 2));
}

#[test]
fn retries_only_if_a_retry_can_help() {
    for (name, call, acts, expected, sent) in [
        (
            "first answer",
            sample_isbndb_call(),
            vec![ScriptedCalleeAction::Answer(200, "")],
            Ok(200),
            1,
        ),
        (
            "404 is an answer",
            sample_isbndb_call(),
            vec![ScriptedCalleeAction::Answer(404, "")],
            Ok(404),
            1,
        ),
        (
            "third time",
            sample_isbndb_call(),
            vec![
                ScriptedCalleeAction::Break,
                ScriptedCalleeAction::Answer(503, ""),
                ScriptedCalleeAction::Answer(200, ""),
            ],
            Ok(200),
            3,
        ),
        (
            "three at most",
            sample_isbndb_call(),
            vec![
                ScriptedCalleeAction::Break,
                ScriptedCalleeAction::Break,
                ScriptedCalleeAction::Break,
            ],
            Err("unreachable"),
            3,
        ),
        (
            "a POST is not repeated",
            ResilientCall::for_service_binding(
                "X",
                "/books",
                OutgoingRequest::new_without_body(ports::http_types::Method::Post, "/books"),
            ),
            vec![ScriptedCalleeAction::Break],
            Err("unreachable"),
            1,
        ),
        (
            "a POST that only reads is",
            ResilientCall::for_service_binding(
                "X",
                "/books",
                OutgoingRequest::new_without_body(ports::http_types::Method::Post, "/books"),
            )
            .with_idempotency(true),
            vec![ScriptedCalleeAction::Break, ScriptedCalleeAction::Answer(200, "")],
            Ok(200),
            2,
        ),
        (
            "a sibling's error is final",
            sample_isbndb_call(),
            vec![ScriptedCalleeAction::Typed(Failure::Provider(ProviderFailure::Timeout))],
            Err("timeout"),
            1,
        ),
        (
            "too large is final",
            sample_isbndb_call(),
            vec![ScriptedCalleeAction::Bloat],
            Err("malformed"),
            1,
        ),
        (
            "Retry-After of a second",
            sample_open_library_call(),
            vec![
                ScriptedCalleeAction::EarliestRetry(429, "1"),
                ScriptedCalleeAction::Answer(200, ""),
            ],
            Ok(200),
            2,
        ),
        (
            "Retry-After of a minute",
            sample_open_library_call(),
            vec![ScriptedCalleeAction::EarliestRetry(429, "60")],
            Err("rate_limited"),
            1,
        ),
    ] {
        let setup = executor_at_zero();
        let script = RefCell::new(acts.into_iter());
        let transport = scripted_transport(&setup, |_| script.borrow_mut().next().unwrap());
        let client = ResilientClient::new(&transport, setup.test_system_ports(), client_state(0));
        let result = setup.run_to_end(client.call(&test_call_context(&setup, 10_000), call));
        let result = result.map(|r| r.status).map_err(|failure| failure.to_string());
        assert_eq!(
            (result, transport.sent_count()),
            (expected.map_err(str::to_owned), sent),
            "{name}"
        );
    }
}

#[test]
fn a_sibling_s_error_keeps_its_own_code_and_service() {
    let setup = executor_at_zero();
    let spent = Failure::Provider(ProviderFailure::QuotaSpent { until_ms: 5_000 });
    let transport = scripted_transport(&setup, |_| ScriptedCalleeAction::Typed(spent.clone()));
    let client = ResilientClient::new(&transport, setup.test_system_ports(), client_state(3));
    let failure = setup
        .run_to_end(client.call(&test_call_context(&setup, 10_000), sample_isbndb_call()))
        .unwrap_err();
    assert_eq!(failure.root_cause(), &spent);
    let passed_on =
        problem::problem_document_reply(&ProblemDetails::new("books-api-proxy", &failure, 0));
    let body: serde_json::Value = serde_json::from_slice(&passed_on.body).unwrap();
    assert_eq!(body["service"], "isbndb-worker");
    assert_eq!(body["errorCode"], "QUOTA_EXHAUSTED");
    assert_eq!(passed_on.status, 429);
    // And once more over the next Worker.
    let again = problem::failure_from_sibling_response(&IncomingResponse {
        status: passed_on.status,
        headers: passed_on.headers,
        body: passed_on.body,
    });
    assert_eq!(again, failure);
}

#[test]
fn a_404_is_not_found_only_with_the_sibling_s_code() {
    for (act, expected) in [
        (ScriptedCalleeAction::Answer(200, "7"), Ok(FoundOrNotFound::Found(7))),
        (ScriptedCalleeAction::Typed(Failure::not_found("book")), Ok(FoundOrNotFound::NotFound)),
        (
            ScriptedCalleeAction::Answer(404, "no such route"),
            Err(ProviderFailure::Rejected { status: 404 }.into()),
        ),
    ] {
        let setup = executor_at_zero();
        let script = RefCell::new(Some(act));
        let transport = scripted_transport(&setup, |_| script.borrow_mut().take().unwrap());
        let client = ResilientClient::new(&transport, setup.test_system_ports(), client_state(3));
        let outcome: ProviderOutcome<u32> = setup.run_to_end(client.call_and_parse(
            &test_call_context(&setup, 10_000),
            sample_isbndb_call(),
            sibling_answer::parse_sibling_json,
        ));
        assert_eq!(outcome, expected);
    }
    let setup = executor_at_zero();
    let transport = scripted_transport(&setup, |_| ScriptedCalleeAction::Answer(200, "<html>"));
    let client = ResilientClient::new(&transport, setup.test_system_ports(), client_state(3));
    let outcome: ProviderOutcome<u32> = setup.run_to_end(client.call_and_parse(
        &test_call_context(&setup, 10_000),
        sample_isbndb_call(),
        sibling_answer::parse_sibling_json,
    ));
    let Err(Failure::Provider(ProviderFailure::Malformed { detail })) = outcome else {
        panic!("{outcome:?}")
    };
    assert!(!detail.contains("html"), "no content of the body: {detail}");
}

#[test]
fn three_failed_calls_open_the_breaker() {
    let setup = executor_at_zero();
    let healthy = Cell::new(false);
    let transport = scripted_transport(&setup, |_| {
        if healthy.get() {
            ScriptedCalleeAction::Answer(200, "")
        } else {
            ScriptedCalleeAction::Break
        }
    });
    let client_state = client_state(3);
    let client = ResilientClient::new(&transport, setup.test_system_ports(), client_state.clone());
    let call =
        || setup.run_to_end(client.call(&test_call_context(&setup, 10_000), sample_isbndb_call()));
    let state =
        || client_state.breaker_state("ISBNDB_WORKER", setup.test_system_ports().current_time_ms());
    assert_eq!(call(), Err(ProviderFailure::Unreachable.into()));
    assert_eq!(transport.sent_count(), 3, "three attempts of one call");
    assert_eq!(state(), BreakerState::Closed);
    assert_eq!(call(), Err(ProviderFailure::Unreachable.into()));
    assert_eq!(state(), BreakerState::Closed);
    assert_eq!(call(), Err(ProviderFailure::Unreachable.into()));
    assert_eq!(state(), BreakerState::Open);
    let sent = transport.sent_count();
    let Err(Failure::Provider(ProviderFailure::CircuitOpen { retry_after_ms })) = call() else {
        panic!()
    };
    assert_eq!((retry_after_ms, transport.sent_count()), (1_000, sent));
    assert_eq!(client_state.metrics().get(Metric::BreakerTrips, &["ISBNDB_WORKER"]), 1.0);
    assert_eq!(
        setup.test_system_ports().log_lines().iter().filter(|l| l.event == "breaker_open").count(),
        1
    );
    setup.advance(1_000);
    assert_eq!(call(), Err(ProviderFailure::Unreachable.into()));
    assert_eq!(transport.sent_count(), sent + 1, "a probe is one attempt");
    let Err(Failure::Provider(ProviderFailure::CircuitOpen { retry_after_ms })) = call() else {
        panic!()
    };
    assert_eq!(retry_after_ms, 2_000);
    setup.advance(2_000);
    healthy.set(true);
    assert!(call().is_ok());
    assert_eq!(state(), BreakerState::Closed);
}

#[test]
fn a_call_that_a_retry_saves_is_no_failure() {
    let setup = executor_at_zero();
    let transport = scripted_transport(&setup, |nth| {
        if nth % 2 == 0 {
            ScriptedCalleeAction::Answer(503, "")
        } else {
            ScriptedCalleeAction::Answer(200, "")
        }
    });
    let client_state = client_state(1);
    let client = ResilientClient::new(&transport, setup.test_system_ports(), client_state.clone());
    for _ in 0..3 {
        assert!(
            setup
                .run_to_end(client.call(&test_call_context(&setup, 10_000), sample_isbndb_call()))
                .is_ok()
        );
    }
    assert_eq!(client_state.breaker_state("ISBNDB_WORKER", 0), BreakerState::Closed);
}

#[test]
fn the_last_attempt_with_an_effect_counts() {
    // An error, then a timeout after too short a time.
    let setup = executor_at_zero();
    setup.test_system_ports().set_unit(0.5);
    let transport = scripted_transport(&setup, |nth| {
        if nth == 0 { ScriptedCalleeAction::Answer(500, "") } else { ScriptedCalleeAction::Hang }
    });
    let client_state = client_state(1);
    let client = ResilientClient::new(&transport, setup.test_system_ports(), client_state.clone());
    let _ =
        setup.run_to_end(client.call(&test_call_context(&setup, 500), sample_open_library_call()));
    assert_eq!(transport.sent_count(), 2);
    assert_eq!(
        client_state.breaker_state("open-library", setup.test_system_ports().current_time_ms()),
        BreakerState::Open
    );
}

#[test]
fn no_retry_is_sent_once_the_breaker_is_open() {
    let setup = executor_at_zero();
    setup.test_system_ports().set_unit(0.5);
    let client_state = client_state(1);
    let other = scripted_transport(&setup, |_| ScriptedCalleeAction::Break);
    let transport = scripted_transport(&setup, |_| {
        // Meanwhile another call opens the breaker.
        let call = sample_isbndb_call().with_idempotency(false);
        let _ = setup.run_to_end(
            ResilientClient::new(&other, setup.test_system_ports(), client_state.clone())
                .call(&test_call_context(&setup, 9_000), call),
        );
        ScriptedCalleeAction::Break
    });
    let client = ResilientClient::new(&transport, setup.test_system_ports(), client_state.clone());
    assert_eq!(
        setup.run_to_end(client.call(&test_call_context(&setup, 9_000), sample_isbndb_call())),
        Err(ProviderFailure::Unreachable.into())
    );
    assert_eq!((other.sent_count(), transport.sent_count()), (1, 1));
}

#[test]
fn a_target_s_last_answer_is_remembered_for_a_while() {
    let setup = executor_at_zero();
    let acts = RefCell::new(Vec::new().into_iter());
    let transport = scripted_transport(&setup, |_| acts.borrow_mut().next().unwrap());
    let client_state = client_state(0);
    let client = ResilientClient::new(&transport, setup.test_system_ports(), client_state.clone());
    let answers = || {
        client_state.is_answering(
            "ISBNDB_WORKER",
            setup.test_system_ports().current_time_ms(),
            60_000,
        )
    };
    assert!(!answers());
    let rejected = || {
        ScriptedCalleeAction::Typed(Failure::Provider(ProviderFailure::Rejected { status: 400 }))
    };
    let unknown = || {
        ScriptedCalleeAction::Typed(Failure::Provider(ProviderFailure::UnknownOrDown {
            retry_after_ms: 5_000,
        }))
    };
    for (act, expected) in [
        (rejected(), false),
        (ScriptedCalleeAction::Answer(200, ""), true),
        (rejected(), true),
        (unknown(), true),
        (ScriptedCalleeAction::Typed(Failure::Provider(ProviderFailure::Timeout)), false),
        (unknown(), false),
        (ScriptedCalleeAction::Answer(200, ""), true),
    ] {
        *acts.borrow_mut() = vec![act].into_iter();
        let _ =
            setup.run_to_end(client.call(&test_call_context(&setup, 10_000), sample_isbndb_call()));
        assert_eq!(answers(), expected);
    }
    setup.advance(60_000);
    assert!(answers());
    setup.advance(1);
    assert!(!answers());
}

#[test]
fn failures_that_are_not_the_callee_s_do_not_count() {
    for failure in [
        Failure::Provider(ProviderFailure::RateLimited { retry_after_ms: 9_000, local: true }),
        Failure::Provider(ProviderFailure::RateLimited { retry_after_ms: 9_000, local: false }),
        Failure::Provider(ProviderFailure::QuotaSpent { until_ms: 1 }),
        Failure::not_found(String::new()),
        Failure::bad_request(String::new()),
        Failure::Provider(ProviderFailure::Rejected { status: 422 }),
        Failure::Provider(ProviderFailure::UnknownOrDown { retry_after_ms: 5_000 }),
    ] {
        let setup = executor_at_zero();
        let transport =
            scripted_transport(&setup, |_| ScriptedCalleeAction::Typed(failure.clone()));
        let client_state = client_state(3);
        let client =
            ResilientClient::new(&transport, setup.test_system_ports(), client_state.clone());
        for _ in 0..10 {
            let _ = setup
                .run_to_end(client.call(&test_call_context(&setup, 10_000), sample_isbndb_call()));
        }
        assert_eq!(transport.sent_count(), 10, "{failure}");
        assert_eq!(
            client_state.breaker_state("ISBNDB_WORKER", 0),
            BreakerState::Closed,
            "{failure}"
        );
    }
    // Nor does any 4xx of a provider.
    for status in [400, 401, 403, 404, 405, 408, 410, 413, 414, 418, 422, 431, 451] {
        let setup = executor_at_zero();
        let transport = scripted_transport(&setup, |_| ScriptedCalleeAction::Answer(status, ""));
        let client_state = client_state(3);
        let client =
            ResilientClient::new(&transport, setup.test_system_ports(), client_state.clone());
        let read = |response: &IncomingResponse| {
            Err::<(), _>(problem::failure_from_status(response).into())
        };
        for _ in 0..10 {
            let _ = setup.run_to_end(client.call_and_parse(
                &test_call_context(&setup, 10_000),
                sample_open_library_call(),
                read,
            ));
        }
        assert_eq!(transport.sent_count(), 10, "{status}");
        assert_eq!(client_state.breaker_state("open-library", 0), BreakerState::Closed, "{status}");
    }
    // A timeout of a caller with little time does not count either.
    let setup = executor_at_zero();
    let transport = scripted_transport(&setup, |_| ScriptedCalleeAction::Hang);
    let client_state = client_state(3);
    let client = ResilientClient::new(&transport, setup.test_system_ports(), client_state.clone());
    for _ in 0..10 {
        let result =
            setup.run_to_end(client.call(&test_call_context(&setup, 100), sample_isbndb_call()));
        assert_eq!(result, Err(ProviderFailure::Timeout.into()));
    }
    assert_eq!(
        client_state.breaker_state("ISBNDB_WORKER", setup.test_system_ports().current_time_ms()),
        BreakerState::Closed
    );
}

/// Polls many calls at the same time, as an isolate does.
#[test]
fn concurrent_callers_make_only_the_configured_probes() {
    struct Slow<'a>(&'a Cell<usize>);
    impl Transport for Slow<'_> {
        async fn send(
            &self,
            _: OutgoingRequest,
            _: u64,
            _: usize,
        ) -> Result<IncomingResponse, TransportError> {
            self.0.set(self.0.get() + 1);
            for _ in 0..5 {
                let mut yielded = false;
                std::future::poll_fn(|context| {
                    if std::mem::replace(&mut yielded, true) {
                        return Poll::Ready(());
                    }
                    context.waker().wake_by_ref();
                    Poll::Pending
                })
                .await;
            }
            Err(TransportError::Unreachable)
        }
    }
    for probes in [1_u32, 3] {
        let setup = executor_at_zero();
        let sent = Cell::new(0);
        let client_state = Rc::<ResilientClientState>::default();
        client_state.replace_settings(ResilientClientSettings {
            breaker: BreakerSettings { probes, ..BreakerSettings::default() },
            retry: RetrySettings { attempts: 1, ..RetrySettings::default() },
        });
        let client = ResilientClient::new(Slow(&sent), setup.test_system_ports(), client_state);
        let context = test_call_context(&setup, 1_000_000);
        for _ in 0..3 {
            let _ = setup.run_to_end(client.call(&context, sample_isbndb_call()));
        }
        assert_eq!(sent.replace(0), 3);
        setup.test_system_ports().set_time_ms(60_000);
        let mut calls: Vec<Pin<Box<dyn Future<Output = _>>>> = (0..1_000)
            .map(|_| {
                Box::pin(client.call(&context, sample_isbndb_call()))
                    as Pin<Box<dyn Future<Output = _>>>
            })
            .collect();
        let mut task = Context::from_waker(Waker::noop());
        let mut done = 0;
        while done < 1_000 {
            calls.retain_mut(|call| {
                let ready = call.as_mut().poll(&mut task).is_ready();
                done += usize::from(ready);
                !ready
            });
        }
        assert_eq!(sent.get(), probes as usize);
    }
}

#[test]
fn a_dropped_probe_frees_its_place() {
    struct SilentTransport;
    impl Transport for SilentTransport {
        async fn send(
            &self,
            _: OutgoingRequest,
            _: u64,
            _: usize,
        ) -> Result<IncomingResponse, TransportError> {
            std::future::pending().await
        }
    }
    let setup = executor_at_zero();
    let shared = client_state(1);
    let broken = scripted_transport(&setup, |_| ScriptedCalleeAction::Break);
    let context = test_call_context(&setup, 1_000_000);
    let _ = setup.run_to_end(
        ResilientClient::new(&broken, setup.test_system_ports(), shared.clone())
            .call(&context, sample_isbndb_call()),
    );
    setup.test_system_ports().set_time_ms(70_000);
    let client = ResilientClient::new(SilentTransport, setup.test_system_ports(), shared.clone());
    let mut probe = Box::pin(client.call(&context, sample_isbndb_call()));
    assert!(probe.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let refused = setup.run_to_end(
        ResilientClient::new(&broken, setup.test_system_ports(), shared.clone())
            .call(&context, sample_isbndb_call()),
    );
    assert!(matches!(refused, Err(Failure::Provider(ProviderFailure::CircuitOpen { .. }))));
    drop(probe);
    let healthy = scripted_transport(&setup, |_| ScriptedCalleeAction::Answer(200, ""));
    assert!(
        setup
            .run_to_end(
                ResilientClient::new(&healthy, setup.test_system_ports(), shared)
                    .call(&context, sample_isbndb_call())
            )
            .is_ok()
    );
}

#[test]
fn an_outage_adds_a_fifth_of_the_calls_at_most() {
    let setup = executor_at_zero();
    setup.test_system_ports().set_unit(0.5);
    let transport = scripted_transport(&setup, |_| ScriptedCalleeAction::Break);
    let client = ResilientClient::new(&transport, setup.test_system_ports(), client_state(0));
    for _ in 0..1_000 {
        let _ = setup.run_to_end(
            client.call(&test_call_context(&setup, 10_000), sample_open_library_call()),
        );
    }
    let attempts = transport.sent_count();
    assert!((1_100..=1_200).contains(&attempts), "{attempts} attempts for 1,000 calls");
}

#[test]
fn a_hanging_provider_delays_a_batch_by_24_s_at_most() {
    let setup = executor_at_zero();
    setup.test_system_ports().set_unit(0.999);
    let transport = scripted_transport(&setup, |_| ScriptedCalleeAction::Hang);
    let client = ResilientClient::new(&transport, setup.test_system_ports(), client_state(3));
    for _ in 0..200 {
        assert!(
            setup
                .run_to_end(
                    client.call(&test_call_context(&setup, 10_000), sample_open_library_call())
                )
                .is_err()
        );
    }
    let waited_ms = setup.test_system_ports().current_time_ms();
    assert!(waited_ms < 24_000, "waited {waited_ms} ms");
    assert_eq!(transport.sent_count(), 3);
}

#[test]
fn a_probe_of_a_provider_has_half_the_time() {
    let setup = executor_at_zero();
    let transport = scripted_transport(&setup, |_| ScriptedCalleeAction::Hang);
    let client_state = client_state(1);
    let client = ResilientClient::new(&transport, setup.test_system_ports(), client_state.clone());
    for expected_ms in [5_000, 2_500] {
        let _ = setup.run_to_end(
            client.call(&test_call_context(&setup, 10_000), sample_open_library_call()),
        );
        assert_eq!(transport.sent_requests().last().map(|sent| sent.timeout_ms), Some(expected_ms));
        setup.advance(1_000);
    }
    // The failed probe counts: the next pause is twice the first.
    assert_eq!(
        client_state.breaker_state("open-library", setup.test_system_ports().current_time_ms()),
        BreakerState::Open
    );
}

#[test]
fn a_call_logs_one_line_with_ids_and_nothing_private() {
    let setup = executor_at_zero();
    let transport = scripted_transport(&setup, |_| ScriptedCalleeAction::Hang);
    let client = ResilientClient::new(&transport, setup.test_system_ports(), client_state(3));
    let context = test_call_context(&setup, 1_000);
    let _ = setup.run_to_end(client.call(&context, sample_open_library_call()));
    let lines = setup.test_system_ports().log_lines();
    let calls: Vec<_> = lines.iter().filter(|line| line.event == "provider_call").collect();
    assert_eq!(calls.len(), 1);
    let text = calls[0].to_json();
    for field in [
        r#""level":"warn""#,
        r#""worker":"books-api-proxy""#,
        r#""version":"v1""#,
        r#""side":"caller""#,
        r#""target":"open-library""#,
        r#""route":"/search.json""#,
        r#""outcome":"timeout""#,
        r#""duration_ms":1000"#,
        r#""budget_ms":1000"#,
        r#""attempts":1"#,
        &context.request_id,
        &context.trace.trace_id(),
    ] {
        assert!(text.contains(field), "{field} not in {text}");
    }
    assert!(!text.contains("secret") && !text.contains("https://"), "{text}");
}

#[test]
fn binding_time_behind_an_object_is_reported() {
    struct FakeObject;
    impl Transport for FakeObject {
        async fn send(
            &self,
            _: OutgoingRequest,
            _: u64,
            _: usize,
        ) -> Result<IncomingResponse, TransportError> {
            let mut headers = Headers::default();
            headers.set("x-service-binding-time", "40");
            Ok(IncomingResponse { status: 200, headers, body: Vec::new() })
        }
    }
    let setup = executor_at_zero();
    let context = test_call_context(&setup, 10_000);
    let client = ResilientClient::new(FakeObject, setup.test_system_ports(), client_state(3));
    assert_eq!(context.binding_time_ms(), None);
    setup
        .run_to_end(client.call(
            &context,
            ResilientCall::for_object("FLIGHT", "/fly", OutgoingRequest::get("/fly")),
        ))
        .unwrap();
    assert_eq!(context.binding_time_ms(), Some(40));
    // A sibling's own time is already part of the call's time.
    setup.run_to_end(client.call(&context, sample_isbndb_call())).unwrap();
    assert_eq!(context.binding_time_ms(), Some(40));
}

#[test]
fn binding_calls_are_counted_by_result_and_path() {
    let setup = executor_at_zero();
    let acts = RefCell::new(
        vec![
            ScriptedCalleeAction::Answer(200, ""),
            ScriptedCalleeAction::Answer(404, ""),
            ScriptedCalleeAction::Typed(Failure::bad_request(String::new())),
            ScriptedCalleeAction::Typed(Failure::Provider(ProviderFailure::Timeout)),
            ScriptedCalleeAction::Typed(Failure::Provider(ProviderFailure::Refused {
                detail: ProviderRefusalReason::Key,
            })),
        ]
        .into_iter(),
    );
    let transport = scripted_transport(&setup, |_| acts.borrow_mut().next().unwrap());
    let client_state = client_state(3);
    let client = ResilientClient::new(&transport, setup.test_system_ports(), client_state.clone());
    for _ in 0..5 {
        let _ =
            setup.run_to_end(client.call(&test_call_context(&setup, 10_000), sample_isbndb_call()));
    }
    for (metric, labels, expected) in [
        (Metric::BindingCalls, vec!["ISBNDB_WORKER"], 5.0),
        (Metric::BindingCallsSuccessful, vec!["ISBNDB_WORKER"], 3.0),
        (Metric::BindingCallsFailed, vec!["ISBNDB_WORKER", "timeout"], 1.0),
        (Metric::BindingCallsFailed, vec!["ISBNDB_WORKER", "refused"], 1.0),
        (Metric::BindingTimeouts, vec!["ISBNDB_WORKER"], 1.0),
        (Metric::ProxyToIsbndbCalls, vec![], 5.0),
        (Metric::DirectToIsbndbCalls, vec![], 0.0),
    ] {
        assert_eq!(client_state.metrics().get(metric, &labels), expected, "{metric:?} {labels:?}");
    }
}

mod deadline_tests {
    use proptest::prelude::*;

    use super::*;

    fn act() -> impl Strategy<Value = u8> {
        0_u8..6
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// For any callee, a call ends by its deadline, no attempt gets more time than is left, and
        /// the callee's deadline is shorter than our wait.
        #[test]
        fn holds_for_any_callee(
            acts in prop::collection::vec(act(), 12),
            budget_ms in 0_u64..20_000,
            unit in 0.0_f64..1.0,
            admit_ms in 0_u64..3_000,
            inside: bool,
        ) {
            let setup = executor_at_zero();
            setup.test_system_ports().set_time_ms(5_000);
            setup.test_system_ports().set_unit(unit);
            let transport = scripted_transport(&setup, |nth| match acts[nth % acts.len()] {
                0 => ScriptedCalleeAction::Hang,
                1 => ScriptedCalleeAction::Break,
                2 => ScriptedCalleeAction::Answer(503, ""),
                3 => ScriptedCalleeAction::EarliestRetry(429, "1"),
                4 => ScriptedCalleeAction::EarliestRetry(503, "2"),
                _ => ScriptedCalleeAction::Answer(200, ""),
            });
            let client = ResilientClient::new(&transport, setup.test_system_ports(), client_state(0));
            let context = test_call_context(&setup, budget_ms);
            let admit = async |_| {
                setup.advance(admit_ms);
                Ok(())
            };
            let call = if inside { sample_isbndb_call() } else { sample_open_library_call() };
            let result = setup.run_to_end(client.ask_when_admitted(&context, call, admit, |response| {
                if response.status == 200 { Ok(()) } else { Err(problem::failure_from_status(response).into()) }
            }));
            let waited_ms = setup.test_system_ports().current_time_ms() - 5_000;
            prop_assert!(waited_ms <= budget_ms.max(admit_ms) + admit_ms, "waited {}", waited_ms);
            if admit_ms == 0 {
                prop_assert!(waited_ms <= budget_ms, "waited {} of {}", waited_ms, budget_ms);
            }
            for SentRequest { at_ms, request, timeout_ms, .. } in transport.sent_requests().iter() {
                prop_assert!(at_ms + timeout_ms <= 5_000 + budget_ms);
                prop_assert!(*timeout_ms >= MIN_BUDGET_MS);
                let reported = request.headers.get("x-deadline-ms").map(|ms| ms.parse::<u64>().unwrap());
                prop_assert_eq!(reported.is_some(), inside);
                prop_assert!(reported.is_none_or(|reported| reported < *timeout_ms && reported * 10 >= *timeout_ms * 9));
            }
            prop_assert!(transport.sent_count() <= 3);
            if budget_ms < MIN_BUDGET_MS {
                prop_assert_eq!(result, Err(ProviderFailure::DeadlineExceeded.into()));
                prop_assert_eq!(transport.sent_count(), 0);
            }
        }
    }
}
