//! The ISBNdb Worker's answers.

use serde::{Deserialize, Serialize};

use crate::call_outcome::{Failure, known_failure};
use crate::time::DAY_MS;
use bibliography::edition::Edition;
use bibliography::isbn::Isbn13;

/// `x-call-class`: the class of the call, for the ISBNdb Worker's rate limiter.
pub const CALL_CLASS_HEADER: &str = "x-call-class";

/// How long the ISBNdb Worker answers from its cache. Less than the seven days of the search cache
/// in front of it, so that a refresh of that cache does not read the same answer again.
pub const CACHED_ANSWER_TTL_MS: u64 = 5 * DAY_MS;

/// Most ISBNs of one `POST /books`, the provider's own limit.
pub const MAX_BULK_ISBNS: usize = 1_000;

/// Most characters of a name or title in a path: ISBNdb's own limit.
pub const MAX_PATH_TEXT_CHARS: usize = 150;

/// `GET /book/{isbn}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundIsbndbBookAnswer {
    /// The requested edition; its ISBN is checked.
    pub book: Edition,
    /// True if no upstream call was made.
    pub cached: bool,
}

/// `GET /author/{name}`, `GET /books/{title}` and `GET /search/books`: one page of books.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BooksPage {
    /// The author's name in display form (author pages only).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub author: Option<String>,
    /// The provider's total for this query, or the number of books found so far.
    pub total: u32,
    /// This page, from 1.
    pub page: u32,
    pub page_size: u32,
    pub books: Vec<Edition>,
    /// True if no upstream call was made.
    pub cached: bool,
}

/// `POST /books`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BulkRequest {
    /// At most [`MAX_BULK_ISBNS`].
    pub isbns: Vec<Isbn13>,
}

/// Answer to `POST /books`: every requested ISBN is in exactly one of three lists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IsbndbWorkerBulkAnswer {
    /// Books found, each under its own `isbn13`.
    pub found: Vec<Edition>,
    pub missing: Vec<Isbn13>,
    pub failed: Vec<BulkFailure>,
    /// Texts that are no ISBN; they do not fail the others.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub invalid: Vec<String>,
    pub upstream_calls: u32,
    /// Units of the day's quota that the request spent.
    pub units: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BulkFailure {
    pub isbn: Isbn13,
    #[serde(deserialize_with = "known_failure")]
    pub failure: Failure,
}

/// `GET /quota`: the units left of the plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuotaStatusAnswer {
    pub plan: String,
    pub daily_limit: u32,
    pub spent: u32,
    /// Units an interactive call could still use.
    pub left: u32,
    /// Units a background call could still use (a share is kept for interactive calls).
    pub left_background: u32,
    pub resets_at_ms: u64,
    pub pace_ms: u64,
    /// Most ISBNs in one upstream bulk call.
    pub bulk_size: u32,
    /// Set if the provider refuses the key or the plan's host.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refused: Option<String>,
    /// Set if the configured plan and the provider's report differ: the difference, and which
    /// variable to change.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mismatch: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call_outcome::ProviderFailure;

    #[test]
    fn a_failure_of_a_later_version_fails_its_book_alone() {
        let answer = r#"{"found":[],"missing":["9780441172719"],"later":1,"upstreamCalls":1,"units":2,
            "failed":[{"isbn":"9780141439587","failure":{"kind":"strike","since":5}}]}"#;
        let answer: IsbndbWorkerBulkAnswer = serde_json::from_str(answer).unwrap();
        assert_eq!((answer.missing.len(), answer.units), (1, 2));
        assert_eq!(answer.failed[0].failure, ProviderFailure::Unreachable.into());
    }
}
