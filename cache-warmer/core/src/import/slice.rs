//! A file in slices: what one alarm does within its CPU budget.

use super::error::ImportError;
use super::importer::Importer;
use super::row::ImportedRow;
use super::state::ImportState;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    pub rows: Vec<ImportedRow>,
    /// Where to go on: read from [`ImportState::offset`], and store the state together with the
    /// rows, or neither.
    pub state: ImportState,
    /// True if the file is done. False with no rows and an unmoved offset means that not one
    /// row fitted into the bytes: read more ([`MIN_SLICE_BYTES`](super::MIN_SLICE_BYTES) at once
    /// always bring one forward).
    pub done: bool,
}

/// Reads at most `budget_rows` rows out of `bytes`, the file's bytes from `state.offset` on.
///
/// `to_end` says that `bytes` reach the end of the file. Bytes after the last row that was taken
/// are simply read again: the state is always between two rows, so that a slice whose result was
/// lost is repeated with the same outcome.
/// Errors: [`ImportError`] where the file is no library; nothing of it should be kept.
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
