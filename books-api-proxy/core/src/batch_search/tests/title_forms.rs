//! The forms in which clients type a title are warm after its library is warmed.

use super::*;

const SAPIENS_ISBN: &str = "9780062316097";
const THREE: &str = "9781607069317";
const FOUR: &str = "9781632150776";

fn setup_after_first_hour() -> BatchTestSetup {
    let setup = BatchTestSetup::new();
    setup.advance(HOUR_MS);
    setup
}

/// The titles that a search typed as free text finds in the cache, in alphabetical order.
fn titles_of_cached_search(setup: &BatchTestSetup, q: &str) -> Vec<String> {
    let results = setup.run_batch(CacheMode::OnlyIfCached, true, &[free_text_batch_item_query(q)]);
    assert!(setup.calls().is_empty());
    if !matches!(results[0].outcome, BatchItemOutcome::Found { partial: false, .. }) {
        return Vec::new();
    }
    let (page, _) = setup.cold_tier_entry(&Query::from_free_text(q)).unwrap();
    let mut titles: Vec<String> =
        page.items.iter().map(|item| item.edition.title.clone()).collect();
    titles.sort();
    titles
}

fn title_item_query(title: &str, author: Option<&str>) -> BatchItemQuery {
    BatchItemQuery::Title { title: title.to_owned(), author: author.map(str::to_owned) }
}

fn of_author(name: &str, books: &[(&str, &str)]) -> BatchItemQuery {
    let books = books.iter().map(|(isbn, title)| LibraryBookByAuthor {
        id: format!("b:{isbn}"),
        isbn: Isbn13::parse(isbn).ok(),
        title: (*title).to_owned(),
        repaired: false,
    });
    BatchItemQuery::Author { name: name.to_owned(), books: books.collect() }
}

#[test]
fn a_base_title_is_warm_with_its_author_and_alone() {
    let (title, author) = ("Sapiens: A Brief History of Humankind", "Yuval Noah Harari");
    for query in [
        of_author(author, &[(SAPIENS_ISBN, title)]),
        title_item_query(title, Some(author)),
        BatchItemQuery::Isbn {
            isbn: parse_test_isbn13(SAPIENS_ISBN),
            title: Some(title.to_owned()),
            author: Some(author.to_owned()),
            repaired: false,
        },
    ] {
        let setup = setup_after_first_hour();
        let one = sample_record(Provider::Isbndb, SAPIENS_ISBN, title, author);
        setup.fakes().pages.replace(vec![found_books_page(
            1,
            1,
            vec![test_edition(SAPIENS_ISBN, title, author)],
        )]);
        setup.add_edition(Provider::Isbndb, SAPIENS_ISBN, title, author);
        setup.set_provider_answer(Provider::Isbndb, Ok(FoundOrNotFound::Found(vec![one])));
        let results = setup.run_batch_in_default_mode(std::slice::from_ref(&query));
        assert!(results[0].books[0].title, "{:?}", results[0]);
        for q in [
            title,
            "sapiens yuval noah harari",
            "Sapiens by Yuval Noah Harari",
            "sapiens",
            "sapiens a brief history of humankind",
            "sapiens: a brief history of humankind yuval noah harari",
        ] {
            assert_eq!(titles_of_cached_search(&setup, q), [title], "{q} after {query:?}");
        }
        assert_eq!(titles_of_cached_search(&setup, "sapiens harari"), [""; 0]);
    }
}

#[test]
fn edition_words_and_series_are_left_out_of_a_base_title() {
    for (title, base, author) in [
        ("Optics, 2nd Edition", "Optics", "Eugene Hecht"),
        ("Dune (40th Anniversary Edition)", "Dune", "Frank Herbert"),
        ("Assassin's Apprentice (The Farseer Trilogy, #1)", "Assassin's Apprentice", "Robin Hobb"),
    ] {
        let setup = setup_after_first_hour();
        let one = sample_record(Provider::OpenLibrary, SAPIENS_ISBN, base, author);
        setup.set_provider_answer(Provider::OpenLibrary, Ok(FoundOrNotFound::Found(vec![one])));
        setup.run_batch_in_default_mode(&[title_item_query(title, Some(author))]);
        for q in [base.to_owned(), format!("{base} {author}"), title.to_owned()] {
            assert_eq!(titles_of_cached_search(&setup, &q), [base], "{q}");
        }
    }
}

#[test]
fn books_that_share_a_base_title_are_all_shown() {
    let (author, three, four) = ("Brian K. Vaughan", "Saga: Volume 3", "Saga: Volume 4");
    let both = [three, four].map(str::to_owned);
    // In one batch, and in one batch after the other.
    for batches in [
        vec![of_author(author, &[(THREE, three), (FOUR, four)])],
        vec![of_author(author, &[(THREE, three)]), of_author(author, &[(FOUR, four)])],
    ] {
        let setup = setup_after_first_hour();
        for query in &batches {
            let books = vec![test_edition(THREE, three, author), test_edition(FOUR, four, author)];
            setup.fakes().pages.replace(vec![found_books_page(1, 2, books)]);
            setup.run_batch(CacheMode::Refresh, false, std::slice::from_ref(query));
        }
        assert_eq!(titles_of_cached_search(&setup, "saga"), both);
        assert_eq!(titles_of_cached_search(&setup, "saga brian k vaughan"), both);
        assert_eq!(titles_of_cached_search(&setup, three), [three]);
        assert_eq!(titles_of_cached_search(&setup, "saga volume 4 brian k vaughan"), [four]);
    }
}

#[test]
fn a_title_of_two_authors_shows_both_books() {
    let setup = setup_after_first_hour();
    let title = "Collected Poems";
    for (isbn, author) in [(THREE, "Philip Larkin"), (FOUR, "Sylvia Plath")] {
        setup.add_edition(Provider::Isbndb, isbn, title, author);
        setup.run_batch_in_default_mode(&[BatchItemQuery::Isbn {
            isbn: parse_test_isbn13(isbn),
            title: Some(title.to_owned()),
            author: Some(author.to_owned()),
            repaired: false,
        }]);
    }
    assert_eq!(titles_of_cached_search(&setup, "collected poems"), [title; 2]);
    assert_eq!(titles_of_cached_search(&setup, "collected poems sylvia plath"), [title]);
}

#[test]
fn an_entry_of_a_search_by_a_client_stays() {
    let setup = setup_after_first_hour();
    let client =
        EntryMetadata { etag: "client".to_owned(), warmed: false, ..warmed_entry_metadata(&setup) };
    let key = CacheKey::of(&Query::from_free_text("sapiens")).to_string();
    setup.fakes().cold.borrow_mut().insert(key.clone(), (b"{}".to_vec(), client));
    setup.add_edition(Provider::Isbndb, SAPIENS_ISBN, "Sapiens", "Yuval Noah Harari");
    setup.run_batch_in_default_mode(&[BatchItemQuery::Isbn {
        isbn: parse_test_isbn13(SAPIENS_ISBN),
        title: Some("Sapiens".to_owned()),
        author: Some("Yuval Noah Harari".to_owned()),
        repaired: false,
    }]);
    assert_eq!(setup.fakes().cold.borrow()[&key].1.etag, "client");
}

#[test]
fn short_titles_that_were_not_stored_are_composed_without_a_call() {
    let setup = setup_after_first_hour();
    let one = sample_record(Provider::OpenLibrary, SAPIENS_ISBN, "Sapiens", "Yuval Noah Harari");
    setup.set_provider_answer(Provider::OpenLibrary, Ok(FoundOrNotFound::Found(vec![one])));
    let item = title_item_query("Sapiens", Some("Yuval Noah Harari"));
    setup.run_batch_in_default_mode(std::slice::from_ref(&item));
    let lost = CacheKey::of(&Query::from_free_text("sapiens")).to_string();
    setup.fakes().cold.borrow_mut().remove(&lost);
    assert!(
        !setup.run_batch_in_default_mode(&[free_text_batch_item_query("nothing"), item.clone()])[1]
            .books
            .is_empty()
    );
    setup.run_batch_in_default_mode(&[item]);
    assert!(setup.calls().is_empty());
    assert_eq!(titles_of_cached_search(&setup, "sapiens"), ["Sapiens"]);
}

fn warmed_entry_metadata(setup: &BatchTestSetup) -> EntryMetadata {
    let now_ms = setup.now_ms();
    EntryMetadata {
        schema: SCHEMA_VERSION,
        stored_at_ms: now_ms,
        fresh_until_ms: now_ms + HOUR_MS,
        stale_until_ms: now_ms + HOUR_MS,
        outcome: AnswerBookPresence::Found,
        count: 3,
        partial: false,
        confirmed: 0,
        warmed: true,
        lent: false,
        widened: false,
        etag: "own".to_owned(),
        providers: Vec::new(),
    }
}
