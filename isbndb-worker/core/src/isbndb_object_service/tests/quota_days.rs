//! Whose units are counted, and in which day.

use std::cell::RefCell;
use std::rc::Rc;

use ports::IncomingResponse;
use proptest::prelude::*;
use runtime::call_outcome::{Failure, FoundOrNotFound, ProviderFailure};
use runtime::rate_limit::CallClass::{Background, Interactive};
use runtime::wire_types::isbndb_worker_answers::QuotaStatusAnswer;

use super::super::object_service_harness::{
    SentRequest, StoreFault, TEST_NOW_MS, TestHarness, books_for, test_response,
};
use super::slot_queue::numbered_isbn;
use crate::config::Config;

const MIDNIGHT: u64 = 1_795_305_600_000;
const MINUTE_MS: u64 = 60_000;
const BASIC_PLAN_BASE_URL_SETTING: (&str, &str) = ("ISBNDB_BASE_URL", "https://api2.isbndb.com");

fn start_interactive_lookup(harness: &mut TestHarness, n: u32) {
    let (service, caller) = (harness.service.clone(), harness.caller_context(Interactive));
    harness.start_concurrent_task(
        async move { service.look_up_book(&caller, numbered_isbn(n)).await },
    );
}

fn current_quota(harness: &mut TestHarness) -> QuotaStatusAnswer {
    harness.service.quota_now(&harness.caller_context(Interactive))
}

/// `/quota`, which may call the provider.
fn fetch_quota_status(harness: &mut TestHarness) -> QuotaStatusAnswer {
    let (service, caller) = (harness.service.clone(), harness.caller_context(Interactive));
    harness.run_to_end(async move { service.refresh_and_read_quota(&caller).await })
}

/// A correct answer with the provider's report of the day.
fn saying(seen: &SentRequest, left: u32, reset_secs: u64) -> IncomingResponse {
    let mut answer = books_for(seen);
    answer.headers.set("ratelimit", format!("\"daily\";r={left};t={reset_secs}"));
    answer
}

fn key_usage(total: u32, spent: u32) -> IncomingResponse {
    let left = total - spent;
    let body = format!(r#"{{"plan_limit":{{"total":{total},"spent":{spent},"left":{left}}}}}"#);
    test_response(200, &[], &body)
}

#[test]
fn an_answer_about_the_old_day_does_not_spend_the_new_one() {
    let mut harness = TestHarness::new();
    harness.advance(MIDNIGHT - TEST_NOW_MS - 400);
    harness.set_script(|seen| (600, Ok(saying(seen, 3, 1))));
    start_interactive_lookup(&mut harness, 1);
    harness.advance(1_000);
    // The unit of that call counts in both days.
    assert_eq!(current_quota(&mut harness).left, 999);
}

#[test]
fn a_provider_whose_clock_is_behind_does_not_spend_the_new_day() {
    let mut harness = TestHarness::new();
    harness.advance(MIDNIGHT - TEST_NOW_MS + MINUTE_MS);
    harness.set_script(|seen| (100, Ok(saying(seen, 3, 120))));
    start_interactive_lookup(&mut harness, 1);
    harness.advance(1_000);
    assert_eq!(current_quota(&mut harness).left, 999);
    harness.set_script(|seen| (100, Ok(saying(seen, 700, 86_300))));
    start_interactive_lookup(&mut harness, 2);
    harness.advance(2_000);
    assert_eq!(current_quota(&mut harness).left, 700, "the report of the new day counts");
}

#[test]
fn a_provider_whose_clock_is_ahead_does_not_double_the_plan() {
    let mut harness =
        TestHarness::with_vars(&[("ISBNDB_PLAN", "premium"), BASIC_PLAN_BASE_URL_SETTING]);
    let (service, caller) = (harness.service.clone(), harness.caller_context(Background));
    let many = (0..3_000).map(numbered_isbn).collect();
    harness.run_to_end(async move { service.bulk_lookup(&caller, many, Vec::new()).await });
    harness.advance(MIDNIGHT - harness.host.current_time_ms() - MINUTE_MS);
    harness.set_script(|seen| (100, Ok(saying(seen, 4_999, 86_400))));
    start_interactive_lookup(&mut harness, 5_000);
    harness.advance(1_000);
    let quota = current_quota(&mut harness);
    assert_eq!((quota.daily_limit, quota.spent), (5_000, 3_001));
}

#[test]
fn a_late_answer_does_not_enlarge_the_plan() {
    let mut harness =
        TestHarness::with_vars(&[("ISBNDB_PLAN", "premium"), BASIC_PLAN_BASE_URL_SETTING]);
    harness.set_script(|seen| match seen.isbns.len() {
        0 => (5_000, Ok(saying(seen, 4_999, 3_600 * 17))),
        // The report of the bulk answer does not count the first call yet.
        _ => (500, Ok(saying(seen, 4_000, 3_600 * 17))),
    });
    start_interactive_lookup(&mut harness, 5_000);
    let (service, caller) = (harness.service.clone(), harness.caller_context(Background));
    let many = (0..1_000).map(numbered_isbn).collect();
    harness
        .start_concurrent_task(async move { service.bulk_lookup(&caller, many, Vec::new()).await });
    harness.advance(6_000);
    let quota = current_quota(&mut harness);
    assert_eq!((quota.daily_limit, quota.left), (5_000, 3_999));
}

#[test]
fn usage_is_not_requested_right_after_midnight() {
    let mut harness = TestHarness::new();
    harness.advance(MIDNIGHT - TEST_NOW_MS + 1_000);
    harness.set_script(|_| (100, Ok(key_usage(1_000, 1_000))));
    assert_eq!(fetch_quota_status(&mut harness).left, 1_000);
    assert_eq!(harness.paths().len(), 0, "it may be about the old day");
    harness.advance(10 * MINUTE_MS);
    harness.set_script(|_| (100, Ok(key_usage(1_000, 400))));
    assert_eq!(fetch_quota_status(&mut harness).left, 600);
    assert_eq!(fetch_quota_status(&mut harness).left, 600);
    assert_eq!(harness.paths(), ["/key"]);
}

#[test]
fn an_unsent_usage_call_is_tried_again() {
    let mut harness = TestHarness::new();
    harness.answer_always(429, &[("retry-after", "60")], r#"{"message":"Limit Exceeded"}"#);
    start_interactive_lookup(&mut harness, 1);
    harness.advance(1_000);
    fetch_quota_status(&mut harness);
    assert_eq!(harness.paths().len(), 1, "calls pause for a minute");
    harness.advance(MINUTE_MS);
    harness.set_script(|_| (100, Ok(key_usage(1_000, 400))));
    assert_eq!(fetch_quota_status(&mut harness).left, 600);
}

#[test]
fn a_failing_storage_does_not_spend_the_day() {
    for fault in [StoreFault::Lost, StoreFault::AnswerLost] {
        let mut harness = TestHarness::new();
        harness.store.inject_fault(fault);
        for n in 0..20 {
            start_interactive_lookup(&mut harness, n);
            harness.advance(2_000);
        }
        assert_eq!(harness.paths().len(), 0);
        assert_eq!(current_quota(&mut harness).spent, 0, "{fault:?}");
        harness.store.inject_fault(StoreFault::None);
        start_interactive_lookup(&mut harness, 1);
        harness.advance(2_000);
        assert_eq!((harness.paths().len(), harness.store.spent_units()), (1, 1), "{fault:?}");
    }
}

#[test]
fn units_of_the_other_worker_spend_no_own_share() {
    for vars in [("PACE_SHARE", "0.2"), ("ISBNDB_DAILY_QUOTA", "200")] {
        let mut harness = TestHarness::with_vars(&[vars]);
        // The other ISBNdb Worker has spent 499 of the key's 1,000.
        harness.set_script(|seen| (100, Ok(saying(seen, 500, 3_600 * 17))));
        start_interactive_lookup(&mut harness, 1);
        harness.advance(1_000);
        let now = current_quota(&mut harness);
        assert_eq!((now.daily_limit, now.spent, now.left), (200, 1, 199), "{vars:?}");
        harness.crash();
        assert_eq!(current_quota(&mut harness).left, 199, "{vars:?}");
        // The units that the key has left are a bound too.
        harness.advance(10_000);
        harness.set_script(|seen| (100, Ok(saying(seen, 20, 3_600 * 17))));
        start_interactive_lookup(&mut harness, 2);
        harness.advance(1_000);
        assert_eq!(current_quota(&mut harness).left, 20, "{vars:?}");
    }
}

#[test]
fn units_of_a_granted_slot_stay_counted() {
    let mut harness = TestHarness::new();
    // Another program spent 499. The second slot is granted after 1,033 ms, for 1,133.
    harness.set_script(|seen| (1_080, Ok(saying(seen, 500, 3_600 * 17))));
    start_interactive_lookup(&mut harness, 1);
    start_interactive_lookup(&mut harness, 2);
    harness.advance(1_100);
    assert_eq!(harness.paths().len(), 1);
    assert_eq!(current_quota(&mut harness).left, 499);
}

#[test]
fn units_in_flight_are_not_counted_twice() {
    let mut harness = TestHarness::new();
    let spent = Rc::new(RefCell::new(0));
    let counted = Rc::clone(&spent);
    harness.set_script(move |seen| {
        *counted.borrow_mut() += seen.quota_units();
        let latency_ms = if seen.isbns.is_empty() { 100 } else { 4_000 };
        (latency_ms, Ok(saying(seen, 1_000 - *counted.borrow(), 3_600 * 17)))
    });
    let (service, caller) = (harness.service.clone(), harness.caller_context(Background));
    let many = (0..100).map(numbered_isbn).collect();
    harness
        .start_concurrent_task(async move { service.bulk_lookup(&caller, many, Vec::new()).await });
    start_interactive_lookup(&mut harness, 500);
    harness.advance(2_000);
    // The provider may count the bulk call when it arrives, or when it is answered.
    assert_eq!(current_quota(&mut harness).left, 799);
    harness.advance(5_000);
    start_interactive_lookup(&mut harness, 501);
    harness.advance(1_000);
    assert_eq!((current_quota(&mut harness).left, *spent.borrow()), (898, 102));
}

#[test]
fn a_report_about_another_plan_is_discarded() {
    let premium = || {
        let vars = [("ISBNDB_PLAN", "premium"), BASIC_PLAN_BASE_URL_SETTING];
        Config::read(&runtime::config::Vars::new(|name| {
            let found = vars.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        }))
        .unwrap()
    };
    let mut harness = TestHarness::new();
    harness.set_script(|_| (100, Ok(key_usage(1_000, 10))));
    assert_eq!(fetch_quota_status(&mut harness).daily_limit, 1_000);
    harness.answer_always(429, &[], r#"{"message":"Daily quota exceeded"}"#);
    start_interactive_lookup(&mut harness, 1);
    harness.advance(5_000);
    harness.crash();
    assert_eq!(current_quota(&mut harness).left, 0, "the same plan keeps the spent day");
    let basic = std::mem::replace(&mut harness.config, premium());
    harness.crash();
    let now = current_quota(&mut harness);
    assert_eq!((now.daily_limit, now.left), (5_000, 4_989), "the larger plan counts at once");
    // Back to the first plan: the header states what is left, not how large the plan is.
    harness.set_script(|_| (100, Ok(key_usage(5_000, 12))));
    harness.advance(7 * 3_600_000);
    assert_eq!(fetch_quota_status(&mut harness).daily_limit, 5_000);
    harness.config = basic;
    harness.crash();
    harness.advance(MIDNIGHT - harness.host.current_time_ms() + 20 * MINUTE_MS);
    harness.set_script(|seen| (100, Ok(saying(seen, 999, 3_600 * 23))));
    start_interactive_lookup(&mut harness, 2);
    harness.advance(1_000);
    let now = current_quota(&mut harness);
    assert_eq!((now.daily_limit, now.left, now.left_background), (1_000, 999, 899));
}

#[test]
fn a_bulk_call_that_no_longer_fits_is_made_smaller() {
    let mut harness =
        TestHarness::with_vars(&[("ISBNDB_DAILY_QUOTA", "51"), ("INTERACTIVE_SHARE", "0")]);
    start_interactive_lookup(&mut harness, 900);
    start_interactive_lookup(&mut harness, 901);
    let (service, caller) = (harness.service.clone(), harness.caller_context(Background));
    let many = (0..60).map(numbered_isbn).collect();
    let bulk = harness
        .start_concurrent_task(async move { service.bulk_lookup(&caller, many, Vec::new()).await });
    harness.advance(20_000);
    let answer = bulk.take_result().unwrap();
    // Fifty were left when the call was queued, and 49 at its turn.
    assert_eq!((answer.found.len(), answer.failed.len()), (49, 11));
    assert!(matches!(
        answer.failed[0].failure,
        Failure::Provider(ProviderFailure::QuotaSpent { .. })
    ));
    assert_eq!(harness.store.spent_units(), 51);
}

#[test]
fn refusals_of_one_burst_are_one_pause() {
    let mut harness =
        TestHarness::with_vars(&[("ISBNDB_PLAN", "enterprise"), BASIC_PLAN_BASE_URL_SETTING]);
    harness.set_script(|_| (1_000, Ok(test_response(429, &[], r#"{"message":"Limit Exceeded"}"#))));
    for n in 0..5 {
        start_interactive_lookup(&mut harness, n);
    }
    harness.advance(2_000);
    assert_eq!(harness.paths().len(), 5);
    harness.set_script(|seen| (100, Ok(books_for(seen))));
    harness.advance(2_500);
    let (service, caller) = (harness.service.clone(), harness.caller_context(Interactive));
    let answer =
        harness.run_to_end(async move { service.look_up_book(&caller, numbered_isbn(1)).await });
    assert!(matches!(answer, Ok(FoundOrNotFound::Found(_))), "{answer:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if std::env::var_os("SOAK").is_some() { 2_000 } else { 48 }))]

    /// From half an hour before midnight to an hour after, with a provider whose clock is ahead or
    /// behind: the provider never refuses a unit that we counted as left, and units of the new day
    /// are lost only while the two days differ.
    #[test]
    fn a_wrong_provider_clock_loses_no_day(
        skew_ms in -300_000_i64..300_000,
        daily in 30_u32..80,
        latency_ms in 50_u64..5_000,
        waits_ms in proptest::collection::vec(0_u64..120_000, 40..90),
        crash_at in 0_u32..90,
    ) {
        const DAY_MS: u64 = 86_400_000;
        let daily_text = daily.to_string();
        let mut harness = TestHarness::with_vars(&[("ISBNDB_DAILY_QUOTA", &daily_text), ("BREAKER_FAILURES", "0")]);
        let log: Rc<RefCell<Vec<u64>>> = Rc::default();
        let own_log = Rc::clone(&log);
        let there = move |at_ms: u64| at_ms.saturating_add_signed(skew_ms);
        harness.set_script(move |seen| {
            let (now_ms, mut log) = (there(seen.at_ms), own_log.borrow_mut());
            let spent = log.iter().filter(|at| **at / DAY_MS == now_ms / DAY_MS).count();
            let reset_secs = (DAY_MS - now_ms % DAY_MS) / 1_000;
            let mut answer = books_for(seen);
            let left = daily.checked_sub(u32::try_from(spent).unwrap() + seen.quota_units());
            match left {
                None => answer = test_response(429, &[], r#"{"message":"Daily quota exceeded"}"#),
                Some(_) => log.extend((0..seen.quota_units()).map(|_| now_ms)),
            }
            let left = left.unwrap_or(0);
            answer.headers.set("ratelimit", format!("\"daily\";r={left};t={reset_secs}"));
            // A bulk call is slow: single ones are answered while it is on its way.
            (if seen.isbns.is_empty() { latency_ms / 8 } else { latency_ms }, Ok(answer))
        });
        harness.advance(MIDNIGHT - TEST_NOW_MS - 30 * MINUTE_MS);
        for (n, wait_ms) in (0_u32..).zip(waits_ms) {
            if n == crash_at {
                harness.crash();
            }
            if n % 7 == 3 {
                let (service, caller) = (harness.service.clone(), harness.caller_context(Background));
                let many = (1_000 + n * 5..1_005 + n * 5).map(numbered_isbn).collect();
                harness.start_concurrent_task(async move { service.bulk_lookup(&caller, many, Vec::new()).await });
            }
            start_interactive_lookup(&mut harness, n);
            harness.advance(wait_ms);
        }
        let late_ms = MIDNIGHT + 20 * MINUTE_MS;
        harness.advance(late_ms.saturating_sub(harness.host.current_time_ms()) + 10_000);
        let now_ms = there(harness.host.current_time_ms());
        let log = log.borrow();
        let today = log.iter().filter(|at| **at / DAY_MS == now_ms / DAY_MS).count();
        let at_edge = skew_ms.unsigned_abs() + 2_000 + latency_ms;
        let between = log.iter().filter(|at| there(MIDNIGHT).abs_diff(**at) <= at_edge).count();
        let left = current_quota(&mut harness).left as usize;
        let there_left = daily as usize - today;
        prop_assert!(left <= there_left, "{left} here, {there_left} there");
        prop_assert!(left + between + 6 >= there_left, "{left} here, {there_left} there, {between} between");
    }
}
