//! `failures.csv`: the failed rows, as they stood, each with its line and the reason; fixed
//! and uploaded again it is a library like any other.
//!
//! `line` and `reason` come first, so that a row with too many or too few cells shifts nothing but
//! itself.

use super::column_shift;
use super::layout::Layout;
use super::record_splitter::Cutter;
use super::record_writer::record;
use super::tokens::{Tokens, well_quoted};
use super::wrapped_row;

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
    let unwrapped = wrapped_row::unwrapped(original, layout);
    let original = unwrapped.as_deref().unwrap_or(original);
    // A row with an open quotation mark would swallow those below it: its cells are written anew,
    // or it becomes one cell where they cannot be separated.
    if !well_quoted(original.as_bytes(), layout.delimiter) {
        let mut cells = vec![line, reason.to_owned()];
        cells.extend(cells_of(original, layout).unwrap_or_else(|| vec![original.to_owned()]));
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        return record(&cells, layout.delimiter) + "\n";
    }
    let head = record(&[&line, reason], layout.delimiter);
    format!("{head}{}{original}\n", char::from(layout.delimiter))
}

/// The cells of a row whose quotation marks do not match, as they were read: the marks undone, or
/// taken for letters, or put right where a comma shifted them.
fn cells_of(original: &str, layout: &Layout) -> Option<Vec<String>> {
    let mut cutter = Cutter::new(layout.delimiter);
    cutter.tokens.read_all(original.as_bytes());
    cutter.plain.read_all(original.as_bytes());
    let width = |tokens: &&Tokens| tokens.len() == layout.width;
    let tokens = [&cutter.tokens, &cutter.plain].into_iter().find(width);
    let cell = |tokens: &Tokens, index| String::from_utf8_lossy(tokens.cell(index)).into_owned();
    let cells = |tokens: &Tokens| (0..tokens.len()).map(|at| cell(tokens, at)).collect();
    let read: Vec<String> = cells(tokens.unwrap_or(&cutter.tokens));
    if tokens.is_some() {
        return Some(read);
    }
    let read: Vec<&str> = read.iter().map(String::as_str).collect();
    column_shift::repair(original, &read, layout)
}
