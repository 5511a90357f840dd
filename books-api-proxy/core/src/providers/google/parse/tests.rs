use serde_json::json;

use super::*;
use crate::testing::odd_values;
use runtime::call_outcome::{Failure, ProviderFailure};

fn parsed_response(status: u16, body: &str) -> ProviderRecordsOutcome {
    let response =
        IncomingResponse { status, body: body.as_bytes().to_vec(), ..IncomingResponse::default() };
    volume_list(&response, 0)
}

fn found_records(body: &str) -> Vec<ProviderRecord> {
    match parsed_response(200, body) {
        Ok(FoundOrNotFound::Found(records)) => records,
        other => panic!("{other:?}"),
    }
}

const DUNE_JSON: &str = r#"{"kind":"books#volumes","totalItems":300,"items":[{"kind":"books#volume",
    "id":"gK98gXR8onwC","etag":"x","volumeInfo":{"title":"Dune","authors":["Frank Herbert"],
    "publisher":"Ace","publishedDate":"2019-10-03T00:00:00+02:00","pageCount":0,"averageRating":4,
    "industryIdentifiers":[{"type":"ISBN_10","identifier":"0441172717"},
    {"type":"OTHER","identifier":"UOM:39015040551890"}],"language":"en","printType":"BOOK"}}]}"#;

#[test]
fn every_body_has_its_outcome() {
    let none = || Ok(FoundOrNotFound::NotFound);
    for (status, body, expected) in [
        (200, r#"{"kind":"books#volumes","totalItems":0}"#, none()),
        (200, r#"{"totalItems": 0}"#, none()),
        (200, r#"{"kind":"books#volumes","totalItems":300}"#, none()),
        (503, "", Err(ProviderFailure::Upstream { status: 503, retry_after_ms: None }.into())),
    ] {
        assert_eq!(parsed_response(status, body), expected, "{status} {body}");
    }
    for body in [
        "",
        "null",
        "{}",
        "[]",
        "<html>",
        r#"{"kind":"books#volumes"}"#,
        r#"{"totalItems":1,"items":[{}]}"#,
        r#"{"totalItems":1,"items":[null,7]}"#,
        r#"{"totalItems":1,"items":{}}"#,
        r#"{"totalItems":null}"#,
        "{\"tot",
    ] {
        assert!(
            matches!(
                parsed_response(200, body),
                Err(Failure::Provider(ProviderFailure::Malformed { .. }))
            ),
            "{body}"
        );
    }
    assert_eq!(found_records(DUNE_JSON).len(), 1);
}

#[test]
fn dirty_members_are_cleaned_or_left_out() {
    let record = &found_records(DUNE_JSON)[0];
    assert_eq!(record.edition.isbn13.unwrap().as_str(), "9780441172719");
    assert_eq!(record.edition.published_date.as_deref(), Some("2019-10-03"));
    assert_eq!(record.edition.page_count, None);
    assert_eq!(record.edition.other_ids.len(), 1);
    assert_eq!(record.edition.average_rating, Some(4.0));
}

fn edition_in(number: &str, body: &str) -> ProviderRecordsOutcome {
    let body = body.as_bytes().to_vec();
    let response = IncomingResponse { status: 200, body, ..IncomingResponse::default() };
    parse_edition(Isbn13::parse(number).unwrap(), &response, 0).unwrap()
}

#[test]
fn another_edition_is_not_the_requested_one() {
    assert_eq!(edition_in("9780140143508", DUNE_JSON), Ok(FoundOrNotFound::NotFound));
    assert!(matches!(edition_in("9780441172719", DUNE_JSON), Ok(FoundOrNotFound::Found(_))));
}

#[test]
fn an_odd_record_leaves_an_absence_unconfirmed() {
    let other = r#"{"id":"a","volumeInfo":{"title":"A","industryIdentifiers":[
        {"type":"ISBN_13","identifier":"9780441172719"}]}}"#;
    for odd in [
        "null",
        r#"{"id":"b"}"#,
        r#"{"id":"b","volumeInfo":{"title":"B","industryIdentifiers":null}}"#,
        r#"{"id":"b","volumeInfo":{"title":"B","industryIdentifiers":[{"type":"ISBN_13"}]}}"#,
    ] {
        let body = format!(r#"{{"totalItems":2,"items":[{other},{odd}]}}"#);
        let absent = edition_in("9780140143508", &body);
        assert!(
            matches!(absent, Err(Failure::Provider(ProviderFailure::Malformed { .. }))),
            "{odd}: {absent:?}"
        );
        assert!(
            matches!(edition_in("9780441172719", &body), Ok(FoundOrNotFound::Found(_))),
            "{odd}"
        );
    }
    // A record without any ISBN does not.
    let none = r#"{"totalItems":1,"items":[{"id":"b","volumeInfo":{"title":"B"}}]}"#;
    assert_eq!(edition_in("9780140143508", none), Ok(FoundOrNotFound::NotFound));
}

#[test]
fn an_odd_value_loses_only_its_field() {
    let rich = json!({"id":"r1","volumeInfo":{"title":"Dune","subtitle":"A Novel",
        "authors":["Frank Herbert","B"],"publisher":"Ace","publishedDate":"2005-01-02",
        "description":"Sand.","industryIdentifiers":[{"type":"OTHER","identifier":"UOM:1"},
        {"type":"ISBN_13","identifier":"9780441172719"}],"pageCount":604,"categories":["Fiction"],
        "averageRating":4.5,"ratingsCount":12,"imageLinks":{"smallThumbnail":"http://b/s",
        "thumbnail":"http://b/t"},"language":"en"}});
    let mut other = rich.clone();
    other["id"] = json!("r2");
    let body = json!({"kind":"books#volumes","totalItems":2,"items":[rich, other]});
    let whole = found_records(&body.to_string());
    for pointer in odd_values::json_pointers(&body["items"][0]) {
        for value in odd_values::VALUES {
            let read =
                found_records(&odd_values::with_value(&body, &format!("/items/0{pointer}"), value));
            let [first, second] = read.as_slice() else {
                assert!(
                    matches!(pointer.as_str(), "/volumeInfo" | "/volumeInfo/title"),
                    "{pointer}"
                );
                assert_eq!(read, whole[1..], "{pointer} {value}");
                continue;
            };
            assert_eq!(second, &whole[1], "{pointer} {value}");
            let lost = odd_values::differences(first, &whole[0]);
            assert!(lost.len() <= 1, "{pointer} {value}: {lost:?}");
        }
    }
    for value in odd_values::VALUES {
        assert_eq!(
            found_records(&odd_values::with_value(&body, "/items/0", value)),
            whole[1..],
            "{value}"
        );
        assert_eq!(
            found_records(&odd_values::with_value(&body, "/totalItems", value)),
            whole,
            "{value}"
        );
    }
}

#[test]
fn a_volume_is_absent_only_by_google_s_error() {
    let of = |status, body: &str| {
        let body = body.as_bytes().to_vec();
        parse_single_volume(&IncomingResponse { status, body, ..IncomingResponse::default() }, 0)
    };
    let unknown = r#"{"error":{"code":404,"errors":[{"domain":"global","reason":"notFound"}]}}"#;
    assert_eq!(of(404, unknown), Ok(FoundOrNotFound::NotFound));
    let page = "<!DOCTYPE html>\n<title>Error 404 (Not Found)!!1</title>";
    for (status, body) in [(404, page), (404, ""), (410, unknown), (405, ""), (301, "")] {
        let moved = Failure::Provider(ProviderFailure::Moved {
            route: "/books/v1/volumes/{id}".to_owned(),
        });
        assert_eq!(of(status, body), Err(moved), "{status} {body}");
        let moved =
            Failure::Provider(ProviderFailure::Moved { route: "/books/v1/volumes".to_owned() });
        assert_eq!(parsed_response(status, body), Err(moved), "{status} {body}");
    }
    // A list leaves out unknown books, so that a 404 is about the route.
    assert!(matches!(
        parsed_response(404, unknown),
        Err(Failure::Provider(ProviderFailure::Moved { .. }))
    ));
    assert!(matches!(of(200, "{}"), Err(Failure::Provider(ProviderFailure::Malformed { .. }))));
}

#[test]
fn recorded_bodies_are_parsed_if_present() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/json/google-books/");
    let read = |name: &str| std::fs::read_to_string(format!("{dir}{name}")).ok();
    if let Some(body) = read("search_volumes_2items_total1499.json") {
        assert_eq!(found_records(&body).len(), 2);
    }
    if let Some(body) = read("quirk_items_other_ids_no_authors.json") {
        let records = found_records(&body);
        assert!(
            records.iter().any(|r| r.edition.isbn13.is_none() && !r.edition.other_ids.is_empty())
        );
    }
    // Unrelated books under a placeholder ISBN: no record is the requested book.
    if let Some(body) = read("search_isbn_9780000000000_unrelated_2026.json") {
        assert_eq!(edition_in("9780441172719", &body), Ok(FoundOrNotFound::NotFound));
    }
    if let Some(body) = read("volume_detail_en.json") {
        let response = IncomingResponse {
            status: 200,
            body: body.into_bytes(),
            ..IncomingResponse::default()
        };
        assert!(matches!(parse_single_volume(&response, 0), Ok(FoundOrNotFound::Found(_))));
    }
}

#[test]
fn a_503_for_a_volume_is_unknown_or_down() {
    let either = Err(ProviderFailure::UnknownOrDown { retry_after_ms: 5_000 }.into());
    for body in ["", r#"{"error":{"errors":[{"reason":"backendFailed"}]}}"#] {
        let response = IncomingResponse {
            status: 503,
            body: body.as_bytes().to_vec(),
            ..IncomingResponse::default()
        };
        assert_eq!(parse_single_volume(&response, 0), either, "{body}");
    }
}
