//! The cache keys of lists, and checks of an answer against its list. No I/O.

use bibliography::edition::Edition;
use bibliography::query::Query;
use bibliography::text_normalization::{
    author_display_name, author_name_key, canonical_text, folded_key_text,
};
use runtime::call_outcome::{Failure, ProviderFailure};

use super::super::book_cache::CachedBookListHead;
use crate::isbndb_api::isbndb_requests::BookListQuery;
use crate::isbndb_api::parse::ParsedIsbndbPage;

/// The cache key of a list. Spellings that ISBNdb answers alike share it, as in the keys of
/// searches. An apostrophe or `++` in only one of two texts makes two keys.
pub(super) fn list_key(query: &BookListQuery) -> String {
    match query {
        BookListQuery::Author { name, language } => {
            format!("a:{}:{}", language.as_deref().unwrap_or_default(), key_or_text(name, name_key))
        }
        BookListQuery::Title { title } => format!("t:{}", key_or_text(title, text_key)),
        BookListQuery::Fields { author, text, publisher } => format!(
            "s:{}|{}|{}",
            author.as_deref().map(|name| key_or_text(name, name_key)).unwrap_or_default(),
            text.as_deref().map(|text| key_or_text(text, text_key)).unwrap_or_default(),
            publisher.as_deref().map(|name| key_or_text(name, text_key)).unwrap_or_default(),
        ),
    }
}

fn text_key(text: &str) -> String {
    folded_key_text(&canonical_text(text))
}

fn name_key(name: &str) -> String {
    Query::author_query(name).comparable_text()
}

/// A text's key, or the text itself if the key would be empty.
pub(super) fn key_or_text(text: &str, key: impl Fn(&str) -> String) -> String {
    let key = key(text);
    if key.is_empty() { text.to_lowercase() } else { key }
}

pub(super) fn page_key(key: &str, number: u32, size: u32) -> String {
    format!("{key}:{size}:{number}")
}

pub(super) fn is_first_author(query: &BookListQuery, number: u32) -> bool {
    number == 1 && matches!(query, BookListQuery::Author { .. })
}

/// Whether the page was too heavy: the first generation answers 500 beyond 6 MB, and this Worker
/// stops reading beyond 6 MB.
pub(super) fn is_too_heavy(failure: &Failure) -> bool {
    use ProviderFailure::{AnswerTooLarge, Upstream};
    matches!(
        failure.innermost_provider_failure(),
        Some(Upstream { status: 500, .. } | AnswerTooLarge { .. })
    )
}

/// A list without a readable book, or without any of the books it announces, does not show that the
/// author has none. (The total may ignore the requested language.)
pub(super) fn check_readable(
    list: ParsedIsbndbPage,
    query: &BookListQuery,
    number: u32,
) -> Result<ParsedIsbndbPage, ProviderFailure> {
    let filtered = matches!(query, BookListQuery::Author { language: Some(_), .. });
    let promised = number == 1 && !filtered && list.total.is_some_and(|total| total > 0);
    if list.books.is_empty() && (!list.unreadable.is_empty() || promised) {
        return Err(ProviderFailure::malformed("no book of the list can be read"));
    }
    Ok(list)
}

pub(super) fn head_of(list: &ParsedIsbndbPage, number: u32, size: u32) -> CachedBookListHead {
    let records = u32::try_from(list.books.len() + list.unreadable.len()).unwrap_or(u32::MAX);
    let seen = (number - 1).saturating_mul(size).saturating_add(records);
    // Fewer records than requested, and more exist: the provider's page size is smaller.
    let cut = number == 1 && records > 0 && records < size && list.total.is_some_and(|t| t > seen);
    let full = records >= size || cut;
    CachedBookListHead {
        total: list.total.or((!full).then_some(seen)),
        name: list.name.clone(),
        chunks: Vec::new(),
        page_size: if cut { records } else { size },
        more: full && list.total.is_none_or(|total| total > seen),
    }
}

/// The author's name as most of the books have it, else as the provider or the caller wrote it.
pub(super) fn author_of(
    query: &BookListQuery,
    head: &CachedBookListHead,
    books: &[Edition],
) -> Option<String> {
    let BookListQuery::Author { name, .. } = query else { return None };
    let key = author_name_key(name);
    let in_books =
        books.iter().flat_map(|book| &book.authors).find(|author| author_name_key(author) == key);
    let given = head.name.as_deref().filter(|given| author_name_key(given) == key);
    Some(in_books.cloned().unwrap_or_else(|| author_display_name(given.unwrap_or(name))))
}
