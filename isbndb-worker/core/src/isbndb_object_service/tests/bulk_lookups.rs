//! Bulk requests: few calls, the provider's count, a result for every ISBN.

use bibliography::isbn::Isbn13;
use ports::Clock;
use runtime::call_outcome::{Failure, FoundOrNotFound, ProviderFailure};
use runtime::rate_limit::CallClass::{Background, Interactive};
use runtime::wire_types::isbndb_worker_answers::IsbndbWorkerBulkAnswer;

use super::super::object_service_harness::{SentRequest, TestHarness, books_for, test_response};
use super::slot_queue::numbered_isbn;

fn isbns(count: u32) -> Vec<Isbn13> {
    (0..count).map(numbered_isbn).collect()
}

fn look_up_isbns_in_bulk(harness: &mut TestHarness, isbns: Vec<Isbn13>) -> IsbndbWorkerBulkAnswer {
    let (service, caller) = (harness.service.clone(), harness.caller_context(Background));
    harness.run_to_end(async move { service.bulk_lookup(&caller, isbns, Vec::new()).await })
}

fn calls_and_units(harness: &TestHarness) -> (usize, u32) {
    let seen = harness.provider.seen.borrow();
    (seen.len(), seen.iter().map(SentRequest::quota_units).sum())
}

#[test]
fn isbns_are_requested_in_few_calls() {
    for (plan, calls) in [("basic", 5), ("academic", 50), ("premium", 1)] {
        let mut harness = TestHarness::with_vars(&[
            ("ISBNDB_PLAN", plan),
            ("ISBNDB_BASE_URL", "https://api2.isbndb.com"),
        ]);
        let answer = look_up_isbns_in_bulk(&mut harness, isbns(500));
        assert_eq!((answer.found.len(), answer.missing.len(), answer.failed.len()), (500, 0, 0));
        assert_eq!((answer.upstream_calls, answer.units), (calls, 500), "{plan}");
        assert_eq!(calls_and_units(&harness), (calls as usize, 500), "{plan}");
        assert_eq!(harness.store.spent_units(), 500);
        // All of the books are cached now.
        let again = look_up_isbns_in_bulk(&mut harness, isbns(500));
        assert_eq!((again.found.len(), again.upstream_calls, again.units), (500, 0, 0));
    }
}

#[test]
fn missing_books_are_named_and_cached() {
    let mut harness = TestHarness::new();
    harness.set_script(|seen| {
        let some =
            SentRequest { isbns: seen.isbns.iter().skip(2).cloned().collect(), ..seen.clone() };
        let body = String::from_utf8(books_for(&some).body).unwrap();
        let requested = format!("\"requested\":{}", seen.isbns.len());
        let body = body.replace(&format!("\"requested\":{}", some.isbns.len()), &requested);
        (100, Ok(test_response(200, &[], &body)))
    });
    let mut wanted = isbns(10);
    wanted.sort_unstable();
    let answer = look_up_isbns_in_bulk(&mut harness, wanted.clone());
    assert_eq!((answer.found.len(), &answer.missing[..]), (8, &wanted[..2]));
    let again = look_up_isbns_in_bulk(&mut harness, wanted.clone());
    assert_eq!((again.missing.len(), again.upstream_calls), (2, 0));
}

#[test]
fn an_answer_about_fewer_isbns_is_no_absence() {
    for body in [
        r#"{"total":0,"requested":0,"data":[]}"#,
        r#"{"total":1,"requested":4,"data":[null]}"#,
        r#"{"total":1,"requested":4,"data":[{"title":"No number"}]}"#,
    ] {
        let mut harness = TestHarness::new();
        harness.answer_always(200, &[], body);
        let answer = look_up_isbns_in_bulk(&mut harness, isbns(4));
        assert_eq!((answer.missing.len(), answer.failed.len()), (0, 4), "{body}");
        assert!(harness.store.row_keys().is_empty(), "nothing is cached: {body}");
        assert_eq!(harness.store.spent_units(), 4, "the call was billed");
    }
}

#[test]
fn one_failed_call_fails_its_own_numbers_alone() {
    let mut harness = TestHarness::new();
    harness.set_script(|seen| {
        let broken = seen.isbns.contains(&numbered_isbn(150).to_string());
        let bad = test_response(500, &[], r#"{"message":"Internal server error"}"#);
        (100, Ok(if broken { bad } else { books_for(seen) }))
    });
    let answer = look_up_isbns_in_bulk(&mut harness, isbns(300));
    assert_eq!((answer.found.len(), answer.failed.len(), answer.missing.len()), (200, 100, 0));
    assert!(answer.failed.iter().all(|item| matches!(
        item.failure,
        Failure::Provider(ProviderFailure::Upstream { status: 500, .. })
    )));
    // The failed call is not repeated: it would be billed again.
    assert_eq!(calls_and_units(&harness), (3, 300));
    assert_eq!((answer.upstream_calls, answer.units), (3, 300));
}

#[test]
fn near_the_end_of_the_day_a_smaller_call_is_made() {
    let mut harness = TestHarness::with_vars(&[("ISBNDB_DAILY_QUOTA", "150")]);
    let answer = look_up_isbns_in_bulk(&mut harness, isbns(300));
    // 15 units are reserved for interactive calls.
    assert_eq!((answer.found.len(), answer.failed.len()), (135, 165));
    assert!(
        answer.failed.iter().all(|item| matches!(
            item.failure,
            Failure::Provider(ProviderFailure::QuotaSpent { .. })
        ))
    );
    assert_eq!((answer.upstream_calls, harness.store.spent_units()), (2, 135));
    let (service, caller) = (harness.service.clone(), harness.caller_context(Interactive));
    let answer = harness
        .run_to_end(async move { service.bulk_lookup(&caller, isbns(300), Vec::new()).await });
    assert_eq!((answer.found.len(), answer.failed.len()), (150, 150));
    assert_eq!(harness.store.spent_units(), 150);
}

#[test]
fn a_refused_key_ends_the_rest_at_once() {
    let mut harness = TestHarness::new();
    harness.answer_always(403, &[], r#"{"message":"Forbidden"}"#);
    let answer = look_up_isbns_in_bulk(&mut harness, isbns(500));
    assert_eq!((answer.failed.len(), answer.upstream_calls, answer.units), (500, 1, 100));
}

#[test]
fn a_caller_with_little_time_gets_the_answers_so_far() {
    let mut harness = TestHarness::new();
    let (service, mut caller) = (harness.service.clone(), harness.caller_context(Background));
    caller.context = caller
        .context
        .with_nearer_deadline(super::super::object_service_harness::TEST_NOW_MS, 5_000);
    let answer = harness
        .run_to_end(async move { service.bulk_lookup(&caller, isbns(1_000), Vec::new()).await });
    assert_eq!((answer.found.len(), answer.failed.len()), (400, 600));
    assert!(answer.failed.iter().all(|item| matches!(
        item.failure,
        Failure::Provider(ProviderFailure::RateLimited { local: true, .. })
    )));
    assert_eq!(harness.store.spent_units(), 400);
}

#[test]
fn a_bulk_answer_serves_single_look_ups() {
    let mut harness = TestHarness::new();
    look_up_isbns_in_bulk(&mut harness, isbns(3));
    let (service, caller) = (harness.service.clone(), harness.caller_context(Interactive));
    harness
        .run_to_end(async move { service.look_up_book(&caller, numbered_isbn(1)).await.unwrap() });
    assert_eq!(harness.paths().len(), 1);
}

/// A provider that accepts `most` ISBNs a call and refuses the `bad` ones.
fn taking(harness: &TestHarness, most: usize, bad: Vec<Isbn13>) {
    let bad: Vec<String> = bad.iter().map(ToString::to_string).collect();
    harness.set_script(move |seen| {
        let is_bad = |isbn: &str| bad.iter().any(|one| one == isbn);
        let refused = seen.isbns.len() > most || seen.isbns.iter().any(|isbn| is_bad(isbn));
        let no_book = seen.path.strip_prefix("/book/").is_some_and(is_bad);
        (
            100,
            Ok(if no_book {
                test_response(404, &[], r#"{"errorMessage":"Not Found"}"#)
            } else if refused && seen.path == "/books" {
                test_response(400, &[], r#"{"message":"Bad Request"}"#)
            } else {
                books_for(seen)
            }),
        )
    });
}

fn bulk_call_sizes(harness: &TestHarness) -> Vec<usize> {
    harness.provider.seen.borrow().iter().map(|seen| seen.isbns.len()).collect()
}

fn current_bulk_size(harness: &TestHarness) -> u32 {
    harness.service.quota_now(&harness.caller_context(Background)).bulk_size
}

#[test]
fn the_bulk_size_is_learned_and_stored() {
    for (plan, most, size, refusals) in [
        ("basic", 100, 100, 0),
        ("basic", 50, 50, 1),
        ("basic", 12, 12, 3),
        ("basic", 10, 10, 4),
        ("academic", 10, 10, 0),
        ("premium", 100, 62, 4),
        ("enterprise", 10, 10, 7),
    ] {
        let mut harness = TestHarness::with_vars(&[
            ("ISBNDB_PLAN", plan),
            ("ISBNDB_BASE_URL", "https://api2.isbndb.com"),
        ]);
        taking(&harness, most, Vec::new());
        let count = if matches!(plan, "basic" | "academic") { 100 } else { 1_000 };
        let answer = look_up_isbns_in_bulk(&mut harness, isbns(count));
        assert_eq!((answer.found.len(), answer.failed.len()), (count as usize, 0), "{plan} {most}");
        let first = bulk_call_sizes(&harness);
        assert_eq!(current_bulk_size(&harness), size, "{plan} {most}");
        assert_eq!(first.iter().filter(|n| **n > most).count(), refusals, "{plan} {most}");
        let (calls, units) = calls_and_units(&harness);
        assert_eq!((answer.upstream_calls as usize, answer.units), (calls, units));
        assert_eq!(harness.store.spent_units(), units, "units sent = units counted");
        // The next request does not repeat the refused sizes, also after a restart.
        harness.crash();
        let later: Vec<Isbn13> = (2_000..2_200).map(numbered_isbn).collect();
        assert_eq!(look_up_isbns_in_bulk(&mut harness, later).found.len(), 200, "{plan} {most}");
        assert!(
            bulk_call_sizes(&harness)[first.len()..].iter().all(|n| *n <= most),
            "{plan} {most}"
        );
    }
}

#[test]
fn without_a_bulk_route_each_isbn_has_its_own_call() {
    for most in [0, 1] {
        let mut harness = TestHarness::new();
        taking(&harness, most, Vec::new());
        let answer = look_up_isbns_in_bulk(&mut harness, isbns(20));
        assert_eq!((answer.found.len(), answer.failed.len()), (20, 0), "{most}");
        let (calls, units) = calls_and_units(&harness);
        assert_eq!((answer.upstream_calls as usize, answer.units), (calls, units), "{most}");
        assert_eq!(harness.store.spent_units(), units, "{most}");
        assert_eq!(current_bulk_size(&harness), 1, "{most}");
        harness.crash();
        let later: Vec<Isbn13> = (500..520).map(numbered_isbn).collect();
        assert_eq!(look_up_isbns_in_bulk(&mut harness, later).found.len(), 20);
        assert_eq!(calls_and_units(&harness), (calls + 20, units + 20), "{most}");
        assert!(harness.paths()[calls..].iter().all(|path| path.starts_with("/book/")));
    }
}

#[test]
fn a_rejected_isbn_does_not_reduce_the_size() {
    let all = isbns(100);
    for at in [0, 7, 49, 50, 80, 99] {
        let mut sorted = all.clone();
        sorted.sort_unstable();
        let mut harness = TestHarness::new();
        taking(&harness, 100, vec![sorted[at]]);
        let answer = look_up_isbns_in_bulk(&mut harness, all.clone());
        assert_eq!((answer.found.len(), answer.failed.len()), (99, 0), "{at}");
        assert_eq!(answer.missing, [sorted[at]], "its own route answers 404");
        let (calls, units) = calls_and_units(&harness);
        assert_eq!((answer.upstream_calls as usize, answer.units), (calls, units));
        assert_eq!(harness.store.spent_units(), units);
        assert_eq!(current_bulk_size(&harness), 100, "{at}");
        look_up_isbns_in_bulk(&mut harness, (500..600).map(numbered_isbn).collect());
        assert_eq!(bulk_call_sizes(&harness).last(), Some(&100), "{at}");
    }
}

#[test]
fn a_single_absence_is_confirmed_once() {
    let mut harness = TestHarness::new();
    let rejected = isbns(2)[1];
    taking(&harness, 100, vec![rejected]);
    assert_eq!(look_up_isbns_in_bulk(&mut harness, isbns(2)).missing, [rejected]);
    let absence = harness.store.stored_row(&format!("b:{rejected}")).unwrap();
    // A second confirmation would double the first hour.
    assert!(absence.fresh_until_ms <= harness.host.now_ms() + 3_600_000);
}

#[test]
fn a_size_is_learned_despite_a_rejected_isbn() {
    let all = isbns(100);
    let mut sorted = all.clone();
    sorted.sort_unstable();
    for at in [25, 80, 99] {
        let mut harness = TestHarness::new();
        taking(&harness, 12, vec![sorted[at]]);
        let answer = look_up_isbns_in_bulk(&mut harness, all.clone());
        assert_eq!((answer.found.len(), answer.missing.len(), answer.failed.len()), (99, 1, 0));
        assert_eq!(current_bulk_size(&harness), 12, "{at}");
    }
}

#[test]
fn a_learned_size_ends_with_the_plan_and_with_time() {
    let mut harness = TestHarness::new();
    taking(&harness, 25, Vec::new());
    look_up_isbns_in_bulk(&mut harness, isbns(100));
    assert_eq!(current_bulk_size(&harness), 25);
    let premium = TestHarness::with_vars(&[
        ("ISBNDB_PLAN", "premium"),
        ("ISBNDB_BASE_URL", "https://api2.isbndb.com"),
    ]);
    let basic = std::mem::replace(&mut harness.config, premium.config);
    harness.crash();
    assert_eq!(current_bulk_size(&harness), 1_000);
    look_up_isbns_in_bulk(&mut harness, isbns(101)[100..].to_vec());
    harness.config = basic;
    harness.crash();
    assert_eq!(current_bulk_size(&harness), 100);
    look_up_isbns_in_bulk(&mut harness, (500..600).map(numbered_isbn).collect());
    assert_eq!(current_bulk_size(&harness), 25);
    harness.advance(8 * 86_400_000);
    assert_eq!(current_bulk_size(&harness), 100, "the learned size expired");
    taking(&harness, 100, Vec::new());
    look_up_isbns_in_bulk(&mut harness, (700..800).map(numbered_isbn).collect());
    assert_eq!((bulk_call_sizes(&harness).last(), current_bulk_size(&harness)), (Some(&100), 100));
    // A size that was accepted is refused: the limit shrinks.
    taking(&harness, 25, Vec::new());
    assert_eq!(
        look_up_isbns_in_bulk(&mut harness, (900..1_000).map(numbered_isbn).collect()).found.len(),
        100
    );
    assert!(current_bulk_size(&harness) <= 25, "{}", current_bulk_size(&harness));
}

/// ISBNdb finds no ISBN in bulk; it answers the known book's own route with `looked_up`.
fn nothing_but(harness: &TestHarness, looked_up: &'static str, status: u16) {
    harness.set_script(move |seen| {
        let empty = format!(r#"{{"total":0,"requested":{},"data":[]}}"#, seen.isbns.len());
        let body = if seen.path == "/books" { empty.as_str() } else { looked_up };
        let status = if seen.path == "/books" { 200 } else { status };
        (100, Ok(test_response(status, &[], body)))
    });
}

const KNOWN: &str = r#"{"book":{"title":"Campbell Biology","isbn13":"9780134093413"}}"#;

#[test]
fn an_empty_answer_to_many_is_checked_by_one_known_book() {
    let mut harness = TestHarness::new();
    nothing_but(&harness, KNOWN, 200);
    let answer = look_up_isbns_in_bulk(&mut harness, isbns(10));
    assert_eq!((answer.missing.len(), answer.failed.len()), (10, 0));
    assert_eq!((answer.upstream_calls, answer.units), (2, 11));
    assert_eq!(harness.paths(), ["/books", "/book/9780134093413"]);
    // The absences are cached.
    assert_eq!(look_up_isbns_in_bulk(&mut harness, isbns(10)).upstream_calls, 0);
}

#[test]
fn without_the_known_book_an_empty_answer_is_malformed() {
    for (body, status) in [
        (r#"{"errorMessage":"Not Found"}"#, 404),
        (r#"{"book":{"title":"Another","isbn13":"9780441172719"}}"#, 200),
        (r#"{"message":"Internal server error"}"#, 500),
    ] {
        let mut harness = TestHarness::new();
        nothing_but(&harness, body, status);
        let answer = look_up_isbns_in_bulk(&mut harness, isbns(10));
        assert_eq!((answer.missing.len(), answer.failed.len()), (0, 10), "{body}");
        assert!(harness.store.row_keys().is_empty(), "{body}");
    }
}

#[test]
fn a_short_empty_answer_is_not_checked() {
    let mut harness = TestHarness::new();
    nothing_but(&harness, KNOWN, 200);
    let answer = look_up_isbns_in_bulk(&mut harness, isbns(9));
    assert_eq!((answer.missing.len(), answer.upstream_calls, answer.units), (9, 1, 9));
}

#[test]
fn an_odd_record_with_an_isbn_fails_that_isbn() {
    let mut harness = TestHarness::new();
    let mut caller = isbns(4);
    caller.sort_unstable();
    let body = format!(
        r#"{{"total":2,"requested":4,"data":[{{"title":"T\ud800","pages":1e400,"isbn13":"{}"}},
        {{"title":null,"isbn13":"{}"}}]}}"#,
        caller[0], caller[1]
    );
    harness.answer_always(200, &[], &body);
    let answer = look_up_isbns_in_bulk(&mut harness, caller.clone());
    assert_eq!((answer.found.len(), &answer.missing[..]), (1, &caller[2..]));
    assert_eq!(answer.failed.iter().map(|one| one.isbn).collect::<Vec<_>>(), caller[1..2]);
}

#[test]
fn a_moved_bulk_route_means_one_call_a_book() {
    let mut harness = TestHarness::new();
    harness.set_script(|seen| match seen.path.as_str() {
        "/books" => (100, Ok(test_response(404, &[], "<html>404</html>"))),
        _ => (100, Ok(books_for(seen))),
    });
    let answer = look_up_isbns_in_bulk(&mut harness, isbns(3));
    assert_eq!((answer.found.len(), answer.failed.len()), (3, 0));
    assert_eq!((answer.upstream_calls, answer.units), (4, 6));
    let status = harness.service.status(&harness.caller_context(Interactive));
    assert_eq!(
        (status.breaker.as_str(), &status.moved_routes[..]),
        ("closed", &["/books".to_owned()][..])
    );
    // No call to the moved route for a while, also by a new object.
    harness.crash();
    let more = isbns(4)[3..].to_vec();
    assert_eq!(look_up_isbns_in_bulk(&mut harness, more.clone()).upstream_calls, 1);
    harness.advance(60_001);
    harness.set_script(|seen| (100, Ok(books_for(seen))));
    assert_eq!(look_up_isbns_in_bulk(&mut harness, isbns(6)[4..].to_vec()).upstream_calls, 1);
    assert!(harness.service.status(&harness.caller_context(Interactive)).moved_routes.is_empty());
    // A caller with little time gets the answers so far and requests the rest again.
    let mut harness = TestHarness::new();
    harness.set_script(|seen| match seen.path.as_str() {
        "/books" => (100, Ok(test_response(405, &[], ""))),
        _ => (100, Ok(books_for(seen))),
    });
    let (service, mut caller) = (harness.service.clone(), harness.caller_context(Background));
    caller.context = caller
        .context
        .with_nearer_deadline(super::super::object_service_harness::TEST_NOW_MS, 8_000);
    let answer = harness
        .run_to_end(async move { service.bulk_lookup(&caller, isbns(50), Vec::new()).await });
    assert!(answer.found.len() >= 3 && answer.found.len() + answer.failed.len() == 50);
    assert!(answer.failed.iter().all(|item| matches!(
        item.failure,
        Failure::Provider(ProviderFailure::RateLimited { local: true, .. })
    )));
}

#[test]
fn a_moved_book_route_means_a_bulk_call() {
    let mut harness = TestHarness::new();
    harness.set_script(|seen| match seen.path.as_str() {
        "/books" if seen.isbns == [numbered_isbn(1).to_string()] => (100, Ok(books_for(seen))),
        "/books" => (100, Ok(test_response(200, &[], r#"{"total":0,"requested":1,"data":[]}"#))),
        _ => (100, Ok(test_response(404, &[], "<html>404</html>"))),
    });
    for (n, is_found) in [(1, true), (2, false)] {
        let (service, caller) = (harness.service.clone(), harness.caller_context(Interactive));
        let outcome = harness
            .run_to_end(async move { service.look_up_book(&caller, numbered_isbn(n)).await })
            .unwrap();
        assert_eq!(matches!(outcome, FoundOrNotFound::Found(_)), is_found);
    }
    // The second book was not requested from the route that has moved.
    assert_eq!(
        harness.paths(),
        [format!("/book/{}", numbered_isbn(1)), "/books".into(), "/books".into()]
    );
}
