//! Requests to the ISBNdb Worker, and its answers.

use bibliography::isbn::Isbn13;
use bibliography::query::{Query, QueryKind};
use ports::http_types::{encode_query, encode_segment};
use ports::{IncomingResponse, OutgoingRequest};
use runtime::call_outcome::{Failure, FoundOrNotFound, ProviderFailure};
use runtime::resilient_client::sibling_answer;
use runtime::wire_types::isbndb_worker_answers::{
    BooksPage, BulkRequest, CALL_CLASS_HEADER, FoundIsbndbBookAnswer, IsbndbWorkerBulkAnswer,
    MAX_PATH_TEXT_CHARS,
};

use super::{ProviderFetchOptions, shorten_search_text};
use crate::provider_record::{ProviderRecord, ProviderRecordsOutcome};

/// Room for an answer of 100 books, which have 20 KB at most.
pub const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IsbndbRequest {
    Book(Isbn13),
    Author {
        name: String,
        page: u32,
        page_size: u32,
    },
    Title(String),
    Search {
        author: String,
        /// Words of the title.
        text: String,
    },
}

impl IsbndbRequest {
    /// The request for a query; None if ISBNdb cannot search for it.
    pub fn of(query: &Query, page_size: u32) -> Option<Self> {
        Some(
            match (
                query.kind(),
                query.isbn13(),
                query.title_for_providers(),
                query.author_for_providers(),
            ) {
                (QueryKind::Isbn, Some(isbn), _, _) => Self::Book(isbn),
                (QueryKind::Volume, ..) => return None,
                (QueryKind::Author, _, _, Some(name)) => {
                    Self::Author { name: isbndb_worker_search_text(name)?, page: 1, page_size }
                }
                (QueryKind::Advanced, _, Some(title), Some(author)) => Self::Search {
                    author: isbndb_worker_search_text(author)?,
                    text: isbndb_worker_search_text(title)?,
                },
                (_, _, Some(title), _) => Self::Title(isbndb_worker_search_text(title)?),
                _ => Self::Title(isbndb_worker_search_text(&query.keywords())?),
            },
        )
    }

    pub fn route_label(&self) -> &'static str {
        match self {
            Self::Book(_) => "/book/{isbn}",
            Self::Author { .. } => "/author/{name}",
            Self::Title(_) => "/books/{title}",
            Self::Search { .. } => "/search/books",
        }
    }

    pub fn to_outgoing_request(&self, fetch_policy: ProviderFetchOptions) -> OutgoingRequest {
        let path = match self {
            Self::Book(isbn) => format!("/book/{isbn}"),
            Self::Author { name, page, page_size } => {
                let (page, size) = (page.to_string(), page_size.to_string());
                let query = encode_query([("page", page.as_str()), ("pageSize", size.as_str())]);
                format!("/author/{}?{query}", encode_segment(name))
            }
            Self::Title(title) => format!("/books/{}", encode_segment(title)),
            Self::Search { author, text } => {
                let pairs = [("author", author.as_str()), ("text", text.as_str())];
                format!("/search/books?{}", encode_query(pairs))
            }
        };
        with_policy(OutgoingRequest::get(path), fetch_policy)
    }

    /// Parses the answer, and checks that an edition is the requested one.
    /// Errors: the ISBNdb Worker's failure, or an invalid answer.
    pub fn read(&self, response: &IncomingResponse) -> ProviderRecordsOutcome {
        let of_book = |(book, rank)| ProviderRecord::from_isbndb(book, rank);
        if let Self::Book(isbn) = self {
            return match sibling_answer::parse_sibling_json::<FoundIsbndbBookAnswer>(response)? {
                FoundOrNotFound::Found(answer) if answer.book.isbn13 != Some(*isbn) => {
                    Err(ProviderFailure::WrongBook.into())
                }
                answer => Ok(answer.map(|answer| vec![of_book((answer.book, 0))])),
            };
        }
        Ok(match sibling_answer::parse_sibling_json::<BooksPage>(response)? {
            FoundOrNotFound::Found(page) if !page.books.is_empty() => {
                FoundOrNotFound::Found(page.books.into_iter().zip(0..).map(of_book).collect())
            }
            _ => FoundOrNotFound::NotFound,
        })
    }
}

fn with_policy(request: OutgoingRequest, fetch_policy: ProviderFetchOptions) -> OutgoingRequest {
    let request = request.with_header(CALL_CLASS_HEADER, fetch_policy.class.as_str());
    // An answer in the ISBNdb Worker's cache may be as old as the entry to refresh.
    if fetch_policy.bypass_cache {
        request.with_header("cache-control", "no-cache")
    } else {
        request
    }
}

/// A text that the ISBNdb Worker accepts: without control characters, and cut to its first words if
/// too long. None if it has no letter or digit.
pub fn isbndb_worker_search_text(text: &str) -> Option<String> {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let clean = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    let kept = shorten_search_text(&clean, MAX_PATH_TEXT_CHARS);
    kept.chars().any(char::is_alphanumeric).then_some(kept)
}

/// `POST /books`.
pub fn bulk_request(
    isbns: &[Isbn13],
    fetch_policy: ProviderFetchOptions,
) -> Result<OutgoingRequest, Failure> {
    OutgoingRequest::json_post("/books", &BulkRequest { isbns: isbns.to_vec() })
        .map(|request| with_policy(request, fetch_policy))
        .map_err(Failure::internal)
}

/// Parses a bulk answer: one outcome for each ISBN, in the order of the request. An ISBN in none of
/// the lists is a failure.
pub fn read_bulk(
    asked: &[Isbn13],
    response: &IncomingResponse,
) -> Result<Vec<ProviderRecordsOutcome>, Failure> {
    let FoundOrNotFound::Found(answer) =
        sibling_answer::parse_sibling_json::<IsbndbWorkerBulkAnswer>(response)?
    else {
        return Err(ProviderFailure::malformed("a 404 as the bulk answer").into());
    };
    let outcome = |isbn: &Isbn13| {
        if let Some(book) = answer.found.iter().find(|book| book.isbn13 == Some(*isbn)) {
            return Ok(FoundOrNotFound::Found(vec![ProviderRecord::from_isbndb(book.clone(), 0)]));
        }
        if answer.missing.contains(isbn) {
            return Ok(FoundOrNotFound::NotFound);
        }
        let failed = answer.failed.iter().find(|failed| failed.isbn == *isbn);
        Err(failed.map_or_else(
            || ProviderFailure::malformed("the bulk answer lacks an ISBN").into(),
            |failed| failed.failure.clone(),
        ))
    };
    Ok(asked.iter().map(outcome).collect())
}

#[cfg(test)]
mod tests {
    use runtime::rate_limit::CallClass;

    use super::*;

    #[test]
    fn a_text_that_isbndb_refuses_is_cut_or_skipped() {
        assert_eq!(isbndb_worker_search_text("  the\u{1}martian ").as_deref(), Some("the martian"));
        assert_eq!(isbndb_worker_search_text("!!! \u{1f600}"), None);
        let long = "wörd ".repeat(100);
        let cut = isbndb_worker_search_text(&long).unwrap();
        assert!(cut.ends_with("word") && cut.chars().count() == 149, "{cut}");
        assert_eq!(
            isbndb_worker_search_text(&"村".repeat(400)).unwrap().chars().count(),
            MAX_PATH_TEXT_CHARS
        );
    }

    fn test_response(status: u16, body: &str) -> IncomingResponse {
        let mut response = IncomingResponse {
            status,
            body: body.as_bytes().to_vec(),
            ..IncomingResponse::default()
        };
        response.headers.set("content-type", "application/json");
        response
    }

    fn isbn(text: &str) -> Isbn13 {
        Isbn13::parse(text).unwrap()
    }

    const DUNE_JSON: &str = r#"{"book":{"isbn13":"9780441172719","title":"Dune"},"cached":true}"#;

    #[test]
    fn an_edition_must_be_the_one_asked_for() {
        let dune = IsbndbRequest::Book(isbn("9780441172719"));
        assert!(matches!(dune.read(&test_response(200, DUNE_JSON)), Ok(FoundOrNotFound::Found(_))));
        let other = IsbndbRequest::Book(isbn("9780140143508"));
        assert_eq!(
            other.read(&test_response(200, DUNE_JSON)),
            Err(Failure::Provider(ProviderFailure::WrongBook))
        );
    }

    #[test]
    fn garbage_from_the_isbndb_worker_is_a_failure() {
        let ask = IsbndbRequest::Title("dune".into());
        for (status, body) in
            [(200, "<html>not json"), (200, "[]"), (500, "boom"), (404, "no such route"), (302, "")]
        {
            assert!(ask.read(&test_response(status, body)).is_err(), "{status} {body}");
        }
    }

    #[test]
    fn every_isbn_of_a_bulk_has_its_own_outcome() {
        let asked = ["9780441172719", "9780140143508", "9780385490818", "9780804429573"].map(isbn);
        let body = r#"{"found":[{"isbn13":"9780441172719","title":"Dune"}],
            "missing":["9780140143508"],"failed":[{"isbn":"9780385490818",
            "failure":{"kind":"quotaSpent","untilMs":7}}],"upstreamCalls":1,"units":3}"#;
        let outcomes = read_bulk(&asked, &test_response(200, body)).unwrap();
        assert!(matches!(outcomes[0], Ok(FoundOrNotFound::Found(_))));
        assert_eq!(outcomes[1], Ok(FoundOrNotFound::NotFound));
        assert_eq!(
            outcomes[2],
            Err(Failure::Provider(ProviderFailure::QuotaSpent { until_ms: 7 }))
        );
        assert!(matches!(outcomes[3], Err(Failure::Provider(ProviderFailure::Malformed { .. }))));
    }

    #[test]
    fn names_with_slashes_stay_one_segment() {
        let ask = IsbndbRequest::Author { name: "AC/DC".into(), page: 2, page_size: 50 };
        let request = ask.to_outgoing_request(ProviderFetchOptions::of(CallClass::Background));
        assert_eq!(request.url, "/author/AC%2FDC?page=2&pageSize=50");
        assert_eq!(request.headers.get(CALL_CLASS_HEADER), Some("background"));
        assert_eq!(request.headers.get("cache-control"), None);
    }

    #[test]
    fn bypass_cache_sends_no_cache_to_the_isbndb_worker() {
        let bypass_cache =
            ProviderFetchOptions { class: CallClass::Background, bypass_cache: true };
        let bulk = bulk_request(&[isbn("9780441172719")], bypass_cache).unwrap();
        for request in [IsbndbRequest::Title("dune".into()).to_outgoing_request(bypass_cache), bulk]
        {
            assert_eq!(request.headers.get("cache-control"), Some("no-cache"));
            assert_eq!(request.headers.get(CALL_CLASS_HEADER), Some("background"));
        }
    }
}
