//! `/search.json` and `/search/authors.json`.

use serde_json::{Value, json};

use super::{emulated_error_replies, works};
use crate::catalogue::{SearchIndexQuery, isbn, search_tokenization};
use crate::emulator_reply::{EmulatorReply, ReplyResult};
use crate::emulator_reply_context::EmulatorReplyContext;
use crate::emulator_request::{EmulatorRequest, Provider};

const DEFAULT_LIMIT: usize = 100;

/// Limit and first index, or FastAPI's refusal.
fn page_bounds(incoming: &EmulatorRequest) -> Result<(usize, usize), EmulatorReply> {
    let number = |name: &str, least: i64| {
        emulated_error_replies::whole_number(incoming, name, (least, None))
    };
    let limit = number("limit", 0)?.unwrap_or(DEFAULT_LIMIT);
    let offset = number("offset", 0)?;
    let page = number("page", 1)?.unwrap_or(1);
    Ok((limit, offset.unwrap_or((page - 1).saturating_mul(limit))))
}

pub(super) fn search_reply(
    incoming: &EmulatorRequest,
    found: usize,
    start: usize,
    docs: Vec<Value>,
) -> EmulatorReply {
    EmulatorReply::ok(&json!({
        "numFound": found,
        "start": start,
        "numFoundExact": true,
        "num_found": found,
        "documentation_url": "https://openlibrary.org/dev/docs/api/search",
        "q": incoming.param("q").unwrap_or_default(),
        "offset": incoming.param("offset").and_then(|text| text.parse::<u64>().ok()),
        "docs": docs,
    }))
}

/// What a search asks for, from `q`'s fields and from the parameters.
#[derive(Debug, Default)]
struct SearchParams {
    title: Vec<String>,
    author: Vec<String>,
    anywhere: Vec<String>,
    /// Words that no result may have: `-word`, `NOT word`.
    prohibited: Vec<String>,
    /// The ISBNs of `isbn:(a OR b)`.
    isbn: Vec<String>,
    author_key: Option<String>,
    /// `/works/OL…W`.
    work: Option<String>,
    language: Option<String>,
}

fn search_params(incoming: &EmulatorRequest) -> SearchParams {
    let mut asked = SearchParams {
        isbn: incoming.nonblank_param("isbn").map(isbn::isbn_characters).into_iter().collect(),
        author_key: incoming.nonblank_param("author_key").map(str::to_owned),
        language: incoming.nonblank_param("language").map(str::to_owned),
        ..SearchParams::default()
    };
    let q = incoming.nonblank_param("q").unwrap_or_default();
    let digits = isbn::isbn_characters(q);
    let bare = q.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | ' ' | 'x' | 'X'));
    if bare && (isbn::has_form10(&digits) || isbn::has_form13(&digits)) {
        // A query that is only an ISBN is rewritten to a field search.
        asked.isbn.push(digits);
        return asked;
    }
    // A field ends at the next one: `title:the left hand author:"le guin"`.
    // All else is read as Lucene does: an operator alone is a word too.
    let mut field = "";
    let mut prohibits = false;
    for word in q.split_whitespace() {
        let mut word = word.trim_matches(|c: char| "()\"".contains(c));
        match word {
            "NOT" | "-" | "!" => {
                prohibits = true;
                continue;
            }
            "AND" | "OR" | "&&" | "||" | "+" => continue,
            _ => {}
        }
        if let Some(term) = word.strip_prefix(['-', '!']).or(prohibits.then_some(word)) {
            prohibits = false;
            asked.prohibited.extend(search_tokenization::tokenize_for_search(term));
            continue;
        }
        for name in ["title", "author", "author_name", "isbn", "language", "author_key", "key"] {
            let value = word.split_once(':').filter(|(head, _)| head.eq_ignore_ascii_case(name));
            if let Some((_, value)) = value {
                field = name;
                word = value.trim_matches(|c: char| "()\"".contains(c));
            }
        }
        match field {
            "title" => asked.title.extend(search_tokenization::tokenize_for_search(word)),
            "author" | "author_name" => {
                asked.author.extend(search_tokenization::tokenize_for_search(word))
            }
            "isbn" => asked.isbn.push(isbn::isbn_characters(word)),
            // "Language: The" asks for books in the language "the".
            "language" if !word.is_empty() => asked.language = Some(word.to_lowercase()),
            "language" => {}
            "key" => asked.work = Some(word.to_owned()),
            "author_key" => asked.author_key = Some(word.to_owned()),
            _ => asked.anywhere.extend(search_tokenization::tokenize_for_search(word)),
        }
    }
    asked.author = search_tokenization::name_words(&asked.author.join(" "));
    let (title, author) = (incoming.nonblank_param("title"), incoming.nonblank_param("author"));
    asked.title.extend(title.into_iter().flat_map(search_tokenization::tokenize_for_search));
    asked.author.extend(author.into_iter().flat_map(search_tokenization::name_words));
    asked
}

pub(super) fn work_search_page(
    context: &EmulatorReplyContext<'_>,
    incoming: &EmulatorRequest,
) -> ReplyResult {
    if let Some(q) = incoming.nonblank_param("q") {
        if q.trim().eq_ignore_ascii_case("the") {
            let message =
                "Value error, ('Invalid query; the following queries are not allowed: the',)";
            return Err(emulated_error_replies::unprocessable("value_error", "q", message, q));
        }
        if q.trim().chars().count() < 3 {
            let message = "Value error, Query too short, must be at least 3 characters";
            return Err(emulated_error_replies::unprocessable("value_error", "q", message, q));
        }
    }
    let (limit, start) = page_bounds(incoming)?;
    let mut hits = matching_works(context, incoming);
    let year = |work: usize| {
        let work = context.catalogue.works.get(work);
        work.and_then(|w| {
            works::known_editions(context, w).iter().map(|e| e.publication_date()).min()
        })
    };
    match incoming.nonblank_param("sort") {
        Some("new") => hits.sort_by_key(|(work, _)| std::cmp::Reverse(year(*work))),
        Some("old") => hits.sort_by_key(|(work, _)| year(*work)),
        Some("title") => hits.sort_by_key(|(work, _)| {
            context.catalogue.works.get(*work).map(|work| work.title.clone())
        }),
        Some("editions") => hits.sort_by_key(|(work, _)| {
            std::cmp::Reverse(context.catalogue.works.get(*work).map(|work| work.editions.len()))
        }),
        _ => {}
    }
    let docs = hits
        .iter()
        .skip(start)
        .take(limit)
        .filter_map(|(_, best)| {
            let best = context.catalogue.edition_by_index(context.served_edition(*best))?;
            let work = context.catalogue.works.get(best.work)?;
            Some(works::search_doc(context, work, best, incoming.nonblank_param("fields")))
        })
        .collect();
    Ok(search_reply(incoming, hits.len(), start, docs))
}

/// Works with the edition that matched best, best work first.
fn matching_works(
    context: &EmulatorReplyContext<'_>,
    incoming: &EmulatorRequest,
) -> Vec<(usize, usize)> {
    let catalogue = context.catalogue;
    let asked = search_params(incoming);
    let editions: Vec<usize> = if !asked.isbn.is_empty() {
        // The check digit is compared like any other.
        asked.isbn.iter().filter_map(|digits| catalogue.find_by_isbn(digits)).collect()
    } else if let Some(key) = &asked.work {
        work_number(key)
            .and_then(|number| catalogue.work_by_number(number))
            .map(|work| work.editions.clone())
            .unwrap_or_default()
    } else if let Some(key) = &asked.author_key {
        author_number(key)
            .and_then(|number| catalogue.author_by_number(number))
            .into_iter()
            .flat_map(|author| &author.works)
            .filter_map(|work| catalogue.works.get(*work))
            .flat_map(|work| work.editions.iter().copied())
            .collect()
    } else {
        let salt = format!("{:?}{:?}{:?}", asked.title, asked.author, asked.anywhere);
        catalogue.search_editions(&SearchIndexQuery {
            provider: Provider::OpenLibrary,
            title: asked.title,
            author: asked.author,
            anywhere: asked.anywhere,
            prohibited: asked.prohibited,
            least: 0.95,
            salt: &salt,
        })
    };
    let mut works: Vec<(usize, usize)> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for at in editions {
        let Some(edition) = catalogue.edition_by_index(at) else { continue };
        let speaks = asked.language.as_ref().is_none_or(|language| language == edition.language3());
        if edition.is_known_to_provider(Provider::OpenLibrary)
            && speaks
            && seen.insert(edition.work)
        {
            works.push((edition.work, at));
        }
    }
    works
}

/// The number in `/works/OL…W`; a key holds the whole path.
fn work_number(key: &str) -> Option<u64> {
    key.strip_prefix("/works/OL")?.strip_suffix('W')?.parse().ok()
}

/// The number in `OL…A`, with or without its path.
pub(super) fn author_number(key: &str) -> Option<u64> {
    key.trim_start_matches("/authors/").strip_prefix("OL")?.strip_suffix('A')?.parse().ok()
}

/// `/search/authors.json`; its keys are bare.
pub(super) fn author_search_page(
    context: &EmulatorReplyContext<'_>,
    incoming: &EmulatorRequest,
) -> ReplyResult {
    let (limit, start) = page_bounds(incoming)?;
    let words = search_tokenization::name_words(incoming.nonblank_param("q").unwrap_or_default());
    let matching: Vec<Value> = context
        .catalogue
        .authors
        .iter()
        .filter(|author| {
            let name = search_tokenization::name_words(&author.name);
            !words.is_empty() && words.iter().all(|word| name.contains(word))
        })
        .map(|author| {
            let top = author.works.first().and_then(|at| context.catalogue.works.get(*at));
            json!({
                "key": format!("OL{}A", author.ol_number),
                "type": "author",
                "name": author.name,
                "top_work": top.map(|work| &work.title),
                "work_count": author.works.len(),
                "_version_": 1_700_000_000_000_000_000_u64 + author.seed.seeded_number("version", 1 << 40),
            })
        })
        .collect();
    let found = matching.len();
    let docs: Vec<Value> = matching.into_iter().skip(start).take(limit).collect();
    let body = json!({ "numFound": found, "start": start, "numFoundExact": true, "docs": docs });
    Ok(EmulatorReply::ok(&body))
}
