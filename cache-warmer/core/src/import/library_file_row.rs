//! The outcome of one row of a file.

use bibliography::isbn::Isbn13;
use bibliography::isbn::isbn_repair::{IsbnRepair, UnusableIsbnReason};
use serde::{Deserialize, Serialize};

/// One row of the file and its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LibraryFileRow {
    /// The physical line where the row starts, from 1.
    pub line: u64,
    pub offset: u64,
    #[serde(flatten)]
    pub outcome: RowImportOutcome,
    /// The row unchanged, without its line end, as UTF-8. Of a row longer than
    /// [`MAX_ORIGINAL_BYTES`](super::MAX_ORIGINAL_BYTES) only the cells that are read (title,
    /// author, ISBNs), in their columns; the others are empty.
    pub original: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RowImportOutcome {
    Valid {
        isbn: Isbn13,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        author: Option<String>,
    },
    /// A repaired ISBN, which may be another book's: the found book has to match title and author.
    Repaired {
        isbn: Isbn13,
        repair: IsbnRepair,
        title: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        author: Option<String>,
    },
    /// No usable ISBN.
    TitleAuthor {
        title: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        author: Option<String>,
        /// Why the row's ISBN is unusable; absent if the row has none.
        #[serde(skip_serializing_if = "Option::is_none")]
        unusable: Option<UnusableIsbnReason>,
    },
    Rejected {
        reason: RowRejectionReason,
    },
}

impl From<RowRejectionReason> for RowImportOutcome {
    fn from(reason: RowRejectionReason) -> Self {
        Self::Rejected { reason }
    }
}

/// Why a row cannot be searched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum RowRejectionReason {
    /// The cells for ISBN and title are empty.
    #[error("no ISBN and no title")]
    NoIsbnNoTitle,
    /// The ISBN is unusable and the title is empty.
    #[error("the ISBN cannot be used ({unusable}) and there is no title")]
    UnusableIsbnNoTitle { unusable: UnusableIsbnReason },
    /// The ISBN was repaired, but without a title the found book cannot be checked.
    #[error(
        "the ISBN is wrong; {candidate} may be meant, but without a title it cannot be checked"
    )]
    Unconfirmable { candidate: Isbn13 },
    /// More cells than columns, and it is unclear which comma is text.
    #[error("{found} cells in {expected} columns: put quotation marks around a cell with a comma")]
    Shifted { found: usize, expected: usize },
    #[error("only {found} of {expected} cells")]
    TooShort { found: usize, expected: usize },
    #[error("a quotation mark is not closed")]
    UnclosedQuote,
    #[error("the row is longer than {limit_bytes} bytes")]
    TooLong { limit_bytes: usize },
    #[error("the row has more than {limit} cells")]
    TooManyCells { limit: usize },
    /// The row is a film, a record or a game.
    #[error("not a book: {item}")]
    NotABook { item: String },
}

/// Rows by outcome; blank rows are counted separately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportCounts {
    pub valid: u64,
    pub repaired: u64,
    pub title_author: u64,
    pub rejected: u64,
    /// Rows whose cells are all empty (blank lines are not rows).
    pub blank: u64,
    /// Headers below the first one, in a file of joined exports.
    #[serde(default)]
    pub headers: u64,
}

impl ImportCounts {
    /// Rows that are not blank: each was returned as a [`LibraryFileRow`].
    pub fn total_rows(&self) -> u64 {
        self.valid + self.repaired + self.title_author + self.rejected
    }

    pub(super) fn add(&mut self, outcome: &RowImportOutcome) {
        let count = match outcome {
            RowImportOutcome::Valid { .. } => &mut self.valid,
            RowImportOutcome::Repaired { .. } => &mut self.repaired,
            RowImportOutcome::TitleAuthor { .. } => &mut self.title_author,
            RowImportOutcome::Rejected { .. } => &mut self.rejected,
        };
        *count += 1;
    }
}
