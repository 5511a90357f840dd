//! `volumes`: which volumes are found, their stated total, and one page of them.

use serde_json::{Value, json};

use super::query_syntax::{self, Parsed};
use super::{emulated_error_replies, volume};
use crate::catalogue::{EditionRelationToLibrary, SearchIndexQuery, isbn};
use crate::emulator_reply::{EmulatorReply, add_json_members};
use crate::emulator_reply_context::EmulatorReplyContext;
use crate::emulator_request::{EmulatorRequest, Provider};
use crate::hash::FakeDataSeed;

/// Google states at most this total, however many volumes there are.
const TOTAL_PLATEAU: usize = 300;

pub(super) fn list_volumes(
    context: &EmulatorReplyContext<'_>,
    incoming: &EmulatorRequest,
    country: &str,
) -> Result<Value, EmulatorReply> {
    let q = incoming.param("q").ok_or_else(emulated_error_replies::missing_q)?;
    if q.trim().is_empty() {
        return Err(emulated_error_replies::empty_q());
    }
    let number = |name: &str, default: usize, most: Option<usize>| match incoming.param(name) {
        None => Ok(default),
        Some(text) => match text.parse::<usize>() {
            Ok(value) if value <= most.unwrap_or(i32::MAX as usize) => Ok(value),
            _ => Err(emulated_error_replies::invalid_number(context.settings, name, text, most)),
        },
    };
    let most = number("maxResults", 10, Some(40))?;
    let start = number("startIndex", 0, None)?;
    for (name, values) in CHOICES {
        if let Some(value) = incoming.nonblank_param(name)
            && !values.contains(&value)
        {
            return Err(emulated_error_replies::invalid_value(
                value,
                &format!("[{}]", values.join(", ")),
            ));
        }
    }

    let parsed = query_syntax::parse_volume_query(q);
    let mut hits = matching_editions(context, &parsed, q);
    if incoming.param("orderBy") == Some("newest") {
        hits.sort_by_key(|at| {
            std::cmp::Reverse(
                context.catalogue.edition_by_index(*at).map(|edition| edition.publication_date()),
            )
        });
    }
    let seed = FakeDataSeed::of(&["google list", q]);
    let narrow = parsed.isbn.is_some() || parsed.bare_isbn.is_some() || !parsed.author.is_empty();
    let page = page_with_overlaps(&hits, seed, start, most);
    // Past the end the estimate falls, although the page before had 300.
    let total = match () {
        () if hits.is_empty() || start >= hits.len() => 0,
        () if narrow || hits.len() < 4 => hits.len(),
        () => estimate(hits.len(), seed, start),
    };
    let mut body = json!({ "kind": "books#volumes", "totalItems": total });
    if !page.is_empty() {
        let item =
            |(place, at)| volume::list_item(context, context.served_edition(at), country, q, place);
        let items = (1_u64..).zip(page).map(item).collect();
        add_json_members(&mut body, [("items", Value::Array(items))]);
    }
    Ok(body)
}

const CHOICES: &[(&str, &[&str])] = &[
    ("orderBy", &["relevance", "newest"]),
    ("printType", &["all", "books", "magazines"]),
    ("projection", &["full", "lite"]),
    ("filter", &["ebooks", "free-ebooks", "full", "paid-ebooks", "partial"]),
];

fn matching_editions(context: &EmulatorReplyContext<'_>, parsed: &Parsed, q: &str) -> Vec<usize> {
    if parsed.hopeless {
        return Vec::new();
    }
    if let Some(written) = &parsed.isbn {
        return volumes_with_isbn(context, written);
    }
    if let Some(digits) = &parsed.bare_isbn {
        // A bare number is a word: it finds only a book with exactly this number.
        let at = context.catalogue.find_by_isbn(digits);
        return at
            .filter(|at| context.catalogue.provider_has_edition(*at, Provider::Google))
            .into_iter()
            .collect();
    }
    let fuzzy = parsed.author.is_empty();
    let mut hits = context.catalogue.search_editions(&SearchIndexQuery {
        provider: Provider::Google,
        title: parsed.title.clone(),
        author: parsed.author.clone(),
        anywhere: parsed.anywhere.clone(),
        prohibited: parsed.prohibited.clone(),
        least: if fuzzy { 0.75 } else { 0.9 },
        salt: q,
    });
    // Without an author, unrelated volumes follow the others.
    if fuzzy && !hits.is_empty() && hits.len() < TOTAL_PLATEAU {
        let count = context.catalogue.editions.len();
        let seed = FakeDataSeed::of(&["unrelated", q]);
        for number in 0..seed.seeded_number("how many", 3) {
            let at = seed.seeded_index(&format!("which {number}"), count);
            if context.catalogue.provider_has_edition(at, Provider::Google) && !hits.contains(&at) {
                hits.push(at);
            }
        }
    }
    hits
}

/// `isbn:` compares core digits and ignores the check digit. A few books are found only by the
/// bare number, and for even fewer `isbn:` finds another book.
fn volumes_with_isbn(context: &EmulatorReplyContext<'_>, written: &str) -> Vec<usize> {
    let Some(core) = isbn::comparable_digits(&isbn::isbn_characters(written)) else {
        return Vec::new();
    };
    let found = context.catalogue.by_core(&core);
    found
        .iter()
        .copied()
        .filter(|at| context.catalogue.provider_has_edition(*at, Provider::Google))
        .filter_map(|at| {
            let edition = context.catalogue.edition_by_index(at)?;
            match edition.seed.seeded_number("isbn keyword", 100) {
                _ if edition.kind == EditionRelationToLibrary::Placeholder => Some(at),
                0..3 => None,
                3 => Some(context.catalogue.wrong_for(at)),
                _ => Some(at),
            }
        })
        .collect()
}

/// An estimate that differs from page to page.
fn estimate(found: usize, seed: FakeDataSeed, start: usize) -> usize {
    (found * 8 + seed.seeded_index(&format!("total {start}"), 40)).min(TOTAL_PLATEAU)
}

/// One page: sometimes it lacks a volume, begins with one of the page before, or has
/// one volume twice.
fn page_with_overlaps(hits: &[usize], seed: FakeDataSeed, start: usize, most: usize) -> Vec<usize> {
    let mut page: Vec<usize> = hits.iter().skip(start).take(most).copied().collect();
    if page.len() == most && most > 5 && seed.seeded_bool("short page", 30) {
        page.pop();
    }
    let before = start.checked_sub(1).and_then(|last| hits.get(last));
    if let (Some(before), true) = (before, seed.seeded_bool("repeated volume", 35))
        && let Some(first) = page.first_mut()
    {
        *first = *before;
    }
    if page.len() > 2
        && seed.seeded_bool("volume twice", 10)
        && let (Some(early), Some(last)) = (page.get(1).copied(), page.last_mut())
    {
        *last = early;
    }
    page
}
