//! The requests to ISBNdb.

use std::borrow::Cow;

use bibliography::isbn::Isbn13;
use bibliography::query::Query;
use bibliography::text_normalization::canonical_text;
use ports::OutgoingRequest;
use ports::http_types::{Method, encode_query, encode_segment};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BookListQuery {
    Author {
        name: String,
        /// Language filter, the provider's code.
        language: Option<String>,
    },
    /// Books whose title (or author) matches.
    Title {
        title: String,
    },
    Fields {
        author: Option<String>,
        text: Option<String>,
        publisher: Option<String>,
    },
}

#[derive(Clone, Copy, Debug)]
pub struct RequestBuilder<'a> {
    pub base_url: &'a str,
    /// The key: sent in a header, never in a URL.
    pub key: &'a str,
}

impl RequestBuilder<'_> {
    pub fn book_request(&self, isbn: Isbn13) -> OutgoingRequest {
        self.get(&format!("/book/{isbn}"))
    }

    /// Up to a plan's bulk size of editions.
    pub fn bulk_lookup_request(&self, isbns: &[Isbn13]) -> OutgoingRequest {
        let url = format!("{}/books", self.base_url);
        let mut request = self.with_api_key(OutgoingRequest::new_without_body(Method::Post, url));
        request.body = serde_json::json!({ "isbns": isbns }).to_string().into_bytes();
        request.with_header("content-type", "application/json")
    }

    /// One page of a list, counted from 1.
    pub fn book_list_request(
        &self,
        query: &BookListQuery,
        page: u32,
        page_size: u32,
    ) -> OutgoingRequest {
        let (path, mut pairs) = match query {
            BookListQuery::Author { name, language } => {
                let pairs: Vec<(&str, Cow<'_, str>)> =
                    language.as_deref().map(|code| ("language", code.into())).into_iter().collect();
                (format!("/author/{}", encode_segment(&canonical_name_or_raw(name))), pairs)
            }
            BookListQuery::Title { title } => {
                (format!("/books/{}", encode_segment(&canonical_text_or_raw(title))), Vec::new())
            }
            BookListQuery::Fields { author, text, publisher } => {
                let fields = [
                    ("author", author.as_deref().map(canonical_name_or_raw)),
                    ("text", text.as_deref().map(canonical_text_or_raw)),
                    ("publisher", publisher.as_deref().map(canonical_text_or_raw)),
                ];
                let given = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
                ("/search/books".to_owned(), given.collect())
            }
        };
        pairs.push(("page", page.to_string().into()));
        pairs.push(("pageSize", page_size.to_string().into()));
        let pairs = pairs.iter().map(|(name, value)| (*name, value.as_ref()));
        self.get(&format!("{path}?{}", encode_query(pairs)))
    }

    pub fn key_usage(&self) -> OutgoingRequest {
        self.get("/key")
    }

    fn get(&self, path: &str) -> OutgoingRequest {
        self.with_api_key(OutgoingRequest::get(format!("{}{path}", self.base_url)))
    }

    fn with_api_key(&self, request: OutgoingRequest) -> OutgoingRequest {
        // The bare key: the provider refuses a key after a scheme word such as `Bearer`.
        request
            .with_header("authorization", self.key)
            .with_header("accept", "application/json")
            .with_header("user-agent", concat!("book-cache-warmer/", env!("CARGO_PKG_VERSION")))
    }
}

/// The canonical form of a text, as in the key of its list; the text itself if it has no word.
fn canonical_text_or_raw(text: &str) -> Cow<'_, str> {
    match canonical_text(text) {
        none if none.is_empty() => text.into(),
        canonical => canonical.into(),
    }
}

/// The same for a person's name.
fn canonical_name_or_raw(name: &str) -> Cow<'_, str> {
    match Query::author_query(name).author_for_providers() {
        Some(canonical) if !canonical.is_empty() => canonical.to_owned().into(),
        _ => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUESTS: RequestBuilder<'static> =
        RequestBuilder { base_url: "https://api2.isbndb.com", key: "k" };

    #[test]
    fn paths_and_queries_are_encoded() {
        let author = |name: &str, language: Option<&str>| BookListQuery::Author {
            name: name.to_owned(),
            language: language.map(str::to_owned),
        };
        for (query, url) in [
            (author("Andy Weir", None), "/author/Andy%20Weir?page=1&pageSize=1000"),
            (author("Weir,\u{200b} Andy", None), "/author/Andy%20Weir?page=1&pageSize=1000"),
            (author("O’Brien, F. X.", None), "/author/F.X.%20O%27Brien?page=1&pageSize=1000"),
            (author("???", None), "/author/%3F%3F%3F?page=1&pageSize=1000"),
            (
                author("村上春樹", Some("ja")),
                "/author/%E6%9D%91%E4%B8%8A%E6%98%A5%E6%A8%B9?language=ja&page=1&pageSize=1000",
            ),
            (
                BookListQuery::Title { title: "AC/DC: 100% & more?".to_owned() },
                "/books/AC%20DC%20100%20%26%20more?page=1&pageSize=1000",
            ),
            (
                BookListQuery::Fields {
                    author: Some("Ann & Bob".to_owned()),
                    text: None,
                    publisher: Some("Ace".to_owned()),
                },
                "/search/books?author=Ann+%26+Bob&publisher=Ace&page=1&pageSize=1000",
            ),
        ] {
            let request = REQUESTS.book_list_request(&query, 1, 1_000);
            assert_eq!(request.url, format!("https://api2.isbndb.com{url}"));
        }
    }

    #[test]
    fn the_key_is_in_a_header_only() {
        let isbn = Isbn13::parse("9780441172719").unwrap();
        for request in [
            REQUESTS.book_request(isbn),
            REQUESTS.bulk_lookup_request(&[isbn]),
            REQUESTS.key_usage(),
        ] {
            assert_eq!(request.headers.get("authorization"), Some("k"));
            assert!(!request.url.contains("k="), "{}", request.url);
        }
    }

    #[test]
    fn a_bulk_body_names_the_numbers() {
        let isbns = ["9780441172719", "9780143111580"].map(|i| Isbn13::parse(i).unwrap());
        let body: serde_json::Value =
            serde_json::from_slice(&REQUESTS.bulk_lookup_request(&isbns).body).unwrap();
        assert_eq!(body, serde_json::json!({ "isbns": ["9780441172719", "9780143111580"] }));
    }
}
