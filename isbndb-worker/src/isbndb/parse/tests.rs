use serde_json::json;

use super::*;

fn read(record: Value) -> Book {
    book_answer(json!({ "book": record }).to_string().as_bytes()).unwrap()
}

#[test]
fn a_record_of_the_first_generation_is_read() {
    let book = read(json!({
        "publisher": "Ace", "synopsys": "<p>Arrakis.</p>", "language": "ger German",
        "image": "https://images.isbndb.com/covers/27/19/9780441172719.jpg",
        "title_long": "Dune: The First Novel", "title": "Dune", "pages": "604",
        "date_published": "July 1982", "authors": ["Herbert, Frank"], "isbn": "0441172717",
        "subjects": { "0": "Fiction", "2": "Space_Opera" }, "format": "Paperback",
        "dewey_decimal": "813/.54", "msrp": "0.00"
    }));
    assert_eq!(
        book,
        Book {
            isbn13: Some(Isbn13::parse("9780441172719").unwrap()),
            title: "Dune".to_owned(),
            subtitle: Some("The First Novel".to_owned()),
            authors: vec!["Frank Herbert".to_owned()],
            publisher: Some("Ace".to_owned()),
            published_date: Some("1982-07".to_owned()),
            description: Some("Arrakis.".to_owned()),
            page_count: Some(604),
            categories: vec!["Fiction".to_owned(), "Space Opera".to_owned()],
            language: Some("de".to_owned()),
            image: Some("https://images.isbndb.com/covers/27/19/9780441172719.jpg".to_owned()),
            binding: Some("Paperback".to_owned()),
        }
    );
}

#[test]
fn a_record_of_the_second_generation_is_read() {
    let book = read(json!({
        "title": "Dune", "title_long": "Dune", "isbn": "9780441172719", "isbn13": "9780441172719",
        "isbn10": "0441172717", "synopsis": "Sand.", "overview": "Less.", "pages": 604,
        "date_published": 1990, "authors": ["Frank Herbert"], "binding": "Mass Market",
        "image": null,
        "image_original": "https://images.isbndb.com/x.jpg?Expires=1&Signature=2"
    }));
    assert_eq!(book.isbn13.unwrap().as_str(), "9780441172719");
    assert_eq!(book.description.as_deref(), Some("Sand."));
    assert_eq!(book.published_date.as_deref(), Some("1990"));
    assert_eq!((book.image, book.subtitle), (None, None));
}

#[test]
fn odd_values_are_left_out_one_by_one() {
    let book = read(json!({
        "title": "T", "isbn13": "9780000000002", "isbn": "0000000000", "pages": [],
        "authors": ["~autofilled~", null, 7], "date_published": "-", "language": "",
        "subjects": "Fiction", "publisher": {}, "image": "ftp://x/y", "msrp": 0,
        "synopsis": ["no"]
    }));
    assert_eq!(
        book,
        Book {
            title: "T".to_owned(),
            authors: vec!["7".to_owned()],
            categories: vec!["Fiction".to_owned()],
            ..Book::default()
        }
    );
}

#[test]
fn page_counts_are_bounded() {
    for (pages, expected) in [
        (json!(0), None),
        (json!("1,024"), Some(1_024)),
        (json!("352 p."), Some(352)),
        (json!(309.0), Some(309)),
        (json!(-4), None),
        (json!(9_999_999), None),
        (json!("99999999999999999999999"), None),
    ] {
        assert_eq!(read(json!({ "title": "T", "pages": pages })).page_count, expected);
    }
}

#[test]
fn a_subtitle_is_what_the_long_title_adds() {
    for (title, long, expected) in [
        ("Dream Train", "Dream Train: A Novel", Some("A Novel")),
        ("Dream Train", "Dream Train", None),
        ("Charlotte Bronte", "charlotte-bronte", None),
        ("Love Life", "love_life", None),
        ("Dune", "Dune Messiah", None),
        ("Été", "été - un roman", None),
        ("Range", "RANGE - why", Some("why")),
    ] {
        let book = read(json!({ "title": title, "title_long": long }));
        assert_eq!(book.subtitle.as_deref(), expected, "{long}");
    }
}

#[test]
fn lists_are_read_under_both_names_and_as_objects() {
    let record = json!({ "title": "T", "isbn13": "9780441172719" });
    for body in [
        json!({ "total": 1, "books": [record] }),
        json!({ "total": "1", "data": [record] }),
        json!({ "total": 1, "data": { "3": record } }),
        json!({ "total": 1, "data": null, "books": [record] }),
    ] {
        let list = list_answer(body.to_string().as_bytes()).unwrap();
        assert_eq!((list.books.len(), list.total, list.unreadable), (1, Some(1), 0), "{body}");
    }
}

#[test]
fn a_bad_record_fails_itself_alone() {
    let body = json!({ "data": [{ "title": "T" }, null, 5, { "isbn13": "9780441172719" }] });
    let list = list_answer(body.to_string().as_bytes()).unwrap();
    assert_eq!((list.books.len(), list.unreadable), (1, 3));
}

#[test]
fn what_is_no_answer_is_malformed_and_never_empty() {
    for body in ["", "{}", "[]", "null", "<html></html>", "{\"books\":", "{\"books\": 3}"] {
        assert!(list_answer(body.as_bytes()).is_err(), "{body}");
        assert!(book_answer(body.as_bytes()).is_err(), "{body}");
        assert!(key_answer(body.as_bytes()).is_err(), "{body}");
    }
    assert!(book_answer(br#"{"book":null}"#).is_err());
    assert!(list_answer(br#"{"books":[]}"#).unwrap().books.is_empty());
    // Deeper than a parser should follow.
    let deep = "[".repeat(100_000);
    assert!(list_answer(deep.as_bytes()).is_err());
    assert!(list_answer(&vec![b' '; MAX_BODY_BYTES + 1]).is_err());
}

#[test]
fn the_keys_usage_is_read() {
    let body =
        br#"{"api_host":"api2.isbndb.com","plan_limit":{"total":5000,"spent":"12","left":4988}}"#;
    assert_eq!(
        key_answer(body).unwrap(),
        QuotaReport { total: Some(5_000), left: 4_988, reset_ms: None }
    );
    assert_eq!(key_answer(br#"{"plan_limit":{"total":10,"spent":4}}"#).unwrap().left, 6);
}
