//! Rows that a spreadsheet has wrapped: the whole row, with delimiters and quotation marks, is one
//! quoted cell.

use super::column_layout::ColumnLayout;
use super::row_cells::RowCells;

/// The first cell, if all others are empty.
pub(super) fn only_cell(cells: &RowCells) -> Option<&[u8]> {
    let is_empty = |index| cells.cell(index).trim_ascii().is_empty();
    ((1..cells.len()).all(is_empty) && !is_empty(0)).then(|| cells.cell(0))
}

/// Reads the row inside the only filled cell into `inner`; false if it is a text with commas.
///
/// A wrapped row has a cell for each column. If cells at the end are missing, the header has to be
/// wrapped too. Below a plain header a row is recognised by an ISBN in its column, by quotation
/// marks of its own, or because it is the only cell; a text by the spaces after its commas.
pub(super) fn unwrap_row(cells: &RowCells, inner: &mut RowCells, layout: &ColumnLayout) -> bool {
    let Some(row) = only_cell(cells).filter(|row| row.contains(&layout.delimiter)) else {
        return false;
    };
    inner.parse_complete_csv_row(row);
    let is_row = inner.len() == layout.width
        || (inner.len() > 1 && (layout.wrapped || inner.len() > layout.width));
    let spaced = (1..inner.len()).filter(|index| inner.cell(*index).starts_with(b" ")).count();
    let has_digit = |column: &usize| inner.cell(*column).iter().any(u8::is_ascii_digit);
    let is_words = |column: &usize| inner.cell(*column).iter().any(u8::is_ascii_alphabetic);
    let mut numbers = layout.isbns.iter().chain(&layout.numeric);
    // A row with a surplus comma is repaired or rejected like any other.
    let fits = layout.wrapped
        || inner.len() > layout.width
        || numbers.all(|column| has_digit(column) || !is_words(column));
    let has_number = layout.isbns.iter().any(has_digit);
    let shown = layout.wrapped || has_number || cells.len() == 1 || row.starts_with(b"\"");
    let is_text = spaced * 2 >= inner.len() && !row.starts_with(b"\"") && !layout.wrapped;
    is_row && fits && shown && !is_text
}

/// The row inside a wrapped one, as `failures.csv` has it.
pub(super) fn unwrapped(original: &str, layout: &ColumnLayout) -> Option<String> {
    let cells = RowCells::of_row(original.as_bytes(), layout.delimiter);
    let mut inner = RowCells::new(layout.delimiter);
    let row = unwrap_row(&cells, &mut inner, layout).then(|| only_cell(&cells)).flatten()?;
    Some(String::from_utf8_lossy(row).into_owned())
}
