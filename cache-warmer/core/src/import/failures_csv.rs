//! `failures.csv`: the failed rows unchanged, each with its line and the reason. The corrected file
//! can be uploaded as a library.
//!
//! `line` and `reason` are the first columns, so that surplus or missing cells of a row do not
//! shift them.

use std::borrow::Cow;

use super::column_layout::{ColumnLayout, csv_record};
use super::column_shift;
use super::record_splitter::RecordSplitter;
use super::row_cells::{RowCells, well_quoted};
use super::wrapped_row;

/// Characters that begin a formula in a spreadsheet, also in full width.
const FORMULA_SIGNS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// The first line, with its line end.
pub fn failures_csv_header_line(layout: &ColumnLayout) -> String {
    let header = without_formulas(&layout.header, layout.delimiter);
    let delimiter = char::from(layout.delimiter);
    format!("line{delimiter}reason{delimiter}{header}\n")
}

/// One row, with its line end.
pub fn failures_csv_row(layout: &ColumnLayout, line: u64, reason: &str, original: &str) -> String {
    let unwrapped = wrapped_row::unwrapped(original, layout);
    let original = unwrapped.as_deref().unwrap_or(original);
    // A row with an open quotation mark would include the rows below it. Its cells are written
    // again, or become one cell if they cannot be separated.
    let row = if well_quoted(original.as_bytes(), layout.delimiter) {
        without_formulas(original, layout.delimiter)
    } else {
        let cells = cells_of(original, layout).unwrap_or_else(|| vec![original.to_owned()]);
        marked_record(&cells, layout.delimiter).into()
    };
    let head = marked_record(&[line.to_string(), reason.to_owned()], layout.delimiter);
    format!("{head}{}{row}\n", char::from(layout.delimiter))
}

/// A well quoted row, unchanged, or written again if a cell is a formula.
fn without_formulas(row: &str, delimiter: u8) -> Cow<'_, str> {
    let cells = cell_texts(&RowCells::of_row(row.as_bytes(), delimiter));
    match cells.iter().any(|cell| cell.starts_with(FORMULA_SIGNS)) {
        true => marked_record(&cells, delimiter).into(),
        false => row.into(),
    }
}

/// Cells as one record. A formula gets an apostrophe, so that a spreadsheet shows it as text.
fn marked_record(cells: &[String], delimiter: u8) -> String {
    let marked = |cell: &String| match cell.starts_with(FORMULA_SIGNS) {
        true => format!("'{cell}"),
        false => cell.clone(),
    };
    let cells: Vec<String> = cells.iter().map(marked).collect();
    csv_record(&cells, delimiter)
}

/// A cell without the apostrophe before a formula. It is dropped from every file, since the columns
/// that identify `failures.csv` may have been removed.
pub(super) fn without_mark(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(FORMULA_SIGNS)).unwrap_or(cell)
}

/// The cells of a row with unmatched quotation marks, read as the import reads them: escaped, as
/// characters, or repaired after a shift.
fn cells_of(original: &str, layout: &ColumnLayout) -> Option<Vec<String>> {
    let mut splitter = RecordSplitter::new(layout.delimiter);
    splitter.cells.parse_complete_csv_row(original.as_bytes());
    splitter.unquoted.parse_complete_csv_row(original.as_bytes());
    let width = |row_cells: &&RowCells| row_cells.len() == layout.width;
    let row_cells = [&splitter.cells, &splitter.unquoted].into_iter().find(width);
    let read = cell_texts(row_cells.unwrap_or(&splitter.cells));
    if row_cells.is_some() {
        return Some(read);
    }
    let read: Vec<&str> = read.iter().map(String::as_str).collect();
    column_shift::unshift(original, &read, layout)
}

fn cell_texts(row_cells: &RowCells) -> Vec<String> {
    let text = |at| String::from_utf8_lossy(row_cells.cell(at)).into_owned();
    (0..row_cells.len()).map(text).collect()
}
