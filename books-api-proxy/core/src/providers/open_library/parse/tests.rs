use serde_json::json;

use super::*;
use crate::testing::odd_values;
use runtime::call_outcome::{Failure, ProviderFailure, ProviderRefusalReason};

fn test_response(status: u16, body: &str) -> IncomingResponse {
    IncomingResponse { status, body: body.as_bytes().to_vec(), ..IncomingResponse::default() }
}

fn isbn(text: &str) -> Isbn13 {
    Isbn13::parse(text).unwrap()
}

#[test]
fn every_body_of_a_search_has_its_outcome() {
    let empty = r#"{"numFound":0,"start":0,"numFoundExact":true,"num_found":0,"docs":[]}"#;
    assert_eq!(parse_search_response(&test_response(200, empty)), Ok(FoundOrNotFound::NotFound));
    for body in [
        "",
        "{}",
        "null",
        "<html>",
        r#"{"docs":[{"title":[]}]}"#,
        r#"{"docs":[null]}"#,
        r#"{"docs":{}}"#,
        r#"{"docs":null}"#,
        r#"{"docs":"#,
    ] {
        let outcome = parse_search_response(&test_response(200, body));
        assert!(
            matches!(outcome, Err(Failure::Provider(ProviderFailure::Malformed { .. }))),
            "{body}: {outcome:?}"
        );
    }
    for (status, expected) in [
        (
            403,
            Failure::Provider(ProviderFailure::Refused { detail: ProviderRefusalReason::Client }),
        ),
        (
            429,
            Failure::Provider(ProviderFailure::RateLimited {
                retry_after_ms: 60_000,
                local: false,
            }),
        ),
        (503, Failure::Provider(ProviderFailure::Upstream { status: 503, retry_after_ms: None })),
        (422, Failure::Provider(ProviderFailure::Rejected { status: 422 })),
    ] {
        assert_eq!(parse_search_response(&test_response(status, "<html>")), Err(expected));
    }
}

#[test]
fn a_work_has_the_isbns_of_its_editions() {
    let body = r#"{"numFound":1,"docs":[{"key":"/works/OL893414W","title":"Dune",
        "author_name":["Frank Herbert","Френк Герберт"],"first_publish_year":1965,
        "isbn":["9780441172719","0441172717","bad","9780593099322"],"language":["eng","ukr"],
        "cover_i":-1,"number_of_pages_median":0}]}"#;
    let Ok(FoundOrNotFound::Found(works)) = parse_search_response(&test_response(200, body)) else {
        panic!("none")
    };
    let work = &works[0];
    assert_eq!(work.work_id.as_deref(), Some("OL893414W"));
    assert_eq!(work.edition.isbn13, None);
    assert_eq!(work.edition_isbns, [isbn("9780441172719"), isbn("9780593099322")]);
    assert_eq!(work.edition.published_date.as_deref(), Some("1965"));
    assert_eq!((work.edition.language.as_deref(), work.edition.page_count), (None, None));
    assert!(work.edition.image.is_none());
}

#[test]
fn the_best_edition_is_a_record_beside_its_work() {
    let body = r#"{"docs":[{"key":"/works/OL1W","title":"The Martian","author_name":["Andy Weir"],
        "isbn":["9780804139021","0553418025"],"language":["eng","mul","spa"],"ratings_count":7,
        "edition_count":90,"want_to_read_count":30,"already_read_count":12,"first_publish_year":2011,
        "series_name":["The Martian"],"series_position":["1"],
        "editions":{"docs":[{"key":"/books/OL1M","title":"The Martian: A Novel",
        "isbn":["0804139024","9780804139021"],"language":["eng"],"publisher":["Crown"],
        "publish_date":["c2014"]}]}},
        {"key":"/works/OL2W","title":"Artemis","editions":{"docs":[{"title":"Artemis"}]}}]}"#;
    let Ok(FoundOrNotFound::Found(found)) = parse_search_response(&test_response(200, body)) else {
        panic!("none")
    };
    let [work, edition, bare] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((work.rank, edition.rank, bare.rank), (0, 0, 1));
    assert_eq!((work.edition.isbn13, work.edition_isbns.len()), (None, 2));
    assert_eq!(
        (work.edition.language.as_deref(), work.edition.languages.join(" ").as_str()),
        (None, "en es")
    );
    assert_eq!((work.edition.edition_count, work.edition.readers_count), (Some(90), Some(42)));
    assert_eq!(work.edition.series.as_deref(), Some("The Martian, #1"));
    assert_eq!(edition.edition.isbn13, Some(isbn("9780804139021")));
    assert_eq!(edition.edition.title, "The Martian: A Novel");
    assert_eq!(
        (edition.edition.language.as_deref(), edition.edition.publisher.as_deref()),
        (Some("en"), Some("Crown"))
    );
    assert_eq!(edition.edition.published_date.as_deref(), Some("2014"));
    assert!(bare.edition.isbn13.is_none());
}

#[test]
fn a_search_for_a_work_drops_other_works() {
    let body =
        r#"{"docs":[{"key":"/works/OL1W","title":"Dune"},{"key":"/works/OL11W","title":"X"}]}"#;
    let Ok(FoundOrNotFound::Found(works)) = parse_work("OL11W", &test_response(200, body)) else {
        panic!("none")
    };
    assert_eq!(works.iter().map(|work| work.edition.title.as_str()).collect::<Vec<_>>(), ["X"]);
    assert_eq!(parse_work("OL2W", &test_response(200, body)), Ok(FoundOrNotFound::NotFound));
    assert_eq!(
        parse_work("OL2W", &test_response(200, r#"{"docs":[]}"#)),
        Ok(FoundOrNotFound::NotFound)
    );
    assert!(parse_work("OL2W", &test_response(500, body)).is_err());
}

const KNOWN: &str =
    r#""ISBN:9780140328721":{"key":"/books/OL7353617M","title":"Fantastic Mr. Fox"}"#;

fn parse_editions_body(asked: &[Isbn13], body: &str) -> Result<EditionLookupResults, Failure> {
    parse_editions(&OpenLibraryRequest::Editions(asked.to_vec()), &test_response(200, body))
}

#[test]
fn a_look_up_has_an_outcome_per_returned_isbn() {
    let asked = ["9780441172719", "9780140143508", "9780385490818"].map(isbn);
    let body = r#"{"ISBN:9780441172719":{"key":"/books/OL1M","title":"Dune",
        "authors":[{"name":"Frank Herbert","url":"x"}],"publishers":[{"name":"Ace"}],
        "publish_date":"September 1, 1990","number_of_pages":535,
        "identifiers":{"isbn_10":["0441172717"],"openlibrary":["OL1M"]},
        "cover":{"small":"https://covers.openlibrary.org/b/id/1-S.jpg"}},
        "ISBN:9780385490818":{"key":"/books/OL2M","title":"Other",
        "identifiers":{"isbn_13":["9780140143508"]}}}"#;
    let read = parse_editions_body(&asked, body).unwrap();
    let Ok(FoundOrNotFound::Found(dune)) = &read.known[&asked[0]] else { panic!("{read:?}") };
    assert_eq!(dune[0].edition.published_date.as_deref(), Some("1990-09-01"));
    assert_eq!(dune[0].edition.isbn13, Some(asked[0]));
    assert_eq!(read.known.get(&asked[1]), None);
    assert_eq!(read.known[&asked[2]], Err(ProviderFailure::WrongBook.into()));
    for body in ["", "[]", "var _OLBookInfo = {};", "<html>"] {
        assert!(parse_editions_body(&asked, body).is_err(), "{body}");
    }
    let ask = OpenLibraryRequest::Editions(asked.to_vec());
    assert!(parse_editions(&ask, &test_response(500, "{}")).is_err());
}

#[test]
fn absences_need_the_known_isbn_in_the_answer() {
    let asked = ["9780441172719", "9780140143508"].map(isbn);
    assert!(!parse_editions_body(&asked, "{}").unwrap().is_whole);
    assert!(parse_editions_body(&asked, &format!("{{{KNOWN}}}")).unwrap().is_whole);
    assert!(!parse_editions_body(&asked, r#"{"ISBN:9780140328721":null}"#).unwrap().is_whole);
    let search = |body: &str| {
        parse_editions(&OpenLibraryRequest::Numbers(asked.to_vec()), &test_response(200, body))
            .unwrap()
    };
    let known = r#"{"title":"Fantastic Mr. Fox","isbn":["0140328726"]}"#;
    assert!(!search(r#"{"docs":[]}"#).is_whole);
    assert!(search(&format!(r#"{{"docs":[{known}]}}"#)).is_whole);
    // A record with unreadable ISBNs may be the requested one.
    for odd in ["null", r#"{"title":"X"}"#, r#"{"title":"X","isbn":["1",null]}"#] {
        assert!(!search(&format!(r#"{{"docs":[{known},{odd}]}}"#)).is_whole, "{odd}");
    }
}

#[test]
fn a_search_by_isbns_returns_editions() {
    let asked = ["9780441172719", "9780593099322", "9780140143508"].map(isbn);
    let body = r#"{"docs":[{"key":"/works/OL893414W","title":"Dune","subtitle":"of all",
        "author_name":["Frank Herbert"],"first_publish_year":1965,"cover_i":11,
        "isbn":["9780441172719","059309932X","9780140328721"],"language":["eng","ukr"],
        "number_of_pages_median":600,"editions":{"docs":[{"key":"/books/OL1M",
        "title":"Dune (Ace)","isbn":["0441172717"],"language":["ger"],"publisher":["Ace"],
        "publish_date":["Aug 1990"],"cover_i":12}]}}]}"#;
    let ask = OpenLibraryRequest::Numbers(asked.to_vec());
    let read = parse_editions(&ask, &test_response(200, body)).unwrap();
    assert!(read.is_whole && read.known.len() == 2);
    let of = |number| match &read.known[&number] {
        Ok(FoundOrNotFound::Found(found)) => found[0].clone(),
        other => panic!("{other:?}"),
    };
    let (first, second) = (of(asked[0]), of(asked[1]));
    assert_eq!(
        (first.edition.isbn13, first.work_id.as_deref()),
        (Some(asked[0]), Some("OL893414W"))
    );
    assert_eq!(
        (first.edition.title.as_str(), first.edition.subtitle.as_deref()),
        ("Dune (Ace)", None)
    );
    assert_eq!(
        (first.edition.language.as_deref(), first.edition.publisher.as_deref()),
        (Some("de"), Some("Ace"))
    );
    assert_eq!(
        (first.edition.published_date.as_deref(), first.edition.page_count),
        (Some("1990-08"), None)
    );
    // An edition that is not in the answer gets only the fields common to its work.
    assert_eq!((second.edition.title.as_str(), second.edition.isbn13), ("Dune", Some(asked[1])));
    assert_eq!((second.edition.published_date, second.edition.language), (None, None));
    assert_eq!(second.edition.authors, ["Frank Herbert"]);
}

fn rich_edition() -> serde_json::Value {
    json!({"key":"/books/OL1M","title":"Dune","subtitle":"A Novel",
        "authors":[{"name":"Frank Herbert","url":"x"},{"name":"B"}],"publishers":[{"name":"Ace"}],
        "publish_date":"1990","number_of_pages":535,"subjects":[{"name":"Sand"}],
        "identifiers":{"isbn_13":["9780441172719"],"isbn_10":["0441172717"]},
        "cover":{"small":"https://c/1-S.jpg","medium":"https://c/1-M.jpg"}})
}

#[test]
fn an_odd_value_loses_only_its_field() {
    let asked = ["9780441172719", "9780140143508"].map(isbn);
    let mut other = rich_edition();
    other["identifiers"] = json!({});
    let body = json!({"ISBN:9780441172719":rich_edition(),"ISBN:9780140143508":other,
        "ISBN:9780140328721":{"title":"Fantastic Mr. Fox"}});
    let found = |read: &EditionLookupResults, number| match read.known[&number].clone() {
        Ok(FoundOrNotFound::Found(mut found)) => found.pop(),
        _ => None,
    };
    let whole = parse_editions_body(&asked, &body.to_string()).unwrap();
    let (first, second) = (found(&whole, asked[0]).unwrap(), found(&whole, asked[1]));
    let mut all = odd_values::json_pointers(&body["ISBN:9780441172719"]);
    all.push(String::new());
    for pointer in all {
        for value in odd_values::VALUES {
            let odd =
                odd_values::with_value(&body, &format!("/ISBN:9780441172719{pointer}"), value);
            let read = parse_editions_body(&asked, &odd).unwrap();
            assert!(read.is_whole, "{odd}");
            assert_eq!(found(&read, asked[1]), second, "{pointer} {value}");
            match found(&read, asked[0]) {
                Some(left) => {
                    let lost = odd_values::differences(&left, &first);
                    assert!(lost.len() <= 1, "{pointer} {value}: {lost:?}");
                }
                None => assert!(
                    matches!(pointer.as_str(), "" | "/title")
                        && matches!(
                            read.known[&asked[0]],
                            Err(Failure::Provider(ProviderFailure::Malformed { .. }))
                        ),
                    "{pointer} {value}"
                ),
            }
        }
    }
}

#[test]
fn an_odd_value_of_a_work_loses_only_its_field() {
    let rich = json!({"key":"/works/OL1W","title":"Dune","subtitle":"A Novel",
        "author_name":["Frank Herbert","B"],"first_publish_year":1965,
        "isbn":["9780441172719","9780593099322"],"language":["eng"],"cover_i":12,
        "number_of_pages_median":600,"ratings_average":4.2,"ratings_count":7});
    let mut other = rich.clone();
    other["key"] = json!("/works/OL2W");
    let body = json!({"numFound":2,"docs":[rich, other]});
    let found = |body: &str| match parse_search_response(&test_response(200, body)) {
        Ok(FoundOrNotFound::Found(works)) => works,
        other => panic!("{body}: {other:?}"),
    };
    let whole = found(&body.to_string());
    let mut all = odd_values::json_pointers(&body["docs"][0]);
    all.push(String::new());
    for pointer in all {
        for value in odd_values::VALUES {
            let read = found(&odd_values::with_value(&body, &format!("/docs/0{pointer}"), value));
            let [first, second] = read.as_slice() else {
                assert!(matches!(pointer.as_str(), "" | "/title"), "{pointer} {value}");
                assert_eq!(read, whole[1..], "{pointer} {value}");
                continue;
            };
            assert_eq!(second, &whole[1], "{pointer} {value}");
            let lost = odd_values::differences(first, &whole[0]);
            assert!(lost.len() <= 1, "{pointer} {value}: {lost:?}");
        }
    }
}

#[test]
fn values_seen_at_open_library_are_parsed() {
    let asked = [isbn("9780307387899"), isbn("9780140283297")];
    let body = format!(
        r#"{{"ISBN:9780307387899":{{"key":"/books/OL1M","title":"The Road",
        "number_of_pages":"xii, 300","authors":null,"cover":{{
        "small":"https://covers.openlibrary.org/b/id/-1-S.jpg",
        "medium":"https://covers.openlibrary.org/b/id/None-M.jpg"}}}},
        "ISBN:9780140283297":{{"key":"/books/OL2M","title":"On the Road"}},{KNOWN}}}"#
    );
    let read = parse_editions_body(&asked, &body).unwrap();
    let Ok(FoundOrNotFound::Found(road)) = &read.known[&asked[0]] else { panic!("{read:?}") };
    assert_eq!((road[0].edition.title.as_str(), road[0].edition.page_count), ("The Road", None));
    assert_eq!(road[0].edition.image, None);
    assert!(matches!(read.known[&asked[1]], Ok(FoundOrNotFound::Found(_))));
}

#[test]
fn recorded_bodies_are_parsed_if_present() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/json/open-library/search_with_fields_param_real_2026.json"
    );
    let Ok(body) = std::fs::read_to_string(path) else { return };
    let Ok(FoundOrNotFound::Found(works)) = parse_search_response(&test_response(200, &body))
    else {
        panic!("none")
    };
    assert_eq!(works.len(), 3);
    assert!(works.iter().all(|work| work.edition_isbns.len() >= 5));
}
