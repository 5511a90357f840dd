//! One item to warm, and a row that cannot become one.

use bibliography::isbn::Isbn13;
use serde::{Deserialize, Serialize};

/// Rows of a library that one item keeps; further ones are only counted.
pub(crate) const MAX_ROWS_KEPT: usize = 20;

/// The order of the plan.
///
/// Author pages bring the books along, bulk calls come for the ISBNs they lacked, single
/// searches for the rest; refreshing and what others searched for use what is left of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    Author,
    /// An ISBN, in bulk.
    Isbn,
    Title,
    /// Warm, but expiring: refreshed out of the day's spare quota.
    Refresh,
}

impl Stage {
    /// In the order they are served.
    pub const ALL: [Self; 4] = [Self::Author, Self::Isbn, Self::Title, Self::Refresh];

    pub fn number(self) -> u32 {
        match self {
            Self::Author => 0,
            Self::Isbn => 1,
            Self::Title => 2,
            Self::Refresh => 3,
        }
    }
}

/// What an item warms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum WarmTarget {
    /// An author of the library.
    Author {
        /// Name as the library writes it.
        name: String,
        /// Keys of the library's books by this author.
        books: Vec<String>,
    },
    /// A book of the library.
    Book {
        /// Its ISBN, where the library has one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        isbn: Option<Isbn13>,
        /// True for a repaired ISBN: title and author must agree with what comes back.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        repaired: bool,
        /// True for an ISBN that rows with different titles carry: neither title is trusted, it
        /// is looked up alone, and each title by itself.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        shared: bool,
        /// Title, where the library has one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        title: Option<String>,
        /// Author, where the library has one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        author: Option<String>,
    },
}

impl WarmTarget {
    /// The stage it starts in.
    pub(crate) fn first_stage(&self) -> Stage {
        match self {
            Self::Author { .. } => Stage::Author,
            Self::Book { isbn: Some(_), .. } => Stage::Isbn,
            Self::Book { isbn: None, .. } => Stage::Title,
        }
    }
}

/// Where an item stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum ItemState {
    Pending,
    /// To be done, not before a known moment.
    Deferred {
        /// That moment, Unix time.
        until_ms: u64,
        why: String,
    },
    /// Seen in the cache under the key its search reads.
    Done {
        /// The tier it was seen in.
        tier: String,
        /// When the entry stops being fresh.
        fresh_until_ms: u64,
    },
    /// Every provider that matters says there is none.
    NotFound {
        why: String,
    },
    /// Given up after bounded attempts, for a reason of its own.
    Failed {
        why: String,
    },
}

impl ItemState {
    /// True while there is something left to do.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Pending | Self::Deferred { .. })
    }
}

/// A row of the library that stands behind an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RowRef {
    /// Line in the file, the header being 1.
    pub(crate) line: u64,
    /// The row as it stood there.
    pub(crate) raw: String,
}

/// One row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// Its key within the job, equal for equal things.
    #[serde(skip)]
    pub key: String,
    /// What it stands for.
    pub(crate) target: WarmTarget,
    /// Where it is asked next (or was asked last).
    pub(crate) stage: Stage,
    pub(crate) state: ItemState,
    /// True for a repaired ISBN that was refuted: its title is searched instead.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub(crate) isbn_rejected: bool,
    /// True after a manual retry: a cached "not found" is not accepted.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub(crate) bypass_cache: bool,
    /// Tries that failed for a reason of its own.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub(crate) attempts: u32,
    /// Tries that failed because a provider was down.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub(crate) provider_down_tries: u32,
    /// Times that no provider knew it while one was not queried.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub(crate) not_asked_tries: u32,
    /// When it was last tried, Unix time.
    #[serde(skip_serializing_if = "is_zero_ms", default)]
    pub(crate) tried_ms: u64,
    /// Fresh until then under its ISBN, where its title has a question of its own.
    #[serde(skip_serializing_if = "is_zero_ms", default)]
    pub(crate) isbn_fresh_ms: u64,
    /// The rows behind it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) rows: Vec<RowRef>,
    /// Rows behind it that are not listed.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub(crate) more_rows: u32,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

fn is_zero_ms(n: &u64) -> bool {
    *n == 0
}

impl Item {
    pub(crate) fn new(key: String, target: WarmTarget) -> Self {
        Self {
            key,
            stage: target.first_stage(),
            target,
            state: ItemState::Pending,
            isbn_rejected: false,
            bypass_cache: false,
            attempts: 0,
            provider_down_tries: 0,
            not_asked_tries: 0,
            tried_ms: 0,
            isbn_fresh_ms: 0,
            rows: Vec::new(),
            more_rows: 0,
        }
    }

    /// The stage it is asked in from the beginning.
    pub(crate) fn own_stage(&self) -> Stage {
        if self.isbn_rejected { Stage::Title } else { self.target.first_stage() }
    }

    /// True if its ISBN is looked up, not its title alone.
    pub(crate) fn is_by_isbn(&self) -> bool {
        let numbered = matches!(&self.target, WarmTarget::Book { isbn: Some(_), .. });
        numbered && self.stage != Stage::Title && !self.isbn_rejected
    }

    /// When it is due; none once it is settled.
    pub(crate) fn due_ms(&self) -> Option<u64> {
        match &self.state {
            ItemState::Pending => Some(0),
            ItemState::Deferred { until_ms, .. } => Some(*until_ms),
            ItemState::Done { .. } | ItemState::NotFound { .. } | ItemState::Failed { .. } => None,
        }
    }

    /// Warm by its ISBN, while no provider knows its title.
    pub(crate) fn is_untitled(&self) -> bool {
        self.stage == Stage::Isbn && self.isbn_fresh_ms > 0
    }

    /// Remembers one more row.
    pub(crate) fn add_row(&mut self, row: RowRef) {
        if self.rows.len() < MAX_ROWS_KEPT {
            self.rows.push(row);
        } else {
            self.more_rows = self.more_rows.saturating_add(1);
        }
    }
}

/// A row that cannot be warmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// Line in the file.
    pub(crate) line: u64,
    pub(crate) reason: String,
    /// The row as it stood there.
    pub(crate) raw: String,
}

impl Rejected {
    /// Its key: sorts by line, after every item.
    pub(crate) fn key(&self) -> String {
        format!("{REJECTED_FROM}{:010}", self.line)
    }
}

/// Keys from here on are rejected rows; every item's key sorts before.
pub const REJECTED_FROM: &str = "z:";
