//! What a request asks for: paths and parameters checked once, at the edge.

use bibliography::isbn::Isbn13;
use ports::http::{Method, Request, decode_segment};
use runtime::api::isbndb::{MAX_BULK_ISBNS, MAX_TEXT_CHARS};
use runtime::outcome::Failure;
use serde::Deserialize;

use crate::isbndb::plan::MAX_RESULTS;
use crate::isbndb::request::ListQuery;

/// Most a request's body may weigh: a thousand numbers with quotes and hyphens.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// A request that can be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `GET /book/{isbn}`
    Book(Isbn13),
    /// `GET /author/{name}`, `GET /books/{title}`, `GET /search/books`
    List {
        query: ListQuery,
        /// Page from 1.
        page: u32,
        page_size: u32,
    },
    /// `POST /books`
    Bulk {
        /// The numbers, each once, ascending.
        isbns: Vec<Isbn13>,
        /// What is no number.
        invalid: Vec<String>,
    },
    /// `GET /quota`
    Quota,
    /// `GET /health`
    Health,
    /// `GET /metrics`
    Metrics,
}

impl Route {
    /// The route's template, for logs and metrics.
    #[must_use]
    pub fn template(&self) -> &'static str {
        match self {
            Self::Book(_) => "/book/{isbn}",
            Self::List { query: ListQuery::Author { .. }, .. } => "/author/{name}",
            Self::List { query: ListQuery::Title { .. }, .. } => "/books/{title}",
            Self::List { query: ListQuery::Fields { .. }, .. } => "/search/books",
            Self::Bulk { .. } => "/books",
            Self::Quota => "/quota",
            Self::Health => "/health",
            Self::Metrics => "/metrics",
        }
    }

    /// Reads a request.
    ///
    /// # Errors
    /// [`Failure`] that names the parameter, the method or the path.
    pub fn parse(request: &Request, max_page_size: u32) -> Result<Self, Failure> {
        let segments = request.segments();
        let post = matches!(segments.as_slice(), ["books"]);
        let known = matches!(
            segments.as_slice(),
            ["book" | "author" | "books", _]
                | ["search", "books"]
                | ["books" | "quota" | "health" | "metrics"]
        );
        if !known {
            return Err(Failure::NotFound { detail: "no such path".to_owned() });
        }
        let allow = if post { "POST" } else { "GET, HEAD" };
        let allowed = match request.method {
            Method::Post => post,
            Method::Get | Method::Head => !post,
            _ => false,
        };
        if !allowed {
            return Err(Failure::MethodNotAllowed { allow: allow.to_owned() });
        }
        let query = match segments.as_slice() {
            ["book", isbn] => {
                let text = decode_segment(isbn).unwrap_or_default();
                return Isbn13::parse(&text)
                    .map(Self::Book)
                    .map_err(|error| bad("isbn", &error.to_string()));
            }
            ["books"] => return bulk(&request.body),
            ["quota"] => return Ok(Self::Quota),
            ["health"] => return Ok(Self::Health),
            ["metrics"] => return Ok(Self::Metrics),
            ["author", name] => {
                ListQuery::Author { name: words("name", name)?, language: language(request)? }
            }
            ["books", title] => ListQuery::Title { title: words("title", title)? },
            _ => fields(request)?,
        };
        let page_size = number(request, "pageSize", max_page_size, max_page_size)?;
        let page = number(request, "page", 1, MAX_RESULTS.div_ceil(page_size))?;
        Ok(Self::List { query, page, page_size })
    }
}

fn bad(name: &str, why: &str) -> Failure {
    Failure::BadRequest { detail: format!("{name}: {why}") }
}

/// A name or title out of the path.
fn words(name: &str, segment: &str) -> Result<String, Failure> {
    let text = decode_segment(segment).ok_or_else(|| bad(name, "is not UTF-8"))?;
    text_of(name, &text)
}

fn text_of(name: &str, text: &str) -> Result<String, Failure> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().any(char::is_control) {
        return Err(bad(name, "holds a control character"));
    }
    if text.chars().count() > MAX_TEXT_CHARS {
        return Err(bad(name, &format!("is longer than {MAX_TEXT_CHARS} characters")));
    }
    // Also keeps `.` and `..` out of the provider's path.
    if !text.chars().any(char::is_alphanumeric) {
        return Err(bad(name, "has no letter or digit"));
    }
    Ok(text)
}

fn fields(request: &Request) -> Result<ListQuery, Failure> {
    let field = |name: &str| {
        let given = request.param(name).filter(|text| !text.trim().is_empty());
        given.map(|text| text_of(name, text)).transpose()
    };
    let (author, text, publisher) = (field("author")?, field("text")?, field("publisher")?);
    if author.is_none() && text.is_none() && publisher.is_none() {
        return Err(bad("author, text, publisher", "one of them is needed"));
    }
    Ok(ListQuery::Fields { author, text, publisher })
}

fn language(request: &Request) -> Result<Option<String>, Failure> {
    let Some(text) = request.param("language").map(str::trim).filter(|text| !text.is_empty())
    else {
        return Ok(None);
    };
    let sound = (2..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphabetic());
    if sound { Ok(Some(text.to_ascii_lowercase())) } else { Err(bad("language", "is no code")) }
}

fn number(request: &Request, name: &str, default: u32, max: u32) -> Result<u32, Failure> {
    let Some(text) = request.param(name) else { return Ok(default) };
    text.trim()
        .parse()
        .ok()
        .filter(|number| (1..=max).contains(number))
        .ok_or_else(|| bad(name, &format!("is not a number from 1 to {max}")))
}

/// Reads the numbers of a bulk request. One that is none fails itself.
fn bulk(body: &[u8]) -> Result<Route, Failure> {
    #[derive(Deserialize)]
    struct Body {
        isbns: Vec<String>,
    }
    if body.len() > MAX_BODY_BYTES {
        return Err(Failure::TooLarge { limit: format!("{MAX_BODY_BYTES} bytes") });
    }
    let Ok(Body { isbns: texts }) = serde_json::from_slice(body) else {
        return Err(bad("isbns", "the body is not {\"isbns\": [\"…\"]}"));
    };
    if texts.is_empty() {
        return Err(bad("isbns", "is empty"));
    }
    if texts.len() > MAX_BULK_ISBNS {
        return Err(Failure::TooLarge { limit: format!("{MAX_BULK_ISBNS} ISBNs") });
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
    Ok(Route::Bulk { isbns, invalid })
}

#[cfg(test)]
mod tests;
