//! `failures.csv`: the rows that came to nothing, as they stood, each with its line and why; fixed
//! and uploaded again it is a library like any other.
//!
//! `line` and `reason` come first, so that a row with too many or too few cells shifts nothing but
//! itself.

use super::layout::Layout;
use super::tokens::well_quoted;

/// The first line, with its line end.
#[must_use]
pub fn failures_header(layout: &Layout) -> String {
    let delimiter = char::from(layout.delimiter);
    format!("line{delimiter}reason{delimiter}{}\n", layout.header)
}

/// One row, with its line end.
#[must_use]
pub fn failures_row(layout: &Layout, line: u64, reason: &str, original: &str) -> String {
    let delimiter = char::from(layout.delimiter);
    let mut row = format!("{line}{delimiter}");
    push_cell(&mut row, reason, layout.delimiter);
    row.push(delimiter);
    // A row with an open quotation mark would swallow those below it: it becomes one cell.
    if well_quoted(original.as_bytes(), layout.delimiter) {
        row.push_str(original);
    } else {
        push_cell(&mut row, original, layout.delimiter);
    }
    row.push('\n');
    row
}

/// Appends a cell, quoted where it has to be (RFC 4180).
pub(super) fn push_cell(row: &mut String, cell: &str, delimiter: u8) {
    let special = |c: char| c == char::from(delimiter) || matches!(c, '"' | '\n' | '\r');
    if !cell.contains(special) {
        row.push_str(cell);
        return;
    }
    row.push('"');
    for c in cell.chars() {
        if c == '"' {
            row.push('"');
        }
        row.push(c);
    }
    row.push('"');
}
