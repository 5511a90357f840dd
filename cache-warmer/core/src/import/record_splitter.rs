//! Finds the ends of rows, also after quotation marks that are not closed.
//!
//! After an open quotation mark a CSV reader takes the lines up to the next mark for one cell. Here
//! only the line with the mark is lost: a row over several lines is accepted if its marks match and
//! its lines are no rows of their own.

use super::MAX_ROW_BYTES;
use super::row_cells::{CsvRowReadProgress, RowCells, first_line_end, well_quoted};

/// Unclosed quotation marks after which a cell may no longer contain line ends. Each one causes a
/// scan of [`MAX_ROW_BYTES`], which a file full of them would repeat for every line.
const MAX_UNCLOSED: u8 = 16;

/// A piece of the file that is one row; lengths exclude the line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CsvRowSplitOutcome {
    /// More bytes are needed.
    More,
    /// The cells are in [`RecordSplitter::cells`].
    Row(usize),
    /// A line with unmatched quotation marks.
    Broken(usize),
    /// A row with too many cells; true if the rest of the line is to be skipped.
    TooManyCells(usize, bool),
    /// A line that is too long; its rest is to be skipped.
    TooLong(usize),
}

pub(super) struct RecordSplitter {
    pub cells: RowCells,
    /// Cells of a line in which quotation marks are characters.
    pub unquoted: RowCells,
    /// Cells of a row that is one cell.
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

    /// Splits off the row at the start of `window`, which is not empty and has at most
    /// [`MAX_ROW_BYTES`]. `ended`: the file ends after `window`, unless it is full. `unclosed`
    /// counts over the file. `width` is the number of columns, 0 if unknown.
    pub fn split_off_row(
        &mut self,
        window: &[u8],
        ended: bool,
        unclosed: &mut u8,
        width: usize,
    ) -> CsvRowSplitOutcome {
        let is_full = window.len() >= MAX_ROW_BYTES;
        if *unclosed >= MAX_UNCLOSED {
            return self.cut_line(window, ended && !is_full);
        }
        self.cells.reset();
        let mut step = self.cells.read_more(window);
        let at_end = step == CsvRowReadProgress::More && ended && !is_full;
        if at_end {
            step = self.cells.read_more(&[]);
        }
        let read = window.get(..self.cells.read).unwrap_or(window);
        match step {
            CsvRowReadProgress::More if !is_full => CsvRowSplitOutcome::More,
            CsvRowReadProgress::More => match first_line_end(window) {
                // Only a quoted cell contains line ends.
                Some(len) => {
                    *unclosed += 1;
                    CsvRowSplitOutcome::Broken(len)
                }
                None => CsvRowSplitOutcome::TooLong(window.len()),
            },
            CsvRowReadProgress::TooManyCells => match first_line_end(read) {
                Some(len) => CsvRowSplitOutcome::TooManyCells(len, false),
                None => CsvRowSplitOutcome::TooManyCells(read.len(), true),
            },
            CsvRowReadProgress::Row => {
                let row = read.strip_suffix(b"\n").or_else(|| read.strip_suffix(b"\r"));
                let row = row.unwrap_or(read);
                match first_line_end(row) {
                    Some(len) if !self.is_one_row(row, width) => CsvRowSplitOutcome::Broken(len),
                    None if at_end && !well_quoted(row, self.delimiter) => {
                        CsvRowSplitOutcome::Broken(row.len())
                    }
                    _ => CsvRowSplitOutcome::Row(row.len()),
                }
            }
        }
    }

    /// Whether several lines are one row.
    fn is_one_row(&mut self, row: &[u8], width: usize) -> bool {
        if !well_quoted(row, self.delimiter) {
            return false;
        }
        // With fewer than three columns a line of prose has the form of a row.
        let are_rows = width >= 3
            && row.split(|byte| matches!(byte, b'\n' | b'\r')).all(|line| {
                line.is_empty() || {
                    self.unquoted.parse_complete_csv_row(line);
                    self.unquoted.len() == width
                }
            });
        !are_rows
    }

    /// Ends the row at the end of the line, whatever the quotation marks.
    fn cut_line(&mut self, window: &[u8], ended: bool) -> CsvRowSplitOutcome {
        let line = match first_line_end(window) {
            Some(len) => window.get(..len).unwrap_or(window),
            None if ended => window,
            None if window.len() >= MAX_ROW_BYTES => {
                return CsvRowSplitOutcome::TooLong(window.len());
            }
            None => return CsvRowSplitOutcome::More,
        };
        match self.cells.parse_complete_csv_row(line) {
            CsvRowReadProgress::TooManyCells => CsvRowSplitOutcome::TooManyCells(line.len(), false),
            _ if well_quoted(line, self.delimiter) => CsvRowSplitOutcome::Row(line.len()),
            _ => CsvRowSplitOutcome::Broken(line.len()),
        }
    }
}
