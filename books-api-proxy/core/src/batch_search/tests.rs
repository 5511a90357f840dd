//! Batches over fake stores and providers in memory.

use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use bibliography::edition::Edition;
use bibliography::isbn::Isbn13;
use bibliography::query::Query;
use ports::Clock;
use runtime::cache_policy::entry_metadata::SCHEMA_VERSION;
use runtime::cache_policy::{AnswerBookPresence, EntryMetadata};
use runtime::call_outcome::{
    Failure, FoundOrNotFound, ProviderFailure, ProviderOutcome, RequestRejection,
};
use runtime::rate_limit::CallClass;
use runtime::wire_types::batch_search_wire_types::{
    BatchItemOutcome, BatchItemQuery, BatchItemResult, BatchSearchItem, BatchSearchRequest,
    CacheMode, LibraryBookByAuthor, MAX_BATCH_ITEMS,
};
use runtime::wire_types::isbndb_worker_answers::BooksPage;
use runtime::wire_types::volume::SearchAnswerPage;
use testkit::InjectedStoreFault;

use super::batch_run::execute_batch;
use crate::config::Config;
use crate::isolate_state::IsolateCacheState;
use crate::provider::Provider;
use crate::provider_record::{ProviderRecord, ProviderRecordsOutcome};
use crate::providers::ProviderFetchOptions;
use crate::search_context::SearchContext;
use crate::testing::fake_ports::FakeProxyPorts;

mod slow_store_batches;
mod title_forms;

const DUNE_ISBN: &str = "9780441172719";
const EMMA_ISBN: &str = "9780141439587";
const UNKNOWN_ISBN: &str = "9780140143508";
const HOUR_MS: u64 = 3_600_000;
const PARTIAL_TTL_MS: u64 = 300_000;

fn parse_test_isbn13(text: &str) -> Isbn13 {
    Isbn13::parse(text).unwrap()
}

fn sample_record(provider: Provider, isbn: &str, title: &str, author: &str) -> ProviderRecord {
    ProviderRecord::new(
        provider,
        0,
        Edition {
            isbn13: Some(parse_test_isbn13(isbn)),
            title: title.to_owned(),
            authors: vec![author.to_owned()],
            ..Edition::default()
        },
    )
}

fn test_edition(isbn: &str, title: &str, author: &str) -> Edition {
    Edition {
        isbn13: Some(parse_test_isbn13(isbn)),
        title: title.to_owned(),
        authors: vec![author.to_owned()],
        ..Edition::default()
    }
}

fn found_books_page(number: u32, total: u32, books: Vec<Edition>) -> ProviderOutcome<BooksPage> {
    let page_size = 2;
    Ok(FoundOrNotFound::Found(BooksPage {
        author: None,
        total,
        page: number,
        page_size,
        books,
        cached: true,
    }))
}

fn isbn_batch_item_query(text: &str) -> BatchItemQuery {
    BatchItemQuery::Isbn {
        isbn: parse_test_isbn13(text),
        title: None,
        author: None,
        repaired: false,
    }
}

fn free_text_batch_item_query(q: &str) -> BatchItemQuery {
    BatchItemQuery::Auto { q: q.to_owned() }
}

struct BatchTestSetup {
    app: SearchContext<FakeProxyPorts>,
}

impl BatchTestSetup {
    fn new() -> Self {
        let config = Rc::new(Config::from_vars(|_| None).unwrap());
        let isolate_state = Rc::new(IsolateCacheState::new(&config));
        let setup = Self {
            app: SearchContext {
                ports: Rc::default(),
                isolate_state,
                config,
                is_purged: Rc::default(),
            },
        };
        for provider in Provider::ALL {
            setup.set_provider_answer(provider, Ok(FoundOrNotFound::NotFound));
        }
        setup.fakes().works.replace(Some(Ok(FoundOrNotFound::NotFound)));
        setup
    }

    fn fakes(&self) -> &FakeProxyPorts {
        &self.app.ports
    }

    fn set_provider_answer(&self, provider: Provider, outcome: ProviderRecordsOutcome) {
        self.fakes().answers.borrow_mut().insert(provider, (10, outcome));
    }

    /// Adds an edition to a provider.
    fn add_edition(&self, provider: Provider, isbn: &str, title: &str, author: &str) {
        self.set_answer(
            provider,
            isbn,
            Ok(FoundOrNotFound::Found(vec![sample_record(provider, isbn, title, author)])),
        );
    }

    fn set_answer(&self, provider: Provider, isbn: &str, outcome: ProviderRecordsOutcome) {
        self.fakes().editions.borrow_mut().insert((provider, parse_test_isbn13(isbn)), outcome);
    }

    fn fail_bulk(&self, provider: Provider, failure: Failure) {
        self.fakes().bulk_fails.borrow_mut().insert(provider, failure);
    }

    fn run_batch(
        &self,
        cache: CacheMode,
        bypass_isbndb_cache: bool,
        queries: &[BatchItemQuery],
    ) -> Vec<BatchItemResult> {
        self.fakes().calls.borrow_mut().clear();
        let items = (1..)
            .zip(queries)
            .map(|(id, query)| BatchSearchItem { id: id.to_string(), query: query.clone() })
            .collect();
        let request = BatchSearchRequest { cache, items };
        let clock = Rc::clone(&self.fakes().clock);
        clock.run_to_end(execute_batch(&self.app, request, bypass_isbndb_cache)).unwrap().results
    }

    fn run_batch_in_default_mode(&self, queries: &[BatchItemQuery]) -> Vec<BatchItemResult> {
        self.run_batch(CacheMode::Default, true, queries)
    }

    /// Calls of the last batch, in alphabetical order.
    fn calls(&self) -> Vec<String> {
        let mut calls = self.fakes().calls.borrow().clone();
        calls.sort();
        calls
    }

    fn cold_tier_entry(&self, query: &Query) -> Option<(SearchAnswerPage, EntryMetadata)> {
        let cold = self.fakes().cold.borrow();
        let (bytes, metadata) = cold.get(CacheKey::of(query).as_str())?;
        Some((serde_json::from_slice(bytes).unwrap(), metadata.clone()))
    }

    fn advance(&self, ms: u64) {
        self.fakes().clock.advance(ms);
    }

    fn now_ms(&self) -> u64 {
        self.fakes().now_ms()
    }
}

/// A short text for an outcome.
fn outcome_text(result: &BatchItemResult) -> String {
    match &result.outcome {
        BatchItemOutcome::Found { count, was_cached, partial, .. } => {
            let was_cached = if *was_cached { " already" } else { "" };
            format!("{count} found{was_cached}{}", if *partial { " partial" } else { "" })
        }
        BatchItemOutcome::NotFound { was_cached, .. } => {
            if *was_cached { "none already" } else { "none" }.to_owned()
        }
        BatchItemOutcome::Miss => "miss".to_owned(),
        BatchItemOutcome::Deferred => "deferred".to_owned(),
        BatchItemOutcome::Failed { failure, provider } => format!("{provider} {failure}"),
    }
}

fn outcome_texts(results: &[BatchItemResult]) -> Vec<String> {
    results.iter().map(outcome_text).collect()
}

#[test]
fn isbns_share_bulk_calls_and_have_own_outcomes() {
    let setup = BatchTestSetup::new();
    setup.add_edition(Provider::Isbndb, DUNE_ISBN, "Dune", "Frank Herbert");
    setup.add_edition(Provider::OpenLibrary, EMMA_ISBN, "Emma", "Jane Austen");
    // An ISBN as free text is in the bulk call too; a repeated ISBN is requested once.
    let queries = [
        isbn_batch_item_query(DUNE_ISBN),
        free_text_batch_item_query("0-14-143958-0"),
        isbn_batch_item_query(UNKNOWN_ISBN),
        isbn_batch_item_query(DUNE_ISBN),
    ];
    let results = setup.run_batch_in_default_mode(&queries);
    assert_eq!(outcome_texts(&results), ["1 found", "1 found", "none", "1 found"]);
    // Google is queried only for ISBNs that the others lack.
    let bulks = ["google-books bulk of 1", "isbndb bulk of 3", "open-library bulk of 3"];
    assert_eq!(setup.calls(), bulks);
    let ids: Vec<&str> = results.iter().map(|result| result.id.as_str()).collect();
    assert_eq!(ids, ["1", "2", "3", "4"]);
    let (page, metadata) =
        setup.cold_tier_entry(&Query::isbn_query(parse_test_isbn13(EMMA_ISBN))).unwrap();
    assert_eq!(page.items[0].id, format!("isbn-{EMMA_ISBN}"));
    assert!(!metadata.partial);
    // The negative lives for an hour.
    let BatchItemOutcome::NotFound { fresh_until_ms, .. } = results[2].outcome else { panic!() };
    assert_eq!(fresh_until_ms, setup.now_ms() + HOUR_MS);
    // Warming writes the cold tier only.
    assert!(setup.fakes().hot.borrow().is_empty());
}

#[test]
fn a_warm_entry_causes_no_call() {
    let setup = BatchTestSetup::new();
    setup.add_edition(Provider::Isbndb, DUNE_ISBN, "Dune", "Frank Herbert");
    setup.set_provider_answer(
        Provider::OpenLibrary,
        Ok(FoundOrNotFound::Found(vec![sample_record(
            Provider::OpenLibrary,
            EMMA_ISBN,
            "Emma",
            "Jane Austen",
        )])),
    );
    let queries = [
        isbn_batch_item_query(DUNE_ISBN),
        isbn_batch_item_query(UNKNOWN_ISBN),
        free_text_batch_item_query("emma jane austen"),
    ];
    assert_eq!(
        outcome_texts(&setup.run_batch_in_default_mode(&queries)),
        ["1 found", "none", "1 found"]
    );
    for cache in [CacheMode::Default, CacheMode::OnlyIfCached] {
        let again = setup.run_batch(cache, true, &queries);
        assert_eq!(outcome_texts(&again), ["1 found already", "none already", "1 found already"]);
        assert!(setup.calls().is_empty(), "{:?}", setup.calls());
    }
    // A stale entry is warm, an expired negative is not.
    setup.advance(7 * 24 * HOUR_MS);
    let stale = setup.run_batch(CacheMode::OnlyIfCached, true, &queries);
    assert_eq!(outcome_texts(&stale), ["1 found already", "miss", "1 found already"]);
    assert!(setup.calls().is_empty());
}

#[test]
fn only_if_cached_causes_no_call_and_no_write() {
    let setup = BatchTestSetup::new();
    let books = vec![LibraryBookByAuthor {
        id: "b".to_owned(),
        isbn: Some(parse_test_isbn13(DUNE_ISBN)),
        title: "Dune".to_owned(),
        repaired: false,
    }];
    let results = setup.run_batch(
        CacheMode::OnlyIfCached,
        true,
        &[
            isbn_batch_item_query(DUNE_ISBN),
            free_text_batch_item_query("dune"),
            BatchItemQuery::Author { name: "Frank Herbert".to_owned(), books },
            BatchItemQuery::Title {
                title: "Dune".to_owned(),
                author: Some("Frank Herbert".to_owned()),
            },
        ],
    );
    assert_eq!(outcome_texts(&results), ["miss"; 4]);
    let seen = &results[2].books[0];
    assert_eq!((seen.id.as_str(), seen.isbn, seen.title), ("b", false, false));
    assert!(setup.calls().is_empty());
    assert!(setup.fakes().cold.borrow().is_empty());
}

#[test]
fn a_refresh_queries_providers_for_a_fresh_entry() {
    let setup = BatchTestSetup::new();
    setup.add_edition(Provider::Isbndb, DUNE_ISBN, "Dune", "Frank Herbert");
    setup.run_batch_in_default_mode(&[isbn_batch_item_query(DUNE_ISBN)]);
    let before = setup.cold_tier_entry(&Query::isbn_query(parse_test_isbn13(DUNE_ISBN))).unwrap().1;
    setup.advance(1_000);
    for (bypass_isbndb_cache, bypass_cache) in [(true, true), (false, false)] {
        let results = setup.run_batch(
            CacheMode::Refresh,
            bypass_isbndb_cache,
            &[
                isbn_batch_item_query(DUNE_ISBN),
                free_text_batch_item_query("dune"),
                BatchItemQuery::Author { name: "Frank Herbert".to_owned(), books: Vec::new() },
            ],
        );
        assert_eq!(outcome_text(&results[0]), "1 found");
        assert_eq!(setup.calls().len(), 6, "{:?}", setup.calls());
        let fetch_policy = setup.fakes().fetch_policy.get().unwrap();
        assert_eq!(
            fetch_policy,
            ProviderFetchOptions { class: CallClass::Background, bypass_cache }
        );
    }
    let after = setup.cold_tier_entry(&Query::isbn_query(parse_test_isbn13(DUNE_ISBN))).unwrap().1;
    assert!(after.stored_at_ms > before.stored_at_ms);
    // Other modes allow answers from the ISBNdb Worker's cache.
    setup.run_batch_in_default_mode(&[isbn_batch_item_query(EMMA_ISBN)]);
    assert_eq!(
        setup.fakes().fetch_policy.get(),
        Some(ProviderFetchOptions::of(CallClass::Background))
    );
}

#[test]
fn a_failed_item_does_not_fail_the_others() {
    let setup = BatchTestSetup::new();
    setup.add_edition(Provider::Isbndb, DUNE_ISBN, "Dune", "Frank Herbert");
    setup.set_answer(Provider::Isbndb, EMMA_ISBN, Err(ProviderFailure::WrongBook.into()));
    setup.set_answer(
        Provider::Isbndb,
        UNKNOWN_ISBN,
        Err(ProviderFailure::QuotaSpent { until_ms: 7 }.into()),
    );
    let results = setup.run_batch_in_default_mode(&[
        free_text_batch_item_query("  "),
        isbn_batch_item_query(EMMA_ISBN),
        isbn_batch_item_query(DUNE_ISBN),
        isbn_batch_item_query(UNKNOWN_ISBN),
    ]);
    let reported = outcome_texts(&results);
    assert_eq!(reported[..3], ["proxy bad_request", "isbndb wrong_book", "1 found"]);
    let spent = Failure::Provider(ProviderFailure::QuotaSpent { until_ms: 7 });
    let failed = BatchItemOutcome::Failed { failure: spent, provider: "isbndb".to_owned() };
    assert_eq!(results[3].outcome, failed);
    assert_eq!(setup.fakes().cold.borrow().len(), 1, "a failed item stores nothing");
}

#[test]
fn a_failed_provider_makes_found_items_partial() {
    let setup = BatchTestSetup::new();
    setup.fail_bulk(Provider::Isbndb, Failure::Provider(ProviderFailure::Timeout));
    setup.add_edition(Provider::OpenLibrary, DUNE_ISBN, "Dune", "Frank Herbert");
    setup.add_edition(Provider::GoogleBooks, EMMA_ISBN, "Emma", "Jane Austen");
    let results = setup.run_batch_in_default_mode(&[
        isbn_batch_item_query(DUNE_ISBN),
        isbn_batch_item_query(EMMA_ISBN),
        isbn_batch_item_query(UNKNOWN_ISBN),
    ]);
    // Not found by one provider is no absence while another has not answered.
    assert_eq!(outcome_texts(&results), ["1 found partial", "1 found partial", "isbndb timeout"]);
    let (_, metadata) =
        setup.cold_tier_entry(&Query::isbn_query(parse_test_isbn13(DUNE_ISBN))).unwrap();
    assert_eq!(metadata.fresh_until_ms, metadata.stored_at_ms + PARTIAL_TTL_MS);
    // A provider that is not configured does not count.
    let setup = BatchTestSetup::new();
    setup.fail_bulk(Provider::Isbndb, Failure::Provider(ProviderFailure::NotConfigured));
    setup.add_edition(Provider::OpenLibrary, DUNE_ISBN, "Dune", "Frank Herbert");
    assert_eq!(
        outcome_texts(&setup.run_batch_in_default_mode(&[
            isbn_batch_item_query(DUNE_ISBN),
            isbn_batch_item_query(UNKNOWN_ISBN)
        ])),
        ["1 found", "none"]
    );
}

#[test]
fn a_wrongly_guessed_title_is_searched_as_keywords() {
    let setup = BatchTestSetup::new();
    let history =
        sample_record(Provider::OpenLibrary, EMMA_ISBN, "The Secret History", "Donna Tartt");
    setup.fakes().words.replace(Some(Ok(FoundOrNotFound::Found(vec![history]))));
    let results = setup.run_batch_in_default_mode(&[
        free_text_batch_item_query("the secret tartt"),
        isbn_batch_item_query(UNKNOWN_ISBN),
    ]);
    assert_eq!(outcome_texts(&results), ["1 found", "none"]);
    let said = BatchItemQuery::Title { title: "the secret smith".to_owned(), author: None };
    assert_eq!(outcome_texts(&setup.run_batch_in_default_mode(&[said])), ["none"]);
}

#[test]
fn a_failed_refresh_leaves_the_entry_as_it_is() {
    let setup = BatchTestSetup::new();
    setup.add_edition(Provider::Isbndb, DUNE_ISBN, "Dune", "Frank Herbert");
    setup.run_batch_in_default_mode(&[isbn_batch_item_query(DUNE_ISBN)]);
    let before = setup.cold_tier_entry(&Query::isbn_query(parse_test_isbn13(DUNE_ISBN))).unwrap();
    for provider in [Provider::Isbndb, Provider::OpenLibrary, Provider::GoogleBooks] {
        setup.fail_bulk(provider, Failure::Provider(ProviderFailure::Unreachable));
    }
    let results = setup.run_batch(CacheMode::Refresh, true, &[isbn_batch_item_query(DUNE_ISBN)]);
    assert_eq!(outcome_texts(&results), ["isbndb unreachable"]);
    assert_eq!(
        setup.cold_tier_entry(&Query::isbn_query(parse_test_isbn13(DUNE_ISBN))).unwrap(),
        before
    );
}

#[test]
fn google_s_look_ups_fit_into_a_request() {
    let unknown: Vec<BatchItemQuery> = (0..40)
        .map(|n| {
            let isbn = Isbn13::from_first_twelve(format!("97801{n:07}").as_bytes()).unwrap();
            BatchItemQuery::Isbn { isbn, title: None, author: None, repaired: false }
        })
        .collect();
    let asked = |setup: &BatchTestSetup| {
        setup.calls().iter().filter(|call| call.starts_with("google")).count()
    };
    let setup = BatchTestSetup::new();
    // A batch makes 36 calls to providers: up to six in bulk, then two for each missing ISBN.
    let items = [&unknown[..], &[free_text_batch_item_query("emma jane austen")]].concat();
    let results = outcome_texts(&setup.run_batch_in_default_mode(&items));
    assert_eq!(asked(&setup), 15);
    assert_eq!(results[..15], ["none"; 15]);
    assert_eq!(results[15..], ["deferred"; 26]);
    // An ISBN that Google was not queried for is not stored. Without a key, Google is left out.
    assert_eq!(setup.fakes().cold.borrow().len(), 15);
    let setup = BatchTestSetup::new();
    setup.fakes().lacks_google.set(true);
    setup.fail_bulk(Provider::GoogleBooks, Failure::Provider(ProviderFailure::NotConfigured));
    assert_eq!(outcome_texts(&setup.run_batch_in_default_mode(&unknown)), ["none"; 40]);
    // With its quota spent, Google is queried once, and the items do not fail.
    let setup = BatchTestSetup::new();
    setup.fail_bulk(
        Provider::GoogleBooks,
        Failure::Provider(ProviderFailure::QuotaSpent { until_ms: 1 }),
    );
    assert_eq!(outcome_texts(&setup.run_batch_in_default_mode(&unknown)), ["none"; 40]);
    assert_eq!(asked(&setup), 1);
}

#[test]
fn an_author_takes_the_pages_that_the_books_need() {
    let library = |isbns: &[(&str, &str)]| BatchItemQuery::Author {
        name: "Frank Herbert".to_owned(),
        books: isbns
            .iter()
            .map(|(isbn, title)| LibraryBookByAuthor {
                id: (*isbn).to_owned(),
                isbn: Some(parse_test_isbn13(isbn)),
                title: (*title).to_owned(),
                repaired: false,
            })
            .collect(),
    };
    let author = "Frank Herbert";
    let pages = vec![
        found_books_page(
            1,
            4,
            vec![
                test_edition(EMMA_ISBN, "Whipping Star", author),
                test_edition(UNKNOWN_ISBN, "Dosadi", author),
            ],
        ),
        found_books_page(2, 4, vec![test_edition(DUNE_ISBN, "Dune", author)]),
    ];
    for (wanted, calls) in [
        (library(&[(EMMA_ISBN, "Whipping Star")]), 1),
        (library(&[(EMMA_ISBN, "Whipping Star"), (DUNE_ISBN, "Dune")]), 2),
    ] {
        let setup = BatchTestSetup::new();
        setup.fakes().pages.replace(pages.clone());
        let results = setup.run_batch_in_default_mode(&[wanted]);
        assert!(results[0].books.iter().all(|book| book.isbn && book.title), "{results:?}");
        let isbndb = setup.calls().iter().filter(|call| call.starts_with("isbndb")).count();
        assert_eq!((isbndb, setup.calls().len()), (calls, calls + 1));
    }
    // These calls alone store all entries that searches read.
    let setup = BatchTestSetup::new();
    setup.fakes().pages.replace(pages);
    setup.run_batch_in_default_mode(&[library(&[(DUNE_ISBN, "Dune")])]);
    for query in [
        Query::isbn_query(parse_test_isbn13(DUNE_ISBN)),
        Query::from_free_text("Dune Frank Herbert"),
        Query::title_author_query(Some("Dune"), Some("Herbert, Frank")),
        Query::author_query("Frank Herbert"),
    ] {
        assert!(setup.cold_tier_entry(&query).is_some(), "{}", query.comparable_text());
    }
}

#[test]
fn an_author_batch_keeps_recent_book_entries() {
    let author = "Frank Herbert";
    let library = |repaired| BatchItemQuery::Author {
        name: author.to_owned(),
        books: vec![LibraryBookByAuthor {
            id: "b".to_owned(),
            isbn: Some(parse_test_isbn13(DUNE_ISBN)),
            title: "Dune".to_owned(),
            repaired,
        }],
    };
    let own = [
        Query::isbn_query(parse_test_isbn13(DUNE_ISBN)),
        Query::title_author_query(Some("Dune"), Some(author)),
    ];
    let whole = |stored_at_ms, stale_until_ms| EntryMetadata {
        schema: SCHEMA_VERSION,
        stored_at_ms,
        fresh_until_ms: stale_until_ms,
        stale_until_ms,
        outcome: AnswerBookPresence::Found,
        count: 3,
        partial: false,
        confirmed: 0,
        warmed: true,
        lent: false,
        widened: false,
        etag: "own".to_owned(),
        providers: Vec::new(),
    };
    let day_ms = 24 * HOUR_MS;
    let times = Config::from_vars(|_| None).unwrap().times;
    let now_ms = 100 * day_ms;
    let young_ms = now_ms - times.cold_ttl_ms / 2;
    let later_ms = now_ms + day_ms;
    let is_own = |metadata: &EntryMetadata| metadata.etag == "own";
    let pages = || vec![found_books_page(1, 1, vec![test_edition(DUNE_ISBN, "Dune", author)])];
    let first = BatchTestSetup::new();
    first.fakes().pages.replace(pages());
    first.run_batch_in_default_mode(&[library(false)]);
    for (there, forced, repaired, kept) in [
        (whole(young_ms, later_ms), false, false, [true, true]),
        // Replaced: an older, an expired, a partial and a negative entry.
        (whole(young_ms - 1, later_ms), false, false, [false, false]),
        (whole(young_ms, now_ms), false, false, [false, false]),
        (
            EntryMetadata { partial: true, ..whole(young_ms, later_ms) },
            false,
            false,
            [false, false],
        ),
        (
            EntryMetadata { outcome: AnswerBookPresence::None, ..whole(young_ms, later_ms) },
            false,
            false,
            [false, false],
        ),
        // Replaced: by a forced refresh, or because a repaired ISBN's entry may be another book's.
        (whole(young_ms, later_ms), true, false, [false, false]),
        (whole(young_ms, later_ms), false, true, [false, true]),
    ] {
        let setup = BatchTestSetup::new();
        setup.advance(now_ms);
        setup.fakes().pages.replace(pages());
        for query in &own {
            let (page, _) = first.cold_tier_entry(query).unwrap();
            let entry = (serde_json::to_vec(&page).unwrap(), there.clone());
            setup.fakes().hot.borrow_mut().insert(CacheKey::of(query).to_string(), entry.clone());
            setup.fakes().cold.borrow_mut().insert(CacheKey::of(query).to_string(), entry);
        }
        let results = setup.run_batch(CacheMode::Refresh, forced, &[library(repaired)]);
        let seen = &results[0].books[0];
        assert!(seen.isbn && seen.title && !seen.wrong, "{there:?}");
        let cold = setup.fakes().cold.borrow();
        let stands = own.each_ref().map(|query| is_own(&cold[CacheKey::of(query).as_str()].1));
        assert_eq!(stands, kept, "{there:?}, forced {forced}, confirm {repaired}");
        // A forced refresh deletes the copies in KV, which would hide the new entries.
        assert_eq!(setup.fakes().hot.borrow().len(), if forced { 0 } else { own.len() });
    }
}

#[test]
fn the_first_page_is_kept_if_the_second_fails() {
    let setup = BatchTestSetup::new();
    let author = "Frank Herbert";
    setup.fakes().pages.replace(vec![
        found_books_page(1, 9, vec![test_edition(EMMA_ISBN, "Whipping Star", author)]),
        Err(ProviderFailure::Timeout.into()),
    ]);
    let books = vec![LibraryBookByAuthor {
        id: "b".to_owned(),
        isbn: Some(parse_test_isbn13(DUNE_ISBN)),
        title: "Dune".to_owned(),
        repaired: false,
    }];
    let name = author.to_owned();
    let results = setup.run_batch_in_default_mode(&[BatchItemQuery::Author { name, books }]);
    assert_eq!(outcome_text(&results[0]), "1 found");
    // A book on no read page is not reported as cached: the warmer fetches it by its ISBN.
    assert!(!results[0].books[0].isbn && !results[0].books[0].title);
}

#[test]
fn a_failing_cold_tier_is_reported() {
    let setup = BatchTestSetup::new();
    setup.add_edition(Provider::Isbndb, DUNE_ISBN, "Dune", "Frank Herbert");
    setup.fakes().cold.faults.set(InjectedStoreFault::Down);
    assert_eq!(
        outcome_texts(&setup.run_batch_in_default_mode(&[isbn_batch_item_query(DUNE_ISBN)])),
        ["cache internal"]
    );
}

#[test]
fn a_batch_of_more_than_a_hundred_items_is_refused() {
    let setup = BatchTestSetup::new();
    let queries = |count: usize| -> Vec<BatchSearchItem> {
        (0..count)
            .map(|n| BatchSearchItem { id: n.to_string(), query: free_text_batch_item_query("  ") })
            .collect()
    };
    let send = |count| {
        let request = BatchSearchRequest { cache: CacheMode::Default, items: queries(count) };
        let clock = Rc::clone(&setup.fakes().clock);
        clock.run_to_end(execute_batch(&setup.app, request, true))
    };
    assert_eq!(send(MAX_BATCH_ITEMS).unwrap().results.len(), MAX_BATCH_ITEMS);
    assert!(matches!(
        send(MAX_BATCH_ITEMS + 1),
        Err(Failure::Request(RequestRejection::TooLarge { .. }))
    ));
}

#[test]
fn a_warmed_answer_has_its_overflow_under_every_key() {
    let setup = BatchTestSetup::new();
    let author = "Frank Herbert";
    let books = (0..70)
        .map(|n| {
            let isbn = Isbn13::from_first_twelve(format!("97801{n:07}").as_bytes()).ok();
            let title = format!("Dune {n}");
            Edition { isbn13: isbn, title, authors: vec![author.to_owned()], ..Edition::default() }
        })
        .collect();
    setup.fakes().pages.replace(vec![found_books_page(1, 70, books)]);
    setup.run_batch_in_default_mode(&[BatchItemQuery::Author {
        name: author.to_owned(),
        books: Vec::new(),
    }]);
    for key in bibliography::cache_key::keys_for_author(author) {
        let cold = setup.fakes().cold.borrow();
        let items = |key: &CacheKey| {
            let (bytes, metadata) = &cold[key.as_str()];
            let page: SearchAnswerPage = serde_json::from_slice(bytes).unwrap();
            (page.items.len(), page.total_items, metadata.fresh_until_ms)
        };
        let (first, rest) = (items(&key), items(&key.page_key(40)));
        assert_eq!((first.0, rest.0, rest.1), (40, 30, 70), "{key}");
        assert_eq!(first.2, rest.2);
    }
}

#[test]
fn an_absence_without_google_is_partial() {
    let said = || BatchItemQuery::Title { title: "the secret smith".to_owned(), author: None };
    let all_failed = || BatchItemQuery::Author { name: "Nobody".to_owned(), books: Vec::new() };
    for lacks_google in [false, true] {
        let setup = BatchTestSetup::new();
        setup.fakes().lacks_google.set(lacks_google);
        setup.fail_bulk(
            Provider::GoogleBooks,
            Failure::Provider(ProviderFailure::QuotaSpent { until_ms: 1 }),
        );
        let results = setup.run_batch_in_default_mode(&[
            isbn_batch_item_query(UNKNOWN_ISBN),
            said(),
            all_failed(),
        ]);
        assert_eq!(outcome_texts(&results), ["none"; 3]);
        let is_open = |result: &BatchItemResult| {
            matches!(result.outcome, BatchItemOutcome::NotFound { partial: true, .. })
        };
        assert!(results.iter().all(|result| is_open(result) != lacks_google), "{results:?}");
        // Without a key for Google, the other two confirm the absence.
        let life_ms = if lacks_google { HOUR_MS } else { PARTIAL_TTL_MS };
        let queries = [
            Query::isbn_query(parse_test_isbn13(UNKNOWN_ISBN)),
            Query::title_query("the secret smith"),
            Query::author_query("Nobody"),
        ];
        for query in queries {
            let (page, metadata) = setup.cold_tier_entry(&query).unwrap();
            let seen = (page.partial, metadata.fresh_until_ms - metadata.stored_at_ms);
            assert_eq!(seen, (!lacks_google, life_ms), "{}", query.search_text());
            let names = page.providers.iter().map(|report| report.outcome.as_str());
            assert_eq!(names.filter(|outcome| *outcome == "not_asked").count() == 0, lacks_google);
        }
    }
    // An entry with books does not become partial.
    let setup = BatchTestSetup::new();
    setup.add_edition(Provider::Isbndb, UNKNOWN_ISBN, "Emma", "Jane Austen");
    setup.run_batch_in_default_mode(&[isbn_batch_item_query(UNKNOWN_ISBN)]);
    setup.fakes().editions.borrow_mut().clear();
    setup.fail_bulk(
        Provider::GoogleBooks,
        Failure::Provider(ProviderFailure::QuotaSpent { until_ms: 1 }),
    );
    let again = setup.run_batch(CacheMode::Refresh, true, &[isbn_batch_item_query(UNKNOWN_ISBN)]);
    assert_eq!(outcome_texts(&again), ["1 found"]);
}

/// That no author is named "Dune" confirms no absence for the free text "dune".
#[test]
fn an_absence_is_partial_under_alias_keys() {
    let setup = BatchTestSetup::new();
    setup.fakes().lacks_google.set(true);
    let all_failed = BatchItemQuery::Author { name: "Dune".to_owned(), books: Vec::new() };
    let no_title = BatchItemQuery::Title { title: "Emma".to_owned(), author: None };
    assert_eq!(
        outcome_texts(&setup.run_batch_in_default_mode(&[all_failed, no_title])),
        ["none"; 2]
    );
    for (query, partial, life_ms) in [
        (Query::author_query("Dune"), false, HOUR_MS),
        (Query::title_query("Emma"), false, HOUR_MS),
        (Query::from_free_text("dune"), true, PARTIAL_TTL_MS),
        (Query::from_free_text("emma"), true, PARTIAL_TTL_MS),
    ] {
        let (page, metadata) = setup.cold_tier_entry(&query).unwrap();
        assert_eq!((metadata.outcome, page.partial), (AnswerBookPresence::None, partial));
        assert_eq!(
            metadata.fresh_until_ms - metadata.stored_at_ms,
            life_ms,
            "{}",
            query.search_text()
        );
    }
}

#[test]
fn a_negative_that_no_batch_stored_is_refreshed() {
    let setup = BatchTestSetup::new();
    setup.fakes().lacks_google.set(true);
    let query = BatchItemQuery::Title { title: "Emma".to_owned(), author: None };
    let asked = |mode| outcome_texts(&setup.run_batch(mode, false, std::slice::from_ref(&query)));
    assert_eq!(asked(CacheMode::Default), ["none"]);
    // The stored negative answers every mode but `recheck`.
    assert_eq!(asked(CacheMode::Default), ["none already"]);
    assert_eq!(asked(CacheMode::OnlyIfCached), ["none already"]);
    assert_eq!(asked(CacheMode::Recheck), ["none"]);
    // As if a client's search had stored the entry.
    let key = CacheKey::of(&Query::title_query("Emma"));
    setup.fakes().cold.borrow_mut().get_mut(key.as_str()).unwrap().1.warmed = false;
    assert_eq!(asked(CacheMode::OnlyIfCached), ["miss"]);
    assert_eq!(asked(CacheMode::Default), ["none"]);
    assert!(!setup.calls().is_empty());
    // An entry with books is warm, whether a batch or a search stored it.
    let emma = Ok(FoundOrNotFound::Found(vec![sample_record(
        Provider::OpenLibrary,
        EMMA_ISBN,
        "Emma",
        "Jane Austen",
    )]));
    setup.set_provider_answer(Provider::OpenLibrary, emma);
    assert_eq!(asked(CacheMode::Recheck), ["1 found"]);
    setup.fakes().cold.borrow_mut().get_mut(key.as_str()).unwrap().1.warmed = false;
    for mode in [CacheMode::Recheck, CacheMode::Default, CacheMode::OnlyIfCached] {
        assert_eq!(asked(mode), ["1 found already"]);
    }
}

#[test]
fn a_spelling_without_signs_is_lent_the_entry() {
    let setup = BatchTestSetup::new();
    let prata = Some("Stephen Prata".to_owned());
    let of = |title: &str| BatchItemQuery::Title { title: title.to_owned(), author: prata.clone() };
    let (plus, plain) = (of("C++ Primer Plus"), of("C Primer Plus"));
    let query = Query::title_author_query(Some("C Primer Plus"), prata.as_deref());
    let knows = |title: &str| {
        let records = vec![sample_record(Provider::OpenLibrary, DUNE_ISBN, title, "Stephen Prata")];
        setup.set_provider_answer(Provider::OpenLibrary, Ok(FoundOrNotFound::Found(records)));
    };
    knows("C++ Primer Plus");
    assert_eq!(
        outcome_texts(&setup.run_batch_in_default_mode(std::slice::from_ref(&plus))),
        ["1 found"]
    );
    let (page, lent) = setup.cold_tier_entry(&query).unwrap();
    assert_eq!(page.items[0].edition.title, "C++ Primer Plus");
    assert!(lent.lent && lent.fresh_until_ms == lent.stored_at_ms);
    // The other book's own item is fetched, and its entry is not replaced by a lent one.
    knows("C Primer Plus");
    assert_eq!(
        outcome_texts(&setup.run_batch_in_default_mode(std::slice::from_ref(&plain))),
        ["1 found"]
    );
    assert_eq!(outcome_texts(&setup.run_batch(CacheMode::Refresh, true, &[plus])), ["1 found"]);
    let (page, own) = setup.cold_tier_entry(&query).unwrap();
    assert_eq!(page.items[0].edition.title, "C Primer Plus");
    assert!(!own.lent);
}

#[test]
fn a_title_of_signs_alone_is_a_bad_request() {
    let setup = BatchTestSetup::new();
    let signs = BatchItemQuery::Title { title: "???".to_owned(), author: Some("King".to_owned()) };
    let results = setup.run_batch_in_default_mode(&[signs]);
    assert!(matches!(results[0].outcome, BatchItemOutcome::Failed { .. }), "{:?}", results[0]);
    assert!(setup.calls().is_empty());
}

#[test]
fn a_forced_refresh_deletes_the_copy_in_kv() {
    let setup = BatchTestSetup::new();
    setup.add_edition(Provider::Isbndb, DUNE_ISBN, "Dune", "Frank Herbert");
    setup.run_batch_in_default_mode(&[isbn_batch_item_query(DUNE_ISBN)]);
    let promoted = || {
        let key = CacheKey::of(&Query::isbn_query(parse_test_isbn13(DUNE_ISBN)));
        let entry = setup.fakes().cold.borrow()[key.as_str()].clone();
        setup.fakes().hot.borrow_mut().insert(key.to_string(), entry);
    };
    promoted();
    // A refresh by the warmer saves the delete in KV for each key.
    setup.run_batch(CacheMode::Refresh, false, &[isbn_batch_item_query(DUNE_ISBN)]);
    assert_eq!(setup.fakes().hot.borrow().len(), 1);
    setup.run_batch(CacheMode::Refresh, true, &[isbn_batch_item_query(DUNE_ISBN)]);
    assert!(setup.fakes().hot.borrow().is_empty());
}

#[test]
fn an_item_of_a_later_version_is_deferred_alone() {
    let setup = BatchTestSetup::new();
    setup.add_edition(Provider::Isbndb, DUNE_ISBN, "Dune", "Frank Herbert");
    let results = setup.run_batch(
        CacheMode::Default,
        false,
        &[BatchItemQuery::Unknown, isbn_batch_item_query(DUNE_ISBN)],
    );
    assert_eq!((results[0].id.as_str(), &results[0].outcome), ("1", &BatchItemOutcome::Deferred));
    assert!(matches!(results[1].outcome, BatchItemOutcome::Found { .. }), "{results:?}");
    let results = setup.run_batch(
        CacheMode::Unknown,
        false,
        &[isbn_batch_item_query(EMMA_ISBN), isbn_batch_item_query(DUNE_ISBN)],
    );
    assert!(
        results.iter().all(|result| result.outcome == BatchItemOutcome::Deferred),
        "{results:?}"
    );
    assert!(setup.fakes().calls.borrow().is_empty());
}
