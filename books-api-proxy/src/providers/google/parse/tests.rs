use super::*;

fn answer(status: u16, body: &str) -> Outcome<Vec<Candidate>> {
    let response = InResponse { status, body: body.as_bytes().to_vec(), ..InResponse::default() };
    list(&response, 0)
}

fn found(body: &str) -> Vec<Candidate> {
    match answer(200, body) {
        Ok(Answer::Found(records)) => records,
        other => panic!("{other:?}"),
    }
}

const DUNE: &str = r#"{"kind":"books#volumes","totalItems":300,"items":[{"kind":"books#volume",
    "id":"gK98gXR8onwC","etag":"x","volumeInfo":{"title":"Dune","authors":["Frank Herbert"],
    "publisher":"Ace","publishedDate":"2019-10-03T00:00:00+02:00","pageCount":0,"averageRating":4,
    "industryIdentifiers":[{"type":"ISBN_10","identifier":"0441172717"},
    {"type":"OTHER","identifier":"UOM:39015040551890"}],"language":"en","printType":"BOOK"}}]}"#;

#[test]
fn the_outcome_matrix() {
    let none = || Ok(Answer::NotFound);
    for (status, body, expected) in [
        (200, r#"{"kind":"books#volumes","totalItems":0}"#, none()),
        (200, r#"{"totalItems": 0}"#, none()),
        (200, r#"{"kind":"books#volumes","totalItems":300}"#, none()),
        (503, "", Err(Failure::Upstream { status: 503, retry_after_ms: None })),
    ] {
        assert_eq!(answer(status, body), expected, "{status} {body}");
    }
    for body in ["", "null", "{}", "[]", "<html>", r#"{"totalItems":1,"items":[{}]}"#, "{\"tot"] {
        assert!(matches!(answer(200, body), Err(Failure::Malformed { .. })), "{body}");
    }
    assert_eq!(found(DUNE).len(), 1);
}

#[test]
fn dirty_members_are_cleaned_or_left_out() {
    let record = &found(DUNE)[0];
    assert_eq!(record.isbn13.unwrap().as_str(), "9780441172719");
    assert_eq!(record.published_date.as_deref(), Some("2019-10-03"));
    assert_eq!(record.page_count, None);
    assert_eq!(record.other_ids.len(), 1);
    assert_eq!(record.average_rating, Some(4.0));
}

#[test]
fn another_edition_is_not_the_one_asked_for() {
    let asked = Isbn13::parse("9780140143508").unwrap();
    assert_eq!(only(asked, answer(200, DUNE)), Ok(Answer::NotFound));
    let dune = Isbn13::parse("9780441172719").unwrap();
    assert!(matches!(only(dune, answer(200, DUNE)), Ok(Answer::Found(_))));
    assert!(worth_asking_bare(&only(asked, answer(200, DUNE))));
    assert!(!worth_asking_bare(&Err(Failure::Timeout)));
}

#[test]
fn recorded_bodies_are_read_where_they_are_present() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/json/google-books/");
    let read = |name: &str| std::fs::read_to_string(format!("{dir}{name}")).ok();
    if let Some(body) = read("search_volumes_2items_total1499.json") {
        assert_eq!(found(&body).len(), 2);
    }
    if let Some(body) = read("quirk_items_other_ids_no_authors.json") {
        let records = found(&body);
        assert!(records.iter().any(|r| r.isbn13.is_none() && !r.other_ids.is_empty()));
    }
    // Unrelated books under the placeholder number: none of them is the book asked for.
    if let Some(body) = read("search_isbn_9780000000000_unrelated_2026.json") {
        let asked = Isbn13::parse("9780441172719").unwrap();
        assert_eq!(only(asked, answer(200, &body)), Ok(Answer::NotFound));
    }
    if let Some(body) = read("volume_detail_en.json") {
        let response = InResponse { status: 200, body: body.into_bytes(), ..InResponse::default() };
        assert!(matches!(volume(&response, 0), Ok(Answer::Found(_))));
    }
}

#[test]
fn a_503_for_a_volume_may_be_the_id() {
    let either = Err(Failure::UnknownOrDown { retry_after_ms: 5_000 });
    for body in ["", r#"{"error":{"errors":[{"reason":"backendFailed"}]}}"#] {
        let response =
            InResponse { status: 503, body: body.as_bytes().to_vec(), ..InResponse::default() };
        assert_eq!(volume(&response, 0), either, "{body}");
    }
}
