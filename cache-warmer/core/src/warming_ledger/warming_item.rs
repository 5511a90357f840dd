//! One item to warm, and a rejected row.

use bibliography::isbn::Isbn13;
use runtime::lenient::is_default;
use serde::{Deserialize, Serialize};

/// Rows that an item lists; further rows are only counted.
pub(crate) const MAX_ROWS_KEPT: usize = 20;

/// The stages, in the order of their priority.
///
/// An author's page holds many books for one unit. Bulk calls fetch the ISBNs that the pages
/// lack, single searches the rest. Refreshing uses what is left of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WarmStage {
    Author = 0,
    /// An ISBN, in bulk.
    Isbn = 1,
    Title = 2,
    /// A warm entry that expires soon: refreshed with what is left of the day's quota.
    Refresh = 3,
}

impl WarmStage {
    pub const ALL: [Self; 4] = [Self::Author, Self::Isbn, Self::Title, Self::Refresh];

    /// Its number in the ledger's index.
    pub fn stage_number(self) -> u32 {
        self as u32
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum BookIsbnStatus {
    #[default]
    None,
    Stated(Isbn13),
    /// Valid only if title and author match the found book.
    Repaired(Isbn13),
    /// Repaired, and another book's ISBN: the title is searched instead.
    Rejected(Isbn13),
    /// Rows with different titles have the ISBN: no title is trusted, the ISBN is searched alone.
    Shared(Isbn13),
}

impl BookIsbnStatus {
    pub(crate) fn isbn13(self) -> Option<Isbn13> {
        match self {
            Self::Stated(isbn) | Self::Repaired(isbn) | Self::Shared(isbn) => Some(isbn),
            Self::None | Self::Rejected(_) => None,
        }
    }

    pub(crate) fn is_repaired_isbn(self) -> bool {
        matches!(self, Self::Repaired(_) | Self::Rejected(_))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum WarmTarget {
    Author {
        name: String,
        books: Vec<String>,
    },
    Book {
        #[serde(skip_serializing_if = "is_default", default)]
        isbn: BookIsbnStatus,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        title: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        author: Option<String>,
    },
}

impl WarmTarget {
    /// The ISBN that is searched.
    pub(crate) fn isbn13(&self) -> Option<Isbn13> {
        match self {
            Self::Book { isbn, .. } => isbn.isbn13(),
            Self::Author { .. } => None,
        }
    }

    /// The stage in which a search of the target begins.
    pub(crate) fn first_stage(&self) -> WarmStage {
        match self {
            Self::Author { .. } => WarmStage::Author,
            Self::Book { .. } if self.isbn13().is_some() => WarmStage::Isbn,
            Self::Book { .. } => WarmStage::Title,
        }
    }
}

/// The tries of an open item, by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TryCounts {
    /// Failed while the provider answered other items.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) failed: u32,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) provider_down: u32,
    /// Found nothing while a provider was not queried.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) not_asked: u32,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) last_ms: u64,
    /// The operator requested a retry: tries bypass the caches until the item is finished.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) bypass_cache: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum ItemState {
    Pending {
        tries: TryCounts,
    },
    /// Open, but not due before a known time.
    Deferred {
        until_ms: u64,
        why: String,
        tries: TryCounts,
    },
    /// Found in the cache under the key that a search reads.
    Done {
        tier: String,
        fresh_until_ms: u64,
    },
    /// No provider that matters knows it.
    NotFound {
        why: String,
    },
    /// Given up after a bounded number of tries, or after a failure that no retry changes.
    Failed {
        why: String,
    },
}

impl ItemState {
    pub(crate) fn is_unfinished(&self) -> bool {
        matches!(self, Self::Pending { .. } | Self::Deferred { .. })
    }

    /// Why it is not warmed.
    pub(crate) fn failure_reason(&self) -> Option<&str> {
        match self {
            Self::Failed { why } | Self::NotFound { why } => Some(why),
            Self::Pending { .. } | Self::Deferred { .. } | Self::Done { .. } => None,
        }
    }

    pub(crate) fn tries(&self) -> TryCounts {
        match self {
            Self::Pending { tries } | Self::Deferred { tries, .. } => *tries,
            Self::Done { .. } | Self::NotFound { .. } | Self::Failed { .. } => TryCounts::default(),
        }
    }
}

/// A row of the library that belongs to an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RowRef {
    /// Line in the file; the header is line 1.
    pub(crate) line: u64,
    pub(crate) raw: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WarmingItem {
    /// Its key within the job: `LibraryRowBook::id` or an author's.
    #[serde(skip)]
    pub key: String,
    pub(crate) target: WarmTarget,
    /// The stage of its next (or last) search.
    pub(crate) stage: WarmStage,
    pub(crate) state: ItemState,
    /// End of the ISBN's freshness, if its title was searched separately; else 0.
    #[serde(skip_serializing_if = "is_default", default)]
    pub(crate) isbn_fresh_ms: u64,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) rows: Vec<RowRef>,
    /// Rows that belong to it but are not listed.
    #[serde(skip_serializing_if = "is_default", default)]
    pub(crate) more_rows: u32,
}

impl WarmingItem {
    pub(crate) fn new(key: String, target: WarmTarget) -> Self {
        Self {
            key,
            stage: target.first_stage(),
            target,
            state: ItemState::Pending { tries: TryCounts::default() },
            isbn_fresh_ms: 0,
            rows: Vec::new(),
            more_rows: 0,
        }
    }

    /// True if its ISBN is searched, not its title alone.
    pub(crate) fn is_by_isbn(&self) -> bool {
        self.target.first_stage() == WarmStage::Isbn && self.stage != WarmStage::Title
    }

    /// Rejects a repaired ISBN that is another book's; the title is searched instead.
    pub(crate) fn reject_isbn(&mut self) {
        if let WarmTarget::Book { isbn, .. } = &mut self.target
            && let BookIsbnStatus::Repaired(number) = *isbn
        {
            *isbn = BookIsbnStatus::Rejected(number);
            self.stage = WarmStage::Title;
        }
    }

    /// The same item for a retry: from its first stage, bypassing the caches.
    pub(crate) fn restarted(&self) -> Self {
        let mut item = self.clone();
        if let WarmTarget::Book { isbn, .. } = &mut item.target
            && let BookIsbnStatus::Rejected(number) = *isbn
        {
            *isbn = BookIsbnStatus::Repaired(number);
        }
        item.stage = item.target.first_stage();
        let tries = TryCounts { bypass_cache: true, ..TryCounts::default() };
        item.state = ItemState::Pending { tries };
        item
    }

    /// The time at which it is due; `None` if it is completed.
    pub(crate) fn due_ms(&self) -> Option<u64> {
        match &self.state {
            ItemState::Pending { .. } => Some(0),
            ItemState::Deferred { until_ms, .. } => Some(*until_ms),
            ItemState::Done { .. } | ItemState::NotFound { .. } | ItemState::Failed { .. } => None,
        }
    }

    /// Warm by its ISBN, but no provider knows its title.
    pub(crate) fn is_untitled(&self) -> bool {
        self.stage == WarmStage::Isbn && self.isbn_fresh_ms > 0
    }

    pub(crate) fn add_row(&mut self, row: RowRef) {
        if self.rows.len() < MAX_ROWS_KEPT {
            self.rows.push(row);
        } else {
            self.more_rows = self.more_rows.saturating_add(1);
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRow {
    pub(crate) line: u64,
    pub(crate) reason: String,
    pub(crate) raw: String,
}

impl RejectedRow {
    /// Its key: it sorts by line, and after every item's key.
    pub(crate) fn ledger_key(&self) -> String {
        format!("{REJECTED_FROM}{:010}", self.line)
    }
}

/// Keys from here on are rejected rows; the keys of all items sort before.
pub const REJECTED_FROM: &str = "z:";
