//! A piece of the file to a [`Row`]: cells decoded, shifted ones put right, the original kept.

use std::borrow::Cow;

use super::cells::{outcome, reject};
use super::column_shift;
use super::encoding::{Encoding, EncodingSource, decode};
use super::layout::Layout;
use super::mend::{ends_within_entity, mended, reread, taken_for_latin};
use super::record_splitter::{Cut, RecordSplitter};
use super::row::{RejectReason, Row, RowOutcome};
use super::second_header::{self, SecondHeader};
use super::state::ImportState;
use super::tokens::{Tokens, well_quoted};
use super::wrapped_row;
use super::{MAX_COLUMNS, MAX_ORIGINAL_BYTES, MAX_REJECTED_BYTES, MAX_ROW_BYTES};

/// Reads one row; none for one whose cells are all empty, and for a second header. `raw` is what
/// `cut` speaks of.
pub(super) fn read_row(
    raw: &[u8],
    cut: Cut,
    splitter: &mut RecordSplitter,
    state: &mut ImportState,
) -> Option<Row> {
    if state.encoding == Some(Encoding::Utf8)
        && state.encoding_source == EncodingSource::Bytes
        && let Some(code_page) = state.evidence.add(raw)
    {
        state.encoding = Some(code_page);
        state.encoding_source = EncodingSource::Guess;
    }
    let encoding = state.encoding.unwrap_or(Encoding::Utf8);
    let layout = state.layout.as_ref()?;
    let mut reading = Reading { raw, layout, encoding, mended: false };
    let outcome = match cut {
        Cut::More => return None,
        Cut::Row(_) => {
            if splitter.tokens.is_blank() {
                state.counts.blank += 1;
                return None;
            }
            let outcome = reading.row(splitter);
            if let Some(header) = reading.second_header(&outcome, splitter) {
                state.counts.headers += 1;
                if let SecondHeader::Other(layout) = header {
                    let line = state.line;
                    state.change_layout(Layout { line, ..*layout });
                }
                return None;
            }
            outcome
        }
        Cut::Broken(_) => {
            reading.plain(splitter).unwrap_or_else(|| reject(RejectReason::UnclosedQuote))
        }
        Cut::TooManyCells(..) => reject(RejectReason::TooManyCells { limit: MAX_COLUMNS }),
        Cut::TooLong(_) => reject(RejectReason::TooLong { limit_bytes: MAX_ROW_BYTES }),
    };
    state.counts.add(&outcome);
    state.mended += u64::from(reading.mended);
    let wrapped = wrapped_row::read(&splitter.tokens, &mut splitter.inner, layout);
    let tokens = if wrapped { &splitter.inner } else { &splitter.tokens };
    let (original, reduced) = keep_original(raw, tokens, layout, encoding, &outcome);
    Some(Row { line: state.line, offset: state.offset, outcome, original, reduced })
}

struct Reading<'a> {
    raw: &'a [u8],
    layout: &'a Layout,
    encoding: Encoding,
    mended: bool,
}

impl<'a> Reading<'a> {
    fn row(&mut self, splitter: &mut RecordSplitter) -> RowOutcome {
        if wrapped_row::read(&splitter.tokens, &mut splitter.inner, self.layout) {
            let row = splitter.tokens.cell(0).to_vec();
            let RecordSplitter { inner, plain, delimiter, .. } = splitter;
            return self.cells(&row, inner, plain, *delimiter);
        }
        let RecordSplitter { tokens, plain, delimiter, .. } = splitter;
        self.cells(self.raw, tokens, plain, *delimiter)
    }

    fn cells(
        &mut self,
        raw: &[u8],
        tokens: &Tokens,
        plain: &mut Tokens,
        delimiter: u8,
    ) -> RowOutcome {
        let (found, expected) = (tokens.len(), self.layout.width);
        if let Some(outcome) = self.escaped(raw, delimiter) {
            return outcome;
        }
        if found == expected {
            return self.columns(tokens);
        }
        // A mark inside a cell can hide delimiters.
        if !well_quoted(raw, delimiter)
            && let Some(outcome) = self.without_quotes(raw, plain)
        {
            return outcome;
        }
        if found < expected {
            return if is_cut_short(tokens, self.layout) {
                reject(RejectReason::TooShort { found, expected })
            } else {
                self.columns(tokens)
            };
        }
        let cells: Vec<Cow<str>> = (0..found).map(|index| self.cell(tokens, index)).collect();
        let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
        if let Some(cells) = joined_entities(&cells, self.layout) {
            return self.mended_cells(&cells);
        }
        match column_shift::repair(&decode(raw, self.encoding), &cells, self.layout) {
            Some(cells) => self.mended_cells(&cells),
            None => reject(RejectReason::Shifted { found, expected }),
        }
    }

    /// Reads a line whose quotation marks do not match, where that gives a cell for each column.
    fn plain(&mut self, splitter: &mut RecordSplitter) -> Option<RowOutcome> {
        let escaped = self.escaped(self.raw, splitter.delimiter);
        escaped.or_else(|| self.without_quotes(self.raw, &mut splitter.plain))
    }

    /// Reads a line with quotation marks behind backslashes, where that gives a cell for each column.
    fn escaped(&mut self, raw: &[u8], delimiter: u8) -> Option<RowOutcome> {
        let has_escape = raw.windows(2).any(|pair| pair == b"\\\"");
        if !has_escape || well_quoted(raw, delimiter) {
            return None;
        }
        let mut tokens = Tokens::with_escapes(delimiter);
        tokens.read_all(raw);
        (tokens.len() == self.layout.width).then(|| self.columns(&tokens))
    }

    fn without_quotes(&mut self, raw: &[u8], plain: &mut Tokens) -> Option<RowOutcome> {
        plain.read_all(raw);
        (plain.len() == self.layout.width).then(|| self.columns(plain))
    }

    fn cell<'b>(&self, tokens: &'b Tokens, index: usize) -> Cow<'b, str> {
        decode(tokens.cell(index), self.encoding)
    }

    fn columns(&mut self, tokens: &Tokens) -> RowOutcome {
        let cells = self.layout.columns().map(|column| (column, self.cell(tokens, column)));
        let cells = cells.collect();
        self.outcome(cells)
    }

    fn mended_cells(&mut self, cells: &[String]) -> RowOutcome {
        let columns = self.layout.columns();
        let cell = |column: usize| cells.get(column).map_or("", String::as_str);
        self.outcome(columns.map(|column| (column, Cow::Borrowed(cell(column)))).collect())
    }

    /// What the cells of the columns that are read say, their letters put right.
    fn outcome(&mut self, cells: Vec<(usize, Cow<str>)>) -> RowOutcome {
        let mut letters = false;
        let mut cells: Vec<(usize, Cow<str>)> = cells
            .into_iter()
            .map(|(column, cell)| {
                let cell = mended(cell);
                letters |= cell.letters;
                (column, cell.text)
            })
            .collect();
        if self.encoding == Encoding::Utf8
            && let Some(page) = taken_for_latin(cells.iter().map(|(_, cell)| &**cell))
        {
            for (_, cell) in cells.iter_mut().filter(|(_, cell)| !cell.is_ascii()) {
                if let Some(meant) = reread(cell, page) {
                    *cell = Cow::Owned(meant);
                    letters = true;
                }
            }
        }
        self.mended = letters;
        let cell = |column| cells.iter().find(|(at, _)| *at == column).map_or("", |(_, cell)| cell);
        outcome(cell, self.layout)
    }

    /// The row as a header, where it is no book with an ISBN.
    fn second_header(
        &self,
        outcome: &RowOutcome,
        splitter: &mut RecordSplitter,
    ) -> Option<SecondHeader> {
        if matches!(outcome, RowOutcome::Valid { .. } | RowOutcome::Repaired { .. }) {
            return None;
        }
        if wrapped_row::read(&splitter.tokens, &mut splitter.inner, self.layout) {
            let row = splitter.tokens.cell(0);
            return second_header::read(row, &splitter.inner, self.layout, self.encoding);
        }
        second_header::read(self.raw, &splitter.tokens, self.layout, self.encoding)
    }
}

/// Cells that were cut at the semicolon of an HTML entity, joined again.
fn joined_entities(cells: &[&str], layout: &Layout) -> Option<Vec<String>> {
    if layout.delimiter != b';' {
        return None;
    }
    let mut joined: Vec<String> = Vec::new();
    for cell in cells {
        match joined.last_mut() {
            Some(last) if ends_within_entity(last) => {
                last.push(';');
                last.push_str(cell);
            }
            _ => joined.push((*cell).to_owned()),
        }
    }
    (joined.len() == layout.width).then_some(joined)
}

/// Cells at the end may be missing where they are empty, but a row that ends before there is a
/// number, or a title with its author, broke off.
fn is_cut_short(tokens: &Tokens, layout: &Layout) -> bool {
    let has = |column: usize| !tokens.cell(column).trim_ascii().is_empty();
    let is_there = |column: usize| column < tokens.len();
    let numbers = || layout.isbns.iter().chain(&layout.barcodes).copied();
    let number = numbers().any(has);
    let title = layout.titles.iter().copied().any(has);
    let mut authors = layout.author_columns().peekable();
    let needs_more = authors.peek().is_some() || layout.has_numbers();
    let titled = title && (layout.author_columns().any(has) || !needs_more);
    let authors_there = layout.author_columns().next().is_some_and(is_there);
    !(number || titled || (title && numbers().any(is_there) && authors_there))
}

/// The row as it stands, or what is worth keeping of a long one.
fn keep_original(
    raw: &[u8],
    tokens: &Tokens,
    layout: &Layout,
    encoding: Encoding,
    outcome: &RowOutcome,
) -> (String, bool) {
    let rejected = matches!(outcome, RowOutcome::Rejected { .. });
    let limit = if rejected { MAX_REJECTED_BYTES } else { MAX_ORIGINAL_BYTES };
    if raw.len() <= limit {
        return (decode(raw, encoding).into_owned(), false);
    }
    if rejected || tokens.len() > layout.width {
        let head = raw.get(..limit).unwrap_or(raw);
        return (decode(head, encoding).into_owned(), true);
    }
    let cells = |column| decode(tokens.cell(column), encoding);
    (layout.reduce(cells, limit), true)
}
