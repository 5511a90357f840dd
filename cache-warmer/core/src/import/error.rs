//! Why a whole file cannot be imported.

use serde::{Deserialize, Serialize};

use super::{MAX_COLUMNS, MAX_ROW_BYTES};

/// A file that is no library, as a whole. Kept with the job; nothing of the file is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum ImportError {
    /// No byte, or only blank lines.
    #[error("the file is empty")]
    Empty,
    /// A header and nothing below it.
    #[error("the file has a header and no books below it")]
    NoRows,
    /// Another kind of file.
    #[error("the file is {kind}, not a CSV: {advice}")]
    NotCsv {
        /// What it is, with its article.
        kind: String,
        /// What to do instead.
        advice: String,
    },
    /// No column holds an ISBN or a title.
    #[error(
        "no column can be used: a library needs a column named ISBN, or Title (better with \
         Author); found: {}", found.join(", ")
    )]
    NoUsableColumn {
        /// Names of the first columns found, cut where there are many.
        found: Vec<String>,
    },
    /// More columns than any library export has.
    #[error("the header has more than {} columns", MAX_COLUMNS)]
    TooManyColumns,
    /// The header has no end.
    #[error("the first line is longer than {} bytes", MAX_ROW_BYTES)]
    HeaderTooLong,
    /// Over the size limit.
    #[error("the file has {bytes} bytes; the limit is {limit_bytes}")]
    TooLarge {
        /// Size of the file.
        bytes: u64,
        /// Most bytes a file may have.
        limit_bytes: u64,
    },
    /// A stored state of another version of this program: the import starts again.
    #[error("the saved state of this import is of version {found}, not {expected}")]
    StateVersion {
        /// Version in the state.
        found: u8,
        /// Version this program reads.
        expected: u8,
    },
}

impl ImportError {
    /// A stable word for logs, metrics and clients.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "EMPTY_FILE",
            Self::NoRows => "NO_ROWS",
            Self::NotCsv { .. } => "NOT_A_CSV",
            Self::NoUsableColumn { .. } => "NO_USABLE_COLUMN",
            Self::TooManyColumns => "TOO_MANY_COLUMNS",
            Self::HeaderTooLong => "HEADER_TOO_LONG",
            Self::TooLarge { .. } => "FILE_TOO_LARGE",
            Self::StateVersion { .. } => "IMPORT_STATE_VERSION",
        }
    }
}

/// Checks a file's size before anything of it is read.
///
/// # Errors
/// [`ImportError::TooLarge`] over the limit, [`ImportError::Empty`] for no bytes.
pub fn check_size(bytes: u64, limit_bytes: u64) -> Result<(), ImportError> {
    match bytes {
        0 => Err(ImportError::Empty),
        bytes if bytes > limit_bytes => Err(ImportError::TooLarge { bytes, limit_bytes }),
        _ => Ok(()),
    }
}
