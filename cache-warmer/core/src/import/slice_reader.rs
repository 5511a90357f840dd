//! Reads a file in slices: a slice is what one alarm reads within its CPU budget.

use super::header_detection;
use super::import_checkpoint::ImportCheckpoint;
use super::import_error::ImportError;
use super::imported_row_reader::read_row;
use super::library_file_row::LibraryFileRow;
use super::record_splitter::{CsvRowSplitOutcome, RecordSplitter};
use super::slice_byte_cursor::SliceByteCursor;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    pub rows: Vec<LibraryFileRow>,
    /// The state to resume from: read from [`ImportCheckpoint::offset`]. Store the state together
    /// with the rows.
    pub state: ImportCheckpoint,
}

/// Reads at most `budget_rows` rows from `bytes`, the file's bytes from `state.offset` on.
///
/// `to_end`: `bytes` reach the end of the file. Bytes after the last returned row are read again by
/// the next slice. The state is always between two rows, so that a slice whose result was lost is
/// repeated with the same outcome.
/// Errors: [`ImportError`] if the file is no library; its rows are not to be used.
pub fn parse_library_slice(
    mut state: ImportCheckpoint,
    bytes: &[u8],
    to_end: bool,
    budget_rows: usize,
) -> Result<Slice, ImportError> {
    let mut rows = Vec::with_capacity(budget_rows.min(1_024));
    if let Some(mut bytes) = SliceByteCursor::with_detected_encoding(bytes, to_end, &mut state) {
        let mut splitter = RecordSplitter::new(b',');
        while rows.len() < budget_rows {
            match next_row(&mut bytes, &mut state, &mut splitter)? {
                Some(row) => rows.push(row),
                None => break,
            }
        }
    }
    Ok(Slice { rows, state })
}

/// The next row; `None` if more bytes are needed, or at the end.
fn next_row(
    bytes: &mut SliceByteCursor<'_>,
    state: &mut ImportCheckpoint,
    splitter: &mut RecordSplitter,
) -> Result<Option<LibraryFileRow>, ImportError> {
    loop {
        if state.done {
            return Ok(None);
        }
        if state.skip_line && !bytes.skip_line(state) {
            return Ok(None);
        }
        if !bytes.skip_line_ends(state) {
            if bytes.ended && bytes.remaining_bytes().is_empty() {
                state.finish_import()?;
            }
            return Ok(None);
        }
        let Some(layout) = &state.layout else {
            match header_detection::read_header_line(bytes, state)? {
                true => continue,
                false => return Ok(None),
            }
        };
        // A second header may have another delimiter.
        if splitter.delimiter != layout.delimiter {
            *splitter = RecordSplitter::new(layout.delimiter);
        }
        let window = bytes.row_window();
        let split = splitter.split_off_row(window, bytes.ended, &mut state.unclosed, layout.width);
        let (len, skip_line) = match split {
            CsvRowSplitOutcome::More => return Ok(None),
            CsvRowSplitOutcome::Row(len) | CsvRowSplitOutcome::Broken(len) => (len, false),
            CsvRowSplitOutcome::TooManyCells(len, open) => (len, open),
            CsvRowSplitOutcome::TooLong(len) => (len, true),
        };
        let row = read_row(window.get(..len).unwrap_or(window), split, splitter, state);
        state.skip_line = skip_line;
        bytes.consume_bytes(len, state);
        if row.is_some() {
            return Ok(row);
        }
    }
}
