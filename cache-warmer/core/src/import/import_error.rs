//! Why a whole file cannot be imported.

use super::{MAX_COLUMNS, MAX_ROW_BYTES};

/// A file that is no library. The error is stored with the job, and no row is used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// No byte, or only blank lines.
    #[error("the file is empty")]
    Empty,
    #[error("the file has a header and no books below it")]
    NoRows,
    #[error("the file is {kind}, not a CSV: {advice}")]
    NotCsv { kind: String, advice: String },
    #[error(
        "no column can be used: a library needs a column named ISBN, or Title (better with \
         Author); found: {}", found.join(", ")
    )]
    NoUsableColumn { found: Vec<String> },
    #[error("the header has more than {} columns", MAX_COLUMNS)]
    TooManyColumns,
    #[error("the first line is longer than {} bytes", MAX_ROW_BYTES)]
    HeaderTooLong,
    #[error("the file has {bytes} bytes; the limit is {limit_bytes}")]
    TooLarge { bytes: u64, limit_bytes: u64 },
}

/// Checks the size of a file before it is read.
/// Errors: [`ImportError::TooLarge`] over the limit, [`ImportError::Empty`] for no bytes.
pub fn check_size(bytes: u64, limit_bytes: u64) -> Result<(), ImportError> {
    match bytes {
        0 => Err(ImportError::Empty),
        bytes if bytes > limit_bytes => Err(ImportError::TooLarge { bytes, limit_bytes }),
        _ => Ok(()),
    }
}
