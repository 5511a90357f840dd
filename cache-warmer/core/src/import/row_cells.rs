//! The cells of one row: `csv-core` splits them, this module limits them and checks quotes.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::MAX_COLUMNS;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CsvRowReadProgress {
    /// The row continues after the given bytes.
    More,
    Row,
    TooManyCells,
}

/// The cells of the current row. The buffers are reused for the next row.
pub(super) struct RowCells {
    reader: Reader,
    text: Vec<u8>,
    text_len: usize,
    cell_ends: Vec<usize>,
    cells: usize,
    /// Bytes of the row that were read, its line end included once it is complete.
    pub read: usize,
}

impl RowCells {
    pub fn new(delimiter: u8) -> Self {
        Self::from_reader_builder(ReaderBuilder::new().delimiter(delimiter))
    }

    pub fn of_row(row: &[u8], delimiter: u8) -> Self {
        let mut cells = Self::new(delimiter);
        cells.parse_complete_csv_row(row);
        cells
    }

    /// Reads each quotation mark as a character.
    pub fn without_quotes(delimiter: u8) -> Self {
        Self::from_reader_builder(ReaderBuilder::new().delimiter(delimiter).quoting(false))
    }

    /// Reads a backslash before a quotation mark as an escape, as databases write it.
    pub fn with_escapes(delimiter: u8) -> Self {
        Self::from_reader_builder(ReaderBuilder::new().delimiter(delimiter).escape(Some(b'\\')))
    }

    fn from_reader_builder(builder: &mut ReaderBuilder) -> Self {
        Self {
            reader: builder.build(),
            text: vec![0; 1_024],
            text_len: 0,
            cell_ends: vec![0; 64],
            cells: 0,
            read: 0,
        }
    }

    pub fn reset(&mut self) {
        self.reader.reset();
        self.text_len = 0;
        self.cells = 0;
        self.read = 0;
    }

    /// Continues the row; `rest` are its bytes from [`RowCells::read`] on. Empty bytes end the row.
    pub fn read_more(&mut self, mut rest: &[u8]) -> CsvRowReadProgress {
        loop {
            let text = self.text.get_mut(self.text_len..).unwrap_or_default();
            let cell_ends = self.cell_ends.get_mut(self.cells..).unwrap_or_default();
            let (result, read, wrote, ended) = self.reader.read_record(rest, text, cell_ends);
            self.read += read;
            self.text_len += wrote;
            self.cells += ended;
            rest = rest.get(read..).unwrap_or_default();
            match result {
                ReadRecordResult::InputEmpty => return CsvRowReadProgress::More,
                ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull | ReadRecordResult::Record
                    if self.cells > MAX_COLUMNS =>
                {
                    return CsvRowReadProgress::TooManyCells;
                }
                ReadRecordResult::OutputEndsFull => {
                    self.cell_ends.resize(self.cell_ends.len() * 2, 0)
                }
                ReadRecordResult::Record | ReadRecordResult::End => return CsvRowReadProgress::Row,
            }
        }
    }

    /// Reads one complete row without its line end.
    pub fn parse_complete_csv_row(&mut self, row: &[u8]) -> CsvRowReadProgress {
        self.reset();
        match self.read_more(row) {
            CsvRowReadProgress::More => self.read_more(&[]),
            step => step,
        }
    }

    pub fn len(&self) -> usize {
        self.cells
    }

    /// A cell's bytes without quotes; empty after the last cell.
    pub fn cell(&self, index: usize) -> &[u8] {
        if index >= self.cells {
            return &[];
        }
        let end_of = |index: usize| self.cell_ends.get(index).copied().unwrap_or_default();
        let start = index.checked_sub(1).map_or(0, end_of);
        self.text.get(start..end_of(index)).unwrap_or_default()
    }

    pub fn is_blank(&self) -> bool {
        self.text.get(..self.text_len).unwrap_or_default().trim_ascii().is_empty()
    }
}

/// The length of the first line of `row`, without its end; `None` if `row` has one line.
pub(super) fn first_line_end(row: &[u8]) -> Option<usize> {
    row.iter().position(|byte| matches!(byte, b'\n' | b'\r'))
}

/// True if each cell that begins with a quotation mark ends with one, and nothing follows it.
/// `csv-core` accepts more, which is right for one odd cell, but wrong for a row that contains
/// several lines because a quotation mark is not closed.
pub(super) fn well_quoted(row: &[u8], delimiter: u8) -> bool {
    let mut bytes = row.iter().copied().peekable();
    loop {
        // At the start of a cell.
        if bytes.peek() == Some(&b'"') {
            bytes.next();
            loop {
                match bytes.next() {
                    None => return false,
                    Some(b'"') if bytes.peek() == Some(&b'"') => {
                        bytes.next();
                    }
                    Some(b'"') => break,
                    Some(_) => {}
                }
            }
            match bytes.next() {
                None => return true,
                Some(byte) if byte == delimiter => {}
                Some(b'\r' | b'\n') => return true,
                Some(_) => return false,
            }
        } else {
            let end = bytes.find(|byte| *byte == delimiter || matches!(byte, b'\r' | b'\n'));
            if end != Some(delimiter) {
                return true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_cell_ends_with_its_quotation_mark() {
        for (row, well) in [
            ("", true),
            ("a,b", true),
            ("\"a\"", true),
            ("\"a,\"\"b\"\",\nc\",d", true),
            ("a \"b\" c,d", true),
            ("a,\"b\"\r\n", true),
            ("\"a\"\n\"", true),
            ("a\n\"", true),
            ("\"a", false),
            ("\"a\"\"", false),
            ("\"a\"b,c", false),
            ("a,\"b\" ,c", false),
            ("\"a\",\"b\"c", false),
            ("a,b,\"", false),
        ] {
            assert_eq!(well_quoted(row.as_bytes(), b','), well, "{row:?}");
        }
    }
}
