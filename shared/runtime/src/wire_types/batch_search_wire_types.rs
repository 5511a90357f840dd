//! `POST /search/batch` of the proxy: many queries in, one typed outcome each out.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::call_outcome::Failure;
use bibliography::isbn::Isbn13;

pub const MAX_BATCH_ITEMS: usize = 100;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchSearchRequest {
    #[serde(default, deserialize_with = "named_mode")]
    pub cache: CacheMode,
    pub items: Vec<BatchSearchItem>,
}

impl BatchSearchRequest {
    /// Reads the body of a request. Errors: the body is no batch.
    pub fn parse(body: &[u8]) -> Result<Self, Failure> {
        serde_json::from_slice(body).map_err(|error| Failure::bad_request(format!("body: {error}")))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CacheMode {
    /// A fresh or stale entry answers; what is missing is fetched by a background call.
    #[default]
    Default,
    /// Read the cache only: no provider call.
    OnlyIfCached,
    /// Like `default`, but a cached absence is fetched again.
    Recheck,
    /// Fetch even if the entry is fresh.
    Refresh,
    /// A mode of a later version: every item is deferred.
    #[serde(skip)]
    Unknown,
}

fn named_mode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CacheMode, D::Error> {
    let name: Value = String::deserialize(deserializer)?.into();
    Ok(CacheMode::deserialize(name).unwrap_or(CacheMode::Unknown))
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchSearchItem {
    /// The caller's id of the item; the result has it too.
    pub id: String,
    #[serde(flatten, deserialize_with = "named_query")]
    pub query: BatchItemQuery,
}

/// Reads a query by the name of its kind only; serde alone would also accept a variant's number.
fn named_query<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BatchItemQuery, D::Error> {
    let fields = Map::deserialize(deserializer)?;
    if fields.get("kind").is_some_and(Value::is_number) {
        return Err(Error::custom("kind: must be a name"));
    }
    BatchItemQuery::deserialize(Value::Object(fields)).map_err(Error::custom)
}

/// What a batch item looks up. Its key is that of `/search/auto`, `/search/isbn`, `/search/author`
/// and `/search/advanced` for the same book.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum BatchItemQuery {
    /// One edition. With `title` and `author` the entries that `/search/advanced` and
    /// `{title} {author}` read are stored from the same answer.
    Isbn {
        isbn: Isbn13,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        title: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        author: Option<String>,
        /// True for an ISBN with a repaired check digit: the book found must match `title` and
        /// `author`, else the outcome is `wrongBook`.
        #[serde(default)]
        repaired: bool,
    },
    /// An author's works. If the answer holds books of `books`, their entries (by ISBN, by title
    /// with author) are stored too.
    Author {
        name: String,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        books: Vec<LibraryBookByAuthor>,
    },
    /// A book by title and, if known, author: `/search/advanced` and `{title} {author}`.
    Title {
        title: String,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        author: Option<String>,
    },
    /// Free text, as in `/search/auto`.
    Auto { q: String },
    /// A kind of a later version: the item is deferred.
    #[serde(other)]
    Unknown,
}

pub(super) fn known_query<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BatchItemQuery, D::Error> {
    match BatchItemQuery::deserialize(deserializer)? {
        BatchItemQuery::Unknown => Err(Error::custom("a kind of a later version")),
        query => Ok(query),
    }
}

/// A library book of the item's author.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LibraryBookByAuthor {
    /// The caller's id of the book; the result has it too.
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub isbn: Option<Isbn13>,
    pub title: String,
    /// True for an ISBN with a repaired check digit: its entry is stored only if the book with that
    /// ISBN has this title, by this author.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub repaired: bool,
}

/// The answer: one result an item, in the order of the request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BatchSearchAnswer {
    #[serde(deserialize_with = "deserialize_results")]
    pub results: Vec<BatchItemResult>,
}

/// Reads the results; one that this version cannot read becomes `Deferred` and fails no other.
fn deserialize_results<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<BatchItemResult>, D::Error> {
    let read = |value: Value| {
        let deferred = || {
            let id = value.get("id")?.as_str()?.to_owned();
            let (key, outcome) = (String::new(), BatchItemOutcome::Deferred);
            Some(BatchItemResult { id, key, outcome, books: Vec::new() })
        };
        BatchItemResult::deserialize(&value).ok().or_else(deferred)
    };
    Ok(Vec::deserialize(deserializer)?.into_iter().filter_map(read).collect())
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchItemResult {
    pub id: String,
    pub key: String,
    #[serde(flatten)]
    pub outcome: BatchItemOutcome,
    /// Which entries of the item's library books are in the cache now; both flags are false for a
    /// book that the answer did not hold.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub books: Vec<LibraryBookCacheEntries>,
}

/// The entries of one library book that are in the cache.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LibraryBookCacheEntries {
    /// The caller's id of the book (for an ISBN item, the item's id).
    pub id: String,
    pub isbn: bool,
    /// The entry under title and author.
    pub title: bool,
    /// The repaired ISBN belongs to another book, so it names no book of the library.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub wrong: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum BatchItemOutcome {
    /// The cache has the entry, with at least one book; read back after a write.
    Found {
        count: u32,
        /// The tier that has the entry: `KV`, `R2`.
        tier: String,
        fresh_until_ms: u64,
        /// True if the entry was in the cache before, and nothing was fetched.
        was_cached: bool,
        /// True if a queried provider failed: the entry is short-lived.
        partial: bool,
    },
    /// No queried provider has such a book; stored as a negative.
    NotFound {
        /// When the providers are queried again, Unix time.
        fresh_until_ms: u64,
        /// True if the answer was cached and no provider was queried.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        was_cached: bool,
        /// True if a provider that may have the book was not queried: short-lived.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        partial: bool,
    },
    /// Nothing in the cache (`only-if-cached`).
    Miss,
    /// Not done within the time, calls or operations of one batch: to be sent again.
    Deferred,
    /// No usable answer: nothing was stored or overwritten.
    Failed {
        /// The failure of the provider that would help most.
        failure: Failure,
        provider: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call_outcome::ProviderFailure;

    #[test]
    fn the_wire_form_is_flat_and_readable() {
        let item = BatchSearchItem {
            id: "7".to_owned(),
            query: BatchItemQuery::Isbn {
                isbn: Isbn13::parse("0441172717").unwrap(),
                title: None,
                author: None,
                repaired: false,
            },
        };
        let text = serde_json::to_string(&item).unwrap();
        assert_eq!(text, r#"{"id":"7","kind":"isbn","isbn":"9780441172719","repaired":false}"#);
        assert_eq!(serde_json::from_str::<BatchSearchItem>(&text).unwrap(), item);
        let by_number = text.replace(r#""isbn","isbn""#, r#"0,"isbn""#);
        let error = serde_json::from_str::<BatchSearchItem>(&by_number).unwrap_err();
        assert!(error.to_string().contains("kind: must be a name"), "{by_number}: {error}");
        // An earlier version's items and answers are still read.
        let old = r#"{"id":"7","isbn":"9780441172719","title":"Dune"}"#;
        let book: LibraryBookByAuthor = serde_json::from_str(old).unwrap();
        assert!(!book.repaired);
        assert_eq!(serde_json::to_string(&book).unwrap(), old);
        let old = r#"{"id":"7","isbn":true,"title":false}"#;
        let seen: LibraryBookCacheEntries = serde_json::from_str(old).unwrap();
        assert!(!seen.wrong);
        assert_eq!(serde_json::to_string(&seen).unwrap(), old);
        let result = BatchItemResult {
            id: "7".to_owned(),
            key: "k".to_owned(),
            outcome: BatchItemOutcome::Failed {
                failure: Failure::Provider(ProviderFailure::QuotaSpent { until_ms: 5 }),
                provider: "isbndb".to_owned(),
            },
            books: Vec::new(),
        };
        let text = serde_json::to_string(&result).unwrap();
        assert_eq!(serde_json::from_str::<BatchItemResult>(&text).unwrap(), result);
        assert!(text.contains(r#""outcome":"failed""#), "{text}");
    }

    /// The JSON of every kind, as caches and siblings of earlier versions know it.
    #[test]
    fn every_kind_of_item_has_its_form_and_reads_back() {
        let isbn = Isbn13::parse("9780441172719").unwrap();
        let book = r#"{"id":"b","title":"Dune"}"#;
        let books = vec![serde_json::from_str(book).unwrap()];
        let text = |text: &str| text.to_owned();
        for (query, json) in [
            (
                BatchItemQuery::Isbn {
                    isbn,
                    title: Some(text("Dune")),
                    author: Some(text("Frank Herbert")),
                    repaired: true,
                },
                r#"{"kind":"isbn","isbn":"9780441172719","title":"Dune","author":"Frank Herbert","repaired":true}"#.to_owned(),
            ),
            (
                BatchItemQuery::Author { name: text("Frank Herbert"), books },
                format!(r#"{{"kind":"author","name":"Frank Herbert","books":[{book}]}}"#),
            ),
            (
                BatchItemQuery::Title { title: text("Dune"), author: None },
                r#"{"kind":"title","title":"Dune"}"#.to_owned(),
            ),
            (BatchItemQuery::Auto { q: text("dune") }, r#"{"kind":"auto","q":"dune"}"#.to_owned()),
        ] {
            assert_eq!(serde_json::to_string(&query).unwrap(), json);
            assert_eq!(serde_json::from_str::<BatchItemQuery>(&json).unwrap(), query);
            let item = BatchSearchItem { id: text("7"), query };
            let json = json.replacen('{', r#"{"id":"7","#, 1);
            assert_eq!(serde_json::to_string(&item).unwrap(), json);
            assert_eq!(serde_json::from_str::<BatchSearchItem>(&json).unwrap(), item);
        }
    }

    #[test]
    fn every_outcome_has_its_form_and_reads_back() {
        let found = BatchItemOutcome::Found {
            count: 2,
            tier: "R2".to_owned(),
            fresh_until_ms: 9,
            was_cached: true,
            partial: false,
        };
        let failed = BatchItemOutcome::Failed {
            failure: Failure::Provider(ProviderFailure::Timeout),
            provider: "isbndb".to_owned(),
        };
        for (outcome, members) in [
            (
                found,
                r#""found","count":2,"tier":"R2","freshUntilMs":9,"wasCached":true,"partial":false"#,
            ),
            (
                BatchItemOutcome::NotFound { fresh_until_ms: 9, was_cached: false, partial: false },
                r#""notFound","freshUntilMs":9"#,
            ),
            (
                BatchItemOutcome::NotFound { fresh_until_ms: 9, was_cached: true, partial: true },
                r#""notFound","freshUntilMs":9,"wasCached":true,"partial":true"#,
            ),
            (BatchItemOutcome::Miss, r#""miss""#),
            (BatchItemOutcome::Deferred, r#""deferred""#),
            (failed, r#""failed","failure":{"kind":"timeout"},"provider":"isbndb""#),
        ] {
            let result = BatchItemResult {
                id: "7".to_owned(),
                key: "k".to_owned(),
                outcome,
                books: Vec::new(),
            };
            let json = format!(r#"{{"id":"7","key":"k","outcome":{members}}}"#);
            assert_eq!(serde_json::to_string(&result).unwrap(), json);
            assert_eq!(serde_json::from_str::<BatchItemResult>(&json).unwrap(), result);
        }
    }

    #[test]
    fn a_result_of_a_later_version_is_deferred() {
        let answer = r#"{"took":1,"results":[
            {"id":"1","key":"k","outcome":"miss","since":9},
            {"id":"2","key":"k","outcome":"queued","place":3},
            {"id":"3","key":"k","outcome":"failed","failure":{"kind":"strike"},"provider":"isbndb"},
            {"id":"4","outcome":"found","count":2},
            {"outcome":"miss"}
        ]}"#;
        let answer: BatchSearchAnswer = serde_json::from_str(answer).unwrap();
        let outcomes: Vec<_> = answer.results.iter().map(|r| (r.id.as_str(), &r.outcome)).collect();
        let deferred = &BatchItemOutcome::Deferred;
        assert_eq!(
            outcomes,
            [("1", &BatchItemOutcome::Miss), ("2", deferred), ("3", deferred), ("4", deferred)]
        );
    }

    #[test]
    fn an_item_without_a_member_is_refused() {
        for json in [
            r#"{"kind":"auto","q":"dune"}"#,
            r#"{"id":"7","q":"dune"}"#,
            r#"{"id":"7","kind":"isbn"}"#,
            r#"{"id":"7","kind":"title","q":"dune"}"#,
        ] {
            assert!(serde_json::from_str::<BatchSearchItem>(json).is_err(), "{json}");
        }
        for json in [
            r#"{"id":"7","outcome":"miss"}"#,
            r#"{"id":"7","key":"k"}"#,
            r#"{"id":"7","key":"k","outcome":"found","count":2}"#,
        ] {
            assert!(serde_json::from_str::<BatchItemResult>(json).is_err(), "{json}");
        }
    }
}
