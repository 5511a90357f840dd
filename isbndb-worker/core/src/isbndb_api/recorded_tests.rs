//! Recorded bodies of the provider. They are not in the repository and are read if present.

use bibliography::edition::Edition;
use serde_json::Value;

use super::parse;

fn recorded_answer(name: &str) -> Option<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/json/isbndb/");
    std::fs::read(format!("{folder}{name}")).ok()
}

/// The ISBNs in a record, read without the parser.
fn expected_numbers(body: &[u8], list: &str) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap();
    let records = body[list].as_array().unwrap();
    records.iter().map(|record| record["isbn13"].as_str().unwrap().to_owned()).collect()
}

fn isbns_of(books: &[Edition]) -> Vec<String> {
    books.iter().filter_map(|book| book.isbn13).map(|isbn| isbn.to_string()).collect()
}

#[test]
fn recorded_lists_parse_to_their_books() {
    for (name, list) in [
        ("gen1_author.json", "books"),
        ("gen1_books_query.json", "books"),
        ("gen1_search_books.json", "data"),
        ("v27_example_author.json", "books"),
    ] {
        let Some(body) = recorded_answer(name) else { continue };
        let answer = parse::parse_isbndb_book_list(&body).unwrap();
        assert!(answer.unreadable.is_empty(), "{name}");
        assert_eq!(isbns_of(&answer.books), expected_numbers(&body, list), "{name}");
        for book in &answer.books {
            assert!(!book.title.is_empty() && !book.title.contains('<'), "{}", book.title);
            let text = serde_json::to_string(book).unwrap();
            assert!(!text.contains("<p>") && !text.contains("~autofilled~"), "{text}");
            assert!(book.authors.iter().all(|author| !author.contains(',')), "{:?}", book.authors);
        }
    }
}

#[test]
fn recorded_books_parse_to_the_right_book() {
    for (name, isbn, title, author, published, pages) in [
        ("gen1_book.json", "9780792712305", "Gentle Stranger", "Charlotte Vale Allen", "1992", 262),
        (
            "book_modern_9781338878929.json",
            "9781338878929",
            "Harry Potter and the Sorcerer's Stone",
            "J.K. Rowling",
            "1998-09",
            309,
        ),
        (
            "v27_example_book.json",
            "9780743273565",
            "The Great Gatsby",
            "F. Scott Fitzgerald",
            "2004-09-30",
            180,
        ),
    ] {
        let Some(body) = recorded_answer(name) else { continue };
        let book = parse::book_answer(&body).unwrap();
        assert_eq!(book.isbn13.unwrap().as_str(), isbn);
        assert_eq!(book.title, title);
        assert_eq!(book.authors, [author]);
        assert_eq!(book.published_date.as_deref(), Some(published));
        assert_eq!(book.page_count, Some(pages));
        assert!(!serde_json::to_string(&book).unwrap().contains("<br"));
    }
}

#[test]
fn recorded_quirks_are_read() {
    let Some(body) = recorded_answer("error_and_quirk_bodies.json") else { return };
    let body: Value = serde_json::from_slice(&body).unwrap();
    let quirks = body["quirk_books_from_dump"].to_string();
    let books = parse::parse_isbndb_book_list(quirks.as_bytes()).unwrap().books;
    let [placeholder, strings, empty] = books.as_slice() else { panic!("{books:?}") };
    assert_eq!((placeholder.isbn13, placeholder.authors.len()), (None, 0));
    assert_eq!(placeholder.published_date.as_deref(), Some("2015"));
    assert_eq!(strings.page_count, Some(352));
    assert_eq!(strings.language.as_deref(), Some("en"));
    assert_eq!(strings.published_date.as_deref(), Some("2015-05"));
    assert_eq!(strings.authors, ["Bussi Michel"]);
    assert!(strings.image.as_deref().unwrap().starts_with("https://images.isbndb.com/"));
    assert_eq!((empty.page_count, empty.published_date.as_ref()), (None, None));
    assert_eq!(empty.categories, ["Fiction", "Juvenile Fiction"]);
}
