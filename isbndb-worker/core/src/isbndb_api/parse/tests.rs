use serde_json::{Value, json};

use super::*;

fn read(record: Value) -> Edition {
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
        Edition {
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
            ..Edition::default()
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
        Edition {
            title: "T".to_owned(),
            authors: vec!["7".to_owned()],
            categories: vec!["Fiction".to_owned()],
            ..Edition::default()
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
        let list = parse_isbndb_book_list(body.to_string().as_bytes()).unwrap();
        assert_eq!((list.books.len(), list.total), (1, Some(1)), "{body}");
        assert!(list.unreadable.is_empty(), "{body}");
    }
}

#[test]
fn a_bad_record_fails_itself_alone() {
    let body = json!({ "data": [{ "title": "T" }, null, 5, { "isbn13": "9780441172719" }] });
    let list = parse_isbndb_book_list(body.to_string().as_bytes()).unwrap();
    assert_eq!(list.books.len(), 1);
    assert_eq!(list.unreadable, [None, None, Isbn13::parse("9780441172719").ok()]);
}

#[test]
fn a_body_that_is_no_answer_is_malformed_not_empty() {
    for body in ["", "{}", "[]", "null", "<html></html>", "{\"books\":", "{\"books\": 3}"] {
        assert!(parse_isbndb_book_list(body.as_bytes()).is_err(), "{body}");
        assert!(book_answer(body.as_bytes()).is_err(), "{body}");
        assert!(key_answer(body.as_bytes()).is_err(), "{body}");
    }
    assert!(book_answer(br#"{"book":null}"#).is_err());
    assert!(parse_isbndb_book_list(br#"{"books":[]}"#).unwrap().books.is_empty());
    // Nested deeper than a parser should recurse.
    let deep = "[".repeat(100_000);
    assert!(parse_isbndb_book_list(deep.as_bytes()).is_err());
    assert!(parse_isbndb_book_list(&vec![b' '; MAX_ANSWER_BYTES + 1]).is_err());
}

#[test]
fn the_keys_usage_is_read() {
    let body =
        br#"{"api_host":"api2.isbndb.com","plan_limit":{"total":5000,"spent":"12","left":4988}}"#;
    assert_eq!(
        key_answer(body).unwrap(),
        ProviderReportedQuota { total: Some(5_000), left: 4_988, reset_ms: None }
    );
    assert_eq!(key_answer(br#"{"plan_limit":{"total":10,"spent":4}}"#).unwrap().left, 6);
}

/// Values of every type, and texts that a strict reader refuses.
const ODD: [&str; 14] = [
    "null",
    "true",
    "-1",
    "1e400",
    "18446744073709551616",
    "\"\"",
    "\"xii, 300\"",
    "\"\\ud800\"",
    "[]",
    "[null]",
    "[-1,\"x\",{},\"\\udc00\"]",
    "{}",
    "{\"a\":[[[[1]]]]}",
    "4.5",
];

fn differences(a: &Edition, b: &Edition) -> usize {
    let (a, b) = (serde_json::to_value(a).unwrap(), serde_json::to_value(b).unwrap());
    let names = a.as_object().unwrap().keys().chain(b.as_object().unwrap().keys());
    let names: std::collections::BTreeSet<&String> = names.collect();
    names.into_iter().filter(|name| a.get(*name) != b.get(*name)).count()
}

#[test]
fn an_odd_value_loses_its_field_alone() {
    let rich = json!({
        "title": "Dune", "title_long": "Dune: A Novel", "isbn13": "9780441172719",
        "isbn": "0441172717", "isbn10": "0441172717", "authors": ["Frank Herbert", "Brian Herbert"],
        "publisher": "Ace", "date_published": "1990-05", "synopsis": "Sand.", "pages": 604,
        "subjects": ["Fiction"], "language": "en", "image": "https://i/1.jpg", "binding": "Paper"
    });
    let other = json!({ "title": "Emma", "isbn13": "9780141439587" });
    let read = |body: String| parse_isbndb_book_list(body.as_bytes()).unwrap();
    let body = |record: &Value| json!({ "total": 2, "data": [record, other] });
    let whole = read(body(&rich).to_string()).books;
    for name in rich.as_object().unwrap().keys() {
        for odd in ODD {
            let mut record = rich.clone();
            record[name] = json!("@odd@");
            let list = read(body(&record).to_string().replace("\"@odd@\"", odd));
            let [first, second] = list.books.as_slice() else { panic!("{name} {odd}: {list:?}") };
            assert_eq!(second, &whole[1], "{name} {odd}");
            // The subtitle is derived from the title, so it is lost too.
            let most = if name == "title" { 2 } else { 1 };
            assert!(differences(first, &whole[0]) <= most, "{name} {odd}: {first:?}");
        }
    }
}
