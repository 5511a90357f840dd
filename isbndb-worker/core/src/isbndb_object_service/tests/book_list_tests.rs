//! Authors and searches: requested in large pages, served in small ones.

use runtime::call_outcome::{Failure, FoundOrNotFound, ProviderFailure, ProviderOutcome};
use runtime::rate_limit::CallClass::Interactive;
use runtime::wire_types::isbndb_worker_answers::BooksPage;

use super::super::object_service_harness::{SentRequest, TestHarness, test_response};
use super::slot_queue::numbered_isbn;
use crate::isbndb_api::isbndb_requests::BookListQuery;

fn author_list_query(name: &str) -> BookListQuery {
    BookListQuery::Author { name: name.to_owned(), language: None }
}

fn request_list_page(
    harness: &mut TestHarness,
    query: BookListQuery,
    page: u32,
    size: u32,
) -> ProviderOutcome<BooksPage> {
    let (service, caller) = (harness.service.clone(), harness.caller_context(Interactive));
    let answer = harness
        .run_to_end(async move { service.look_up_list_page(&caller, &query, page, size).await });
    // The next request gets its slot at once.
    harness.advance(2_000);
    answer
}

fn expect_author_list_page(
    harness: &mut TestHarness,
    name: &str,
    page: u32,
    size: u32,
) -> BooksPage {
    match request_list_page(harness, author_list_query(name), page, size) {
        Ok(FoundOrNotFound::Found(page)) => page,
        other => panic!("{other:?}"),
    }
}

/// An author of `total` books, in pages of `cap` at most.
fn scripted_author_pages(
    total: u32,
    cap: u32,
    with_total: bool,
) -> impl Fn(&SentRequest) -> (u64, Result<ports::IncomingResponse, ports::TransportError>) {
    move |seen| {
        let number = |name: &str| {
            let pairs = seen.path.split(['?', '&']);
            let value = pairs.filter_map(|pair| pair.split_once('=')).find(|(n, _)| *n == name);
            value.unwrap().1.parse::<u32>().unwrap()
        };
        let (page, size) = (number("page"), number("pageSize").min(cap));
        let range = ((page - 1) * size).min(total)..(page * size).min(total);
        let books: Vec<String> = range
            .map(|n| {
                format!(
                    r#"{{"title":"Book {n}","isbn13":"{}","authors":["Le Guin, Ursula K."]}}"#,
                    numbered_isbn(n)
                )
            })
            .collect();
        let total = if with_total { format!(",\"total\":{total}") } else { String::new() };
        let body = format!(r#"{{"author":"x","books":[{}]{total}}}"#, books.join(","));
        (100, Ok(test_response(200, &[], &body)))
    }
}

fn titles(page: &BooksPage) -> Vec<String> {
    page.books.iter().map(|book| book.title.clone()).collect()
}

fn expected_book_titles(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|n| format!("Book {n}")).collect()
}

#[test]
fn an_author_is_requested_once_and_served_in_pages() {
    for with_total in [true, false] {
        let mut harness = TestHarness::new();
        harness.set_script(scripted_author_pages(120, 1_000, with_total));
        let first = expect_author_list_page(&mut harness, "Ursula K. Le Guin", 1, 50);
        assert_eq!(titles(&first), expected_book_titles(0..50));
        assert_eq!((first.total, first.cached), (120, false));
        assert_eq!(first.author.as_deref(), Some("Ursula K. Le Guin"));
        let third = expect_author_list_page(&mut harness, "Ursula K. Le Guin", 3, 50);
        assert_eq!((titles(&third), third.cached), (expected_book_titles(100..120), true));
        assert_eq!(
            titles(&expect_author_list_page(&mut harness, "Ursula K. Le Guin", 4, 50)),
            expected_book_titles(0..0)
        );
        assert_eq!(
            titles(&expect_author_list_page(&mut harness, "Ursula K. Le Guin", 7, 7)),
            expected_book_titles(42..49)
        );
        assert_eq!(harness.paths(), ["/author/Ursula%20K.%20Le%20Guin?page=1&pageSize=1000"]);
    }
}

#[test]
fn spellings_of_one_person_share_an_entry() {
    let mut harness = TestHarness::new();
    harness.set_script(scripted_author_pages(3, 1_000, true));
    for name in
        ["Ursula K. Le Guin", "Le Guin, Ursula K.", "ursula k le guin", "URSULA  K. LE GUIN"]
    {
        assert_eq!(expect_author_list_page(&mut harness, name, 1, 20).books.len(), 3, "{name}");
    }
    assert_eq!(harness.paths().len(), 1);
}

#[test]
fn a_language_is_cached_apart() {
    let mut harness = TestHarness::new();
    harness.set_script(scripted_author_pages(3, 1_000, true));
    expect_author_list_page(&mut harness, "Ann B", 1, 20);
    let german =
        BookListQuery::Author { name: "Ann B".to_owned(), language: Some("de".to_owned()) };
    request_list_page(&mut harness, german, 1, 20).unwrap();
    assert_eq!(harness.paths()[1], "/author/Ann%20B?language=de&page=1&pageSize=1000");
}

#[test]
fn a_long_list_is_requested_in_pages() {
    for with_total in [true, false] {
        let mut harness = TestHarness::new();
        harness.set_script(scripted_author_pages(2_300, 1_000, with_total));
        assert_eq!(
            titles(&expect_author_list_page(&mut harness, "A B", 21, 50)),
            expected_book_titles(1_000..1_050)
        );
        assert_eq!(
            titles(&expect_author_list_page(&mut harness, "A B", 20, 50)),
            expected_book_titles(950..1_000)
        );
        // Across the edge of two upstream pages.
        assert_eq!(
            titles(&expect_author_list_page(&mut harness, "A B", 34, 30)),
            expected_book_titles(990..1_020)
        );
        assert_eq!(
            titles(&expect_author_list_page(&mut harness, "A B", 46, 50)),
            expected_book_titles(2_250..2_300)
        );
        assert_eq!(
            titles(&expect_author_list_page(&mut harness, "A B", 60, 50)),
            expected_book_titles(0..0)
        );
        assert_eq!(harness.paths().len(), 3);
    }
}

#[test]
fn an_unreadable_record_hides_no_later_page() {
    let mut harness = TestHarness::new();
    let right = scripted_author_pages(2_300, 1_000, true);
    harness.set_script(move |seen| {
        let (latency_ms, answer) = right(seen);
        let body = String::from_utf8(answer.unwrap().body).unwrap();
        let body = body.replace("\"title\":\"Book 995\"", "\"name\":\"Book 995\"");
        (latency_ms, Ok(test_response(200, &[], &body)))
    });
    let mut wanted = expected_book_titles(990..1_020);
    wanted.retain(|title| title != "Book 995");
    assert_eq!(titles(&expect_author_list_page(&mut harness, "A B", 34, 30)), wanted);
}

#[test]
fn a_provider_with_smaller_pages_gets_its_page_size() {
    let mut harness = TestHarness::new();
    harness.set_script(scripted_author_pages(250, 100, true));
    assert_eq!(
        titles(&expect_author_list_page(&mut harness, "A B", 1, 50)),
        expected_book_titles(0..50)
    );
    assert_eq!(
        titles(&expect_author_list_page(&mut harness, "A B", 2, 50)),
        expected_book_titles(50..100)
    );
    assert_eq!(
        titles(&expect_author_list_page(&mut harness, "A B", 3, 50)),
        expected_book_titles(100..150)
    );
    assert_eq!(
        titles(&expect_author_list_page(&mut harness, "A B", 5, 50)),
        expected_book_titles(200..250)
    );
    assert_eq!(harness.paths().len(), 3);
    assert!(harness.paths()[1].ends_with("page=2&pageSize=100"));
}

#[test]
fn a_page_that_is_too_heavy_is_smaller_the_next_time() {
    let mut harness = TestHarness::new();
    let right = scripted_author_pages(600, 1_000, true);
    harness.set_script(move |seen| {
        let heavy = seen.path.ends_with("pageSize=1000");
        if heavy { (100, Ok(test_response(500, &[], "{}"))) } else { right(seen) }
    });
    let first = request_list_page(&mut harness, author_list_query("A B"), 1, 50);
    assert_eq!(
        first,
        Err(Failure::Provider(ProviderFailure::Upstream { status: 500, retry_after_ms: None }))
    );
    assert_eq!(harness.paths().len(), 1, "the heavy page is not requested again");
    assert_eq!(
        titles(&expect_author_list_page(&mut harness, "A B", 1, 50)),
        expected_book_titles(0..50)
    );
    assert_eq!(
        titles(&expect_author_list_page(&mut harness, "A B", 6, 50)),
        expected_book_titles(250..300)
    );
    assert!(harness.paths()[2].ends_with("page=2&pageSize=250"));
}

#[test]
fn a_short_failure_is_retried() {
    let mut harness = TestHarness::new();
    let right = scripted_author_pages(3, 1_000, true);
    let first = std::cell::Cell::new(true);
    harness.set_script(move |seen| {
        if first.replace(false) {
            (100, Ok(test_response(502, &[], "<html>")))
        } else {
            right(seen)
        }
    });
    assert_eq!(expect_author_list_page(&mut harness, "A B", 1, 20).books.len(), 3);
    assert_eq!((harness.paths().len(), harness.store.spent_units()), (2, 2));
}

#[test]
fn an_author_without_books_is_not_found() {
    for (status, body) in
        [(200, r#"{"author":"x","books":[]}"#), (404, r#"{"errorMessage":"Not Found"}"#)]
    {
        let mut harness = TestHarness::new();
        harness.answer_always(status, &[], body);
        for _ in 0..3 {
            assert_eq!(
                request_list_page(&mut harness, author_list_query("A B"), 1, 20),
                Ok(FoundOrNotFound::NotFound),
                "{status}"
            );
        }
        assert_eq!(harness.store.spent_units(), 1);
    }
}

#[test]
fn an_unreadable_list_is_no_absence() {
    for body in [
        r#"{"author":"x","books":[{"name":"Another shape"},{}]}"#,
        r#"{"author":"x","books":[null]}"#,
        r#"{"author":"x","total":42,"books":[]}"#,
    ] {
        let queries = [author_list_query("A B"), BookListQuery::Title { title: "A B".to_owned() }];
        for query in queries {
            let mut harness = TestHarness::new();
            harness.answer_always(200, &[], body);
            let answer = request_list_page(&mut harness, query, 1, 20);
            assert!(
                matches!(answer, Err(Failure::Provider(ProviderFailure::Malformed { .. }))),
                "{body}: {answer:?}"
            );
            assert!(harness.store.row_keys().is_empty(), "{body}: {:?}", harness.store.row_keys());
        }
    }
    // An answer that is readable in part is served.
    let mut harness = TestHarness::new();
    harness.answer_always(200, &[], r#"{"books":[{"title":"T"},{}]}"#);
    assert_eq!(expect_author_list_page(&mut harness, "A B", 1, 20).books.len(), 1);
}

#[test]
fn a_search_without_hits_is_an_empty_page() {
    let mut harness = TestHarness::new();
    harness.answer_always(200, &[], r#"{"total":0,"data":[]}"#);
    let query = BookListQuery::Title { title: "No such title".to_owned() };
    for cached in [false, true] {
        let Ok(FoundOrNotFound::Found(page)) =
            request_list_page(&mut harness, query.clone(), 1, 20)
        else {
            panic!()
        };
        assert_eq!((page.total, page.books.len(), page.cached), (0, 0, cached));
    }
}

#[test]
fn failures_are_not_cached() {
    for (status, body) in [(200, "{}"), (200, "<html>"), (502, "<html>")] {
        let mut harness = TestHarness::new();
        harness.answer_always(status, &[], body);
        assert!(request_list_page(&mut harness, author_list_query("A B"), 1, 20).is_err());
        assert!(
            harness.store.row_keys().iter().all(|key| key.starts_with("h:")),
            "{:?}",
            harness.store.row_keys()
        );
    }
}

#[test]
fn an_authors_answer_serves_single_look_ups() {
    let mut harness = TestHarness::new();
    harness.set_script(scripted_author_pages(30, 1_000, true));
    expect_author_list_page(&mut harness, "Ann B", 1, 20);
    let (service, caller) = (harness.service.clone(), harness.caller_context(Interactive));
    let answer =
        harness.run_to_end(async move { service.look_up_book(&caller, numbered_isbn(25)).await });
    assert!(
        matches!(answer, Ok(FoundOrNotFound::Found(answer)) if answer.cached && answer.book.title == "Book 25")
    );
    assert_eq!(harness.paths().len(), 1);
}
