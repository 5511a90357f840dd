//! The state of an import: small, and sufficient to resume in another invocation.

use serde::{Deserialize, Serialize};

use super::encoding::{Encoding, EncodingSource};
use super::encoding_guess::Evidence;
use super::error::ImportError;
use super::layout::ColumnLayout;
use super::row::ImportCounts;

/// Version of [`ImportState`]. A state of another version is refused: the import starts again.
const STATE_VERSION: u8 = 2;

/// Stored headers of a file with several.
const MAX_EARLIER: usize = 8;

/// The state of an import between two rows. Beside it the import needs only the bytes of the file
/// from [`ImportState::offset`] on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportState {
    version: u8,
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
    pub encoding: Option<Encoding>,
    pub encoding_source: EncodingSource,
    /// The encoding that the operator named for this file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) named_encoding: Option<Encoding>,
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
    /// Lines before the header.
    pub(super) preamble: u64,
    /// Rows with repaired letters, which had been decoded wrongly.
    pub(super) mended: u64,
    /// Column names of the widest line before the header, for the error.
    pub(super) found: Vec<String>,
}

impl Default for ImportState {
    fn default() -> Self {
        Self {
            version: STATE_VERSION,
            offset: 0,
            line: 1,
            counts: ImportCounts::default(),
            layout: None,
            earlier: Vec::new(),
            encoding: None,
            encoding_source: EncodingSource::default(),
            named_encoding: None,
            done: false,
            evidence: Evidence::default(),
            after_cr: false,
            skip_line: false,
            unclosed: 0,
            delimiter: None,
            preamble: 0,
            mended: 0,
            found: Vec::new(),
        }
    }
}

impl ImportState {
    /// The state at the start of a file, with a named encoding or one to be detected.
    pub fn new(encoding: Option<Encoding>) -> Self {
        Self { named_encoding: encoding, ..Self::default() }
    }

    /// Every header of the file, the first one first.
    pub fn layouts(&self) -> impl Iterator<Item = &ColumnLayout> {
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

    /// Refuses a state that another version of this program stored.
    pub fn check_version(&self) -> Result<(), ImportError> {
        if self.version == STATE_VERSION {
            return Ok(());
        }
        Err(ImportError::StateVersion { found: self.version, expected: STATE_VERSION })
    }

    /// Ends the file, or returns why it is no library.
    pub(super) fn finish(&mut self) -> Result<(), ImportError> {
        self.done = true;
        match &self.layout {
            Some(_) if self.counts.total_rows() == 0 => Err(ImportError::NoRows),
            Some(_) => Ok(()),
            None if self.found.is_empty() => Err(ImportError::Empty),
            None => Err(ImportError::NoUsableColumn { found: std::mem::take(&mut self.found) }),
        }
    }
}
