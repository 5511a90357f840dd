//! The routes and their parameters.

use bibliography::isbn::Isbn13;
use ports::http_types::Request;
use runtime::call_outcome::Failure;
use runtime::http_edge::router::Route;
use runtime::wire_types::isbndb_worker_answers::{MAX_BULK_ISBNS, MAX_PATH_TEXT_CHARS};
use serde::Deserialize;

use crate::isbndb_api::isbndb_requests::BookListQuery;
use crate::isbndb_api::subscription_plan::MAX_RESULTS;

/// Largest request body: a thousand ISBNs with quotes and hyphens.
pub const MAX_REQUEST_BODY_BYTES: usize = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    Book,
    Author,
    Title,
    Fields,
    Bulk,
    Quota,
    Health,
    Metrics,
}

/// The routes of this Worker, and of the object behind it.
pub const ROUTES: &[Route<Endpoint>] = &[
    Route::get("/book/{isbn}", Endpoint::Book),
    Route::get("/author/{name}", Endpoint::Author),
    Route::get("/books/{title}", Endpoint::Title),
    Route::get("/search/books", Endpoint::Fields),
    Route::post("/books", Endpoint::Bulk),
    Route::get("/quota", Endpoint::Quota),
    Route::get("/health", Endpoint::Health),
    Route::get("/metrics", Endpoint::Metrics),
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParsedIsbndbRequest {
    Book(Isbn13),
    List {
        query: BookListQuery,
        page: u32,
        page_size: u32,
    },
    Bulk {
        /// The valid ISBNs, each once, ascending.
        isbns: Vec<Isbn13>,
        /// Texts that are no valid ISBN.
        invalid: Vec<String>,
    },
    Quota,
    /// What `/health` and `/metrics` show of the object.
    Status,
}

impl ParsedIsbndbRequest {
    pub fn read(
        route: &Route<Endpoint>,
        request: &Request,
        max_page_size: u32,
    ) -> Result<Self, Failure> {
        let words = |name: &str| {
            let text = route
                .decoded_path_variable(name, &request.path)
                .ok_or_else(|| bad_param(name, "is not UTF-8"))?;
            normalize_path_text(name, &text)
        };
        let query = match route.endpoint {
            Endpoint::Book => {
                let text = route.decoded_path_variable("isbn", &request.path).unwrap_or_default();
                let isbn =
                    Isbn13::parse(&text).map_err(|error| bad_param("isbn", &error.to_string()))?;
                return Ok(Self::Book(isbn));
            }
            Endpoint::Bulk => return parse_bulk(&request.body),
            Endpoint::Quota => return Ok(Self::Quota),
            Endpoint::Health | Endpoint::Metrics => return Ok(Self::Status),
            Endpoint::Author => {
                BookListQuery::Author { name: words("name")?, language: language_param(request)? }
            }
            Endpoint::Title => BookListQuery::Title { title: words("title")? },
            Endpoint::Fields => parse_list_query(request)?,
        };
        let page_size = number_param(request, "pageSize", max_page_size, max_page_size)?;
        let page = number_param(request, "page", 1, MAX_RESULTS.div_ceil(page_size))?;
        Ok(Self::List { query, page, page_size })
    }
}

fn bad_param(name: &str, why: &str) -> Failure {
    Failure::bad_request(format!("{name}: {why}"))
}

/// A name or title with collapsed spaces; it must have a letter or digit.
fn normalize_path_text(name: &str, text: &str) -> Result<String, Failure> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().any(char::is_control) {
        return Err(bad_param(name, "holds a control character"));
    }
    if text.chars().count() > MAX_PATH_TEXT_CHARS {
        return Err(bad_param(name, &format!("is longer than {MAX_PATH_TEXT_CHARS} characters")));
    }
    // Also keeps `.` and `..` out of the path of the provider's URL.
    if !text.chars().any(char::is_alphanumeric) {
        return Err(bad_param(name, "has no letter or digit"));
    }
    Ok(text)
}

fn parse_list_query(request: &Request) -> Result<BookListQuery, Failure> {
    let field = |name: &str| {
        let given = request.param(name).filter(|text| !text.trim().is_empty());
        given.map(|text| normalize_path_text(name, text)).transpose()
    };
    let (author, text, publisher) = (field("author")?, field("text")?, field("publisher")?);
    if author.is_none() && text.is_none() && publisher.is_none() {
        return Err(bad_param("author, text, publisher", "one of them is needed"));
    }
    Ok(BookListQuery::Fields { author, text, publisher })
}

fn language_param(request: &Request) -> Result<Option<String>, Failure> {
    let Some(text) = request.param("language").map(str::trim).filter(|text| !text.is_empty())
    else {
        return Ok(None);
    };
    if !(2..=3).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Err(bad_param("language", "is no language code"));
    }
    Ok(Some(text.to_ascii_lowercase()))
}

fn number_param(request: &Request, name: &str, default: u32, max: u32) -> Result<u32, Failure> {
    let Some(text) = request.param(name) else { return Ok(default) };
    text.trim()
        .parse()
        .ok()
        .filter(|number| (1..=max).contains(number))
        .ok_or_else(|| bad_param(name, &format!("is not a number from 1 to {max}")))
}

/// Reads the ISBNs of a bulk request. An invalid ISBN does not fail the others.
fn parse_bulk(body: &[u8]) -> Result<ParsedIsbndbRequest, Failure> {
    #[derive(Deserialize)]
    struct BulkBody {
        isbns: Vec<String>,
    }
    if body.len() > MAX_REQUEST_BODY_BYTES {
        return Err(Failure::too_large(format!("{MAX_REQUEST_BODY_BYTES} bytes")));
    }
    let Ok(BulkBody { isbns: texts }) = serde_json::from_slice(body) else {
        return Err(bad_param("isbns", "the body is not {\"isbns\": [\"…\"]}"));
    };
    if texts.is_empty() {
        return Err(bad_param("isbns", "is empty"));
    }
    if texts.len() > MAX_BULK_ISBNS {
        return Err(Failure::too_large(format!("{MAX_BULK_ISBNS} ISBNs")));
    }
    let (mut isbns, mut invalid) = (Vec::new(), Vec::new());
    for text in texts {
        match Isbn13::parse(&text) {
            Ok(isbn) => isbns.push(isbn),
            Err(_) => invalid.push(text.chars().take(40).collect()),
        }
    }
    isbns.sort();
    isbns.dedup();
    Ok(ParsedIsbndbRequest::Bulk { isbns, invalid })
}

#[cfg(test)]
mod tests;
