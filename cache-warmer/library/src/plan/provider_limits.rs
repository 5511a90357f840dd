//! What is to be asked, and what the providers allow.

use runtime::api::isbndb::Quota;
use serde::{Deserialize, Serialize};

use super::fold::PlannedBook;

/// Things to ask, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Workload {
    pub authors: u64,
    /// Numbers that an author's page may bring along.
    pub isbns_with_author: u64,
    /// ISBNs that are looked up themselves: no author is known, or two books carry them.
    pub isbns_alone: u64,
    /// Titles without an ISBN that an author's page may bring along.
    pub titles_with_author: u64,
    /// Titles without an ISBN and without an author.
    pub titles_alone: u64,
}

impl Workload {
    pub(super) fn add(&mut self, book: &PlannedBook, with_author: bool) {
        let count = match (book.isbn.is_some(), with_author) {
            (true, true) => &mut self.isbns_with_author,
            (true, false) => &mut self.isbns_alone,
            (false, true) => &mut self.titles_with_author,
            (false, false) => &mut self.titles_alone,
        };
        *count += 1;
    }
}

/// What the providers allow, and how long an answer lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderLimits {
    /// None without a key.
    pub isbndb: Option<IsbndbLimits>,
    /// Open Library needs no key.
    pub open_library: OpenLibraryLimits,
    /// None without a key.
    pub google: Option<GoogleLimits>,
    /// How many of a hundred books an author's page is expected to hold.
    pub coverage_percent: u8,
    /// How long an entry is fresh.
    pub fresh_ms: u64,
    /// How long a stale one is served and counts as warm.
    pub stale_ms: u64,
    /// Unix time.
    pub now_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IsbndbLimits {
    /// Units that warming may use of a day.
    pub daily_units: u64,
    /// Units that warming may still use today.
    pub left_today: u64,
    /// When the day ends, Unix time.
    pub resets_at_ms: u64,
    /// Least time between two calls.
    pub pace_ms: u64,
    /// Numbers in one bulk call.
    pub bulk_size: u64,
}

impl From<&Quota> for IsbndbLimits {
    fn from(quota: &Quota) -> Self {
        // The interactive reserve of today is kept on the other days too.
        let kept = quota.left.saturating_sub(quota.left_background);
        Self {
            daily_units: u64::from(quota.daily_limit.saturating_sub(kept)).max(1),
            left_today: u64::from(quota.left_background),
            resets_at_ms: quota.resets_at_ms,
            pace_ms: quota.pace_ms,
            bulk_size: u64::from(quota.bulk_size).max(1),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenLibraryLimits {
    /// Least time between two calls.
    pub pace_ms: u64,
    /// Numbers in one call.
    pub bulk_size: u64,
}

/// What of Google Books' day warming may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoogleLimits {
    pub daily_calls: u64,
    /// Least time between two calls.
    pub pace_ms: u64,
}
