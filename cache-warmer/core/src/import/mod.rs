//! A library file to rows: every format, every encoding, every accident of a spreadsheet.
//!
//! Pure and streaming. Bytes go in as they come from storage, rows come out; memory is bounded by
//! the longest row allowed, not by the file. Between two rows the whole of an import is an
//! [`ImportState`]: a few hundred bytes beside the header, to be stored with the rows it follows.
//!
//! # Use
//! Whole file at once, in pieces: [`Importer::push`] each, then [`Importer::finish`].
//!
//! In slices over many invocations: [`import_slice`] with the state (at first
//! `ImportState::default()`), the bytes from [`ImportState::offset`] on, whether they reach the
//! file's end, and the most rows wanted. Store the rows and the new state in one transaction. A
//! slice of 64 KiB is enough for ordinary rows (the first has to have 16 KiB, by which encoding and
//! header are told); where a slice brought no row and moved no offset, read [`MIN_SLICE_BYTES`]. Call [`check_size`] before the first slice.
//!
//! # The outcome of a row
//! [`RowOutcome`]: a valid ISBN; a repaired one, to be confirmed by title and author; title and
//! author only, with the reason if an ISBN stood there; or rejected with the reason. Each row
//! has its physical line, its offset and its original text ([`failures_row`] writes it back).
//! [`ImportCounts`] counts them all, and the rows that were blank.
//!
//! # Layout
//! `buffer` holds bytes, `encoding` makes text of them, `file_signature` names what is no CSV,
//! `row_cells` and `record_splitter` find cells and row ends, `header`, `column_names`, `format` and
//! `layout` say which column is what, `rows`, `column_shift`, `cells` and `author` read a row,
//! `record_writer` and `failures` write one.

mod author;
mod buffer;
mod cells;
mod column_names;
mod column_shift;
mod delimiter;
mod encoding;
mod encoding_guess;
mod error;
mod failures;
mod file_signature;
mod format;
mod header;
mod headerless;
mod importer;
mod item_kind;
mod layout;
mod mojibake;
mod reading;
mod record_splitter;
mod record_writer;
mod row;
mod row_cells;
mod rows;
mod second_header;
mod slice;
mod state;
mod word_list;
mod wrapped_row;

pub use encoding::{Encoding, EncodingSource};
pub use error::{ImportError, check_size};
pub use failures::{failures_header, failures_row};
pub use format::ExportFormat;
pub use importer::Importer;
pub use layout::ColumnLayout;
pub use reading::{ColumnReading, HeaderReading, Reading};
pub use row::{ImportCounts, ImportedRow, RejectReason, RowOutcome};
pub use slice::{Slice, import_slice};
pub use state::ImportState;

/// Most bytes of one row. The longest row of a real export is a review of 20,000 characters or a
/// Calibre comment; this is several times that.
pub const MAX_ROW_BYTES: usize = 131_072;

/// Bytes in which there is always a whole row, whatever the encoding and wherever they start.
pub const MIN_SLICE_BYTES: usize = 4 * MAX_ROW_BYTES;

/// Most columns. The widest known export has 79.
pub const MAX_COLUMNS: usize = 2_000;

/// Most bytes of a row's text that are kept.
pub const MAX_ORIGINAL_BYTES: usize = 2_048;

/// The same for a rejected row, which the operator has to see as it stands.
pub const MAX_REJECTED_BYTES: usize = 16_384;

#[cfg(test)]
mod tests;
