//! A piece of the file to a [`Row`]: cells decoded, shifted ones put right, the original kept.

use std::borrow::Cow;

use super::cells::{outcome, reject};
use super::column_shift;
use super::encoding::{Encoding, decode};
use super::layout::Layout;
use super::record_splitter::{Cut, Cutter};
use super::row::{RejectReason, Row, RowOutcome};
use super::state::ImportState;
use super::tokens::{Tokens, well_quoted};
use super::{MAX_COLUMNS, MAX_ORIGINAL_BYTES, MAX_REJECTED_BYTES, MAX_ROW_BYTES};

/// Reads one row; none for one whose cells are all empty. `raw` is what `cut` speaks of.
pub(super) fn read_row(
    raw: &[u8],
    cut: Cut,
    cutter: &mut Cutter,
    state: &mut ImportState,
) -> Option<Row> {
    if state.encoding == Some(Encoding::Utf8) && state.evidence.add(raw) {
        state.encoding = Some(Encoding::Windows1252);
    }
    let encoding = state.encoding.unwrap_or(Encoding::Utf8);
    let layout = state.layout.as_ref()?;
    let outcome = match cut {
        Cut::More => return None,
        Cut::Row(_) => {
            if cutter.tokens.is_blank() {
                state.counts.blank += 1;
                return None;
            }
            read_cells(raw, cutter, layout, encoding)
        }
        Cut::Broken(_) => read_plain(raw, cutter, layout, encoding)
            .unwrap_or_else(|| reject(RejectReason::UnclosedQuote)),
        Cut::TooManyCells(..) => reject(RejectReason::TooManyCells { limit: MAX_COLUMNS }),
        Cut::TooLong(_) => reject(RejectReason::TooLong { limit_bytes: MAX_ROW_BYTES }),
    };
    state.counts.add(&outcome);
    let (original, reduced) = keep_original(raw, &cutter.tokens, layout, encoding, &outcome);
    Some(Row { line: state.line, offset: state.offset, outcome, original, reduced })
}

fn read_cells(raw: &[u8], cutter: &mut Cutter, layout: &Layout, encoding: Encoding) -> RowOutcome {
    let (found, expected) = (cutter.tokens.len(), layout.width);
    if found == expected {
        return read_columns(&cutter.tokens, layout, encoding);
    }
    // A mark inside a cell can hide delimiters.
    if !well_quoted(raw, layout.delimiter)
        && let Some(outcome) = read_plain(raw, cutter, layout, encoding)
    {
        return outcome;
    }
    if found < expected {
        return if is_cut_short(&cutter.tokens, layout) {
            reject(RejectReason::TooShort { found, expected })
        } else {
            read_columns(&cutter.tokens, layout, encoding)
        };
    }
    let cells: Vec<Cow<str>> =
        (0..found).map(|index| decode(cutter.tokens.cell(index), encoding)).collect();
    let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
    match column_shift::repair(&decode(raw, encoding), &cells, layout) {
        Some(cells) => outcome(|column| cells.get(column).map_or("", String::as_str), layout),
        None => reject(RejectReason::Shifted { found, expected }),
    }
}

/// Cells at the end may be missing where they are empty, but a row that ends before there is a
/// number, or a title with its author, broke off.
fn is_cut_short(tokens: &Tokens, layout: &Layout) -> bool {
    let has = |column: &usize| !tokens.cell(*column).trim_ascii().is_empty();
    let is_there = |column: usize| column < tokens.len();
    let number = layout.isbns.iter().any(has);
    let title = layout.title.is_some_and(|column| has(&column));
    let author = layout.author.or(layout.author_inverted);
    let needs_more = author.is_some() || !layout.isbns.is_empty();
    let titled = title && (author.is_some_and(|column| has(&column)) || !needs_more);
    let numbers_there = layout.isbns.iter().copied().any(is_there);
    let authors_there = author.is_some_and(is_there);
    !(number || titled || (title && numbers_there && authors_there))
}

/// Reads a line without regard to quotation marks, where that gives a cell for each column.
fn read_plain(
    line: &[u8],
    cutter: &mut Cutter,
    layout: &Layout,
    encoding: Encoding,
) -> Option<RowOutcome> {
    cutter.plain.read_all(line);
    (cutter.plain.len() == layout.width).then(|| read_columns(&cutter.plain, layout, encoding))
}

fn read_columns(tokens: &Tokens, layout: &Layout, encoding: Encoding) -> RowOutcome {
    let cells: Vec<(usize, Cow<str>)> =
        layout.columns().map(|column| (column, decode(tokens.cell(column), encoding))).collect();
    let cell = |column| cells.iter().find(|(at, _)| *at == column).map_or("", |(_, cell)| cell);
    outcome(cell, layout)
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
