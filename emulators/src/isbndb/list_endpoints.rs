//! The endpoints that answer with lists: books by words, an author's books, authors, search.

use serde_json::{Value, json};

use super::isbndb_book_record::{book_record, fill_blanks, find_book_by_isbn};
use super::{emulated_error_replies, messy_values};
use crate::catalogue::{CatalogueEdition, SearchIndexQuery, search_tokenization};
use crate::emulator_reply::EmulatorReply;
use crate::emulator_reply_context::EmulatorReplyContext;
use crate::emulator_request::{EmulatorRequest, Provider, decode_path_segment};
use crate::hash::FakeDataSeed;

const PAGE_SIZE_LIMIT: usize = 1_000;

/// No page has books beyond this place.
const RESULT_WALL: usize = 10_000;

fn hit_records(context: &EmulatorReplyContext<'_>, hits: &[usize]) -> Vec<Value> {
    hits.iter().filter_map(|at| book_record(context, context.served_edition(*at))).collect()
}

/// A page, its size, and the part of the hits that is on it.
pub(crate) fn page_slice<'a>(
    incoming: &EmulatorRequest,
    hits: &'a [usize],
) -> (usize, usize, &'a [usize]) {
    let number = |name: &str, default: usize| {
        incoming.param(name).and_then(|text| text.parse().ok()).unwrap_or(default).max(1)
    };
    let page = number("page", 1);
    // A size over the limit is lowered without an error.
    let size = number("pageSize", 20).min(PAGE_SIZE_LIMIT);
    let start = (page - 1).saturating_mul(size);
    let end = start.saturating_add(size).min(hits.len()).min(RESULT_WALL);
    (page, size, hits.get(start..end).unwrap_or_default())
}

/// Filters by language and years if the request names them.
fn filtered(
    context: &EmulatorReplyContext<'_>,
    incoming: &EmulatorRequest,
    hits: Vec<usize>,
) -> Vec<usize> {
    let language = incoming.nonblank_param("language");
    let year = |name: &str| {
        incoming.nonblank_param(name).and_then(|text| text.get(..4)?.parse::<u64>().ok())
    };
    let exactly = year("year");
    let from = exactly.or_else(|| year("publishedFrom")).unwrap_or(0);
    let to = exactly.or_else(|| year("publishedTo")).unwrap_or(u64::MAX);
    hits.into_iter()
        .filter(|at| {
            context.catalogue.edition_by_index(*at).is_some_and(|edition| {
                language.is_none_or(|l| l == edition.language || l == edition.language3())
                    && (from..=to).contains(&edition.publication_date().0)
            })
        })
        .collect()
}

/// A path's words: `andy%20weir`, `j.k._rowling`.
fn path_text(segment: &str) -> String {
    decode_path_segment(segment).unwrap_or_default().replace('_', " ")
}

fn isbndb_query<'a>(salt: &'a str, least: f64) -> SearchIndexQuery<'a> {
    SearchIndexQuery {
        provider: Provider::Isbndb,
        title: Vec::new(),
        author: Vec::new(),
        anywhere: Vec::new(),
        prohibited: Vec::new(),
        least,
        salt,
    }
}

pub(super) fn books_by_words(
    context: &EmulatorReplyContext<'_>,
    incoming: &EmulatorRequest,
    segment: &str,
) -> EmulatorReply {
    let asked = path_text(segment);
    let least = match incoming.param("shouldMatchAll") {
        Some("1" | "true") => 1.0,
        _ => 0.6,
    };
    let mut query = isbndb_query(&asked, least);
    let found = match incoming.nonblank_param("column") {
        Some("date_published") => matching_books(context, |edition| {
            asked.trim() == edition.publication_date().0.to_string()
        }),
        Some("subjects") => {
            let words = search_tokenization::tokenize_for_search(&asked);
            matching_books(context, |edition| has_all_words(&edition.subjects().join(" "), &words))
        }
        Some("title") => {
            query.title = search_tokenization::tokenize_for_search(&asked);
            context.catalogue.search_editions(&query)
        }
        Some("author") => {
            query.author = search_tokenization::name_words(&asked);
            context.catalogue.search_editions(&query)
        }
        _ => {
            query.anywhere = search_tokenization::tokenize_for_search(&asked);
            context.catalogue.search_editions(&query)
        }
    };
    let hits = filtered(context, incoming, found);
    let (_, _, page) = page_slice(incoming, &hits);
    book_list_reply(context, hits.len(), page)
}

fn matching_books(
    context: &EmulatorReplyContext<'_>,
    fits: impl Fn(&CatalogueEdition) -> bool,
) -> Vec<usize> {
    (0..context.catalogue.editions.len())
        .filter(|at| context.catalogue.provider_has_edition(*at, Provider::Isbndb))
        .filter(|at| context.catalogue.edition_by_index(*at).is_some_and(&fits))
        .collect()
}

fn has_all_words(text: &str, wanted: &[String]) -> bool {
    let there = search_tokenization::tokenize_for_search(text);
    wanted.iter().all(|word| there.contains(word))
}

/// The member is `books` until 2025, `data` since.
fn book_list_reply(
    context: &EmulatorReplyContext<'_>,
    total: usize,
    page: &[usize],
) -> EmulatorReply {
    let records = hit_records(context, page);
    if context.settings.generation == 1 {
        return EmulatorReply::ok(&json!({ "total": total, "books": records }));
    }
    EmulatorReply::ok(&json!({ "total": total, "requested": page.len(), "data": records }))
}

/// An author's page is found by the words of the name, so that namesakes share it.
pub(super) fn author_books_reply(
    context: &EmulatorReplyContext<'_>,
    incoming: &EmulatorRequest,
    segment: &str,
) -> EmulatorReply {
    let asked = path_text(segment);
    let people = context.catalogue.people_named(&asked);
    let mut hits: Vec<usize> = people
        .iter()
        .filter_map(|person| context.catalogue.authors.get(*person))
        .flat_map(|author| &author.works)
        .filter_map(|work| context.catalogue.works.get(*work))
        .flat_map(|work| work.editions.iter().copied())
        .filter(|at| context.catalogue.provider_has_edition(*at, Provider::Isbndb))
        .collect();
    hits.sort_by_key(|at| {
        FakeDataSeed::of(&["author page", &at.to_string()]).seeded_number("order", 1 << 32)
    });
    if hits.is_empty() {
        return emulated_error_replies::not_found(context.settings);
    }
    let hits = filtered(context, incoming, hits);
    let (page, page_size, on_page) = page_slice(incoming, &hits);
    let records = hit_records(context, on_page);
    // The path comes back as it was sent, still encoded.
    if context.settings.generation == 1 {
        return EmulatorReply::ok(&json!({ "author": segment, "books": records }));
    }
    EmulatorReply::ok(&json!({
        "author": segment, "name": asked, "books": records,
        "total": hits.len(), "page": page, "page_size": page_size,
    }))
}

pub(super) fn search_authors(
    context: &EmulatorReplyContext<'_>,
    incoming: &EmulatorRequest,
    segment: &str,
) -> EmulatorReply {
    let asked = path_text(segment);
    let words = search_tokenization::name_words(&asked);
    let mut names: Vec<String> = Vec::new();
    let matching = context.catalogue.authors.iter().filter(|author| {
        let name = search_tokenization::name_words(&author.name);
        words.iter().any(|word| name.contains(word))
    });
    for author in matching {
        for form in messy_values::name_forms(&author.name) {
            if !names.contains(&form) {
                names.push(form);
            }
        }
    }
    let all: Vec<usize> = (0..names.len()).collect();
    let (page, page_size, on_page) = page_slice(incoming, &all);
    let shown: Vec<&String> = on_page.iter().filter_map(|at| names.get(*at)).collect();
    if context.settings.generation == 1 {
        return EmulatorReply::ok(&json!({ "total": names.len(), "authors": shown }));
    }
    EmulatorReply::ok(&json!({
        "total": names.len(), "name": asked, "authors": shown,
        "page": page, "page_size": page_size,
    }))
}

pub(super) fn search_books(
    context: &EmulatorReplyContext<'_>,
    incoming: &EmulatorRequest,
) -> EmulatorReply {
    let by_isbn = incoming.nonblank_param("isbn13").or_else(|| incoming.nonblank_param("isbn"));
    let words = |name: &str, split: fn(&str) -> Vec<String>| {
        incoming.nonblank_param(name).map(split).unwrap_or_default()
    };
    let hits = if let Some(written) = by_isbn {
        find_book_by_isbn(context, written).into_iter().collect()
    } else {
        let salt = incoming.query.iter().map(|(_, v)| v.as_str()).collect::<Vec<_>>().join(" ");
        let mut query = isbndb_query(&salt, 0.6);
        query.author = words("author", search_tokenization::name_words);
        query.anywhere = words("text", search_tokenization::tokenize_for_search);
        let publisher = words("publisher", search_tokenization::tokenize_for_search);
        let subject = words("subject", search_tokenization::tokenize_for_search);
        let wordless = query.author.is_empty() && query.anywhere.is_empty();
        if wordless && publisher.is_empty() && subject.is_empty() {
            return emulated_error_replies::bad_request_reply(
                "At least one search parameter is required",
            );
        }
        let fits = |edition: &CatalogueEdition| {
            has_all_words(edition.publisher(), &publisher)
                && has_all_words(&edition.subjects().join(" "), &subject)
        };
        if wordless {
            matching_books(context, fits)
        } else {
            let found = context.catalogue.search_editions(&query);
            found
                .into_iter()
                .filter(|at| context.catalogue.edition_by_index(*at).is_some_and(fits))
                .collect()
        }
    };
    let hits = filtered(context, incoming, hits);
    let (_, _, page) = page_slice(incoming, &hits);
    let mut records = hit_records(context, page);
    if context.settings.generation == 1 {
        records.iter_mut().for_each(fill_blanks);
    }
    EmulatorReply::ok(&json!({ "total": hits.len(), "data": records }))
}
