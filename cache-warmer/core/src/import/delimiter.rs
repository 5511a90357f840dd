//! The delimiter of cells.

use super::column_role_detection::{self, FIRST_WEAK_COLUMN_ROLE_RANK};
use super::encoding::{TextEncoding, decode, reuses_ascii};
use super::row_cells::RowCells;

/// Possible delimiters, the commonest first.
pub(super) const DELIMITERS: [u8; 6] = *b",;\t|^~";

/// The delimiter of a header line: that with the most known names, certain ones first, then with
/// the most cells.
pub(super) fn of_header(line: &[u8], encoding: TextEncoding) -> u8 {
    // From '@' on, a delimiter may be half of a character.
    let is_safe = |delimiter: &u8| *delimiter < b'@' || !reuses_ascii(encoding);
    let mut best = ((0, 0, 0), b',');
    for delimiter in DELIMITERS.into_iter().filter(is_safe).filter(|it| line.contains(it)) {
        // Too many cells are an error only later, when the line is read as the header.
        let cells = RowCells::of_row(line, delimiter);
        let (mut sure, mut weak) = (0, 0);
        for index in 0..cells.len() {
            let name = decode(cells.cell(index), encoding);
            match column_role_detection::match_column_name(name.trim()) {
                Some((_, rank)) if rank < FIRST_WEAK_COLUMN_ROLE_RANK => sure += 1,
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
