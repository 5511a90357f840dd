//! Reads a file in slices: a slice is what one alarm reads within its CPU budget.

use super::error::ImportError;
use super::importer::Importer;
use super::row::ImportedRow;
use super::state::ImportState;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    pub rows: Vec<ImportedRow>,
    /// The state to resume from: read from [`ImportState::offset`]. Store the state together with
    /// the rows.
    pub state: ImportState,
    /// True at the end of the file. False without rows and with an unmoved offset means that no row
    /// fitted into the bytes: read more ([`MIN_SLICE_BYTES`](super::MIN_SLICE_BYTES) always
    /// suffice).
    pub done: bool,
}

/// Reads at most `budget_rows` rows from `bytes`, the file's bytes from `state.offset` on.
///
/// `to_end`: `bytes` reach the end of the file. Bytes after the last returned row are read again by
/// the next slice. The state is always between two rows, so that a slice whose result was lost is
/// repeated with the same outcome.
/// Errors: [`ImportError`] if the file is no library; its rows are not to be used.
pub fn import_slice(
    state: ImportState,
    bytes: &[u8],
    to_end: bool,
    budget_rows: usize,
) -> Result<Slice, ImportError> {
    let mut importer = Importer::resume(state)?;
    importer.feed(bytes);
    if to_end {
        importer.end();
    }
    let mut rows = Vec::with_capacity(budget_rows.min(1_024));
    while rows.len() < budget_rows {
        match importer.next_row()? {
            Some(row) => rows.push(row),
            None => break,
        }
    }
    let state = importer.into_state();
    Ok(Slice { done: state.done, rows, state })
}
