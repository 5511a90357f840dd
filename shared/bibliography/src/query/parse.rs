//! From a text to a query: Google's field syntax, numbers, "title by author", free text.

use std::cmp::Ordering;

use super::analyse::{
    QueryGuess, is_inverted_name, is_person, last_by, query_shape, with_initials,
};
use super::query_words::{AUTHOR_MARKS, BOOKS};
use super::{Query, STATED_CONFIDENCE, has_no_search_text};
use crate::isbn::Isbn13;
use crate::isbn::isbn_finder::find_isbn;
use crate::isbn::isbn_repair::{IsbnCellContent, read_isbn_cell};
use crate::text_normalization::{
    author_display_name, author_name_key, canonical_text, collapse_spaces, fold_text,
    folded_key_text, restore_article, strip_edition_words, strip_series, visible_text,
};

impl Query {
    /// Analyses a free text: an ISBN, Google's `intitle:` syntax, an author, a title, or a mixture
    /// of title and author.
    pub fn from_free_text(text: &str) -> Self {
        let text = visible_text(text);
        fielded(&text).unwrap_or_else(|| parse_free_text(&text))
    }
}

/// The fields of Google's syntax by which we search.
#[derive(Clone, Copy, PartialEq)]
enum SearchField {
    Title,
    Author,
    Isbn,
    Free,
}

/// Fields that only one provider has (`subject:`, `oclc:`) count as words: the other providers
/// would search for another book.
const OPERATORS: [(&str, SearchField); 3] = [
    ("intitle:", SearchField::Title),
    ("inauthor:", SearchField::Author),
    ("isbn:", SearchField::Isbn),
];

/// A query in Google's syntax; `None` if the text has no operator of ours.
///
/// Google ends a field at the first space unless it is quoted. People do not quote, so here a field
/// ends at the next operator or quotation; that changes nothing for the quoted form.
fn fielded(text: &str) -> Option<Query> {
    let [mut title, mut author, mut isbn, mut free] = [const { String::new() }; 4];
    let mut add = |field: SearchField, words: &str| {
        let place = match field {
            SearchField::Title => &mut title,
            SearchField::Author => &mut author,
            SearchField::Isbn => &mut isbn,
            SearchField::Free => &mut free,
        };
        if !place.is_empty() && !words.is_empty() {
            place.push(' ');
        }
        place.push_str(words);
    };
    let mut seen = false;
    let mut field = SearchField::Free;
    // True directly after an operator: only there a quotation belongs to the field.
    let mut waits = false;
    let pieces: Vec<&str> = text.split(is_quote).map(str::trim).collect();
    for (at, piece) in pieces.iter().enumerate() {
        // An unclosed quotation mark is ignored.
        if at % 2 == 1 && at + 1 < pieces.len() {
            add(if waits { field } else { SearchField::Free }, piece);
            (field, waits) = (SearchField::Free, false);
            continue;
        }
        for word in piece.split(' ').flat_map(between_pluses).filter(|word| !word.is_empty()) {
            let operator = operator(word.trim_start_matches('('));
            let (next, value) = operator.unwrap_or((field, word));
            seen |= operator.is_some();
            (field, waits) = (next, value.is_empty());
            add(field, value);
        }
    }
    seen.then(|| from_fields(&title, &author, &isbn, &free)).flatten()
}

/// The query of the fields' texts; `None` if all are empty.
fn from_fields(title: &str, author: &str, isbn: &str, words: &str) -> Option<Query> {
    if let Some(isbn) = leading_number(isbn) {
        return Some(Query::isbn_query(isbn));
    }
    // An invalid ISBN is a word like any other.
    let words = [words, isbn].join(" ");
    let words = words.trim();
    let query =
        match (has_no_search_text(title), has_no_search_text(author), has_no_search_text(words)) {
            (true, true, true) => return None,
            (_, _, true) => Query::title_author_query(Some(title), Some(author))
                .with_confidence(STATED_CONFIDENCE),
            // Words beside an author are a title, with less confidence (`dune inauthor:herbert`).
            (true, false, false) => Query::with_title_and_author(words, author, 0.8),
            // Words beside a title narrow the search: all of them are searched for.
            _ => parse_free_text(&collapse_spaces(&[title, author, words].join(" "))),
        };
    Some(query)
}

/// The ISBN at the beginning of a field, in up to five groups; the rest of the field is ignored.
fn leading_number(text: &str) -> Option<Isbn13> {
    let words: Vec<&str> = text.splitn(6, ' ').collect();
    let heads = (1..=words.len().min(5)).rev().filter_map(|count| words.get(..count));
    heads.filter_map(|head| Isbn13::parse(&head.join(" ")).ok()).next()
}

fn operator(word: &str) -> Option<(SearchField, &str)> {
    OPERATORS.iter().find_map(|(name, field)| {
        let (head, value) = word.split_at_checked(name.len())?;
        head.eq_ignore_ascii_case(name).then_some((*field, value))
    })
}

/// Splits words that a client joined with a plus; the pluses of C++ stay.
fn between_pluses(word: &str) -> impl Iterator<Item = &str> {
    let joins = !word.contains("++") && !word.ends_with('+');
    word.split(move |c| joins && c == '+')
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201c}'..='\u{201f}')
}

/// Fewer digits are no ISBN, not even a damaged one.
const LEAST_DIGITS: usize = 7;

fn parse_free_text(text: &str) -> Query {
    let may_be_number = text.chars().filter(|c| c.is_numeric()).count() >= LEAST_DIGITS;
    if may_be_number && let Some(isbn) = Isbn13::parse(text).ok().or_else(|| find_isbn(text)) {
        return Query::isbn_query(isbn);
    }
    // The key ignores quotation marks, so the providers' queries must ignore them too.
    let unquoted = collapse_spaces(&text.replace(is_quote, " "));
    let shown = if has_no_search_text(&unquoted) { text } else { &unquoted };
    match may_be_number.then(|| read_isbn_cell(text)) {
        Some(IsbnCellContent::Valid(isbn)) => return Query::isbn_query(isbn),
        Some(IsbnCellContent::Repaired { isbn, repair }) => {
            // A damaged ISBN: the same digits in any grouping are the same query.
            let is_digit = |c: &char| c.is_ascii_digit() || matches!(c, 'x' | 'X');
            let digits: String = text.chars().filter(is_digit).collect();
            return Query::from_repaired_isbn(isbn, repair, &digits);
        }
        _ => {}
    }
    let whole = strip_series(without_file_ending(shown));
    if let Some(author) = without_word_for_books(&whole) {
        return parse_free_text(&author);
    }
    if let Some((title, author)) = split_file_name(&whole) {
        return Query::with_title_and_author(&title, &author, 0.8);
    }
    let plain = strip_edition_words(&whole);
    let display = restore_article(&plain);
    if let Some((title, author)) = split_by(&display) {
        return match title.as_str() {
            "" => Query::author_query(&author).with_confidence(0.9),
            title => Query::with_title_and_author(title, &author, 0.8),
        };
    }
    // The comma of "Last, First" only marks these words as one name: "Jane Austen" and "Austen,
    // Jane" must get the same result.
    let canonical =
        if is_inverted_name(&display) { author_display_name(&display) } else { display };
    let folded = fold_text(&folded_key_text(&canonical_text(&canonical)));
    match query_shape(&folded) {
        // A comma that the analysis did not read as an inversion must not become one, and a moved
        // article must not lead to another key than the typed name.
        QueryGuess::Author(confidence)
            if author_name_key(&canonical) == folded && author_name_key(&plain) == folded =>
        {
            Query::author_query(&canonical).with_confidence(confidence)
        }
        QueryGuess::Author(confidence) => Query::free_text(&canonical, confidence.min(0.5)),
        QueryGuess::Title(confidence) => Query::title_query(&canonical).with_confidence(confidence),
        QueryGuess::Mixed(confidence) => Query::free_text(&canonical, confidence),
    }
}

/// "Dune by Frank Herbert", "by Stephen King", "books by Stephen King": title (may be empty) and
/// author, if the text after the last "by" has the form of a name.
fn split_by(text: &str) -> Option<(String, String)> {
    let words: Vec<&str> = text.split(' ').collect();
    let at = last_by(&words)?;
    let author = words.get(at + 1..)?.join(" ");
    if !is_person(&fold_text(&author_display_name(&author))) {
        return None;
    }
    // "Dune, written by Frank Herbert".
    let is_written = at > 1 && words.get(at - 1).is_some_and(|word| fold_text(word) == "written");
    let title = words.get(..at - usize::from(is_written))?.join(" ");
    let is_filler =
        matches!(fold_text(&title).as_str(), "" | "books" | "novels" | "book" | "works");
    Some((if is_filler { String::new() } else { title }, author))
}

const FILE_ENDINGS: [&str; 12] = [
    ".azw", ".azw3", ".cbz", ".djvu", ".epub", ".fb2", ".m4b", ".mobi", ".mp3", ".pdf", ".rtf",
    ".txt",
];

fn without_file_ending(text: &str) -> &str {
    let lower = text.to_ascii_lowercase();
    let end = FILE_ENDINGS.iter().find(|end| lower.ends_with(**end)).map_or(0, |end| end.len());
    let kept = text.get(..text.len() - end).unwrap_or(text);
    if has_no_search_text(kept) { text } else { kept }
}

/// The author of "agatha christie books" and "bücher von agatha christie": the query is the same
/// without the word for books.
fn without_word_for_books(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split(' ').collect();
    let is_books = |word: Option<&&str>| word.is_some_and(|word| BOOKS.contains(&fold_text(word)));
    let (name, named) = match words.as_slice() {
        [name @ .., last] if is_books(Some(last)) => (name, true),
        [first, mark, name @ ..] => {
            (name, is_books(Some(first)) && AUTHOR_MARKS.contains(&fold_text(mark)))
        }
        _ => return None,
    };
    let name = name.join(" ");
    (named && fold_text(words.get(1)?) != "by" && is_person(&fold_text(&name))).then_some(name)
}

/// Title and author in the name of a file or a shop's page, separated by a dash, if one of them has
/// the form of a name.
fn split_file_name(text: &str) -> Option<(String, String)> {
    let text = collapse_spaces(&text.replace('_', " ").replace(['–', '—'], "-"));
    let parts: Vec<&str> =
        text.split(" - ").map(str::trim).filter(|part| !has_no_search_text(part)).collect();
    // A part between them is the series.
    let ([first, last] | [first, _, last]) = parts.as_slice() else { return None };
    let (one, other) = (name_form(first), name_form(last));
    let (form, author, title) = match one.partial_cmp(&other)? {
        Ordering::Greater => (one?, first, last),
        Ordering::Less => (other?, last, first),
        Ordering::Equal => return None,
    };
    // A given name and one more word may be a person in a title: "harry potter - rowling".
    if form == NameForm::Given && !title.contains(' ') {
        return None;
    }
    let bare = |part: &str| {
        let part = part.trim_start_matches('[').trim_end_matches(']');
        strip_edition_words(&strip_series(part))
    };
    Some((restore_article(&bare(title)), bare(author)))
}

/// The evidence that a part of a file's name is a person; later variants are stronger.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum NameForm {
    Given,
    Initials,
    Inverted,
}

fn name_form(part: &str) -> Option<NameForm> {
    if is_inverted_name(part) {
        return Some(NameForm::Inverted);
    }
    let shown = fold_text(&author_display_name(part));
    let words: Vec<&str> = shown.split(' ').collect();
    let form = if with_initials(&words).is_some() { NameForm::Initials } else { NameForm::Given };
    is_person(&shown).then_some(form)
}
