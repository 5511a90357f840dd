//! Where an import stands: small, and enough to go on in another invocation.

use serde::{Deserialize, Serialize};

use super::encoding::{Encoding, EncodingSource};
use super::encoding_guess::Evidence;
use super::error::ImportError;
use super::layout::ColumnLayout;
use super::row::ImportCounts;

/// Version of [`ImportState`]; another version's state is refused and the import starts again.
const VERSION: u8 = 2;

/// Headers that are kept of a file with several.
const MAX_EARLIER: usize = 8;

/// Everything an import knows between two rows. The bytes of the file from [`ImportState::offset`]
/// on are all that is needed beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportState {
    version: u8,
    /// Bytes of the file that are done with: the next read starts here.
    pub offset: u64,
    /// Physical line at `offset`, from 1.
    pub line: u64,
    pub counts: ImportCounts,
    /// What the header said; none until it was read.
    pub layout: Option<ColumnLayout>,
    /// What earlier headers of the same file said: exports that were joined.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(super) earlier: Vec<ColumnLayout>,
    /// None until the first bytes were seen.
    pub encoding: Option<Encoding>,
    pub encoding_source: EncodingSource,
    /// The encoding that the operator named for this file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) named_encoding: Option<Encoding>,
    /// True once the file was read to its end.
    pub done: bool,
    pub(super) evidence: Evidence,
    /// The byte before `offset` was a carriage return: a line feed here belongs to it.
    pub(super) after_cr: bool,
    /// The rest of the line belongs to a row that was rejected for its length.
    pub(super) skip_line: bool,
    /// Quotation marks that were never closed within the limit of a row.
    pub(super) unclosed: u8,
    /// A delimiter that the file itself names (`sep=;`).
    pub(super) delimiter: Option<u8>,
    /// Lines before the header that are none.
    pub(super) preamble: u64,
    /// Rows in which letters were put right that had been read in the wrong encoding.
    pub(super) mended: u64,
    /// Column names of the widest of those lines, for the error.
    pub(super) found: Vec<String>,
}

impl Default for ImportState {
    fn default() -> Self {
        Self {
            version: VERSION,
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
    /// At the beginning of a file that is in a named encoding, or in one to be found out.
    pub fn new(encoding: Option<Encoding>) -> Self {
        Self { named_encoding: encoding, ..Self::default() }
    }

    /// Every header of the file, the first one first.
    pub fn layouts(&self) -> impl Iterator<Item = &ColumnLayout> {
        self.earlier.iter().chain(&self.layout)
    }

    /// Rows from here on are read by another header.
    pub(super) fn change_layout(&mut self, layout: ColumnLayout) {
        if let Some(before) = self.layout.replace(layout)
            && self.earlier.len() < MAX_EARLIER
        {
            self.earlier.push(before);
        }
    }

    /// Refuses a state that another version of this program stored.
    pub fn check_version(&self) -> Result<(), ImportError> {
        if self.version == VERSION {
            return Ok(());
        }
        Err(ImportError::StateVersion { found: self.version, expected: VERSION })
    }

    /// The end of the file: says so, or why that is no library.
    pub(super) fn finish(&mut self) -> Result<(), ImportError> {
        self.done = true;
        match &self.layout {
            Some(_) if self.counts.total() == 0 => Err(ImportError::NoRows),
            Some(_) => Ok(()),
            None if self.found.is_empty() => Err(ImportError::Empty),
            None => Err(ImportError::NoUsableColumn { found: std::mem::take(&mut self.found) }),
        }
    }
}
