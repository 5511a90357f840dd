//! Cells to an outcome: which number to believe, whether there is a title, who wrote it.

use shared::isbn::Isbn13;
use shared::isbn::repair::{CellIsbn, How, Reason, read_cell};
use shared::text::display_name;

use super::author;
use super::layout::Layout;
use super::row::{RejectReason, RowOutcome};

/// Titles and names are cut here, at a word: nobody searches with more, and it bounds what the
/// ledger keeps of a row.
const MAX_TITLE_BYTES: usize = 400;
const MAX_AUTHOR_BYTES: usize = 200;

/// What the columns of a row that are read say.
pub(super) fn outcome<'a>(cell: impl Fn(usize) -> &'a str, layout: &Layout) -> RowOutcome {
    if let Some(item) = not_a_book(&cell, layout) {
        return reject(RejectReason::NotABook { item });
    }
    let title = layout.title.and_then(|column| text(cell(column), MAX_TITLE_BYTES));
    let author = first_author(&cell, layout);
    match (best_isbn(&cell, layout), title) {
        (Number::Valid(isbn), title) => RowOutcome::Valid { isbn, title, author },
        (Number::Repaired(isbn, how), Some(title)) => {
            RowOutcome::Repaired { isbn, how, title, author }
        }
        (Number::Repaired(candidate, _), None) => reject(RejectReason::Unconfirmable { candidate }),
        (Number::Unusable(why), Some(title)) => {
            RowOutcome::TitleAuthor { title, author, unusable: Some(why) }
        }
        (Number::None, Some(title)) => RowOutcome::TitleAuthor { title, author, unusable: None },
        (Number::Unusable(unusable), None) => {
            reject(RejectReason::UnusableIsbnNoTitle { unusable })
        }
        (Number::None, None) => reject(RejectReason::NoIsbnNoTitle),
    }
}

pub(super) fn reject(reason: RejectReason) -> RowOutcome {
    RowOutcome::Rejected { reason }
}

enum Number {
    None,
    Valid(Isbn13),
    Repaired(Isbn13, How),
    Unusable(Reason),
}

/// The best number of a row: a valid one from the column to believe first, else a repaired one,
/// else the reason why the first is none. An export that mangled one column often left another.
fn best_isbn<'a>(cell: &impl Fn(usize) -> &'a str, layout: &Layout) -> Number {
    let single = layout.isbns.iter().map(|column| cell(*column));
    let more = layout.more_isbns.map(cell).unwrap_or_default();
    let mut best = Number::None;
    for text in single.chain(listed(more)) {
        match (read_cell(text), &best) {
            (CellIsbn::Valid(isbn), _) => return Number::Valid(isbn),
            (CellIsbn::Repaired { isbn, how }, Number::None | Number::Unusable(_)) => {
                best = Number::Repaired(isbn, how);
            }
            (CellIsbn::Unusable { reason }, Number::None) => best = Number::Unusable(reason),
            _ => {}
        }
    }
    best
}

/// Numbers of a list (`[0441172717, 9780441172719]`) or of identifiers (`isbn:…,goodreads:…`);
/// other identifiers are no ISBNs and no mangled ones either.
fn listed(cell: &str) -> impl Iterator<Item = &str> {
    let is_identifiers = cell.contains(':');
    cell.trim_matches(['[', ']']).split([',', ';', ' ']).filter_map(move |part| {
        let part = part.trim_matches(|c: char| c.is_whitespace() || "[]\"'".contains(c));
        match part.split_once(':') {
            Some((kind, number)) => kind.to_ascii_lowercase().contains("isbn").then_some(number),
            None => (!is_identifiers).then_some(part),
        }
    })
}

fn first_author<'a>(cell: &impl Fn(usize) -> &'a str, layout: &Layout) -> Option<String> {
    let style = layout.format.author_style();
    let named = || {
        let (given, family) = layout.given_family?;
        let (given, family) = (text(cell(given), 100)?, text(cell(family), 100)?);
        Some(format!("{given} {family}"))
    };
    let listed = || author::primary(&text(cell(layout.author?), usize::MAX)?, style);
    let inverted = || {
        let name = text(cell(layout.author_inverted?), usize::MAX)?;
        author::primary(&display_name(name.split(" & ").next()?), super::format::AuthorStyle::One)
    };
    named().or_else(listed).or_else(inverted).map(|name| cut(&name, MAX_AUTHOR_BYTES).to_owned())
}

/// Libib keeps films, records and games beside the books.
fn not_a_book<'a>(cell: &impl Fn(usize) -> &'a str, layout: &Layout) -> Option<String> {
    let item = text(cell(layout.item_type?), 40)?;
    let is_book = item.to_ascii_lowercase().contains("book");
    (!is_book).then_some(item)
}

/// A cell as a person wrote it: no control characters, single spaces, no spreadsheet wrapper
/// (`="1984"`), no words for "empty"; none where nothing is left.
fn text(cell: &str, max_bytes: usize) -> Option<String> {
    let mut text = String::with_capacity(cell.len());
    for word in cell.split(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}') {
        if !word.is_empty() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
    }
    let bare = text
        .strip_prefix("=\"")
        .and_then(|text| text.strip_suffix('"'))
        .or_else(|| text.strip_prefix('"')?.strip_suffix('"'))
        .unwrap_or(&text)
        .trim();
    // The mark of a cell that was never closed; a pair of them is the text's own.
    let bare = match bare.matches('"').count() {
        1 => bare.trim_matches('"').trim(),
        _ => bare,
    };
    let empty = ["n/a", "null", "nan", "-", "--", "?"].iter().any(|w| bare.eq_ignore_ascii_case(w));
    let says_something = bare.chars().any(|c| !c.is_ascii_punctuation() && !c.is_whitespace());
    let keeps = !empty && (says_something || bare.chars().count() > 1);
    (!bare.is_empty() && keeps).then(|| cut(bare, max_bytes).to_owned())
}

/// At most so many bytes, cut at a word where that leaves most of it.
fn cut(text: &str, max_bytes: usize) -> &str {
    if text.len() <= max_bytes {
        return text;
    }
    let head = text.get(..text.floor_char_boundary(max_bytes)).unwrap_or_default();
    match head.rfind(' ') {
        Some(space) if space * 2 > max_bytes => head.get(..space).unwrap_or(head),
        _ => head,
    }
}
