//! The byte between cells.

use super::column_names::{self, WEAK_RANK};
use super::encoding::{Encoding, decode};
use super::row_cells::RowCells;

/// Delimiters that are tried, the commonest first.
pub(super) const DELIMITERS: [u8; 6] = *b",;\t|^~";

/// Those of them that a line holds and that its encoding cannot take for half a letter.
pub(super) fn candidates(line: &[u8], encoding: Encoding) -> impl Iterator<Item = u8> {
    let is_safe = move |delimiter: &u8| *delimiter < b'@' || !encoding.reuses_ascii();
    DELIMITERS.into_iter().filter(move |delimiter| line.contains(delimiter)).filter(is_safe)
}

/// The delimiter of a header line: the one that shows the most known names, the sure ones first,
/// then the most cells.
pub(super) fn of_header(line: &[u8], encoding: Encoding) -> u8 {
    let mut best = ((0, 0, 0), b',');
    for delimiter in candidates(line, encoding) {
        let mut cells = RowCells::new(delimiter);
        // Too many cells is said when the line is read in earnest.
        cells.read_all(line);
        let (mut sure, mut weak) = (0, 0);
        for index in 0..cells.len() {
            match column_names::read(decode(cells.cell(index), encoding).trim()) {
                Some((_, rank)) if rank < WEAK_RANK => sure += 1,
                Some(_) => weak += 1,
                None => {}
            }
        }
        let shown = (sure, weak, cells.len());
        if shown > best.0 {
            best = (shown, delimiter);
        }
    }
    best.1
}
