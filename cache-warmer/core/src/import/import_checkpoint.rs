//! The state of an import: small, and sufficient to resume in another invocation.

use serde::{Deserialize, Serialize};

use super::column_layout::ColumnLayout;
use super::encoding::{EncodingSource, TextEncoding};
use super::encoding_guess::Evidence;
use super::import_error::ImportError;
use super::library_file_row::ImportCounts;

const MAX_EARLIER: usize = 8;

/// The state of an import between two rows. Beside it the import needs only the bytes of the file
/// from [`ImportCheckpoint::offset`] on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportCheckpoint {
    /// Consumed bytes of the file: the next read starts here.
    pub offset: u64,
    /// Physical line at `offset`, from 1.
    pub line: u64,
    pub counts: ImportCounts,
    /// The columns; `None` before the header.
    pub layout: Option<ColumnLayout>,
    /// The columns of earlier headers in a file of joined exports.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(super) earlier: Vec<ColumnLayout>,
    /// `None` before the first bytes.
    pub encoding: Option<TextEncoding>,
    pub encoding_source: EncodingSource,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) named_encoding: Option<TextEncoding>,
    /// True after the end of the file.
    pub done: bool,
    pub(super) evidence: Evidence,
    /// The byte before `offset` is a carriage return, so that a line feed here belongs to it.
    pub(super) after_cr: bool,
    /// The rest of the line belongs to a row that was rejected as too long.
    pub(super) skip_line: bool,
    /// Quotation marks that were not closed within the limit of a row.
    pub(super) unclosed: u8,
    /// The delimiter that the file names (`sep=;`).
    pub(super) delimiter: Option<u8>,
    pub(super) preamble: u64,
    /// Rows with repaired letters, which had been decoded wrongly.
    pub(super) mended: u64,
}

impl ImportCheckpoint {
    /// The state at the start of a file, with a named encoding or one to be detected.
    pub fn new(encoding: Option<TextEncoding>) -> Self {
        Self { named_encoding: encoding, line: 1, ..Self::default() }
    }

    /// Every header of the file, the first one first.
    pub fn column_layouts(&self) -> impl Iterator<Item = &ColumnLayout> {
        self.earlier.iter().chain(&self.layout)
    }

    /// Later rows have another header.
    pub(super) fn change_layout(&mut self, layout: ColumnLayout) {
        if let Some(before) = self.layout.replace(layout)
            && self.earlier.len() < MAX_EARLIER
        {
            self.earlier.push(before);
        }
    }

    /// Ends the file, or returns why it is no library.
    pub(super) fn finish_import(&mut self) -> Result<(), ImportError> {
        self.done = true;
        match &self.layout {
            Some(_) if self.counts.total_rows() == 0 => Err(ImportError::NoRows),
            Some(_) => Ok(()),
            None => Err(ImportError::Empty),
        }
    }
}
