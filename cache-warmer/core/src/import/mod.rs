//! From a library file to rows: all formats, all encodings, damage by spreadsheets.
//!
//! Pure and streaming: bytes in, rows out. The longest allowed row bounds the memory, not the file.
//! Between two rows the whole import is an [`ImportCheckpoint`], a few hundred bytes beside the
//! header, which is stored with the rows before it.
//!
//! # Use
//! Call [`check_size`], then [`parse_library_slice`] with the state (at first
//! `ImportCheckpoint::new(None)`), the bytes from [`ImportCheckpoint::offset`] on, whether they
//! reach the file's end, and the most rows wanted. Store the rows and the new state in one
//! transaction. Ordinary rows need slices of 64 KiB; the first needs 16 KiB, from which encoding
//! and header are detected. If a slice before the file's end gave no row and did not move the
//! offset, no row fitted into its bytes: read [`MIN_SLICE_BYTES`].
//!
//! # The outcome of a row
//! [`RowImportOutcome`]: a valid ISBN; a repaired one, to be confirmed by title and author; title
//! and author only, with the reason if the row has an unusable ISBN; or rejected with the reason.
//! Each row has its physical line, its offset and its original text ([`failures_csv_row`] writes it
//! back). [`ImportCounts`] counts them all, and the blank rows.

mod author_cell;
mod column_layout;
mod column_role_detection;
mod column_shift;
mod delimiter;
mod encoding;
mod encoding_guess;
mod failures_csv;
mod file_reading_report;
mod file_signature;
mod header_detection;
mod headerless;
mod import_checkpoint;
mod import_error;
mod imported_row_reader;
mod library_file_format;
mod library_file_row;
mod mojibake;
mod ordered_word_list;
mod record_splitter;
mod row_cells;
mod row_from_cells;
mod second_header;
mod slice_byte_cursor;
mod slice_reader;
mod wrapped_row;

pub use column_layout::ColumnLayout;
pub use encoding::{EncodingSource, TextEncoding, encoding_for_label};
pub use failures_csv::{failures_csv_header_line, failures_csv_row};
pub use file_reading_report::{ColumnReading, HeaderReading, Reading};
pub use import_checkpoint::ImportCheckpoint;
pub use import_error::{ImportError, check_size};
pub use library_file_format::LibraryFileFormat;
pub use library_file_row::{ImportCounts, LibraryFileRow, RowImportOutcome, RowRejectionReason};
pub use slice_reader::{Slice, parse_library_slice};

/// Most bytes of one row: several times the longest rows of real exports, with a review of 20,000
/// characters or a Calibre comment.
pub const MAX_ROW_BYTES: usize = 131_072;

/// Bytes that contain a whole row in any encoding, wherever they start.
pub const MIN_SLICE_BYTES: usize = 4 * MAX_ROW_BYTES;

/// Most columns. The widest known export has 79.
pub const MAX_COLUMNS: usize = 2_000;

/// Most bytes of a row's text that are stored.
pub const MAX_ORIGINAL_BYTES: usize = 2_048;

/// The same for a rejected row, which the operator has to correct.
pub const MAX_REJECTED_BYTES: usize = 16_384;
