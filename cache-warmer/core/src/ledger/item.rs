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
pub enum WarmStage {
    Author,
    /// An ISBN, in bulk.
    Isbn,
    Title,
    /// Warm, but expiring: refreshed out of the day's spare quota.
    Refresh,
}

impl WarmStage {
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum BookIsbn {
    #[default]
    None,
    Stated(Isbn13),
    /// Title and author must agree with what comes back.
    Repaired(Isbn13),
    /// Repaired, and another book's: the title is searched instead.
    Rejected(Isbn13),
    /// Rows with different titles carry it: no title is trusted, and it is looked up alone.
    Shared(Isbn13),
}

impl BookIsbn {
    pub(crate) fn isbn13(self) -> Option<Isbn13> {
        match self {
            Self::Stated(isbn) | Self::Repaired(isbn) | Self::Shared(isbn) => Some(isbn),
            Self::None | Self::Rejected(_) => None,
        }
    }

    pub(crate) fn is_repaired(self) -> bool {
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
        isbn: BookIsbn,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        title: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        author: Option<String>,
    },
}

impl WarmTarget {
    /// The stage in which it is searched from the beginning.
    pub(crate) fn first_stage(&self) -> WarmStage {
        match self {
            Self::Author { .. } => WarmStage::Author,
            Self::Book { isbn, .. } if isbn.isbn13().is_some() => WarmStage::Isbn,
            Self::Book { .. } => WarmStage::Title,
        }
    }
}

/// What was tried of an open item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TryCounts {
    /// Failed for a reason of the item's own: the provider answered others.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) failed: u32,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) provider_down: u32,
    /// Found nothing while a provider was not queried.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) not_asked: u32,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) last_ms: u64,
    /// The next one goes past the caches: a person asked for a retry.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) bypass_cache: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum ItemState {
    Pending {
        tries: TryCounts,
    },
    /// To be done, not before a known moment.
    Deferred {
        until_ms: u64,
        why: String,
        tries: TryCounts,
    },
    /// Seen in the cache under the key its search reads.
    Done {
        tier: String,
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
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Pending { .. } | Self::Deferred { .. })
    }

    pub(crate) fn tries(&self) -> TryCounts {
        match self {
            Self::Pending { tries } | Self::Deferred { tries, .. } => *tries,
            Self::Done { .. } | Self::NotFound { .. } | Self::Failed { .. } => TryCounts::default(),
        }
    }
}

/// A row of the library that stands behind an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RowRef {
    /// Line in the file, the header being 1.
    pub(crate) line: u64,
    pub(crate) raw: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// Its key within the job, equal for equal things.
    #[serde(skip)]
    pub key: String,
    pub(crate) target: WarmTarget,
    /// Where it is asked next (or was asked last).
    pub(crate) stage: WarmStage,
    pub(crate) state: ItemState,
    /// Fresh until then under its ISBN, where its title has a question of its own.
    #[serde(skip_serializing_if = "is_default", default)]
    pub(crate) isbn_fresh_ms: u64,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) rows: Vec<RowRef>,
    /// Rows behind it that are not listed.
    #[serde(skip_serializing_if = "is_default", default)]
    pub(crate) more_rows: u32,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Item {
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

    /// True if its ISBN is looked up, not its title alone.
    pub(crate) fn is_by_isbn(&self) -> bool {
        self.target.first_stage() == WarmStage::Isbn && self.stage != WarmStage::Title
    }

    /// A repaired ISBN is another book's.
    pub(crate) fn reject_isbn(&mut self) {
        if let WarmTarget::Book { isbn, .. } = &mut self.target
            && let BookIsbn::Repaired(number) = *isbn
        {
            *isbn = BookIsbn::Rejected(number);
            self.stage = WarmStage::Title;
        }
    }

    /// The same item, searched anew from its first stage and past the caches.
    pub(crate) fn again(&self) -> Self {
        let mut item = self.clone();
        if let WarmTarget::Book { isbn, .. } = &mut item.target
            && let BookIsbn::Rejected(number) = *isbn
        {
            *isbn = BookIsbn::Repaired(number);
        }
        item.stage = item.target.first_stage();
        let tries = TryCounts { bypass_cache: true, ..TryCounts::default() };
        item.state = ItemState::Pending { tries };
        item
    }

    /// When it is due; none once it is completed.
    pub(crate) fn due_ms(&self) -> Option<u64> {
        match &self.state {
            ItemState::Pending { .. } => Some(0),
            ItemState::Deferred { until_ms, .. } => Some(*until_ms),
            ItemState::Done { .. } | ItemState::NotFound { .. } | ItemState::Failed { .. } => None,
        }
    }

    /// Warm by its ISBN, while no provider knows its title.
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
pub struct Rejected {
    pub(crate) line: u64,
    pub(crate) reason: String,
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
