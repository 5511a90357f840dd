//! The delimiter of cells.

use super::column_role_detection::{self, FIRST_WEAK_ROLE_RANK};
use super::encoding::{TextEncoding, decode, reuses_ascii};
use super::row_cells::RowCells;

/// Possible delimiters, the commonest first.
pub(super) const DELIMITERS: [u8; 6] = *b",;\t|^~";

/// The delimiters in a line, except those that may be half of a character in its encoding.
pub(super) fn delimiters_in(line: &[u8], encoding: TextEncoding) -> impl Iterator<Item = u8> {
    let is_safe = move |delimiter: &u8| *delimiter < b'@' || !reuses_ascii(encoding);
    DELIMITERS.into_iter().filter(move |delimiter| line.contains(delimiter)).filter(is_safe)
}

/// The delimiter of a header line: that with the most known names, certain ones first, then with
/// the most cells.
pub(super) fn of_header(line: &[u8], encoding: TextEncoding) -> u8 {
    let mut best = ((0, 0, 0), b',');
    for delimiter in delimiters_in(line, encoding) {
        let mut cells = RowCells::new(delimiter);
        // Too many cells are an error only later, when the line is read as the header.
        cells.read_whole_row(line);
        let (mut sure, mut weak) = (0, 0);
        for index in 0..cells.len() {
            match column_role_detection::match_column_name(
                decode(cells.cell(index), encoding).trim(),
            ) {
                Some((_, rank)) if rank < FIRST_WEAK_ROLE_RANK => sure += 1,
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
