use super::BreakerEffect as Effect;
use super::{InternalError as I, ProviderFailure as P, RequestRejection as R, *};
use crate::problem::{self, ProblemDetails};

/// One row a variant: HTTP status, code, retry by the caller, breaker, Retry-After.
type FailureCase = (Failure, u16, &'static str, NextAttemptAdvice, BreakerEffect, Option<u64>);

/// Every variant, in the order of the enum. `covered` fails the test if one is missing here.
#[rustfmt::skip]
fn failure_cases() -> Vec<FailureCase> {
    let text = || "x".to_owned();
    let sibling = |failure| Failure::Sibling(SiblingWorkerFailure { service: "isbndb-worker".to_owned(), failure: Box::new(failure) });
    let upstream = |status, retry_after_ms| P::Upstream { status, retry_after_ms }.into();
    vec![
        (P::RateLimited { retry_after_ms: 1_500, local: true }.into(), 429, "RATE_LIMITED", NextAttemptAdvice::After(1_500), Effect::None, Some(1_500)),
        (P::RateLimited { retry_after_ms: 700, local: false }.into(), 429, "RATE_LIMITED", NextAttemptAdvice::After(700), Effect::Success, Some(700)),
        (P::QuotaSpent { until_ms: 61_000 }.into(), 429, "QUOTA_EXHAUSTED", NextAttemptAdvice::Never, Effect::Success, Some(60_000)),
        (P::PublicShareSpent { until_ms: 61_000 }.into(), 429, "PUBLIC_SHARE_EXHAUSTED", NextAttemptAdvice::Never, Effect::None, Some(60_000)),
        (P::Timeout.into(), 504, "UPSTREAM_TIMEOUT", NextAttemptAdvice::Never, Effect::Failure, Some(5_000)),
        (P::Unreachable.into(), 502, "UPSTREAM_UNREACHABLE", NextAttemptAdvice::Backoff, Effect::Failure, Some(5_000)),
        (upstream(503, None), 502, "UPSTREAM_ERROR", NextAttemptAdvice::Backoff, Effect::Failure, Some(5_000)),
        (upstream(503, Some(900)), 502, "UPSTREAM_ERROR", NextAttemptAdvice::After(900), Effect::Failure, Some(900)),
        (upstream(204, None), 502, "UPSTREAM_ERROR", NextAttemptAdvice::Never, Effect::Failure, Some(5_000)),
        (upstream(302, None), 502, "UPSTREAM_ERROR", NextAttemptAdvice::Never, Effect::None, Some(5_000)),
        (upstream(418, None), 502, "UPSTREAM_ERROR", NextAttemptAdvice::Never, Effect::None, Some(5_000)),
        (P::Rejected { status: 422 }.into(), 502, "UPSTREAM_REJECTED", NextAttemptAdvice::Never, Effect::None, None),
        (P::UnknownOrDown { retry_after_ms: 4_000 }.into(), 503, "UNKNOWN_OR_DOWN", NextAttemptAdvice::Never, Effect::None, Some(4_000)),
        (P::Malformed { detail: text() }.into(), 502, "UPSTREAM_MALFORMED", NextAttemptAdvice::Never, Effect::Failure, None),
        (P::AnswerTooLarge { max_bytes: 9 }.into(), 502, "UPSTREAM_MALFORMED", NextAttemptAdvice::Never, Effect::Failure, None),
        (P::Moved { route: text() }.into(), 502, "UPSTREAM_ROUTE_MOVED", NextAttemptAdvice::Never, Effect::None, None),
        (P::Refused { detail: ProviderRefusalReason::Key }.into(), 502, "UPSTREAM_REFUSED", NextAttemptAdvice::Never, Effect::Success, None),
        (P::WrongBook.into(), 502, "WRONG_BOOK", NextAttemptAdvice::Never, Effect::Success, None),
        (P::CircuitOpen { retry_after_ms: 30_000 }.into(), 503, "CIRCUIT_OPEN", NextAttemptAdvice::Never, Effect::None, Some(30_000)),
        (P::NotConfigured.into(), 503, "NOT_CONFIGURED", NextAttemptAdvice::Never, Effect::None, None),
        (P::DeadlineExceeded.into(), 504, "DEADLINE_EXCEEDED", NextAttemptAdvice::Never, Effect::None, Some(5_000)),
        (P::AllFailed { retry_after_ms: 2_000 }.into(), 503, "ALL_PROVIDERS_FAILED", NextAttemptAdvice::Never, Effect::None, Some(2_000)),
        (I::Unavailable { detail: text(), retry_after_ms: 3_000 }.into(), 503, "SERVICE_UNAVAILABLE", NextAttemptAdvice::Never, Effect::None, Some(3_000)),
        (sibling(P::Timeout.into()), 504, "UPSTREAM_TIMEOUT", NextAttemptAdvice::Never, Effect::Success, Some(5_000)),
        (sibling(Failure::internal(text())), 500, "INTERNAL", NextAttemptAdvice::Never, Effect::Failure, None),
        (sibling(Failure::bad_request(text())), 400, "BAD_REQUEST", NextAttemptAdvice::Never, Effect::Success, None),
        (Failure::bad_request(text()), 400, "BAD_REQUEST", NextAttemptAdvice::Never, Effect::None, None),
        (R::MissingParameter { parameter: text() }.into(), 400, "BAD_REQUEST", NextAttemptAdvice::Never, Effect::None, None),
        (R::Unauthorized.into(), 401, "UNAUTHORIZED", NextAttemptAdvice::Never, Effect::None, None),
        (R::Forbidden { detail: text() }.into(), 403, "FORBIDDEN", NextAttemptAdvice::Never, Effect::None, None),
        (Failure::not_found(text()), 404, "NOT_FOUND", NextAttemptAdvice::Never, Effect::None, None),
        (R::MethodNotAllowed { allow: text() }.into(), 405, "METHOD_NOT_ALLOWED", NextAttemptAdvice::Never, Effect::None, None),
        (R::TooLarge { limit: text() }.into(), 413, "TOO_LARGE", NextAttemptAdvice::Never, Effect::None, None),
        (Failure::internal(text()), 500, "INTERNAL", NextAttemptAdvice::Never, Effect::None, None),
    ]
}

/// The number of a failure's kind. A new variant does not compile without a number, and does not
/// pass without a row in the table.
fn kind_index(failure: &Failure) -> usize {
    match failure {
        Failure::Provider(failure) => match failure {
            P::RateLimited { .. } => 0,
            P::QuotaSpent { .. } => 1,
            P::Timeout => 2,
            P::Unreachable => 3,
            P::Upstream { .. } => 4,
            P::Malformed { .. } => 5,
            P::Refused { .. } => 6,
            P::WrongBook => 7,
            P::CircuitOpen { .. } => 8,
            P::NotConfigured => 9,
            P::DeadlineExceeded => 10,
            P::AllFailed { .. } => 11,
            P::Rejected { .. } => 12,
            P::UnknownOrDown { .. } => 13,
            P::Moved { .. } => 14,
            P::AnswerTooLarge { .. } => 15,
            P::PublicShareSpent { .. } => 26,
        },
        Failure::Request(error) => match error {
            R::BadRequest { .. } => 16,
            R::Unauthorized => 17,
            R::Forbidden { .. } => 18,
            R::NotFound { .. } => 19,
            R::MethodNotAllowed { .. } => 20,
            R::TooLarge { .. } => 21,
            R::MissingParameter { .. } => 22,
        },
        Failure::Internal(error) => match error {
            I::Fault { .. } => 23,
            I::Unavailable { .. } => 24,
        },
        Failure::Sibling(_) => 25,
    }
}

#[test]
fn every_failure_has_its_status_code_and_retry() {
    let mut covered = std::collections::BTreeSet::new();
    for (failure, status, code, retry, effect, after) in failure_cases() {
        covered.insert(kind_index(&failure));
        let facts = failure.error_reply_and_retry_rules();
        assert_eq!(facts.status, status, "{failure:?}");
        assert_eq!(facts.code, code, "{failure:?}");
        assert_eq!(facts.retry, retry, "{failure:?}");
        assert_eq!(facts.breaker, effect, "{failure:?}");
        assert_eq!(failure.retry_after_ms(1_000), after, "{failure:?}");
    }
    assert_eq!(covered.len(), 27, "a variant has no row");
}

#[test]
fn the_descriptions_have_every_code_and_no_other() {
    let codes: std::collections::BTreeSet<_> =
        failure_cases().iter().map(|row| row.2.to_owned()).collect();
    for document in [
        include_str!("../../../../openapi/books-api-proxy.json"),
        include_str!("../../../../openapi/cache-warmer.json"),
        include_str!("../../../../openapi/isbndb-worker.json"),
    ] {
        let document: serde_json::Value = serde_json::from_str(document).unwrap();
        let described = &document["components"]["schemas"]["ErrorCode"]["enum"];
        assert_eq!(
            serde_json::from_value::<std::collections::BTreeSet<String>>(described.clone())
                .unwrap(),
            codes
        );
    }
}

#[test]
fn every_outcome_is_a_problem_with_the_documented_members() {
    for (failure, status, code, _, _, after) in failure_cases() {
        let reply = problem::problem_document_reply(
            &ProblemDetails::new("books-api-proxy", &failure, 1_000).at("/book/1"),
        );
        assert_eq!(reply.status, status);
        assert_eq!(reply.headers.get("content-type"), Some("application/problem+json"));
        assert_eq!(reply.headers.get("cache-control"), Some("no-store"));
        let secs = after.map(|ms| ms.div_ceil(1_000).to_string());
        assert_eq!(reply.headers.get("retry-after"), secs.as_deref(), "{failure:?}");
        let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(body["status"], status);
        assert_eq!(body["errorCode"], code);
        assert_eq!(body["instance"], "/book/1");
        let service = if matches!(failure, Failure::Sibling(_)) {
            "isbndb-worker"
        } else {
            "books-api-proxy"
        };
        assert_eq!(body["service"], service);
        for member in ["type", "title", "detail", "error"] {
            assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member}");
        }
        assert!(body["troubleshooting"]["suggestion"].as_str().is_some_and(|t| t.ends_with('.')));
        assert!(body["providers"].is_array());
    }
}

#[test]
fn every_outcome_survives_a_binding_call() {
    for (failure, ..) in failure_cases() {
        let reply =
            problem::problem_document_reply(&ProblemDetails::new("isbndb-worker", &failure, 0));
        let read = problem::failure_from_sibling_response(&ports::IncomingResponse {
            status: reply.status,
            headers: reply.headers,
            body: reply.body,
        });
        let (service, kept) = match &failure {
            Failure::Sibling(sibling) => (sibling.service.as_str(), sibling.failure.as_ref()),
            own => ("isbndb-worker", own),
        };
        // Internal text is not passed on.
        let kept = match kept {
            Failure::Internal(InternalError::Fault { .. }) => Failure::internal(String::new()),
            other => other.clone(),
        };
        let expected = Failure::Sibling(SiblingWorkerFailure {
            service: service.to_owned(),
            failure: Box::new(kept),
        });
        assert_eq!(read, expected);
    }
}

#[test]
fn a_body_of_another_form_counts_by_its_status() {
    let answer = |status, kind: &str, body: &str| {
        let mut headers = ports::http_types::Headers::default();
        headers.set("content-type", kind);
        ports::IncomingResponse { status, headers, body: body.as_bytes().to_vec() }
    };
    let problem_kind = "application/problem+json";
    for (response, expected) in [
        (
            answer(500, "text/html", "<h1>"),
            Failure::Provider(P::Upstream { status: 500, retry_after_ms: None }),
        ),
        (
            answer(429, "text/plain", ""),
            Failure::Provider(P::RateLimited { retry_after_ms: 1_000, local: false }),
        ),
        (
            answer(503, problem_kind, "garbage"),
            Failure::Provider(P::Upstream { status: 503, retry_after_ms: None }),
        ),
        (
            answer(503, problem_kind, r#"{"service":"x","failure":{"kind":"new"}}"#),
            Failure::Provider(P::Upstream { status: 503, retry_after_ms: None }),
        ),
        // The failure does not have the status of the answer: ignored.
        (
            answer(503, problem_kind, r#"{"service":"x","failure":{"kind":"timeout"}}"#),
            Failure::Provider(P::Upstream { status: 503, retry_after_ms: None }),
        ),
    ] {
        assert_eq!(problem::failure_from_sibling_response(&response), expected);
    }
}

#[test]
fn a_refused_request_differs_from_an_error() {
    for status in 300..600 {
        let failure = P::of_status(status, None);
        let is_question = matches!(status, 400 | 404 | 413 | 414 | 422 | 431);
        assert_eq!(failure.is_about_the_question(), is_question, "{status}");
        let counts =
            Failure::from(failure).error_reply_and_retry_rules().breaker == Effect::Failure;
        assert_eq!(counts, status >= 500, "{status}");
    }
}

#[test]
fn internal_text_is_never_shown() {
    let failure = Failure::internal("kv get: token abc");
    let reply = problem::problem_document_reply(&ProblemDetails::new("w", &failure, 0));
    assert!(!String::from_utf8(reply.body).unwrap().contains("abc"));
}

#[test]
fn the_serde_form_is_stable() {
    for (failure, text) in [
        (Failure::Provider(P::QuotaSpent { until_ms: 5 }), r#"{"kind":"quotaSpent","untilMs":5}"#),
        (Failure::Provider(P::Timeout), r#"{"kind":"timeout"}"#),
        (
            Failure::Provider(P::Upstream { status: 503, retry_after_ms: None }),
            r#"{"kind":"upstream","status":503}"#,
        ),
        (
            Failure::Sibling(SiblingWorkerFailure {
                service: "isbndb-worker".to_owned(),
                failure: Box::new(Failure::Provider(P::Timeout)),
            }),
            r#"{"kind":"sibling","service":"isbndb-worker","failure":{"kind":"timeout"}}"#,
        ),
        (
            Failure::Provider(P::RateLimited { retry_after_ms: 7, local: true }),
            r#"{"kind":"rateLimited","retryAfterMs":7,"local":true}"#,
        ),
    ] {
        assert_eq!(serde_json::to_string(&failure).unwrap(), text);
        assert_eq!(serde_json::from_str::<Failure>(text).unwrap(), failure);
    }
}

#[test]
fn every_complete_failure_reads_back() {
    for (failure, ..) in failure_cases() {
        let text = serde_json::to_string(&failure).unwrap();
        assert_eq!(serde_json::from_str::<Failure>(&text).unwrap(), failure);
    }
    // Kinds with members need them; members of other kinds are ignored.
    for text in [
        "{}",
        r#"{"kind":"new"}"#,
        r#"{"kind":"rateLimited","retryAfterMs":7}"#,
        r#"{"kind":"quotaSpent"}"#,
        r#"{"kind":"sibling","service":"isbndb-worker"}"#,
    ] {
        assert!(serde_json::from_str::<Failure>(text).is_err(), "{text}");
    }
    let more = r#"{"kind":"timeout","detail":"x","later":[1]}"#;
    assert_eq!(serde_json::from_str::<Failure>(more).unwrap(), Failure::Provider(P::Timeout));
}
