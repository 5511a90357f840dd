//! Items and results as they travel: flat, the members of every kind beside each other.
//!
//! For serde this would be `flatten` and a tagged enum, which read through a buffer of any type; a
//! plain struct of all members costs a fraction of the wasm (see `outcome::wire`).

use serde::{Deserialize, Serialize};

use super::{BatchItem, BatchOutcome, BatchQuery, BatchResult, LibraryBook, LinkedBookStatus};
use crate::outcome::Failure;
use bibliography::isbn::Isbn13;

/// The error for an item whose members are incomplete.
const INCOMPLETE_ITEM: &str = "an item needs an id, a kind, and what that kind asks for";
/// The same of a result.
const INCOMPLETE_RESULT: &str = "a result needs an id, a key, an outcome, and its members";

/// An item; a query alone is one without an id.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlatItem {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default)]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    isbn: Option<Isbn13>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    q: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repaired: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    books: Vec<LibraryBook>,
}

impl From<BatchQuery> for FlatItem {
    fn from(query: BatchQuery) -> Self {
        let of = |kind: &str| Self { kind: kind.to_owned(), ..Self::default() };
        match query {
            BatchQuery::Isbn { isbn, title, author, repaired } => {
                Self { isbn: Some(isbn), title, author, repaired: Some(repaired), ..of("isbn") }
            }
            BatchQuery::Author { name, books } => Self { name: Some(name), books, ..of("author") },
            BatchQuery::Title { title, author } => {
                Self { title: Some(title), author, ..of("title") }
            }
            BatchQuery::Auto { q } => Self { q: Some(q), ..of("auto") },
        }
    }
}

impl FlatItem {
    fn query(self) -> Option<BatchQuery> {
        Some(match self.kind.as_str() {
            "isbn" => BatchQuery::Isbn {
                isbn: self.isbn?,
                title: self.title,
                author: self.author,
                repaired: self.repaired.unwrap_or_default(),
            },
            "author" => BatchQuery::Author { name: self.name?, books: self.books },
            "title" => BatchQuery::Title { title: self.title?, author: self.author },
            "auto" => BatchQuery::Auto { q: self.q? },
            _ => return None,
        })
    }
}

impl TryFrom<FlatItem> for BatchQuery {
    type Error = &'static str;

    fn try_from(item: FlatItem) -> Result<Self, Self::Error> {
        item.query().ok_or(INCOMPLETE_ITEM)
    }
}

impl From<BatchItem> for FlatItem {
    fn from(item: BatchItem) -> Self {
        Self { id: Some(item.id), ..item.query.into() }
    }
}

impl TryFrom<FlatItem> for BatchItem {
    type Error = &'static str;

    fn try_from(mut item: FlatItem) -> Result<Self, Self::Error> {
        let id = item.id.take().ok_or(INCOMPLETE_ITEM)?;
        Ok(Self { id, query: item.try_into()? })
    }
}

/// A result with its outcome.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlatResult {
    id: Option<String>,
    key: Option<String>,
    #[serde(default)]
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fresh_until_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    was_cached: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    books: Vec<LinkedBookStatus>,
}

impl From<BatchResult> for FlatResult {
    fn from(result: BatchResult) -> Self {
        let of = |outcome: &str| Self { outcome: outcome.to_owned(), ..Self::default() };
        let flat = match result.outcome {
            BatchOutcome::Found { count, tier, fresh_until_ms, was_cached, partial } => Self {
                count: Some(count),
                tier: Some(tier),
                fresh_until_ms: Some(fresh_until_ms),
                was_cached: Some(was_cached),
                partial: Some(partial),
                ..of("found")
            },
            BatchOutcome::NotFound { fresh_until_ms, was_cached, partial } => Self {
                fresh_until_ms: Some(fresh_until_ms),
                was_cached: was_cached.then_some(true),
                partial: partial.then_some(true),
                ..of("notFound")
            },
            BatchOutcome::Miss => of("miss"),
            BatchOutcome::Failed { failure, provider } => {
                Self { failure: Some(failure), provider: Some(provider), ..of("failed") }
            }
        };
        Self { id: Some(result.id), key: Some(result.key), books: result.books, ..flat }
    }
}

impl FlatResult {
    fn read(self) -> Option<BatchResult> {
        let outcome = match self.outcome.as_str() {
            "found" => BatchOutcome::Found {
                count: self.count?,
                tier: self.tier?,
                fresh_until_ms: self.fresh_until_ms?,
                was_cached: self.was_cached?,
                partial: self.partial?,
            },
            "notFound" => BatchOutcome::NotFound {
                fresh_until_ms: self.fresh_until_ms?,
                was_cached: self.was_cached.unwrap_or_default(),
                partial: self.partial.unwrap_or_default(),
            },
            "miss" => BatchOutcome::Miss,
            "failed" => BatchOutcome::Failed { failure: self.failure?, provider: self.provider? },
            _ => return None,
        };
        Some(BatchResult { id: self.id?, key: self.key?, outcome, books: self.books })
    }
}

impl TryFrom<FlatResult> for BatchResult {
    type Error = &'static str;

    fn try_from(flat: FlatResult) -> Result<Self, Self::Error> {
        flat.read().ok_or(INCOMPLETE_RESULT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The JSON of every kind, as the caches and the siblings of earlier versions know it.
    #[test]
    fn every_kind_of_item_has_its_form_and_reads_back() {
        let isbn = Isbn13::parse("9780441172719").unwrap();
        let book = r#"{"id":"b","title":"Dune"}"#;
        let books = vec![serde_json::from_str(book).unwrap()];
        let text = |text: &str| text.to_owned();
        for (query, json) in [
            (
                BatchQuery::Isbn {
                    isbn,
                    title: Some(text("Dune")),
                    author: Some(text("Frank Herbert")),
                    repaired: true,
                },
                r#"{"kind":"isbn","isbn":"9780441172719","title":"Dune","author":"Frank Herbert","repaired":true}"#.to_owned(),
            ),
            (
                BatchQuery::Author { name: text("Frank Herbert"), books },
                format!(r#"{{"kind":"author","name":"Frank Herbert","books":[{book}]}}"#),
            ),
            (
                BatchQuery::Title { title: text("Dune"), author: None },
                r#"{"kind":"title","title":"Dune"}"#.to_owned(),
            ),
            (BatchQuery::Auto { q: text("dune") }, r#"{"kind":"auto","q":"dune"}"#.to_owned()),
        ] {
            assert_eq!(serde_json::to_string(&query).unwrap(), json);
            assert_eq!(serde_json::from_str::<BatchQuery>(&json).unwrap(), query);
            let item = BatchItem { id: text("7"), query };
            let json = json.replacen('{', r#"{"id":"7","#, 1);
            assert_eq!(serde_json::to_string(&item).unwrap(), json);
            assert_eq!(serde_json::from_str::<BatchItem>(&json).unwrap(), item);
        }
    }

    #[test]
    fn every_outcome_has_its_form_and_reads_back() {
        let found = BatchOutcome::Found {
            count: 2,
            tier: "R2".to_owned(),
            fresh_until_ms: 9,
            was_cached: true,
            partial: false,
        };
        let failed =
            BatchOutcome::Failed { failure: Failure::Timeout, provider: "isbndb".to_owned() };
        for (outcome, members) in [
            (
                found,
                r#""found","count":2,"tier":"R2","freshUntilMs":9,"wasCached":true,"partial":false"#,
            ),
            (
                BatchOutcome::NotFound { fresh_until_ms: 9, was_cached: false, partial: false },
                r#""notFound","freshUntilMs":9"#,
            ),
            (
                BatchOutcome::NotFound { fresh_until_ms: 9, was_cached: true, partial: true },
                r#""notFound","freshUntilMs":9,"wasCached":true,"partial":true"#,
            ),
            (BatchOutcome::Miss, r#""miss""#),
            (failed, r#""failed","failure":{"kind":"timeout"},"provider":"isbndb""#),
        ] {
            let result =
                BatchResult { id: "7".to_owned(), key: "k".to_owned(), outcome, books: Vec::new() };
            let json = format!(r#"{{"id":"7","key":"k","outcome":{members}}}"#);
            assert_eq!(serde_json::to_string(&result).unwrap(), json);
            assert_eq!(serde_json::from_str::<BatchResult>(&json).unwrap(), result);
        }
    }

    #[test]
    fn what_lacks_a_member_is_refused() {
        for json in [
            r#"{"kind":"auto","q":"dune"}"#,
            r#"{"id":"7","q":"dune"}"#,
            r#"{"id":"7","kind":"isbn"}"#,
            r#"{"id":"7","kind":"title","q":"dune"}"#,
            r#"{"id":"7","kind":"other","q":"dune"}"#,
        ] {
            assert!(serde_json::from_str::<BatchItem>(json).is_err(), "{json}");
        }
        for json in [
            r#"{"id":"7","outcome":"miss"}"#,
            r#"{"id":"7","key":"k"}"#,
            r#"{"id":"7","key":"k","outcome":"found","count":2}"#,
        ] {
            assert!(serde_json::from_str::<BatchResult>(json).is_err(), "{json}");
        }
    }
}
