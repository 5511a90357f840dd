//! The requests to ISBNdb.

use bibliography::isbn::Isbn13;
use ports::OutRequest;
use ports::http::{encode_query, encode_segment};

/// Which books a list request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListQuery {
    /// One author's books.
    Author {
        /// The name.
        name: String,
        /// Language filter, the provider's code.
        language: Option<String>,
    },
    /// Books whose title (or author) matches.
    Title {
        /// The words.
        title: String,
    },
    /// A search by fields.
    Fields {
        /// Author.
        author: Option<String>,
        /// Free text.
        text: Option<String>,
        /// Publisher.
        publisher: Option<String>,
    },
}

/// Builds requests for one host and key.
#[derive(Clone, Copy, Debug)]
pub struct Requests<'a> {
    /// Scheme and host.
    pub base_url: &'a str,
    /// The key: a header of its own, never a part of a URL.
    pub key: &'a str,
}

impl Requests<'_> {
    /// One edition.
    #[must_use]
    pub fn book(&self, isbn: Isbn13) -> OutRequest {
        self.get(&format!("/book/{isbn}"))
    }

    /// Up to a plan's bulk size of editions.
    #[must_use]
    pub fn bulk(&self, isbns: &[Isbn13]) -> OutRequest {
        let mut request = self.signed(OutRequest::bare(
            ports::http::Method::Post,
            format!("{}/books", self.base_url),
        ));
        let list: Vec<&str> = isbns.iter().map(Isbn13::as_str).collect();
        request.body = format!("{{\"isbns\":[\"{}\"]}}", list.join("\",\"")).into_bytes();
        request.with_header("content-type", "application/json")
    }

    /// One page of a list, counted from 1.
    #[must_use]
    pub fn list(&self, query: &ListQuery, page: u32, page_size: u32) -> OutRequest {
        let (path, mut pairs) = match query {
            ListQuery::Author { name, language } => {
                let pairs = language.as_deref().map(|code| ("language", code));
                (format!("/author/{}", encode_segment(name)), pairs.into_iter().collect())
            }
            ListQuery::Title { title } => (format!("/books/{}", encode_segment(title)), Vec::new()),
            ListQuery::Fields { author, text, publisher } => {
                let fields = [("author", author), ("text", text), ("publisher", publisher)];
                let pairs: Vec<(&str, &str)> = fields
                    .into_iter()
                    .filter_map(|(name, value)| Some((name, value.as_deref()?)))
                    .collect();
                ("/search/books".to_owned(), pairs)
            }
        };
        let (page, page_size) = (page.to_string(), page_size.to_string());
        pairs.push(("page", &page));
        pairs.push(("pageSize", &page_size));
        self.get(&format!("{path}?{}", encode_query(pairs)))
    }

    /// What the key has left today.
    #[must_use]
    pub fn key_usage(&self) -> OutRequest {
        self.get("/key")
    }

    fn get(&self, path: &str) -> OutRequest {
        self.signed(OutRequest::get(format!("{}{path}", self.base_url)))
    }

    fn signed(&self, request: OutRequest) -> OutRequest {
        // The bare key: no scheme word before it, or the provider refuses it.
        request
            .with_header("authorization", self.key)
            .with_header("accept", "application/json")
            .with_header("user-agent", concat!("book-cache-warmer/", env!("CARGO_PKG_VERSION")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUESTS: Requests<'static> = Requests { base_url: "https://api2.isbndb.com", key: "k" };

    #[test]
    fn paths_and_queries_are_encoded() {
        let author = |name: &str, language: Option<&str>| ListQuery::Author {
            name: name.to_owned(),
            language: language.map(str::to_owned),
        };
        for (query, url) in [
            (author("Andy Weir", None), "/author/Andy%20Weir?page=1&pageSize=1000"),
            (
                author("村上春樹", Some("ja")),
                "/author/%E6%9D%91%E4%B8%8A%E6%98%A5%E6%A8%B9?language=ja&page=1&pageSize=1000",
            ),
            (
                ListQuery::Title { title: "AC/DC: 100% & more?".to_owned() },
                "/books/AC%2FDC%3A%20100%25%20%26%20more%3F?page=1&pageSize=1000",
            ),
            (
                ListQuery::Fields {
                    author: Some("A & B".to_owned()),
                    text: None,
                    publisher: Some("Ace".to_owned()),
                },
                "/search/books?author=A+%26+B&publisher=Ace&page=1&pageSize=1000",
            ),
        ] {
            let request = REQUESTS.list(&query, 1, 1_000);
            assert_eq!(request.url, format!("https://api2.isbndb.com{url}"));
        }
    }

    #[test]
    fn the_key_stands_in_a_header_alone() {
        let isbn = Isbn13::parse("9780441172719").unwrap();
        for request in [REQUESTS.book(isbn), REQUESTS.bulk(&[isbn]), REQUESTS.key_usage()] {
            assert_eq!(request.headers.get("authorization"), Some("k"));
            assert!(!request.url.contains("k="), "{}", request.url);
        }
    }

    #[test]
    fn a_bulk_body_names_the_numbers() {
        let isbns = ["9780441172719", "9780143111580"].map(|i| Isbn13::parse(i).unwrap());
        let body: serde_json::Value = serde_json::from_slice(&REQUESTS.bulk(&isbns).body).unwrap();
        assert_eq!(body, serde_json::json!({ "isbns": ["9780441172719", "9780143111580"] }));
    }
}
