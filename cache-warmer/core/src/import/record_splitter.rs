//! Where a row ends, with quotation marks that were never closed in mind.
//!
//! An open quotation mark makes every reader swallow the lines below it up to the next one. Here
//! it costs its own line only: a row over several lines is believed where its marks match and its
//! lines are not rows of their own.

use super::MAX_ROW_BYTES;
use super::row_cells::{RowCells, RowProgress, first_line, well_quoted};

/// Quotation marks that were never closed, after which a cell no longer goes over a line's end:
/// each one costs a look at [`MAX_ROW_BYTES`], and a file full of them would cost that a line.
const MAX_UNCLOSED: u8 = 16;

/// A piece of the file that is one row; lengths are without the line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowSplit {
    /// Not all there yet.
    More,
    /// The cells are in [`RecordSplitter::cells`].
    Row(usize),
    /// A line whose quotation marks do not match.
    Broken(usize),
    /// More cells than any file has; true if the rest of the line is to be skipped.
    TooManyCells(usize, bool),
    /// A line without end: the rest is to be skipped.
    TooLong(usize),
}

pub(super) struct RecordSplitter {
    pub cells: RowCells,
    /// Cells of a line read without regard to quotation marks.
    pub unquoted: RowCells,
    /// Cells of a row that stands in one cell.
    pub nested: RowCells,
    pub delimiter: u8,
}

impl RecordSplitter {
    pub fn new(delimiter: u8) -> Self {
        Self {
            cells: RowCells::new(delimiter),
            unquoted: RowCells::without_quotes(delimiter),
            nested: RowCells::new(delimiter),
            delimiter,
        }
    }

    /// Goes on with the row at the start of `window`, which holds at most [`MAX_ROW_BYTES`] and is
    /// not empty. `ended` says that nothing comes after it unless it is full; `unclosed` counts
    /// over the file; `width` is the number of columns, 0 while it is not known.
    pub fn split(
        &mut self,
        window: &[u8],
        ended: bool,
        unclosed: &mut u8,
        width: usize,
    ) -> RowSplit {
        let is_full = window.len() >= MAX_ROW_BYTES;
        if *unclosed >= MAX_UNCLOSED {
            return self.cut_line(window, ended && !is_full);
        }
        let rest = window.get(self.cells.read..).unwrap_or_default();
        let mut step = if rest.is_empty() { RowProgress::More } else { self.cells.advance(rest) };
        let at_end = step == RowProgress::More && ended && !is_full;
        if at_end {
            step = self.cells.advance(&[]);
        }
        let read = window.get(..self.cells.read).unwrap_or(window);
        match step {
            RowProgress::More if !is_full => RowSplit::More,
            RowProgress::More => match first_line(window) {
                // Only an open quotation mark carries a row over the end of a line.
                Some(len) => {
                    *unclosed += 1;
                    RowSplit::Broken(len)
                }
                None => RowSplit::TooLong(window.len()),
            },
            RowProgress::TooManyCells => match first_line(read) {
                Some(len) => RowSplit::TooManyCells(len, false),
                None => RowSplit::TooManyCells(read.len(), true),
            },
            RowProgress::Row => {
                let row = read.strip_suffix(b"\n").or_else(|| read.strip_suffix(b"\r"));
                let row = row.unwrap_or(read);
                match first_line(row) {
                    Some(len) if !self.is_one_row(row, width) => RowSplit::Broken(len),
                    None if at_end && !well_quoted(row, self.delimiter) => {
                        RowSplit::Broken(row.len())
                    }
                    _ => RowSplit::Row(row.len()),
                }
            }
        }
    }

    /// Whether a row over several lines was meant as one.
    fn is_one_row(&mut self, row: &[u8], width: usize) -> bool {
        if !well_quoted(row, self.delimiter) {
            return false;
        }
        // Below three columns a line of prose looks like a row too easily.
        let are_rows = width >= 3
            && row.split(|byte| matches!(byte, b'\n' | b'\r')).all(|line| {
                line.is_empty() || {
                    self.unquoted.read_all(line);
                    self.unquoted.len() == width
                }
            });
        !are_rows
    }

    /// Cuts at the end of the line whatever the quotation marks say.
    fn cut_line(&mut self, window: &[u8], ended: bool) -> RowSplit {
        let line = match first_line(window) {
            Some(len) => window.get(..len).unwrap_or(window),
            None if ended => window,
            None if window.len() >= MAX_ROW_BYTES => return RowSplit::TooLong(window.len()),
            None => return RowSplit::More,
        };
        match self.cells.read_all(line) {
            RowProgress::TooManyCells => RowSplit::TooManyCells(line.len(), false),
            _ if well_quoted(line, self.delimiter) => RowSplit::Row(line.len()),
            _ => RowSplit::Broken(line.len()),
        }
    }
}
