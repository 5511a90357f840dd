//! From cells to the outcome of a row: its kind, ISBN, title and author.

use bibliography::isbn::isbn_repair::{IsbnCellContent, read_isbn_cell};
use bibliography::text_normalization::{author_display_name, fold_text, truncate_text};

use super::author_cell;
use super::column_layout::ColumnLayout;
use super::failures_csv::without_mark;
use super::library_file_format::{AuthorCellFormat, LibraryFileFormat};
use super::library_file_row::{RowImportOutcome, RowRejectionReason};
use super::ordered_word_list::OrderedWordList;

/// Titles and names are cut here, at a word. No search uses more, and a row of the ledger stays
/// small.
const MAX_TITLE_BYTES: usize = 400;
const MAX_AUTHOR_BYTES: usize = 200;
const MAX_PART_BYTES: usize = 100;

/// The outcome of a row, from the cells of the columns that are read.
pub(super) fn row_outcome<'a>(
    cell: impl Fn(usize) -> &'a str,
    layout: &ColumnLayout,
) -> RowImportOutcome {
    let cell = |column| without_mark(cell(column));
    let number = best_isbn(&cell, layout);
    let item_type = layout.item_type.map(&cell).unwrap_or_default();
    match parse_media_kind(item_type, layout.format) {
        MediaKind::Book => {}
        MediaKind::PartOfBook(item) => {
            // The ISBN is that of the book; title and authors are those of the chapter.
            return match number {
                IsbnCellContent::Valid(isbn) => {
                    RowImportOutcome::Valid { isbn, title: None, author: None }
                }
                _ => RowRejectionReason::NotABook { item }.into(),
            };
        }
        MediaKind::Other(item) => {
            return RowRejectionReason::NotABook { item }.into();
        }
    }
    let title =
        layout.titles.iter().find_map(|column| clean_cell_text(cell(*column), MAX_TITLE_BYTES));
    let author = first_author(&cell, layout);
    let title = title.map(|title| without_responsibility(&title, author.as_deref()).to_owned());
    match (number, title) {
        (IsbnCellContent::Valid(isbn), title) => RowImportOutcome::Valid { isbn, title, author },
        (IsbnCellContent::Repaired { isbn, repair }, Some(title)) => {
            RowImportOutcome::Repaired { isbn, repair, title, author }
        }
        (IsbnCellContent::Repaired { isbn: candidate, .. }, None) => {
            RowRejectionReason::Unconfirmable { candidate }.into()
        }
        (IsbnCellContent::Unusable { reason }, Some(title)) => {
            RowImportOutcome::TitleAuthor { title, author, unusable: Some(reason) }
        }
        (IsbnCellContent::Empty, Some(title)) => {
            RowImportOutcome::TitleAuthor { title, author, unusable: None }
        }
        (IsbnCellContent::Unusable { reason: unusable }, None) => {
            RowRejectionReason::UnusableIsbnNoTitle { unusable }.into()
        }
        (IsbnCellContent::Empty, None) => RowRejectionReason::NoIsbnNoTitle.into(),
    }
}

/// A title without the statement of responsibility of library catalogues: "Dune / by Frank
/// Herbert."
fn without_responsibility<'a>(title: &'a str, author: Option<&str>) -> &'a str {
    let Some((head, tail)) = title.split_once(" /") else { return title };
    let folded = fold_text(tail);
    let surname = author.map(|name| fold_text(&author_display_name(name)));
    let surname = surname.as_deref().and_then(|name| name.split(' ').next_back());
    let is_named = surname.is_some_and(|name| folded.split(' ').any(|word| word == name));
    let is_behind = tail.is_empty() || (tail.starts_with(' ') && is_named);
    if is_behind && head.chars().any(char::is_alphanumeric) { head.trim_end() } else { title }
}

/// The best ISBN of a row: a valid one from the most reliable column, else a repaired one, else
/// the reason why the first is invalid. An export with one damaged column often has an intact one.
fn best_isbn<'a>(cell: &impl Fn(usize) -> &'a str, layout: &ColumnLayout) -> IsbnCellContent {
    let single = layout.isbns.iter().map(|column| cell(*column));
    let more = layout.more_isbns.map(cell).unwrap_or_default();
    let mut best = IsbnCellContent::Empty;
    for text in single.chain(isbns_in_list(more)) {
        let isbn = read_isbn_cell(text);
        let is_better = match (&isbn, &best) {
            (IsbnCellContent::Valid(_), _) => return isbn,
            (
                IsbnCellContent::Repaired { .. },
                IsbnCellContent::Empty | IsbnCellContent::Unusable { .. },
            )
            | (IsbnCellContent::Unusable { .. }, IsbnCellContent::Empty) => true,
            _ => false,
        };
        if is_better {
            best = isbn;
        }
    }
    let mut barcodes = layout.barcodes.iter().map(|column| read_isbn_cell(cell(*column)));
    barcodes.find(|isbn| matches!(isbn, IsbnCellContent::Valid(_))).unwrap_or(best)
}

/// The ISBNs in a list (`[0441172717, 9780441172719]`) or in identifiers (`isbn:…,goodreads:…`).
/// Other identifiers are skipped, so that they count neither as ISBNs nor as damaged ones.
fn isbns_in_list(cell: &str) -> impl Iterator<Item = &str> {
    let is_identifiers = cell.contains(':');
    cell.trim_matches(['[', ']']).split([',', ';', ' ']).filter_map(move |part| {
        let part = part.trim_matches(|c: char| c.is_whitespace() || "[]\"'".contains(c));
        match part.split_once(':') {
            Some((kind, number)) => kind.to_ascii_lowercase().contains("isbn").then_some(number),
            None => (!is_identifiers).then_some(part),
        }
    })
}

fn first_author<'a>(cell: &impl Fn(usize) -> &'a str, layout: &ColumnLayout) -> Option<String> {
    let style = layout.format.author_style();
    let part = |column: &usize| clean_cell_text(cell(*column), MAX_PART_BYTES);
    let parts: Vec<String> = layout.name_parts.iter().filter_map(part).collect();
    let named = || author_cell::primary(&author_cell::whole_name(&parts), AuthorCellFormat::One);
    let listed = || {
        let mut columns = layout.authors.iter();
        columns.find_map(|column| author_cell::primary(&clean_lines(cell(*column)), style))
    };
    let inverted = || {
        let name = clean_cell_text(cell(layout.author_inverted?), usize::MAX)?;
        author_cell::primary(&author_display_name(name.split(" & ").next()?), AuthorCellFormat::One)
    };
    // A single filled part is no whole name: the author column, which has one, comes first.
    let name = if parts.len() > 1 { named().or_else(listed) } else { listed().or_else(named) };
    name.or_else(inverted).map(|name| truncate_at_word(&name, MAX_AUTHOR_BYTES).to_owned())
}

/// The lines of a cell: people may write one author a line.
fn clean_lines(cell: &str) -> String {
    let lines: Vec<String> =
        cell.split(['\n', '\r']).filter_map(|line| clean_cell_text(line, usize::MAX)).collect();
    lines.join("\n")
}

/// The text of a cell: no control characters, single spaces, no spreadsheet wrapper (`="1984"`), no
/// word for "empty". `None` if nothing is left.
fn clean_cell_text(cell: &str, max_bytes: usize) -> Option<String> {
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
        .or_else(|| text.strip_prefix('\'')?.strip_suffix('\'').filter(|it| !it.contains('\'')))
        .or_else(|| {
            let inside = text.strip_prefix(['“', '„', '«'])?.strip_suffix(['”', '“', '»'])?;
            (!inside.contains(['“', '”', '„', '«', '»'])).then_some(inside)
        })
        .unwrap_or(&text)
        .trim();
    // A single mark is that of an unclosed cell; a pair belongs to the text.
    let bare = match bare.matches('"').count() {
        1 => bare.trim_matches('"').trim(),
        _ => bare,
    };
    let is_rule = |c: char| matches!(c, '-' | '_' | '=' | '–' | '—' | ':');
    let empty = ["n/a", "null", "nan", "?"].iter().any(|w| bare.eq_ignore_ascii_case(w))
        || bare.chars().all(is_rule);
    let says_something = bare.chars().any(|c| !c.is_ascii_punctuation() && !c.is_whitespace());
    let keeps = !empty && (says_something || bare.chars().count() > 1);
    (!bare.is_empty() && keeps).then(|| truncate_at_word(bare, max_bytes).to_owned())
}

/// At most `max_bytes` bytes, cut at a word if most of the text remains.
fn truncate_at_word(text: &str, max_bytes: usize) -> &str {
    if text.len() <= max_bytes {
        return text;
    }
    let head = truncate_text(text, max_bytes);
    match head.rfind(' ') {
        Some(space) if space * 2 > max_bytes => head.get(..space).unwrap_or(head),
        _ => head,
    }
}

/// The kind of item in a row: Libib also lists films and games, Zotero articles.
enum MediaKind {
    /// A book, unless the file shows otherwise.
    Book,
    /// A chapter or a paper, with the ISBN of its book.
    PartOfBook(String),
    Other(String),
}

/// Words for items that are no books, for an unknown program.
const OTHERS: OrderedWordList = OrderedWordList(include_str!("words/item.others.txt"));

const PARTS: &[&str] =
    &["booksection", "conferencepaper", "encyclopediaarticle", "dictionaryentry"];

fn parse_media_kind(cell: &str, format: LibraryFileFormat) -> MediaKind {
    let name = cell.trim();
    if name.is_empty() {
        return MediaKind::Book;
    }
    let lower = name.to_lowercase();
    let letters: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    let item = || truncate_text(name, 40).to_owned();
    if PARTS.contains(&letters.as_str()) {
        return MediaKind::PartOfBook(item());
    }
    let is_strict = matches!(format, LibraryFileFormat::Libib | LibraryFileFormat::Zotero);
    let is_other = |word: &str| lower.split(|c: char| !c.is_alphanumeric()).any(|one| one == word);
    let is_book = letters.contains("book") || letters.contains("buch") || letters.contains("livre");
    let is_other =
        OTHERS.iter().any(|word| is_other(word) || letters == word) || letters.ends_with("article");
    if !is_book && (is_strict || is_other) { MediaKind::Other(item()) } else { MediaKind::Book }
}
