//! The kind of item in a row: Libib also lists films and games, Zotero articles.

use bibliography::text_normalization::truncate_text;

use super::export_format::ExportFormat;
use super::word_list::WordList;

pub(super) enum MediaKind {
    /// A book, unless the file shows otherwise.
    Book,
    /// A chapter or a paper, with the ISBN of its book.
    PartOfBook(String),
    Other(String),
}

/// Words for items that are no books, for an unknown program.
const OTHERS: WordList = WordList(include_str!("words/item.others.txt"));

const PARTS: &[&str] =
    &["booksection", "conferencepaper", "encyclopediaarticle", "dictionaryentry"];

pub(super) fn parse_media_kind(cell: &str, format: ExportFormat) -> MediaKind {
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
    let is_strict = matches!(format, ExportFormat::Libib | ExportFormat::Zotero);
    let is_other = |word: &str| lower.split(|c: char| !c.is_alphanumeric()).any(|one| one == word);
    let is_book = letters.contains("book") || letters.contains("buch") || letters.contains("livre");
    let is_other =
        OTHERS.iter().any(|word| is_other(word) || letters == word) || letters.ends_with("article");
    if !is_book && (is_strict || is_other) { MediaKind::Other(item()) } else { MediaKind::Book }
}
