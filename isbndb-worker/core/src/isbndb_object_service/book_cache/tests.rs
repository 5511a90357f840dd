use super::super::object_service_harness::{MemoryIsbndbStore, TEST_NOW_MS};
use super::isbndb_cache_value::CHUNK_BYTES;
use super::*;
use runtime::time::HOUR_MS;

fn isbn(text: &str) -> Isbn13 {
    Isbn13::parse(text).unwrap()
}

fn test_edition(text: &str, description_bytes: usize) -> Edition {
    Edition {
        isbn13: Some(isbn(text)),
        title: format!("Book {text}"),
        description: Some("x".repeat(description_bytes)),
        ..Edition::default()
    }
}

fn new_book_cache() -> IsbndbAnswerCache<MemoryIsbndbStore> {
    IsbndbAnswerCache::new(MemoryIsbndbStore::default(), DailyRowWrites::default())
}

#[test]
fn a_book_lives_five_days() {
    let cache = new_book_cache();
    let dune = test_edition("9780441172719", 3);
    cache.store_books(std::slice::from_ref(&dune), TEST_NOW_MS).unwrap();
    let isbn = dune.isbn13.unwrap();
    assert_eq!(
        cache.cached_book(isbn, TEST_NOW_MS + 5 * DAY_MS - 1),
        Some(FoundOrNotFound::Found(dune))
    );
    assert_eq!(cache.cached_book(isbn, TEST_NOW_MS + 5 * DAY_MS), None);
}

#[test]
fn an_absence_is_kept_longer_each_time_up_to_a_day() {
    let cache = new_book_cache();
    let isbn = isbn("9780441172719");
    let mut now = TEST_NOW_MS;
    for hours in [1, 2, 4, 8, 16, 24, 24] {
        cache.store_absent(&[isbn], now).unwrap();
        assert_eq!(
            cache.cached_book(isbn, now + hours * HOUR_MS - 1),
            Some(FoundOrNotFound::NotFound),
            "{hours}"
        );
        now += hours * HOUR_MS;
        assert_eq!(cache.cached_book(isbn, now), None, "{hours}");
    }
    // The book appears: the record of its absence is gone.
    cache.store_books(&[test_edition("9780441172719", 3)], now).unwrap();
    cache.store_absent(&[isbn], now).unwrap();
    assert_eq!(cache.cached_book(isbn, now + HOUR_MS), None);
}

#[test]
fn a_list_is_cut_from_its_rows_and_serves_single_look_ups() {
    let cache = new_book_cache();
    let numbers = ["9780441172719", "9780143111580", "9780804429573", "9781554042951"];
    // Two books fill a row.
    let books: Vec<Edition> =
        numbers.iter().map(|n| test_edition(n, CHUNK_BYTES / 2 - 1_000)).collect();
    let head =
        CachedBookListHead { total: Some(4), page_size: 1_000, ..CachedBookListHead::default() };
    cache.store_list("a::x:1000:1", head, &books, TEST_NOW_MS).unwrap();
    let Some(FoundOrNotFound::Found(head)) = cache.cached_list("a::x:1000:1", TEST_NOW_MS) else {
        panic!("no head")
    };
    assert_eq!(head.chunks, [2, 2]);
    for (from, to) in [(0, 4), (1, 3), (3, 4), (0, 1), (2, 2), (4, 9)] {
        let slice = cache.cached_page_slice("a::x:1000:1", &head, from, to, TEST_NOW_MS).unwrap();
        assert_eq!(slice, books.get(from..to.min(4)).unwrap_or_default(), "{from}..{to}");
    }
    for book in &books {
        assert_eq!(
            cache.cached_book(book.isbn13.unwrap(), TEST_NOW_MS),
            Some(FoundOrNotFound::Found(book.clone()))
        );
    }
}

#[test]
fn no_row_is_larger_than_the_platform_takes() {
    let store = MemoryIsbndbStore::default();
    let cache = IsbndbAnswerCache::new(store.clone(), DailyRowWrites::default());
    let heavy =
        Edition { categories: vec!["x".repeat(500); 30], ..test_edition("9780441172719", 3) };
    let books = vec![heavy; 400];
    cache.store_list("a::x:1000:1", CachedBookListHead::default(), &books, TEST_NOW_MS).unwrap();
    for key in store.row_keys() {
        let bytes = store.stored_row(&key).unwrap().body.len();
        assert!(bytes < 2_000_000, "{key}: {bytes}");
    }
}

#[test]
fn a_pointer_does_not_replace_a_fresh_record() {
    let cache = new_book_cache();
    let whole = test_edition("9780441172719", 100);
    cache.store_books(std::slice::from_ref(&whole), TEST_NOW_MS).unwrap();
    let thin = Edition { description: None, ..whole.clone() };
    cache.store_list("t:x:100:1", CachedBookListHead::default(), &[thin], TEST_NOW_MS).unwrap();
    assert_eq!(
        cache.cached_book(whole.isbn13.unwrap(), TEST_NOW_MS),
        Some(FoundOrNotFound::Found(whole))
    );
}

#[test]
fn a_book_in_a_list_ends_its_absence() {
    let cache = new_book_cache();
    let dune = test_edition("9780441172719", 100);
    cache.store_absent(&[dune.isbn13.unwrap()], TEST_NOW_MS).unwrap();
    cache
        .store_list(
            "a::x:1000:1",
            CachedBookListHead::default(),
            std::slice::from_ref(&dune),
            TEST_NOW_MS + 1,
        )
        .unwrap();
    assert_eq!(
        cache.cached_book(dune.isbn13.unwrap(), TEST_NOW_MS + 2),
        Some(FoundOrNotFound::Found(dune))
    );
}

#[test]
fn an_empty_list_lives_as_long_as_an_absence() {
    let cache = new_book_cache();
    cache.store_list("t:x:100:1", CachedBookListHead::default(), &[], TEST_NOW_MS).unwrap();
    assert!(matches!(
        cache.cached_list("t:x:100:1", TEST_NOW_MS + HOUR_MS - 1),
        Some(FoundOrNotFound::Found(_))
    ));
    assert_eq!(cache.cached_list("t:x:100:1", TEST_NOW_MS + HOUR_MS), None);
}

#[test]
fn pointers_stop_before_the_platform_s_daily_rows_are_used_up() {
    let rows = DailyRowWrites {
        day_ends_at_ms: QuotaTimeZone::Utc.next_midnight_ms(TEST_NOW_MS),
        rows: ROWS_A_DAY - 2,
    };
    let cache = IsbndbAnswerCache::new(MemoryIsbndbStore::default(), rows);
    let books = [test_edition("9780441172719", 3)];
    cache.store_list("a::x:1000:1", CachedBookListHead::default(), &books, TEST_NOW_MS).unwrap();
    assert!(
        matches!(cache.cached_list("a::x:1000:1", TEST_NOW_MS), Some(FoundOrNotFound::Found(_))),
        "the list is stored"
    );
    assert_eq!(cache.cached_book(books[0].isbn13.unwrap(), TEST_NOW_MS), None);
    let tomorrow = TEST_NOW_MS + DAY_MS;
    cache.store_list("a::x:1000:1", CachedBookListHead::default(), &books, tomorrow).unwrap();
    assert!(matches!(
        cache.cached_book(books[0].isbn13.unwrap(), tomorrow),
        Some(FoundOrNotFound::Found(_))
    ));
}

#[test]
fn only_entries_of_this_version_are_read() {
    let store = MemoryIsbndbStore::default();
    let entry = |body: &str| CacheTableRow {
        key: "b:9780441172719".to_owned(),
        body: body.to_owned(),
        fresh_until_ms: TEST_NOW_MS + 1,
        keep_until_ms: TEST_NOW_MS + 1,
    };
    let cache = IsbndbAnswerCache::new(store.clone(), DailyRowWrites::default());
    let isbn = isbn("9780441172719");
    store
        .put(
            &[entry(r#"[2,{"book":{"isbn13":"9780441172719","title":"Dune"}}]"#)],
            WriteMode::Replace,
        )
        .unwrap();
    assert!(
        matches!(cache.cached_book(isbn, TEST_NOW_MS), Some(FoundOrNotFound::Found(book)) if book.title == "Dune")
    );
    for body in [r#"[1,{"absent":1}]"#, r#"[2,{"other":1}]"#, "[2]", "", "not json"] {
        store.put(&[entry(body)], WriteMode::Replace).unwrap();
        assert_eq!(cache.cached_book(isbn, TEST_NOW_MS), None, "{body}");
    }
}
