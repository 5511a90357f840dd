//! Crashes and a failing storage: no count is lost, no call is sent uncounted. (The fake provider
//! checks at every call that the storage has counted at least as many units.)

use ports::http_types::{Method, Request};
use ports::structured_log::LogLevel;
use proptest::prelude::*;
use runtime::call_outcome::{Failure, FoundOrNotFound, InternalError, ProviderFailure};
use runtime::rate_limit::CallClass::{Background, Interactive};

use super::super::object_service_harness::{
    SentRequest, StoreFault, TEST_NOW_MS, TestHarness, books_for, test_response,
};
use super::slot_queue::numbered_isbn;

#[test]
fn a_crash_at_any_moment_loses_no_count_and_breaks_no_pace() {
    for step_ms in (0..4_000).step_by(97) {
        let mut harness = TestHarness::new();
        harness.set_script(|seen| (700, Ok(books_for(seen))));
        for n in 0..10 {
            let (service, caller) = (harness.service.clone(), harness.caller_context(Background));
            harness.start_concurrent_task(async move {
                service.look_up_book(&caller, numbered_isbn(n)).await
            });
        }
        harness.advance(step_ms);
        harness.crash();
        for n in 0..10 {
            let (service, caller) = (harness.service.clone(), harness.caller_context(Background));
            harness.start_concurrent_task(async move {
                service.look_up_book(&caller, numbered_isbn(n)).await
            });
        }
        harness.advance(30_000);
        let seen = harness.provider.seen.borrow();
        let sent = u32::try_from(seen.len()).unwrap();
        // At most the one slot at the moment of the crash is counted but was not used.
        assert!((sent..=sent + 1).contains(&harness.store.spent_units()), "at {step_ms}");
        for pair in seen.windows(2) {
            assert!(pair[1].at_ms >= pair[0].at_ms + 1_030, "at {step_ms}");
        }
        let answered = (0..10)
            .filter(|n| harness.store.stored_row(&format!("b:{}", numbered_isbn(*n))).is_some());
        assert_eq!(answered.count(), 10, "at {step_ms}");
    }
}

#[test]
fn without_a_stored_count_nothing_is_sent() {
    for fault in [StoreFault::Lost, StoreFault::AnswerLost] {
        let mut harness = TestHarness::new();
        harness.store.inject_fault(fault);
        let (service, caller) = (harness.service.clone(), harness.caller_context(Interactive));
        let answer = harness
            .run_to_end(async move { service.look_up_book(&caller, numbered_isbn(1)).await });
        assert!(matches!(answer, Err(Failure::Internal(InternalError::Fault { .. }))), "{fault:?}");
        assert_eq!(harness.paths().len(), 0, "{fault:?}");
        harness.store.inject_fault(StoreFault::None);
        harness.advance(2_000);
        let (service, caller) = (harness.service.clone(), harness.caller_context(Interactive));
        let answer = harness
            .run_to_end(async move { service.look_up_book(&caller, numbered_isbn(1)).await });
        assert!(matches!(answer, Ok(FoundOrNotFound::Found(_))), "{fault:?}");
        assert_eq!((harness.paths().len(), harness.store.spent_units()), (1, 1), "{fault:?}");
    }
}

#[test]
fn a_storage_error_is_in_the_log_and_not_in_the_answer() {
    let mut harness = TestHarness::new();
    harness.store.inject_fault(StoreFault::Lost);
    let (service, caller) = (harness.service.clone(), harness.caller_context(Interactive));
    let trace_id = caller.context.trace.trace_id();
    let request = Request::new(Method::Get, &format!("/book/{}", numbered_isbn(1)));
    let answer = harness.run_to_end(async move { service.handle_request(&request, &caller).await });
    assert_eq!(answer.status, 500);
    let lines = harness.host.log_lines();
    let reported: Vec<_> = lines.iter().filter(|line| line.event == "internal").collect();
    let [line] = reported.as_slice() else { panic!("{reported:?}") };
    assert_eq!((line.level, &line.trace_id), (LogLevel::Error, &trace_id));
    assert_eq!(line.route.as_deref(), Some("/book/{isbn}"));
    let reason = line.message.strip_prefix("isbndb-worker: ").unwrap();
    assert!(!reason.is_empty());
    assert!(!String::from_utf8(answer.body).unwrap().contains(reason));
}

#[test]
fn an_answer_that_cannot_be_cached_is_served() {
    let mut harness = TestHarness::new();
    let store = harness.store.clone();
    harness.set_script(move |seen| {
        store.inject_fault(StoreFault::Lost);
        (100, Ok(books_for(seen)))
    });
    let (service, caller) = (harness.service.clone(), harness.caller_context(Interactive));
    let answer =
        harness.run_to_end(async move { service.look_up_book(&caller, numbered_isbn(1)).await });
    assert!(matches!(answer, Ok(FoundOrNotFound::Found(_))));
}

#[test]
fn a_cache_that_cannot_be_read_is_a_miss() {
    let mut harness = TestHarness::new();
    harness.store.inject_fault(StoreFault::Unreadable);
    let (service, caller) = (harness.service.clone(), harness.caller_context(Interactive));
    let answer =
        harness.run_to_end(async move { service.look_up_book(&caller, numbered_isbn(1)).await });
    assert!(matches!(answer, Ok(FoundOrNotFound::Found(_))));
    assert!(!harness.service.status(&harness.caller_context(Interactive)).storage_readable);
}

#[test]
fn a_state_that_cannot_be_parsed_counts_as_a_spent_day() {
    let mut harness = TestHarness::new();
    harness.store.set_state("{\"limiter\": 7");
    harness.crash();
    let (service, caller) = (harness.service.clone(), harness.caller_context(Interactive));
    let answer =
        harness.run_to_end(async move { service.look_up_book(&caller, numbered_isbn(1)).await });
    assert!(matches!(answer, Err(Failure::Provider(ProviderFailure::QuotaSpent { .. }))));
}

#[test]
fn the_first_version_of_the_state_stays_readable() {
    let mut harness = TestHarness::new();
    harness.store.set_state(
        r#"{"limiter":{"pace":{"next_at_ms":1795244401030,"paused_until_ms":0},
            "daily_quota":{"day_began_at_ms":1795219200000,"day_ends_at_ms":1795305600000,"spent":41,
            "counted_in_both_days":0,"calls":41,"blocked_until_ms":0,"reconciled_at_ms":0}},
            "refusal":null,"pauses":0,"rows":{"day_ends_at_ms":1795305600000,"rows":7},
            "swept_at_ms":0,"usage_asked_at_ms":0}"#,
    );
    harness.crash();
    let quota = harness.service.quota_now(&harness.caller_context(Interactive));
    assert_eq!((quota.spent, quota.left), (41, 959));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if std::env::var_os("SOAK").is_some() { 2_000 } else { 24 }))]

    /// Half a day of failures, slow answers, crashes and a failing storage: the provider's own
    /// count never passes the quota, nor its rate.
    #[test]
    fn a_simulated_day_never_passes_the_quota(
        quota in 5_u32..120,
        steps in proptest::collection::vec((0_u64..400_000, 0_u32..40, 0_u8..10), 1..150),
    ) {
        let quota_text = quota.to_string();
        let mut harness = TestHarness::with_vars(&[("ISBNDB_DAILY_QUOTA", &quota_text)]);
        harness.set_script(|seen| {
            let dice = seen.at_ms % 11;
            let answer = match dice {
                0 => test_response(500, &[], "{}"),
                1 => test_response(404, &[], r#"{"errorMessage":"Not Found"}"#),
                2 => test_response(200, &[], "{"),
                3 => test_response(429, &[], r#"{"message":"Limit Exceeded"}"#),
                _ => books_for(seen),
            };
            (if dice == 4 { u64::MAX } else { dice * 300 }, Ok(answer))
        });
        for (wait_ms, n, detail) in steps {
            harness.advance(wait_ms);
            match detail {
                0 => harness.crash(),
                1 => harness.store.inject_fault(StoreFault::Lost),
                2 => harness.store.inject_fault(StoreFault::AnswerLost),
                3 | 4 => {
                    let (service, caller) = (harness.service.clone(), harness.caller_context(Background));
                    let isbns = (n..n + 9).map(numbered_isbn).collect();
                    harness.start_concurrent_task(async move { service.bulk_lookup(&caller, isbns, Vec::new()).await });
                }
                _ => {
                    harness.store.inject_fault(StoreFault::None);
                    let class = if detail == 5 { Background } else { Interactive };
                    let (service, caller) = (harness.service.clone(), harness.caller_context(class));
                    harness.start_concurrent_task(async move { service.look_up_book(&caller, numbered_isbn(n)).await });
                }
            }
        }
        harness.advance(60_000);
        let seen = harness.provider.seen.borrow();
        let first_day = TEST_NOW_MS / 86_400_000;
        for day in first_day..first_day + 3 {
            let units: u32 =
                seen.iter().filter(|s| s.at_ms / 86_400_000 == day).map(SentRequest::quota_units).sum();
            prop_assert!(units <= quota, "{units} of {quota}");
        }
        for pair in seen.windows(2) {
            prop_assert!(pair[1].at_ms >= pair[0].at_ms + 1_030);
        }
    }
}
