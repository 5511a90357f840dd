//! The configured plan and the key disagree: the provider's report counts, and the mismatch is
//! named.

use ports::IncomingResponse;
use ports::http_types::{Method, Request};
use runtime::rate_limit::CallClass::{Background, Interactive};
use runtime::time::HOUR_MS;
use runtime::wire_types::isbndb_worker_answers::QuotaStatusAnswer;

use super::super::object_service_harness::{TestHarness, books_for, test_response};
use super::slot_queue::numbered_isbn;
use crate::isbndb_api::subscription_plan::{IsbndbPlanLimits, IsbndbPlanName};

const BASIC_PLAN_BASE_URL_SETTING: (&str, &str) = ("ISBNDB_BASE_URL", "https://api2.isbndb.com");

/// Whether an account states its units in headers, in `GET /key`, or in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Headers,
    Key,
    Both,
}

/// An account with its own limit, of which other programs have spent some units.
fn shared_quota_account(harness: &TestHarness, total: u32, others: u32, says: Says) {
    let sent = std::rc::Rc::new(std::cell::Cell::new(others));
    harness.set_script(move |seen| {
        sent.set(sent.get() + seen.quota_units());
        let left = total.saturating_sub(sent.get());
        let mut answer: IncomingResponse = match seen.path.as_str() {
            "/key" if says == Says::Headers => test_response(500, &[], "{}"),
            "/key" => {
                let limit = format!(r#"{{"total":{total},"spent":{},"left":{left}}}"#, sent.get());
                test_response(200, &[], &format!(r#"{{"plan_limit":{limit}}}"#))
            }
            _ => books_for(seen),
        };
        if says != Says::Key {
            answer.headers.set("ratelimit", format!("\"daily\";r={left};t=61200"));
        }
        (100, Ok(answer))
    });
}

fn fetch_quota_status(harness: &mut TestHarness) -> QuotaStatusAnswer {
    let (service, caller) = (harness.service.clone(), harness.caller_context(Interactive));
    let request = Request::new(Method::Get, "/quota");
    let answer = harness.run_to_end(async move { service.handle_request(&request, &caller).await });
    harness.advance(2_000);
    serde_json::from_slice(&answer.body).unwrap()
}

fn ask_book(harness: &mut TestHarness, n: u32) -> bool {
    let (service, caller) = (harness.service.clone(), harness.caller_context(Background));
    let request = Request::new(Method::Get, &format!("/book/{}", numbered_isbn(n)));
    let answer = harness.run_to_end(async move { service.handle_request(&request, &caller).await });
    harness.advance(2_000);
    answer.status == 200
}

fn warnings(harness: &TestHarness) -> Vec<String> {
    let lines = harness.host.log_lines();
    let named = lines.iter().filter(|line| line.event == "plan_mismatch");
    named.map(|line| line.message.clone()).collect()
}

#[test]
fn every_plan_name_works_with_every_key_limit() {
    let names = IsbndbPlanName::ALL.map(|plan| Some(plan.as_str())).into_iter().chain([None]);
    for name in names {
        let configured = IsbndbPlanLimits::with_published_limits(
            IsbndbPlanName::parse(name.unwrap_or("basic")).unwrap(),
        );
        let limits = IsbndbPlanName::ALL
            .map(|plan| IsbndbPlanLimits::with_published_limits(plan).daily_units);
        for total in limits.into_iter().chain([700, 7_500]) {
            for says in [Says::Headers, Says::Key, Says::Both] {
                let case = format!("{name:?} {total} {says:?}");
                let vars: Vec<_> = name.map(|n| ("ISBNDB_PLAN", n)).into_iter().collect();
                let mut harness =
                    TestHarness::with_vars(&[&vars[..], &[BASIC_PLAN_BASE_URL_SETTING]].concat());
                shared_quota_account(&harness, total, 100, says);
                fetch_quota_status(&mut harness);
                assert!(ask_book(&mut harness, 1), "{case}");
                fetch_quota_status(&mut harness);
                let quota = fetch_quota_status(&mut harness);
                let sent: u32 =
                    harness.provider.seen.borrow().iter().map(|s| s.quota_units()).sum();
                assert_eq!(quota.left, total - 100 - sent, "{case}");
                assert!(quota.left_background >= quota.left - total.div_ceil(10), "{case}");
                if says != Says::Headers {
                    assert_eq!(quota.daily_limit, total, "{case}");
                    let differs = total != configured.daily_units;
                    assert_eq!(quota.mismatch.is_some(), differs, "{case}");
                    assert_eq!(warnings(&harness).len(), usize::from(differs), "{case}");
                }
                // The numbers stay for the rest of the day and after a restart.
                harness.advance(HOUR_MS);
                harness.crash();
                assert!(ask_book(&mut harness, 2), "{case}");
                let after = fetch_quota_status(&mut harness);
                let sent: u32 =
                    harness.provider.seen.borrow().iter().map(|s| s.quota_units()).sum();
                assert_eq!(after.left, total - 100 - sent, "{case}");
            }
        }
    }
}

#[test]
fn a_smaller_key_than_the_plan_is_named_with_the_remedy() {
    let mut harness =
        TestHarness::with_vars(&[("ISBNDB_PLAN", "enterprise"), BASIC_PLAN_BASE_URL_SETTING]);
    shared_quota_account(&harness, 1_000, 99, Says::Both);
    assert!(ask_book(&mut harness, 1));
    let quota = fetch_quota_status(&mut harness);
    assert_eq!((quota.left, quota.left_background, quota.daily_limit), (899, 799, 1_000));
    let detail = "ISBNDB_PLAN is enterprise (50000 units a day), but ISBNdb gives this key 1000 units \
                a day: set ISBNDB_PLAN=basic, or ISBNDB_DAILY_QUOTA=1000 if enterprise is right";
    assert_eq!(quota.mismatch.as_deref(), Some(detail));
    let status = harness.service.status(&harness.caller_context(Interactive));
    assert!(status.allows_less);
    assert_eq!(warnings(&harness).last().map(String::as_str), Some(detail));
    let named = warnings(&harness).len();
    for n in 2..10 {
        assert!(ask_book(&mut harness, n));
    }
    harness.crash();
    assert!(ask_book(&mut harness, 10));
    assert_eq!(warnings(&harness).len(), named, "the mismatch is logged once");
}

#[test]
fn a_larger_key_than_the_plan_is_used_and_named() {
    let mut harness = TestHarness::with_vars(&[BASIC_PLAN_BASE_URL_SETTING]);
    shared_quota_account(&harness, 50_000, 0, Says::Both);
    assert!(ask_book(&mut harness, 1));
    let quota = fetch_quota_status(&mut harness);
    assert_eq!((quota.left, quota.daily_limit), (49_998, 50_000));
    assert!(quota.mismatch.unwrap().contains("set ISBNDB_PLAN=enterprise"));
    assert!(!harness.service.status(&harness.caller_context(Interactive)).allows_less);
}

#[test]
fn a_larger_configured_quota_is_named() {
    let mut harness =
        TestHarness::with_vars(&[("ISBNDB_DAILY_QUOTA", "50000"), BASIC_PLAN_BASE_URL_SETTING]);
    shared_quota_account(&harness, 1_000, 99, Says::Both);
    assert!(ask_book(&mut harness, 1));
    let quota = fetch_quota_status(&mut harness);
    assert_eq!((quota.left, quota.left_background), (899, 799));
    assert!(quota.mismatch.unwrap().contains("lower it to 1000"));
    // A smaller configured quota is intended.
    let mut harness =
        TestHarness::with_vars(&[("ISBNDB_DAILY_QUOTA", "200"), BASIC_PLAN_BASE_URL_SETTING]);
    shared_quota_account(&harness, 1_000, 99, Says::Both);
    assert!(ask_book(&mut harness, 1));
    assert_eq!(fetch_quota_status(&mut harness).mismatch, None);
}

#[test]
fn headers_alone_leave_units_for_warming() {
    let mut harness =
        TestHarness::with_vars(&[("ISBNDB_PLAN", "enterprise"), BASIC_PLAN_BASE_URL_SETTING]);
    shared_quota_account(&harness, 1_000, 99, Says::Headers);
    assert!(ask_book(&mut harness, 1));
    let quota = fetch_quota_status(&mut harness);
    assert_eq!((quota.left, quota.left_background, quota.daily_limit), (899, 808, 901));
    let detail = quota.mismatch.unwrap();
    assert!(detail.contains("899 are left today") && detail.contains("ISBNDB_PLAN"), "{detail}");
    // The variable is corrected: units that only the larger plan had do not count as spent.
    harness.config = TestHarness::with_vars(&[BASIC_PLAN_BASE_URL_SETTING]).config;
    harness.crash();
    assert_eq!(fetch_quota_status(&mut harness).left, 899);
}

#[test]
fn a_header_takes_precedence_over_the_account_page() {
    let mut harness =
        TestHarness::with_vars(&[("ISBNDB_PLAN", "enterprise"), BASIC_PLAN_BASE_URL_SETTING]);
    harness.set_script(|seen| {
        let body = r#"{"plan_limit":{"total":1000,"spent":1000,"left":0}}"#;
        let answer =
            if seen.path == "/key" { test_response(200, &[], body) } else { books_for(seen) };
        let mut answer = answer;
        answer.headers.set("ratelimit", "\"daily\";r=900;t=61200");
        (100, Ok(answer))
    });
    assert!(ask_book(&mut harness, 1));
    let quota = fetch_quota_status(&mut harness);
    assert_eq!((quota.left, quota.daily_limit), (900, 1_000));
    assert!(quota.left_background > 0);
}

#[test]
fn of_a_contradicting_usage_page_the_units_left_count() {
    for (body, left) in [
        (r#"{"plan_limit":{"total":1000,"spent":1000,"left":900}}"#, 900),
        (r#"{"plan_limit":{"total":500,"spent":0,"left":900}}"#, 900),
        (r#"{"plan_limit":{"total":1000,"spent":100}}"#, 900),
        (r#"{"plan_limit":{"left":900}}"#, 900),
        (r#"{"plan_limit":{"total":0,"spent":0,"left":900}}"#, 900),
    ] {
        for plan in ["basic", "enterprise"] {
            let mut harness =
                TestHarness::with_vars(&[("ISBNDB_PLAN", plan), BASIC_PLAN_BASE_URL_SETTING]);
            harness.answer_always(200, &[], body);
            let quota = fetch_quota_status(&mut harness);
            assert_eq!(quota.left, left, "{plan} {body}");
            assert!(quota.left_background > 0, "{plan} {body}");
        }
    }
}

/// A key with a slower pace than the plan: the calls in so many ms, and the number of refusals.
fn ask_for_minutes(
    harness: &mut TestHarness,
    least_ms: u64,
    policy: Option<&'static str>,
) -> (u32, u32) {
    let last = std::rc::Rc::new(std::cell::Cell::new(0));
    let refused = std::rc::Rc::new(std::cell::Cell::new(0));
    let counted = refused.clone();
    harness.set_script(move |seen| {
        let fast = seen.at_ms < last.get() + least_ms;
        let mut answer = books_for(seen);
        if fast {
            counted.set(counted.get() + 1);
            answer = test_response(429, &[], r#"{"message":"Limit Exceeded"}"#);
        } else {
            last.set(seen.at_ms);
        }
        if let Some(policy) = policy {
            answer.headers.set("ratelimit-policy", policy);
        }
        (50, Ok(answer))
    });
    for n in 0..600 {
        let (service, caller) = (harness.service.clone(), harness.caller_context(Background));
        harness.start_concurrent_task(async move {
            service.look_up_book(&caller, numbered_isbn(n)).await
        });
        harness.advance(250);
    }
    (u32::try_from(harness.paths().len()).unwrap(), refused.get())
}

#[test]
fn a_pace_that_the_key_does_not_allow_is_reduced() {
    for policy in [None, Some("\"rate\";q=60;w=60")] {
        let mut harness =
            TestHarness::with_vars(&[("ISBNDB_PLAN", "enterprise"), BASIC_PLAN_BASE_URL_SETTING]);
        let (sent, refused) = ask_for_minutes(&mut harness, 1_000, policy);
        assert!(sent > 60, "{sent} {policy:?}");
        assert!(refused < if policy.is_some() { 1 } else { 16 }, "{refused} of {sent} {policy:?}");
        let quota = harness.service.quota_now(&harness.caller_context(Interactive));
        assert!((1_000..1_100).contains(&quota.pace_ms), "{}", quota.pace_ms);
        let detail = quota.mismatch.unwrap();
        assert!(
            detail.contains("a call every 103 ms") && detail.contains("ISBNDB_PLAN"),
            "{detail}"
        );
        harness.crash();
        let again = harness.service.quota_now(&harness.caller_context(Interactive));
        assert_eq!(again.pace_ms, quota.pace_ms, "remembered");
        if policy.is_none() {
            harness.advance(25 * HOUR_MS);
            assert!(ask_book(&mut harness, 9_000));
            let later = harness.service.quota_now(&harness.caller_context(Interactive));
            assert_eq!((later.pace_ms, later.mismatch), (103, None), "the plan's pace a day later");
        }
        harness.config = TestHarness::with_vars(&[BASIC_PLAN_BASE_URL_SETTING]).config;
        harness.crash();
        assert_eq!(harness.service.quota_now(&harness.caller_context(Interactive)).mismatch, None);
    }
}

#[test]
fn single_refusals_and_a_spent_day_do_not_slow_the_pace() {
    let mut harness =
        TestHarness::with_vars(&[("ISBNDB_PLAN", "premium"), BASIC_PLAN_BASE_URL_SETTING]);
    let count = std::cell::Cell::new(0);
    harness.set_script(move |seen| {
        count.set(count.get() + 1);
        let busy = count.get() % 40 == 0 || (200..260).contains(&count.get());
        let limited = test_response(429, &[], r#"{"message":"Limit Exceeded"}"#);
        (50, Ok(if busy { limited } else { books_for(seen) }))
    });
    for n in 0..400 {
        let (service, caller) = (harness.service.clone(), harness.caller_context(Background));
        harness.start_concurrent_task(async move {
            service.look_up_book(&caller, numbered_isbn(n)).await
        });
        harness.advance(1_000);
    }
    let quota = harness.service.quota_now(&harness.caller_context(Interactive));
    assert_eq!((quota.pace_ms, quota.mismatch), (345, None));
}
