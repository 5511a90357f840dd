//! Slots: shared calls, two classes, bounded waits, the pace.

use std::cell::RefCell;
use std::rc::Rc;

use bibliography::isbn::Isbn13;
use runtime::call_outcome::{Failure, FoundOrNotFound, ProviderFailure, ProviderOutcome};
use runtime::rate_limit::CallClass::{self, Background, Interactive};
use runtime::wire_types::isbndb_worker_answers::FoundIsbndbBookAnswer;

use super::super::object_service_harness::{TEST_NOW_MS, TestHarness, books_for};

type StartedLookup = testkit::StartedTask<ProviderOutcome<FoundIsbndbBookAnswer>>;

/// The n-th of many valid numbers.
pub(super) fn numbered_isbn(n: u32) -> Isbn13 {
    Isbn13::from_first_twelve(format!("978123{n:06}").as_bytes()).unwrap()
}

fn start_book_lookup(harness: &mut TestHarness, class: CallClass, n: u32) -> StartedLookup {
    let (service, caller) = (harness.service.clone(), harness.caller_context(class));
    harness
        .start_concurrent_task(async move { service.look_up_book(&caller, numbered_isbn(n)).await })
}

fn has_found_book(slot: &StartedLookup) -> bool {
    matches!(&*slot.borrow(), Some(Ok(FoundOrNotFound::Found(_))))
}

#[test]
fn fifty_equal_requests_are_one_call() {
    let mut harness = TestHarness::new();
    let slots: Vec<StartedLookup> = (0..50)
        .map(|n| {
            start_book_lookup(&mut harness, if n % 2 == 0 { Interactive } else { Background }, 1)
        })
        .collect();
    harness.advance(5_000);
    assert!(slots.iter().all(has_found_book));
    assert_eq!((harness.paths().len(), harness.store.spent_units()), (1, 1));
}

#[test]
fn calls_go_out_an_interval_apart_and_the_rate_is_used() {
    let mut harness = TestHarness::new();
    for n in 0..30 {
        start_book_lookup(&mut harness, Background, n);
    }
    harness.advance(60_000);
    let starts: Vec<u64> = harness.provider.seen.borrow().iter().map(|seen| seen.at_ms).collect();
    // The first call opens a connection.
    let expected: Vec<u64> = (1..30).map(|n| TEST_NOW_MS + 103 + n * 1_030).collect();
    assert_eq!((starts[0], &starts[1..]), (TEST_NOW_MS, &expected[..]));
}

#[test]
fn a_full_queue_refuses_with_a_time() {
    let mut harness = TestHarness::new();
    let slots: Vec<StartedLookup> =
        (0..40).map(|n| start_book_lookup(&mut harness, Background, n)).collect();
    // 30 s have thirty slots (the first at once); ten calls are refused with a time.
    let refused: Vec<u64> = slots
        .iter()
        .filter_map(|slot| match &*slot.borrow() {
            Some(Err(Failure::Provider(ProviderFailure::RateLimited {
                retry_after_ms,
                local: true,
            }))) => Some(*retry_after_ms),
            _ => None,
        })
        .collect();
    assert_eq!(refused.len(), 10);
    assert!(refused.iter().all(|ms| (29_000..32_000).contains(ms)), "{refused:?}");
    // An interactive call waits two seconds at most.
    let mut harness = TestHarness::new();
    let slots: Vec<StartedLookup> =
        (0..3).map(|n| start_book_lookup(&mut harness, Interactive, n)).collect();
    assert!(matches!(
        &*slots[2].borrow(),
        Some(Err(Failure::Provider(ProviderFailure::RateLimited { local: true, .. })))
    ));
    harness.advance(3_000);
    assert!(has_found_book(&slots[0]) && has_found_book(&slots[1]));
    assert_eq!(harness.store.spent_units(), 2, "a refused call spends no unit");
}

#[test]
fn an_interactive_call_waits_two_slots_at_most() {
    for offset_ms in (0..2_000).step_by(70) {
        let mut harness = TestHarness::new();
        for n in 0..28 {
            start_book_lookup(&mut harness, Background, n);
        }
        harness.advance(3_000 + offset_ms);
        let began_ms = harness.host.current_time_ms();
        let person = start_book_lookup(&mut harness, Interactive, 99);
        harness.advance(2_500);
        assert!(has_found_book(&person), "{offset_ms}");
        let path = format!("/book/{}", numbered_isbn(99));
        let seen = harness.provider.seen.borrow();
        let sent_ms = seen.iter().find(|seen| seen.path == path).unwrap().at_ms;
        assert!(sent_ms - began_ms <= 2 * 1_030, "{} ms at {offset_ms}", sent_ms - began_ms);
    }
}

#[test]
fn an_interactive_waiter_speeds_up_a_background_call() {
    let mut harness = TestHarness::new();
    for n in 0..25 {
        start_book_lookup(&mut harness, Background, n);
    }
    // Without the interactive caller, ISBN 24 would be sent after 24 slots.
    let person = start_book_lookup(&mut harness, Interactive, 24);
    harness.advance(3 * 1_030 + 200);
    assert!(has_found_book(&person));
    assert_eq!(
        harness.paths().iter().filter(|path| path.contains(numbered_isbn(24).as_str())).count(),
        1
    );
}

#[test]
fn the_answer_of_a_caller_who_left_is_cached() {
    let mut harness = TestHarness::new();
    harness.set_script(|seen| (3_000, Ok(books_for(seen))));
    let (service, mut caller) = (harness.service.clone(), harness.caller_context(Interactive));
    caller.context = caller.context.with_nearer_deadline(TEST_NOW_MS, 1_000);
    let answer =
        harness.run_to_end(async move { service.look_up_book(&caller, numbered_isbn(1)).await });
    assert_eq!(answer, Err(ProviderFailure::Timeout.into()));
    harness.advance(5_000);
    let again = start_book_lookup(&mut harness, Interactive, 1);
    harness.advance(1);
    assert!(matches!(&*again.borrow(), Some(Ok(FoundOrNotFound::Found(answer))) if answer.cached));
    assert_eq!(harness.store.spent_units(), 1);
}

#[test]
fn retries_without_a_waiter_are_not_made() {
    let mut harness = TestHarness::new();
    harness.answer_always(500, &[], "{}");
    let (service, mut caller) = (harness.service.clone(), harness.caller_context(Interactive));
    caller.context = caller.context.with_nearer_deadline(TEST_NOW_MS, 400);
    let answer =
        harness.run_to_end(async move { service.look_up_book(&caller, numbered_isbn(1)).await });
    assert!(answer.is_err());
    harness.advance(60_000);
    assert_eq!((harness.paths().len(), harness.store.spent_units()), (1, 1));
}

#[test]
fn a_slow_provider_never_holds_more_than_six_connections() {
    let mut harness =
        TestHarness::with_vars(&[("ISBNDB_PLAN", "basic"), ("BACKGROUND_WAIT_MS", "60000")]);
    let open = Rc::new(RefCell::new(Vec::<u64>::new()));
    let log = Rc::clone(&open);
    harness.set_script(move |seen| {
        log.borrow_mut().push(seen.at_ms);
        (5_900, Ok(books_for(seen)))
    });
    for n in 0..50 {
        start_book_lookup(&mut harness, Background, n);
    }
    harness.advance(60_000);
    let starts = open.borrow();
    for (n, start) in starts.iter().enumerate().skip(6) {
        assert!(*start >= starts[n - 6] + 5_900, "call {n}");
    }
}

#[test]
fn a_dropped_waiter_leaves_the_queue() {
    let mut harness = TestHarness::new();
    harness.answer_always(401, &[], r#"{"message":"Full authentication is required"}"#);
    let slots: Vec<StartedLookup> =
        (0..5).map(|n| start_book_lookup(&mut harness, Background, n)).collect();
    harness.advance(10_000);
    // The first answer refuses the key; no later call is sent.
    assert!(slots.iter().all(|slot| matches!(
        &*slot.borrow(),
        Some(Err(Failure::Provider(ProviderFailure::Refused { .. })))
    )));
    assert!(harness.service.inner.borrow().wait_queue.is_empty());
    assert_eq!(harness.paths().len(), 1);
    assert_eq!(harness.store.spent_units(), 1);
}
