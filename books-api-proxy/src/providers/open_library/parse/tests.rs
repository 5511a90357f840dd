use super::*;

fn response(status: u16, body: &str) -> InResponse {
    InResponse { status, body: body.as_bytes().to_vec(), ..InResponse::default() }
}

fn isbn(text: &str) -> Isbn13 {
    Isbn13::parse(text).unwrap()
}

#[test]
fn the_outcome_matrix_of_a_search() {
    let empty = r#"{"numFound":0,"start":0,"numFoundExact":true,"num_found":0,"docs":[]}"#;
    assert_eq!(search(&response(200, empty)), Ok(Answer::NotFound));
    for body in ["", "{}", "null", "<html>", r#"{"docs":[{"title":7}]}"#, r#"{"docs":"#] {
        let outcome = search(&response(200, body));
        assert!(matches!(outcome, Err(Failure::Malformed { .. })), "{body}: {outcome:?}");
    }
    for (status, expected) in [
        (403, Failure::Refused { what: "client".into() }),
        (429, Failure::RateLimited { retry_after_ms: 60_000, local: false }),
        (503, Failure::Upstream { status: 503, retry_after_ms: None }),
        (422, Failure::Rejected { status: 422 }),
    ] {
        assert_eq!(search(&response(status, "<html>")), Err(expected));
    }
}

#[test]
fn a_work_carries_the_numbers_of_its_editions() {
    let body = r#"{"numFound":1,"docs":[{"key":"/works/OL893414W","title":"Dune",
        "author_name":["Frank Herbert","Френк Герберт"],"first_publish_year":1965,
        "isbn":["9780441172719","0441172717","bad","9780593099322"],"language":["eng","ukr"],
        "cover_i":-1,"number_of_pages_median":0}]}"#;
    let Ok(Answer::Found(works)) = search(&response(200, body)) else { panic!("none") };
    let work = &works[0];
    assert_eq!(work.work_id.as_deref(), Some("OL893414W"));
    assert_eq!(work.isbn13, None);
    assert_eq!(work.edition_isbns, [isbn("9780441172719"), isbn("9780593099322")]);
    assert_eq!(work.published_date.as_deref(), Some("1965"));
    assert_eq!((work.language.as_deref(), work.page_count), (None, None));
    assert!(work.image_links.is_none());
}

#[test]
fn a_work_asked_for_by_its_id_is_that_one_or_none() {
    let body =
        r#"{"docs":[{"key":"/works/OL1W","title":"Dune"},{"key":"/works/OL11W","title":"X"}]}"#;
    let Ok(Answer::Found(works)) = work("OL11W", &response(200, body)) else { panic!("none") };
    assert_eq!(works.iter().map(|work| work.title.as_str()).collect::<Vec<_>>(), ["X"]);
    assert_eq!(work("OL2W", &response(200, body)), Ok(Answer::NotFound));
    assert_eq!(work("OL2W", &response(200, r#"{"docs":[]}"#)), Ok(Answer::NotFound));
    assert!(work("OL2W", &response(500, body)).is_err());
}

#[test]
fn a_bulk_look_up_has_one_outcome_a_number() {
    let asked = ["9780441172719", "9780140143508", "9780385490818"].map(isbn);
    let body = r#"{"ISBN:9780441172719":{"key":"/books/OL1M","title":"Dune",
        "authors":[{"name":"Frank Herbert","url":"x"}],"publishers":[{"name":"Ace"}],
        "publish_date":"September 1, 1990","number_of_pages":535,
        "identifiers":{"isbn_10":["0441172717"],"openlibrary":["OL1M"]},
        "cover":{"small":"https://covers.openlibrary.org/b/id/1-S.jpg"}},
        "ISBN:9780385490818":{"key":"/books/OL2M","title":"Other",
        "identifiers":{"isbn_13":["9780140143508"]}}}"#;
    let outcomes = editions(&asked, &response(200, body)).unwrap();
    let Ok(Answer::Found(dune)) = &outcomes[0] else { panic!("{outcomes:?}") };
    assert_eq!(dune[0].published_date.as_deref(), Some("1990-09-01"));
    assert_eq!(dune[0].isbn13, Some(asked[0]));
    assert_eq!(outcomes[1], Ok(Answer::NotFound));
    assert_eq!(outcomes[2], Err(Failure::WrongBook));
    assert_eq!(editions(&asked, &response(200, "{}")).unwrap(), vec![Ok(Answer::NotFound); 3]);
    for body in ["", "[]", "var _OLBookInfo = {};", "<html>"] {
        assert!(editions(&asked, &response(200, body)).is_err(), "{body}");
    }
    assert!(editions(&asked, &response(500, "{}")).is_err());
}

#[test]
fn recorded_bodies_are_read_where_they_are_present() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/data/json/open-library/search_with_fields_param_real_2026.json"
    );
    let Ok(body) = std::fs::read_to_string(path) else { return };
    let Ok(Answer::Found(works)) = search(&response(200, &body)) else { panic!("none") };
    assert_eq!(works.len(), 3);
    assert!(works.iter().all(|work| work.edition_isbns.len() >= 5));
}
