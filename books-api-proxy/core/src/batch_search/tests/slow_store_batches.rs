//! Batches over slow stores: the number of operations, and their time.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::batch_search::batch_item_keys::KeyedBatchItem;
use crate::batch_search::batch_limits::OPERATIONS_OF_KEY;

const FAR_MS: u64 = 100;

/// A different ISBN for each `n`.
fn nth_isbn(n: usize) -> Isbn13 {
    Isbn13::from_first_twelve(format!("97801{n:07}").as_bytes()).unwrap()
}

/// Titles and names without a common word, so that a search for one does not match another.
fn nth_title_or_author(n: usize) -> String {
    let letter = |n: usize| char::from(b'a' + u8::try_from(n % 26).unwrap());
    let word = |from: usize| -> String { (from..from + 5).map(|k| letter(k * 7 + n)).collect() };
    format!("{}{} {}{}", word(1), n, word(2), n)
}

fn nth_isbn_query(n: usize) -> BatchItemQuery {
    let (title, author) = (Some(nth_title_or_author(n)), Some(nth_title_or_author(n + 500)));
    BatchItemQuery::Isbn { isbn: nth_isbn(n), title, author, repaired: false }
}

fn library_book(n: usize) -> LibraryBookByAuthor {
    LibraryBookByAuthor {
        id: n.to_string(),
        isbn: Some(nth_isbn(n)),
        title: nth_title_or_author(n),
        repaired: false,
    }
}

/// Slow stores, and a provider with these books: number and author.
fn slow_store_setup(books: impl Iterator<Item = (usize, String)>) -> BatchTestSetup {
    let setup = BatchTestSetup::new();
    let mut of_authors = Vec::new();
    for (n, author) in books {
        let (isbn, title) = (nth_isbn(n).to_string(), nth_title_or_author(n));
        setup.add_edition(Provider::Isbndb, &isbn, &title, &author);
        of_authors.push(test_edition(&isbn, &title, &author));
    }
    let total = u32::try_from(of_authors.len()).unwrap();
    let page = BooksPage { page_size: total, ..of_page(total, of_authors) };
    setup.fakes().pages.replace(vec![Ok(FoundOrNotFound::Found(page))]);
    setup.fakes().far_ms.set(FAR_MS);
    setup
}

fn of_page(total: u32, books: Vec<Edition>) -> BooksPage {
    BooksPage { author: None, total, page: 1, page_size: 50, books, cached: true }
}

impl BatchTestSetup {
    /// Runs a batch; returns its operations on the stores and its time too.
    fn run_measured_batch(
        &self,
        cache: CacheMode,
        queries: &[BatchItemQuery],
    ) -> (Vec<BatchItemResult>, Vec<String>, u64) {
        self.fakes().operations.borrow_mut().clear();
        let from_ms = self.now_ms();
        let results = self.run_batch(cache, false, queries);
        let operations = self.fakes().operations.borrow().clone();
        (results, operations, self.now_ms() - from_ms)
    }
}

/// The most time for these operations: six run at once, with 30 % for those that wait for another.
fn longest_operations_ms(operations: &[String]) -> u64 {
    let rounds = u64::try_from(operations.len()).unwrap().div_ceil(6);
    rounds * FAR_MS * 13 / 10
}

fn of<'a>(operations: &'a [String], name: &str) -> Vec<&'a str> {
    operations.iter().filter_map(|o| o.strip_prefix(name)?.strip_prefix(' ')).collect()
}

#[test]
fn isbns_take_one_read_per_item_and_one_write_per_key() {
    let setup = slow_store_setup((0..20).map(|n| (n, nth_title_or_author(n + 500))));
    let queries: Vec<BatchItemQuery> = (0..20).map(nth_isbn_query).collect();
    let (results, operations, ms) = setup.run_measured_batch(CacheMode::Default, &queries);
    assert_eq!(outcome_texts(&results), ["1 found"; 20]);
    assert!(results.iter().all(|result| result.books[0].title && result.books[0].isbn));
    let written = of(&operations, "put");
    assert_eq!(written.iter().collect::<BTreeSet<_>>().len(), written.len(), "{written:?}");
    assert_eq!(operations.len(), 20 + written.len(), "{operations:?}");
    assert!(
        ms <= longest_operations_ms(&operations),
        "{ms} ms for {} operations",
        operations.len()
    );

    // Now all are warm: each key is read once.
    let (results, operations, ms) = setup.run_measured_batch(CacheMode::OnlyIfCached, &queries);
    assert_eq!(outcome_texts(&results), ["1 found already"; 20]);
    assert_eq!(operations.iter().collect::<BTreeSet<_>>().len(), operations.len());
    assert_eq!(operations.len(), written.len());
    assert!(
        ms <= longest_operations_ms(&operations),
        "{ms} ms for {} operations",
        operations.len()
    );
}

#[test]
fn isbns_without_titles_are_stored_within_a_second() {
    let setup = slow_store_setup((0..20).map(|n| (n, nth_title_or_author(n + 500))));
    let queries: Vec<BatchItemQuery> =
        (0..20).map(|n| isbn_batch_item_query(nth_isbn(n).as_str())).collect();
    let (results, operations, ms) = setup.run_measured_batch(CacheMode::Default, &queries);
    assert_eq!(outcome_texts(&results), ["1 found"; 20]);
    assert_eq!((of(&operations, "head").len(), of(&operations, "put").len()), (20, 20));
    assert!(ms <= longest_operations_ms(&operations), "{ms} ms");
}

#[test]
fn the_books_of_an_author_are_stored_at_once() {
    let author = nth_title_or_author(900);
    let setup = slow_store_setup((0..40).map(|n| (n, author.clone())));
    let books = (0..40).map(library_book).collect();
    let query = BatchItemQuery::Author { name: author, books };
    let (results, operations, ms) = setup.run_measured_batch(CacheMode::Default, &[query]);
    assert!(results[0].books.iter().all(|book| book.isbn && book.title));
    let written = of(&operations, "put");
    assert_eq!(written.iter().collect::<BTreeSet<_>>().len(), written.len());
    assert_eq!(operations.len(), 1 + written.len());
    assert!(
        ms <= longest_operations_ms(&operations),
        "{ms} ms for {} operations",
        operations.len()
    );
}

#[test]
fn authors_are_stored_while_the_next_are_fetched() {
    let setup = slow_store_setup((0..5).map(|n| (n, nth_title_or_author(n + 900))));
    let author = |n: usize| BatchItemQuery::Author {
        name: nth_title_or_author(n + 900),
        books: vec![library_book(n)],
    };
    let queries: Vec<BatchItemQuery> = (0..5).map(author).collect();
    let (results, operations, ms) = setup.run_measured_batch(CacheMode::Default, &queries);
    assert!(results.iter().all(|result| result.books[0].isbn && result.books[0].title));
    assert!(
        ms <= longest_operations_ms(&operations) + 3 * FAR_MS,
        "{ms} ms for {}",
        operations.len()
    );
}

#[test]
fn items_unfinished_at_the_deadline_are_deferred() {
    let setup = slow_store_setup((0..20).map(|n| (n, nth_title_or_author(n + 500))));
    let queries: Vec<BatchItemQuery> = (0..20).map(nth_isbn_query).collect();
    setup.fakes().time_left_ms.set(Some(2_500));
    let (results, _, ms) = setup.run_measured_batch(CacheMode::Default, &queries);
    assert_eq!(ms, 1_500, "a second is left for sending the answer");
    let (found, deferred): (Vec<_>, Vec<_>) =
        outcome_texts(&results).into_iter().partition(|outcome| outcome == "1 found");
    assert!(!found.is_empty() && !deferred.is_empty());
    assert!(deferred.iter().all(|outcome| outcome == "deferred"));
    // Stored items stay, and a later batch completes the others.
    setup.fakes().time_left_ms.set(None);
    let (results, _, _) = setup.run_measured_batch(CacheMode::Default, &queries);
    let already = outcome_texts(&results).iter().filter(|o| *o == "1 found already").count();
    assert!(already >= found.len());
    assert!(results.iter().all(|result| matches!(result.outcome, BatchItemOutcome::Found { .. })));
}

#[test]
fn a_batch_makes_fewer_operations_than_a_request_may() {
    let books_of = |a: usize| a * 5..(a + 1) * 5;
    let setup = slow_store_setup(
        (0..4).flat_map(|a| books_of(a).map(move |n| (n, nth_title_or_author(900 + a)))),
    );
    setup.fakes().max_operations.set(Some(100));
    let author = |a: usize| BatchItemQuery::Author {
        name: nth_title_or_author(900 + a),
        books: books_of(a).map(library_book).collect(),
    };
    let queries: Vec<BatchItemQuery> = (0..4).map(author).collect();
    let mut open = queries;
    let mut batches = 0;
    while !open.is_empty() {
        let (results, operations, _) = setup.run_measured_batch(CacheMode::Default, &open);
        assert!(operations.len() <= 100, "{}", operations.len());
        let before = open.len();
        open = open
            .into_iter()
            .zip(&results)
            .filter(|(_, result)| result.outcome == BatchItemOutcome::Deferred)
            .map(|(query, _)| query)
            .collect();
        assert!(open.len() < before, "each batch completes an item");
        batches += 1;
    }
    assert!(batches > 1);
    // An item that needs more operations than a batch may make is not deferred forever.
    let setup = slow_store_setup(books_of(0).map(|n| (n, nth_title_or_author(900))));
    setup.fakes().max_operations.set(Some(10));
    assert_eq!(outcome_texts(&setup.run_batch_in_default_mode(&[author(0)])), ["5 found"]);
}

/// Every kind of item over stores in every state: a batch never exceeds the operations it reserved.
#[test]
fn no_batch_exceeds_what_it_reserved() {
    let author = nth_title_or_author(900);
    let title = |n: usize| BatchItemQuery::Title {
        title: nth_title_or_author(n),
        author: Some(author.clone()),
    };
    let signs = || BatchItemQuery::Title {
        title: "C++ Primer".to_owned(),
        author: Some("Prata".to_owned()),
    };
    let of_author =
        BatchItemQuery::Author { name: author.clone(), books: (0..3).map(library_book).collect() };
    let repaired = LibraryBookByAuthor { repaired: true, ..library_book(2) };
    let kinds = [
        vec![nth_isbn_query(1), isbn_batch_item_query(UNKNOWN_ISBN)],
        vec![BatchItemQuery::Isbn {
            isbn: nth_isbn(1),
            title: Some(nth_title_or_author(1)),
            author: Some(author.clone()),
            repaired: true,
        }],
        vec![
            of_author.clone(),
            BatchItemQuery::Author { name: author.clone(), books: vec![repaired] },
        ],
        vec![title(1), title(700), signs()],
        vec![
            free_text_batch_item_query(&nth_title_or_author(1)),
            free_text_batch_item_query(nth_isbn(3).as_str()),
        ],
    ];
    let states: [fn(&mut EntryMetadata); 6] = [
        |_| (),
        |there| (there.warmed, there.stored_at_ms) = (false, 0),
        |there| there.stored_at_ms = 0,
        |there| (there.partial, there.fresh_until_ms) = (true, there.stored_at_ms),
        |there| there.outcome = AnswerBookPresence::None,
        |there| there.lent = true,
    ];
    let cases = [
        (CacheMode::OnlyIfCached, false, false, 950),
        (CacheMode::Default, false, false, 950),
        (CacheMode::Default, false, true, 40),
        (CacheMode::Refresh, false, false, 40),
        (CacheMode::Refresh, true, false, 950),
        (CacheMode::Refresh, true, true, 950),
    ];
    for queries in &kinds {
        let warmed = slow_store_setup((0..3).map(|n| (n, author.clone())));
        warmed.fakes().far_ms.set(0);
        warmed.run_batch_in_default_mode(queries);
        for (state, case) in (0..=states.len()).flat_map(|state| cases.map(|case| (state, case))) {
            let (mode, forced, is_failing, budget) = case;
            let setup = slow_store_setup((0..3).map(|n| (n, author.clone())));
            setup.fakes().far_ms.set(0);
            for (key, (page, metadata)) in warmed.fakes().cold.borrow().iter() {
                let mut metadata = metadata.clone();
                let Some(spoil) = states.get(state) else { break };
                spoil(&mut metadata);
                for tier in [&setup.fakes().cold, &setup.fakes().hot] {
                    tier.borrow_mut().insert(key.clone(), (page.clone(), metadata.clone()));
                }
            }
            if is_failing {
                let failure = Failure::Provider(ProviderFailure::Timeout);
                setup.fail_bulk(Provider::OpenLibrary, failure.clone());
                setup.set_provider_answer(Provider::OpenLibrary, Err(failure));
            }
            setup.advance(1_000);
            setup.fakes().max_operations.set(Some(budget));
            let (results, operations) = {
                let results = setup.run_batch(mode, forced, queries);
                (results, setup.fakes().operations.borrow().clone())
            };
            let case = format!("{queries:?} in {state}, {case:?}");
            let made = u32::try_from(operations.len()).unwrap();
            assert!(made <= budget, "{made} operations: {case}");
            let looks: u32 = keyed_batch_items(queries).map(|item| item.most_looks()).sum();
            assert!(mode != CacheMode::OnlyIfCached || made <= looks, "{made} of {looks}: {case}");
            let mut of_keys: BTreeMap<&str, u32> = BTreeMap::new();
            for operation in &operations {
                let key = operation.rsplit(' ').next().unwrap();
                *of_keys.entry(key.trim_end_matches("/40")).or_default() += 1;
            }
            // The operations of the look-up are reserved separately.
            let most = *of_keys.values().max().unwrap_or(&0);
            assert!(most <= OPERATIONS_OF_KEY + 2, "{of_keys:?}: {case}");
            let is_deferred = results.iter().any(|r| r.outcome == BatchItemOutcome::Deferred);
            assert!(budget < 950 || !is_deferred, "{case}");
        }
    }
}

fn keyed_batch_items(queries: &[BatchItemQuery]) -> impl Iterator<Item = KeyedBatchItem> {
    queries.iter().map(|query| {
        KeyedBatchItem::new(BatchSearchItem { id: String::new(), query: query.clone() })
    })
}

/// Books with an entry under every key take several operations for each key.
#[test]
fn a_refresh_stays_within_a_request_s_operations() {
    let setup = slow_store_setup((0..60).map(|n| (n, nth_title_or_author(n + 500))));
    let queries: Vec<BatchItemQuery> = (0..60).map(nth_isbn_query).collect();
    for cache in [CacheMode::Default, CacheMode::Refresh] {
        let mut open = queries.clone();
        while !open.is_empty() {
            setup.advance(8 * 24 * HOUR_MS);
            let (results, operations, _) = setup.run_measured_batch(cache, &open);
            assert!(operations.len() <= 950, "{}", operations.len());
            let is_deferred =
                |result: &BatchItemResult| result.outcome == BatchItemOutcome::Deferred;
            let done = results.iter().filter(|result| !is_deferred(result));
            assert!(done.clone().count() > 0);
            assert!(done.flat_map(|result| &result.books).all(|book| book.isbn && book.title));
            let rest = open.into_iter().zip(&results).filter(|(_, result)| is_deferred(result));
            open = rest.map(|(query, _)| query).collect();
        }
    }
}

#[test]
fn a_search_without_a_call_left_is_deferred() {
    let setup = BatchTestSetup::new();
    let titles: Vec<BatchItemQuery> = (0..60)
        .map(|n| BatchItemQuery::Title { title: nth_title_or_author(n), author: None })
        .collect();
    let reported = outcome_texts(&setup.run_batch_in_default_mode(&titles));
    let calls = setup.calls().iter().filter(|call| call.starts_with("isbndb")).count();
    assert!(calls <= 24, "{calls}");
    assert!(reported.iter().any(|outcome| outcome == "none"));
    assert_eq!(reported.last().unwrap(), "deferred");
}

#[test]
fn a_forced_refresh_deletes_only_existing_copies() {
    let setup = BatchTestSetup::new();
    setup.add_edition(Provider::Isbndb, DUNE_ISBN, "Dune", "Frank Herbert");
    let key = CacheKey::of(&Query::isbn_query(parse_test_isbn13(DUNE_ISBN)));
    let query = BatchItemQuery::Isbn {
        isbn: parse_test_isbn13(DUNE_ISBN),
        title: Some("Dune".to_owned()),
        author: Some("Frank Herbert".to_owned()),
        repaired: false,
    };
    setup.run_batch_in_default_mode(std::slice::from_ref(&query));
    let copy = setup.fakes().cold.borrow()[key.as_str()].clone();
    setup.fakes().hot.borrow_mut().insert(key.as_str().to_owned(), copy);
    setup.fakes().operations.borrow_mut().clear();
    setup.run_batch(CacheMode::Refresh, true, &[query]);
    let operations = setup.fakes().operations.borrow().clone();
    assert_eq!(of(&operations, "hot delete"), [key.to_string()]);
    assert!(setup.fakes().hot.borrow().is_empty());
}
