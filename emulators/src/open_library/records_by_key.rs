//! Records by key: editions, works, authors, and the way from an ISBN to an edition.

use serde_json::{Map, Value, json};

use super::publish_date::publish_date;
use super::{emulated_error_replies, works};
use crate::catalogue::{CatalogueEdition, CatalogueWork};
use crate::emulator_reply::{EmulatorReply, ReplyResult};
use crate::emulator_reply_context::EmulatorReplyContext;
use crate::emulator_request::Provider;

const TIMES: &[&str] = &["2009-10-15T11:34:21.437031", "2020-02-11T04:17:09.103377"];

/// `/isbn/{isbn}`: a redirect to the edition, or the page that nothing was found.
pub(super) fn isbn_redirect(context: &EmulatorReplyContext<'_>, segment: &str) -> ReplyResult {
    let (written, extension) = match segment.strip_suffix(".json") {
        Some(written) => (written, ".json"),
        None => (segment, ""),
    };
    // An ISBN-10 with a wrong check character is not found; an ISBN-13 is compared as it is.
    let found = context.catalogue.find_by_isbn(written);
    let found =
        found.filter(|at| context.catalogue.provider_has_edition(*at, Provider::OpenLibrary));
    let served =
        found.and_then(|at| context.catalogue.edition_by_index(context.served_edition(at)));
    let edition = served.ok_or_else(emulated_error_replies::not_found_page)?;
    // Some ISBNs still redirect to a record that was merged into another.
    let number = if is_merged(edition) { merged_number(edition) } else { edition.ol_number };
    let location = format!("/openlibrary/books/OL{number}M{extension}");
    let reply = EmulatorReply::with_media_type(302, "text/html; charset=utf-8", String::new());
    Ok(reply.with_header("location", location))
}

fn is_merged(edition: &CatalogueEdition) -> bool {
    edition.seed.seeded_bool("merged record", 4)
}

/// The number of the merged record: no other record has so low a number.
fn merged_number(edition: &CatalogueEdition) -> u64 {
    edition.ol_number - 99_000_000
}

pub(super) fn parse_key_number(key: &str, letter: char) -> Option<u64> {
    let key = key.strip_suffix(".json").unwrap_or(key);
    key.strip_prefix("OL")?.strip_suffix(letter)?.parse().ok()
}

fn stamps(key: &str, kind: &str, revision: u64) -> Map<String, Value> {
    let time = |at: usize| json!({ "type": "/type/datetime", "value": TIMES.get(at) });
    let mut record = Map::new();
    record.insert("key".to_owned(), json!(key));
    record.insert("type".to_owned(), json!({ "key": kind }));
    record.insert("revision".to_owned(), json!(revision));
    record.insert("latest_revision".to_owned(), json!(revision));
    record.insert("created".to_owned(), time(0));
    record.insert("last_modified".to_owned(), time(1));
    record
}

pub(super) fn edition_reply(context: &EmulatorReplyContext<'_>, key: &str) -> ReplyResult {
    let number = parse_key_number(key, 'M').ok_or_else(emulated_error_replies::not_found_page)?;
    if let Some(found) = context.catalogue.by_edition_number(number.saturating_add(99_000_000))
        && let Some(edition) = context.catalogue.edition_by_index(found).filter(|e| is_merged(e))
    {
        let mut record = stamps(&format!("/books/OL{number}M"), "/type/redirect", 4);
        record.insert("location".to_owned(), json!(format!("/books/OL{}M", edition.ol_number)));
        return Ok(EmulatorReply::ok(&Value::Object(record)));
    }
    let found = context.catalogue.by_edition_number(number);
    let edition = found
        .and_then(|at| context.catalogue.edition_by_index(at))
        .filter(|edition| edition.is_known_to_provider(Provider::OpenLibrary))
        .ok_or_else(emulated_error_replies::not_found_page)?;
    Ok(EmulatorReply::ok(&edition_record(context, edition)))
}

/// An edition's record; authors are keys only.
pub(super) fn edition_record(
    context: &EmulatorReplyContext<'_>,
    edition: &CatalogueEdition,
) -> Value {
    let seed = edition.seed;
    let revision = 1 + seed.seeded_number("revision", 20);
    let mut record = stamps(&format!("/books/OL{}M", edition.ol_number), "/type/edition", revision);
    let mut put = |name: &str, value: Value| {
        record.insert(name.to_owned(), value);
    };
    put("title", json!(edition.title));
    if let Some(subtitle) = &edition.subtitle {
        put("subtitle", json!(subtitle));
    }
    if let Some(work) = context.catalogue.works.get(edition.work) {
        put("works", json!([{ "key": format!("/works/OL{}W", work.ol_number) }]));
        let people = work.authors.iter().filter_map(|at| context.catalogue.authors.get(*at));
        let keys: Vec<Value> = people
            .map(|author| json!({ "key": format!("/authors/OL{}A", author.ol_number) }))
            .collect();
        if !seed.seeded_bool("edition without authors", 25) {
            put("authors", Value::Array(keys));
        }
    }
    isbn_members(edition).for_each(|(name, value)| put(name, value));
    put("publishers", json!([edition.publisher()]));
    put("publish_date", json!(publish_date(edition)));
    if !seed.seeded_bool("ol no pages", 20) {
        put("number_of_pages", json!(edition.page_count()));
    }
    if !seed.seeded_bool("ol no language", 20) {
        put("languages", json!([{ "key": format!("/languages/{}", edition.language3()) }]));
    }
    match seed.seeded_number("ol covers", 10) {
        0 => {}
        1 => put("covers", json!([-1, edition.cover_number()])),
        _ => put("covers", json!([edition.cover_number()])),
    }
    if seed.seeded_bool("ol description", 30) {
        put("description", description_value(edition, "ol edition description"));
    }
    if let Some((series, number)) = &edition.series {
        put("series", json!([format!("{series} -- {number}")]));
    }
    put("physical_format", json!(edition.cover_type()));
    put(
        "identifiers",
        json!({ "goodreads": [seed.seeded_number("goodreads", 60_000_000).to_string()] }),
    );
    put("source_records", json!([format!("bwb:{}", edition.isbn13)]));
    Value::Object(record)
}

/// The ISBNs; older records have only one of the two.
pub(super) fn isbn_members(
    edition: &CatalogueEdition,
) -> impl Iterator<Item = (&'static str, Value)> {
    let form = edition.seed.seeded_number("ol identifiers", 100);
    let isbn10 = edition.isbn10();
    let has_isbn13 = !(20..30).contains(&form) || isbn10.is_none();
    let isbn10 = isbn10.filter(|_| form >= 20).map(|isbn10| ("isbn_10", json!([isbn10])));
    isbn10.into_iter().chain(has_isbn13.then(|| ("isbn_13", json!([edition.isbn13]))))
}

fn description_value(edition: &CatalogueEdition, purpose: &str) -> Value {
    let text = edition.blurb().join("\r\n\r\n");
    if edition.seed.seeded_bool(purpose, 50) {
        json!({ "type": "/type/text", "value": text })
    } else {
        json!(text)
    }
}

pub(super) fn work_reply(context: &EmulatorReplyContext<'_>, key: &str) -> ReplyResult {
    let found = parse_key_number(key, 'W').and_then(|n| context.catalogue.work_by_number(n));
    let work = found.filter(|work| has_editions(context, work));
    let work = work.ok_or_else(emulated_error_replies::not_found_page)?;
    Ok(EmulatorReply::ok(&work_record(context, work)))
}

pub(super) fn has_editions(context: &EmulatorReplyContext<'_>, work: &CatalogueWork) -> bool {
    !works::known_editions(context, work).is_empty()
}

pub(super) fn work_record(context: &EmulatorReplyContext<'_>, work: &CatalogueWork) -> Value {
    let key = format!("/works/OL{}W", work.ol_number);
    let mut record = stamps(&key, "/type/work", 1 + work.seed.seeded_number("revision", 300));
    let authors: Vec<Value> = work
        .authors
        .iter()
        .filter_map(|author| context.catalogue.authors.get(*author))
        .map(|author| {
            json!({
                "type": { "key": "/type/author_role" },
                "author": { "key": format!("/authors/OL{}A", author.ol_number) },
            })
        })
        .collect();
    record.insert("title".to_owned(), json!(work.title));
    record.insert("authors".to_owned(), Value::Array(authors));
    let editions = works::known_editions(context, work);
    if let Some(edition) = editions.first() {
        record.insert("covers".to_owned(), json!([edition.cover_number()]));
        record.insert("subjects".to_owned(), json!(edition.subjects()));
        if work.seed.seeded_bool("described", 60) {
            record.insert(
                "description".to_owned(),
                description_value(edition, "ol work description"),
            );
        }
    }
    Value::Object(record)
}

pub(super) fn author_record_reply(context: &EmulatorReplyContext<'_>, key: &str) -> ReplyResult {
    let found = parse_key_number(key, 'A').and_then(|n| context.catalogue.author_by_number(n));
    let author = found.ok_or_else(emulated_error_replies::not_found_page)?;
    let key = format!("/authors/OL{}A", author.ol_number);
    let mut record = stamps(&key, "/type/author", 1 + author.seed.seeded_number("revision", 40));
    record.insert("name".to_owned(), json!(author.name));
    record.insert("personal_name".to_owned(), json!(author.name));
    Ok(EmulatorReply::ok(&Value::Object(record)))
}
