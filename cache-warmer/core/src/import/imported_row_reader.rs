//! Reads a row into a [`LibraryFileRow`]: decodes cells, repairs shifts, keeps the original.

use std::borrow::Cow;

use encoding_rs::UTF_8;

use super::column_layout::ColumnLayout;
use super::column_shift;
use super::encoding::{EncodingSource, TextEncoding, decode};
use super::import_checkpoint::ImportCheckpoint;
use super::library_file_row::{LibraryFileRow, RowImportOutcome, RowRejectionReason};
use super::mojibake::{decode_text_again, ends_within_entity, repair_text, taken_for_latin};
use super::record_splitter::{CsvRowSplitOutcome, RecordSplitter};
use super::row_cells::{RowCells, well_quoted};
use super::row_from_cells::row_outcome;
use super::second_header::{self, SecondHeader};
use super::wrapped_row;
use super::{MAX_COLUMNS, MAX_ORIGINAL_BYTES, MAX_REJECTED_BYTES, MAX_ROW_BYTES};

/// Reads one row; `None` for a blank row and for a second header. `split` refers to `raw`.
pub(super) fn read_row(
    raw: &[u8],
    split: CsvRowSplitOutcome,
    splitter: &mut RecordSplitter,
    state: &mut ImportCheckpoint,
) -> Option<LibraryFileRow> {
    if state.encoding == Some(UTF_8)
        && state.encoding_source == EncodingSource::Bytes
        && let Some(code_page) = state.evidence.add(raw)
    {
        state.encoding = Some(code_page);
        state.encoding_source = EncodingSource::Guess;
    }
    let encoding = state.encoding.unwrap_or(UTF_8);
    let layout = state.layout.as_ref()?;
    let RecordSplitter { cells, unquoted, nested, .. } = splitter;
    let mut row_reader = RowReader { layout, encoding, mended: false };
    let (outcome, row_cells) = match split {
        CsvRowSplitOutcome::More => return None,
        CsvRowSplitOutcome::Row(_) => {
            if cells.is_blank() {
                state.counts.blank += 1;
                return None;
            }
            let (row, row_cells) = match wrapped_row::unwrap_row(cells, nested, layout) {
                true => (cells.cell(0), &*nested),
                false => (raw, &*cells),
            };
            let outcome = row_reader.read_cells(row, row_cells, unquoted);
            let is_book = matches!(
                outcome,
                RowImportOutcome::Valid { .. } | RowImportOutcome::Repaired { .. }
            );
            if !is_book
                && let Some(header) =
                    second_header::read_second_header(row, row_cells, layout, encoding)
            {
                state.counts.headers += 1;
                if let SecondHeader::Other(layout) = header {
                    let line = state.line;
                    state.change_layout(ColumnLayout { line, ..*layout });
                }
                return None;
            }
            (outcome, row_cells)
        }
        CsvRowSplitOutcome::Broken(_) => {
            let unescaped = row_reader.without_quotes(raw, unquoted);
            let outcome = row_reader.escaped(raw).or(unescaped);
            (outcome.unwrap_or_else(|| RowRejectionReason::UnclosedQuote.into()), &*unquoted)
        }
        CsvRowSplitOutcome::TooManyCells(..) => {
            (RowRejectionReason::TooManyCells { limit: MAX_COLUMNS }.into(), &*cells)
        }
        CsvRowSplitOutcome::TooLong(_) => {
            (RowRejectionReason::TooLong { limit_bytes: MAX_ROW_BYTES }.into(), &*cells)
        }
    };
    state.counts.add(&outcome);
    state.mended += u64::from(row_reader.mended);
    let original = keep_original(raw, row_cells, layout, encoding, &outcome);
    Some(LibraryFileRow { line: state.line, offset: state.offset, outcome, original })
}

struct RowReader<'a> {
    layout: &'a ColumnLayout,
    encoding: TextEncoding,
    mended: bool,
}

impl RowReader<'_> {
    fn read_cells(
        &mut self,
        raw: &[u8],
        row_cells: &RowCells,
        unquoted: &mut RowCells,
    ) -> RowImportOutcome {
        let (found, expected) = (row_cells.len(), self.layout.width);
        if let Some(outcome) = self.escaped(raw) {
            return outcome;
        }
        if found == expected {
            return self.read_columns(row_cells);
        }
        // A quotation mark inside a cell can hide delimiters.
        if !well_quoted(raw, self.layout.delimiter)
            && let Some(outcome) = self.without_quotes(raw, unquoted)
        {
            return outcome;
        }
        if found < expected {
            return if is_cut_short(row_cells, self.layout) {
                RowRejectionReason::TooShort { found, expected }.into()
            } else {
                self.read_columns(row_cells)
            };
        }
        let cells: Vec<Cow<str>> =
            (0..found).map(|index| decode(row_cells.cell(index), self.encoding)).collect();
        let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
        if let Some(cells) = joined_entities(&cells, self.layout) {
            return self.mended_cells(&cells);
        }
        match column_shift::unshift(&decode(raw, self.encoding), &cells, self.layout) {
            Some(cells) => self.mended_cells(&cells),
            None => RowRejectionReason::Shifted { found, expected }.into(),
        }
    }

    /// Reads a line with escaped quotation marks, if that gives a cell for each column.
    fn escaped(&mut self, raw: &[u8]) -> Option<RowImportOutcome> {
        let delimiter = self.layout.delimiter;
        let has_escape = raw.windows(2).any(|pair| pair == b"\\\"");
        if !has_escape || well_quoted(raw, delimiter) {
            return None;
        }
        let mut row_cells = RowCells::with_escapes(delimiter);
        row_cells.parse_complete_csv_row(raw);
        (row_cells.len() == self.layout.width).then(|| self.read_columns(&row_cells))
    }

    /// Reads a line with unmatched quotation marks, if that gives a cell for each column.
    fn without_quotes(&mut self, raw: &[u8], unquoted: &mut RowCells) -> Option<RowImportOutcome> {
        unquoted.parse_complete_csv_row(raw);
        (unquoted.len() == self.layout.width).then(|| self.read_columns(unquoted))
    }

    fn read_columns(&mut self, row_cells: &RowCells) -> RowImportOutcome {
        let encoding = self.encoding;
        self.row_outcome(|column| decode(row_cells.cell(column), encoding))
    }

    fn mended_cells(&mut self, cells: &[String]) -> RowImportOutcome {
        self.row_outcome(|column| cells.get(column).map_or("", String::as_str).into())
    }

    /// The outcome of the cells that are read, with repaired letters.
    fn row_outcome<'b>(&mut self, cell: impl Fn(usize) -> Cow<'b, str>) -> RowImportOutcome {
        self.mended = false;
        let mut cells: Vec<(usize, Cow<str>)> = Vec::new();
        for column in self.layout.used_columns() {
            let cell = repair_text(cell(column));
            self.mended |= cell.letters;
            cells.push((column, cell.text));
        }
        if self.encoding == UTF_8
            && let Some(page) = taken_for_latin(cells.iter().map(|(_, cell)| &**cell))
        {
            for (_, cell) in cells.iter_mut().filter(|(_, cell)| !cell.is_ascii()) {
                if let Some(meant) = decode_text_again(cell, page) {
                    *cell = Cow::Owned(meant);
                    self.mended = true;
                }
            }
        }
        let cell = |column| cells.iter().find(|(at, _)| *at == column).map_or("", |(_, cell)| cell);
        row_outcome(cell, self.layout)
    }
}

/// Joins cells that were split at the semicolon of an HTML entity.
fn joined_entities(cells: &[&str], layout: &ColumnLayout) -> Option<Vec<String>> {
    if layout.delimiter != b';' {
        return None;
    }
    let mut joined: Vec<String> = Vec::new();
    for cell in cells {
        match joined.last_mut() {
            Some(last) if ends_within_entity(last) => last.push_str(&format!(";{cell}")),
            _ => joined.push((*cell).to_owned()),
        }
    }
    (joined.len() == layout.width).then_some(joined)
}

/// Empty cells at the end may be missing, but a row that ends before an ISBN, or before a title
/// with its author, was cut off.
fn is_cut_short(row_cells: &RowCells, layout: &ColumnLayout) -> bool {
    let has = |column: usize| !row_cells.cell(column).trim_ascii().is_empty();
    let is_there = |column: usize| column < row_cells.len();
    let numbers = || layout.isbns.iter().chain(&layout.barcodes).copied();
    let number = numbers().any(has);
    let title = layout.titles.iter().copied().any(has);
    let needs_more = layout.author_columns().next().is_some() || layout.has_numbers();
    let titled = title && (layout.author_columns().any(has) || !needs_more);
    let authors_there = layout.author_columns().next().is_some_and(is_there);
    !(number || titled || (title && numbers().any(is_there) && authors_there))
}

/// The row unchanged, or the useful part of a long one.
fn keep_original(
    raw: &[u8],
    row_cells: &RowCells,
    layout: &ColumnLayout,
    encoding: TextEncoding,
    outcome: &RowImportOutcome,
) -> String {
    let rejected = matches!(outcome, RowImportOutcome::Rejected { .. });
    let limit = if rejected { MAX_REJECTED_BYTES } else { MAX_ORIGINAL_BYTES };
    if rejected || raw.len() <= limit || row_cells.len() > layout.width {
        return decode(raw.get(..limit).unwrap_or(raw), encoding).into_owned();
    }
    layout.reduce(|column| decode(row_cells.cell(column), encoding), limit)
}
