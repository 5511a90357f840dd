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
    let line = line.to_string();
    // A row with an open quotation mark would swallow those below it: it becomes one cell.
    if !well_quoted(original.as_bytes(), layout.delimiter) {
        return record(&[&line, reason, original], layout.delimiter) + "\n";
    }
    let head = record(&[&line, reason], layout.delimiter);
    format!("{head}{}{original}\n", char::from(layout.delimiter))
}

/// Cells as one record, without its line end, quoted where it has to be (RFC 4180).
pub(super) fn record(cells: &[&str], delimiter: u8) -> String {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    // Writing into memory does not fail; a record that did would be an empty line.
    let _ = writer.write_record(cells);
    let mut bytes = writer.into_inner().unwrap_or_default();
    bytes.pop();
    String::from_utf8(bytes).unwrap_or_default()
}
