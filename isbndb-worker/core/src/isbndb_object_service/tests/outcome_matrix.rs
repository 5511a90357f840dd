//! The outcome matrix: for each answer the outcome, what is cached, what is counted, and the state
//! of the breaker.

use bibliography::isbn::Isbn13;
use ports::TransportError;
use runtime::call_outcome::{
    Failure, FoundOrNotFound, InternalError, ProviderFailure, ProviderRefusalReason,
};
use runtime::rate_limit::CallClass::{Background, Interactive};
use runtime::secret::SecretError;
use runtime::wire_types::isbndb_worker_answers::FoundIsbndbBookAnswer;

use super::super::object_service_harness::{TEST_NOW_MS, TestHarness, books_for, test_response};
use crate::isbndb_api::parse::MAX_ANSWER_BYTES;

const DUNE_ISBN: &str = "9780441172719";
const KEY: &str = "b:9780441172719";
const MIDNIGHT: u64 = 1_795_305_600_000;

fn isbn() -> Isbn13 {
    Isbn13::parse(DUNE_ISBN).unwrap()
}

fn look_up_book(
    harness: &mut TestHarness,
) -> Result<FoundOrNotFound<FoundIsbndbBookAnswer>, Failure> {
    let (service, caller) = (harness.service.clone(), harness.caller_context(Interactive));
    harness.run_to_end(async move { service.look_up_book(&caller, isbn()).await })
}

fn breaker_state_text(harness: &TestHarness) -> String {
    harness.service.status(&harness.caller_context(Interactive)).breaker
}

/// How an answer ends, without its details.
#[derive(Debug, PartialEq)]
enum ExpectedLookupOutcome {
    Found,
    NotFound,
    Failed(Failure),
}

struct OutcomeMatrixCase {
    name: &'static str,
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: String,
    end: ExpectedLookupOutcome,
    counted: u32,
    /// True if the cache has an entry afterwards.
    cached: bool,
    /// The breaker after three such calls.
    breaker: &'static str,
}

fn rejected_failure_end(status: u16) -> ExpectedLookupOutcome {
    ExpectedLookupOutcome::Failed(Failure::Provider(ProviderFailure::Rejected { status }))
}

fn upstream_failure_end(status: u16, retry_after_ms: Option<u64>) -> ExpectedLookupOutcome {
    ExpectedLookupOutcome::Failed(Failure::Provider(ProviderFailure::Upstream {
        status,
        retry_after_ms,
    }))
}

fn malformed(detail: &str) -> ExpectedLookupOutcome {
    ExpectedLookupOutcome::Failed(Failure::Provider(ProviderFailure::Malformed {
        detail: detail.to_owned(),
    }))
}

fn outcome_matrix_cases() -> Vec<OutcomeMatrixCase> {
    let right = format!(r#"{{"book":{{"title":"Dune","isbn13":"{DUNE_ISBN}"}}}}"#);
    let cell = |name, status, body: &str, end, counted, cached, breaker| OutcomeMatrixCase {
        name,
        status,
        headers: &[],
        body: body.to_owned(),
        end,
        counted,
        cached,
        breaker,
    };
    let mut cells = vec![
        cell("200", 200, &right, ExpectedLookupOutcome::Found, 1, true, "closed"),
        cell("200 empty", 200, "{}", malformed("no book in the answer"), 1, false, "open"),
        cell(
            "200 null",
            200,
            r#"{"book":null}"#,
            malformed("no book in the answer"),
            1,
            false,
            "open",
        ),
        cell(
            "200 without a body",
            200,
            "",
            malformed("the answer is no JSON object"),
            1,
            false,
            "open",
        ),
        cell(
            "404",
            404,
            r#"{"errorMessage":"Not Found"}"#,
            ExpectedLookupOutcome::NotFound,
            1,
            true,
            "closed",
        ),
        // The other route to the book has moved too.
        cell(
            "404 page",
            404,
            "<html>nothing here</html>",
            ExpectedLookupOutcome::Failed(Failure::Provider(ProviderFailure::Moved {
                route: "/books".to_owned(),
            })),
            2,
            false,
            "closed",
        ),
        cell(
            "400 about the number",
            400,
            r#"{"errorMessage":"Invalid ISBN"}"#,
            ExpectedLookupOutcome::NotFound,
            1,
            true,
            "closed",
        ),
        cell(
            "400",
            400,
            r#"{"message":"Bad Request"}"#,
            rejected_failure_end(400),
            1,
            false,
            "closed",
        ),
        cell(
            "401",
            401,
            r#"{"message":"Full authentication is required"}"#,
            ExpectedLookupOutcome::Failed(Failure::Provider(ProviderFailure::Refused {
                detail: ProviderRefusalReason::Key,
            })),
            1,
            false,
            "closed",
        ),
        cell(
            "403",
            403,
            r#"{"message":"Forbidden"}"#,
            ExpectedLookupOutcome::Failed(Failure::Provider(ProviderFailure::Refused {
                detail: ProviderRefusalReason::Host,
            })),
            1,
            false,
            "closed",
        ),
        cell(
            "429 day",
            429,
            r#"{"message":"Daily quota exceeded, please try again later"}"#,
            ExpectedLookupOutcome::Failed(Failure::Provider(ProviderFailure::QuotaSpent {
                until_ms: MIDNIGHT,
            })),
            1,
            false,
            "closed",
        ),
        // Three attempts, each counted.
        cell(
            "500",
            500,
            r#"{"message":"Internal server error"}"#,
            upstream_failure_end(500, None),
            3,
            false,
            "open",
        ),
        cell(
            "502 page",
            502,
            "<html>502 Bad Gateway</html>",
            upstream_failure_end(502, None),
            3,
            false,
            "open",
        ),
        cell(
            "bad JSON",
            200,
            &right[..40],
            malformed("the answer is no JSON object"),
            1,
            false,
            "open",
        ),
        cell(
            "HTML",
            200,
            "<html></html>",
            malformed("the answer is no JSON object"),
            1,
            false,
            "open",
        ),
        cell(
            "wrong ISBN",
            200,
            &right.replace(DUNE_ISBN, "9780143111580"),
            ExpectedLookupOutcome::Failed(Failure::Provider(ProviderFailure::WrongBook)),
            1,
            false,
            "closed",
        ),
        cell(
            "no ISBN",
            200,
            r#"{"book":{"title":"Dune"}}"#,
            ExpectedLookupOutcome::Failed(Failure::Provider(ProviderFailure::WrongBook)),
            1,
            false,
            "closed",
        ),
        cell(
            "over 6 MB",
            200,
            &" ".repeat(MAX_ANSWER_BYTES + 1),
            ExpectedLookupOutcome::Failed(
                ProviderFailure::AnswerTooLarge { max_bytes: MAX_ANSWER_BYTES }.into(),
            ),
            1,
            false,
            "open",
        ),
    ];
    cells.push(OutcomeMatrixCase {
        headers: &[("retry-after", "30")],
        ..cell(
            "503 with Retry-After",
            503,
            "{}",
            upstream_failure_end(503, Some(30_000)),
            1,
            false,
            "open",
        )
    });
    cells.push(OutcomeMatrixCase {
        headers: &[("ratelimit", "\"rate\";r=0;t=12, \"daily\";r=900;t=56312")],
        ..cell(
            "429 minute",
            429,
            r#"{"message":"Per minute quota exceeded, please try again later"}"#,
            ExpectedLookupOutcome::Failed(Failure::Provider(ProviderFailure::RateLimited {
                retry_after_ms: 12_000,
                local: false,
            })),
            1,
            false,
            "closed",
        )
    });
    cells
}

#[test]
fn every_answer_has_its_outcome() {
    for cell in outcome_matrix_cases() {
        let mut harness = TestHarness::new();
        harness.answer_always(cell.status, cell.headers, &cell.body);
        let end = match look_up_book(&mut harness) {
            Ok(FoundOrNotFound::Found(answer)) => {
                assert!(!answer.cached && answer.book.isbn13 == Some(isbn()));
                ExpectedLookupOutcome::Found
            }
            Ok(FoundOrNotFound::NotFound) => ExpectedLookupOutcome::NotFound,
            Err(failure) => ExpectedLookupOutcome::Failed(failure),
        };
        assert_eq!(end, cell.end, "{}", cell.name);
        assert_eq!(harness.paths().len(), cell.counted as usize, "sent: {}", cell.name);
        assert_eq!(harness.store.spent_units(), cell.counted, "counted: {}", cell.name);
        assert_eq!(harness.store.stored_row(KEY).is_some(), cell.cached, "cached: {}", cell.name);
        assert_eq!(breaker_state_text(&harness), "closed", "one call: {}", cell.name);
        for _ in 0..2 {
            let _ = look_up_book(&mut harness);
        }
        assert_eq!(breaker_state_text(&harness), cell.breaker, "{}", cell.name);
    }
}

#[test]
fn a_timeout_is_counted_and_not_cached() {
    for (latency_ms, answer, failure, attempts) in [
        (u64::MAX, Err(TransportError::Timeout), Failure::Provider(ProviderFailure::Timeout), 1),
        (7_000, Ok(test_response(200, &[], "{}")), Failure::Provider(ProviderFailure::Timeout), 1),
        (50, Err(TransportError::Unreachable), Failure::Provider(ProviderFailure::Unreachable), 3),
    ] {
        let mut harness = TestHarness::new();
        harness.set_script(move |_| (latency_ms, answer.clone()));
        assert_eq!(look_up_book(&mut harness), Err(failure.clone()), "{latency_ms}");
        assert_eq!(harness.store.spent_units(), attempts, "{failure}");
        assert_eq!(harness.store.stored_row(KEY), None, "{failure}");
        for _ in 0..2 {
            assert_eq!(look_up_book(&mut harness), Err(failure.clone()));
        }
        assert_eq!(breaker_state_text(&harness), "open");
        let spent = harness.store.spent_units();
        // Open breaker: nothing is sent and nothing is counted.
        assert!(matches!(
            look_up_book(&mut harness),
            Err(Failure::Provider(ProviderFailure::CircuitOpen { .. }))
        ));
        assert_eq!(harness.store.spent_units(), spent);
        // After the first cool-down one probe is sent; it succeeds, and the breaker closes.
        harness.advance(1_000);
        harness.set_script(|seen| (100, Ok(books_for(seen))));
        assert!(matches!(look_up_book(&mut harness), Ok(FoundOrNotFound::Found(_))));
        assert_eq!(
            (harness.store.spent_units(), breaker_state_text(&harness).as_str()),
            (spent + 1, "closed")
        );
    }
}

#[test]
fn books_and_absences_are_answered_from_the_cache() {
    let mut harness = TestHarness::new();
    look_up_book(&mut harness).unwrap();
    assert!(
        matches!(look_up_book(&mut harness), Ok(FoundOrNotFound::Found(answer)) if answer.cached)
    );
    assert_eq!(harness.store.spent_units(), 1);

    let mut harness = TestHarness::new();
    harness.answer_always(404, &[], r#"{"errorMessage":"Not Found"}"#);
    for _ in 0..3 {
        assert_eq!(look_up_book(&mut harness), Ok(FoundOrNotFound::NotFound));
    }
    assert_eq!(harness.store.spent_units(), 1);
    harness.advance(3_600_000);
    assert_eq!(look_up_book(&mut harness), Ok(FoundOrNotFound::NotFound));
    assert_eq!(harness.store.spent_units(), 2, "the absence has expired");
}

#[test]
fn a_refresh_bypasses_the_cache() {
    let mut harness = TestHarness::new();
    look_up_book(&mut harness).unwrap();
    let (service, mut caller) = (harness.service.clone(), harness.caller_context(Interactive));
    caller.refresh = true;
    let answer = harness.run_to_end(async move { service.look_up_book(&caller, isbn()).await });
    assert!(matches!(answer, Ok(FoundOrNotFound::Found(answer)) if !answer.cached));
    assert_eq!(harness.store.spent_units(), 2);
}

#[test]
fn a_refused_key_is_not_sent_again_until_it_changes() {
    for (status, detail) in [(401, ProviderRefusalReason::Key), (403, ProviderRefusalReason::Host)]
    {
        let mut harness = TestHarness::new();
        harness.answer_always(status, &[], r#"{"message":"Forbidden"}"#);
        let refused = Err(ProviderFailure::Refused { detail }.into());
        for _ in 0..5 {
            assert_eq!(look_up_book(&mut harness), refused);
        }
        harness.crash();
        harness.advance(3_600_000);
        assert_eq!(look_up_book(&mut harness), refused, "the refusal outlives a crash");
        assert_eq!(harness.paths().len(), 1);
        let status = harness.service.status(&harness.caller_context(Interactive));
        assert_eq!(status.quota.refused.as_deref(), Some(detail.to_string().as_str()));

        // Another plan has another host.
        harness.config.plan.base_url = "https://api2.isbndb.com/other".to_owned();
        harness.crash();
        harness.set_script(|_| {
            (1, Ok(test_response(200, &[], r#"{"book":{"title":"D","isbn13":"9780441172719"}}"#)))
        });
        assert!(
            matches!(look_up_book(&mut harness), Ok(FoundOrNotFound::Found(_))),
            "another key or plan is tried"
        );
        assert_eq!(
            harness.service.status(&harness.caller_context(Interactive)).quota.refused,
            None
        );
    }
}

#[test]
fn a_refused_key_is_tried_once_a_day() {
    let mut harness = TestHarness::new();
    harness.answer_always(403, &[], r#"{"message":"Forbidden"}"#);
    for _ in 0..3 {
        assert!(look_up_book(&mut harness).is_err());
    }
    harness.advance(MIDNIGHT - TEST_NOW_MS);
    for _ in 0..3 {
        assert!(look_up_book(&mut harness).is_err());
    }
    assert_eq!(harness.paths().len(), 2);
}

#[test]
fn without_a_key_nothing_is_sent() {
    let mut harness = TestHarness::new();
    let (service, mut caller) = (harness.service.clone(), harness.caller_context(Background));
    caller.key = Err(SecretError::Missing);
    let answer = harness.run_to_end(async move { service.look_up_book(&caller, isbn()).await });
    assert_eq!(answer, Err(ProviderFailure::NotConfigured.into()));
    assert_eq!((harness.paths().len(), harness.store.spent_units()), (0, 0));
}

#[test]
fn a_lost_key_is_an_outage_for_a_day() {
    const DAY_MS: u64 = 86_400_000;
    let mut harness = TestHarness::new();
    let without_key = |harness: &mut TestHarness, error| {
        let (service, caller) = (harness.service.clone(), harness.caller_context(Interactive));
        let caller =
            super::super::IsbndbRequestContext { key: Err(error), refresh: true, ..caller };
        harness.run_to_end(async move { service.look_up_book(&caller, isbn()).await })
    };
    assert_eq!(
        without_key(&mut harness, SecretError::Unreadable),
        Err(ProviderFailure::NotConfigured.into()),
        "no key was ever sent"
    );
    look_up_book(&mut harness).unwrap();
    harness.crash();
    // Without a configured provider an answer counts as complete: an outage must not look like
    // that.
    let out = without_key(&mut harness, SecretError::Unreadable);
    assert!(matches!(out, Err(Failure::Internal(InternalError::Unavailable { .. }))), "{out:?}");
    assert_eq!(
        without_key(&mut harness, SecretError::Missing),
        Err(ProviderFailure::NotConfigured.into()),
        "the binding is gone"
    );
    harness.advance(DAY_MS);
    assert_eq!(
        without_key(&mut harness, SecretError::Unreadable),
        Err(ProviderFailure::NotConfigured.into()),
        "the key was removed"
    );
    assert_eq!(harness.paths().len(), 1);
}

#[test]
fn a_spent_day_ends_at_midnight() {
    let mut harness = TestHarness::new();
    harness.answer_always(
        429,
        &[],
        r#"{"message":"Daily quota exceeded, please try again later"}"#,
    );
    let spent = Err(ProviderFailure::QuotaSpent { until_ms: MIDNIGHT }.into());
    assert_eq!(look_up_book(&mut harness), spent);
    harness.crash();
    assert_eq!(look_up_book(&mut harness), spent, "the spent day outlives a crash");
    assert_eq!(harness.paths().len(), 1);
    harness.set_script(|seen| (100, Ok(books_for(seen))));
    harness.advance(MIDNIGHT - TEST_NOW_MS);
    assert!(matches!(look_up_book(&mut harness), Ok(FoundOrNotFound::Found(_))));
}

#[test]
fn a_429_without_a_time_pauses_longer_each_time() {
    let mut harness = TestHarness::new();
    harness.answer_always(429, &[], r#"{"message":"Limit Exceeded"}"#);
    for pause_ms in [3_000, 6_000, 12_000] {
        let before = harness.paths().len();
        let answer = look_up_book(&mut harness);
        let Err(Failure::Provider(ProviderFailure::RateLimited { retry_after_ms, local: false })) =
            answer
        else {
            panic!("{answer:?}");
        };
        assert_eq!((retry_after_ms, harness.paths().len()), (pause_ms, before + 1));
        harness.advance(pause_ms);
    }
}

#[test]
fn the_header_s_daily_count_is_taken_over() {
    let mut harness = TestHarness::new();
    let header = [("ratelimit", "\"rate\";r=59;t=60, \"daily\";r=3;t=56312")];
    let body = format!(r#"{{"book":{{"title":"Dune","isbn13":"{DUNE_ISBN}"}}}}"#);
    harness.answer_always(200, &header, &body);
    look_up_book(&mut harness).unwrap();
    let quota = harness.service.quota_now(&harness.caller_context(Interactive));
    // A tenth of the units that the day is known to have is reserved.
    assert_eq!((quota.left, quota.left_background), (3, 2));
}
