//! A work as a search result: the values of all its editions, united.

use serde_json::{Map, Value, json};

use super::publish_date::publish_date;
use crate::catalogue::{CatalogueEdition, CatalogueWork};
use crate::emulator_reply::add_json_members;
use crate::emulator_reply_context::EmulatorReplyContext;
use crate::emulator_request::Provider;
use crate::hash::FakeDataSeed;

/// The members of a result without `fields`; `isbn` is not one of them.
const DEFAULT_FIELDS: &str = "author_key,author_name,cover_edition_key,cover_i,ebook_access,\
    edition_count,first_publish_year,has_fulltext,ia,ia_collection,key,language,\
    lending_edition_s,lending_identifier_s,public_scan_b,subtitle,title";

pub(super) fn known_editions<'a>(
    context: &EmulatorReplyContext<'a>,
    work: &CatalogueWork,
) -> Vec<&'a CatalogueEdition> {
    let catalogue = context.catalogue;
    work.editions
        .iter()
        .filter_map(|at| catalogue.edition_by_index(*at))
        .filter(|edition| edition.is_known_to_provider(Provider::OpenLibrary))
        .collect()
}

/// Names and keys of the people a work's record calls its authors: for some works the reader of
/// the audio book, or the publisher, is among them.
fn author_names_and_keys(
    context: &EmulatorReplyContext<'_>,
    work: &CatalogueWork,
) -> (Vec<String>, Vec<String>) {
    let authors = || work.authors.iter().filter_map(|at| context.catalogue.authors.get(*at));
    let mut names: Vec<String> = authors().map(|author| author.name.clone()).collect();
    let mut keys: Vec<String> =
        authors().map(|author| format!("OL{}A", author.ol_number)).collect();
    let extra = match work.seed.seeded_number("people", 100) {
        0..8 => Some(
            work.seed.seeded_choice("narrator", &["Michael Kramer", "Kate Reading", "Simon Vance"]),
        ),
        8 => Some("Crafty Games"),
        _ => None,
    };
    if let Some(extra) = extra {
        names.push(extra.to_owned());
        keys.push(format!(
            "OL{}A",
            1 + FakeDataSeed::of(&["extra", extra]).seeded_number("number", 9_000)
        ));
    }
    (names, keys)
}

fn without_duplicates<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut kept = Vec::new();
    for value in values {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    kept
}

pub(super) fn search_doc(
    context: &EmulatorReplyContext<'_>,
    work: &CatalogueWork,
    best: &CatalogueEdition,
    fields: Option<&str>,
) -> Value {
    let editions = known_editions(context, work);
    let first = editions.first();
    let (author_name, author_key) = author_names_and_keys(context, work);
    let mut pages: Vec<u64> = editions.iter().map(|edition| edition.page_count()).collect();
    pages.sort_unstable();
    let isbn = without_duplicates(editions.iter().flat_map(|e| {
        // The index has both forms, in no order.
        let both = [Some(e.isbn13.clone()), e.isbn10()];
        let turned = [e.isbn10(), Some(e.isbn13.clone())];
        if e.seed.seeded_bool("ten first", 50) { turned } else { both }.into_iter().flatten()
    }));
    let years = without_duplicates(editions.iter().map(|edition| edition.publication_date().0));
    let scanned = work.seed.seeded_bool("scanned", 35);
    let mut all = Map::new();
    let mut put = |name: &str, value: Value| {
        let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !empty {
            all.insert(name.to_owned(), value);
        }
    };
    put("key", json!(format!("/works/OL{}W", work.ol_number)));
    put("title", json!(work.title));
    put("subtitle", json!(work.subtitle));
    put("author_name", json!(author_name));
    put("author_key", json!(author_key));
    put("edition_count", json!(editions.len()));
    put("first_publish_year", json!(years.iter().min()));
    put("language", json!(without_duplicates(editions.iter().map(|edition| edition.language3()))));
    put("has_fulltext", json!(scanned));
    put("ebook_access", json!(if scanned { "borrowable" } else { "no_ebook" }));
    put("public_scan_b", json!(false));
    if let Some(edition) = first.filter(|_| !work.seed.seeded_bool("no cover", 15)) {
        put("cover_i", json!(edition.cover_number()));
        put("cover_edition_key", json!(format!("OL{}M", edition.ol_number)));
    }
    if let Some(edition) = first.filter(|_| scanned) {
        let name = format!("scan{:06}", edition.seed.seeded_number("ia", 1_000_000));
        put("ia", json!([name]));
        put("ia_collection", json!(["internetarchivebooks", "printdisabled"]));
        put("lending_edition_s", json!(format!("OL{}M", edition.ol_number)));
        put("lending_identifier_s", json!(name));
    }
    put("isbn", json!(isbn));
    put("publisher", json!(without_duplicates(editions.iter().map(|edition| edition.publisher()))));
    put("publish_year", json!(years));
    put("publish_date", json!(without_duplicates(editions.iter().map(|e| publish_date(e)))));
    put("number_of_pages_median", json!(pages.get(pages.len() / 2)));
    put(
        "subject",
        json!(without_duplicates(editions.iter().flat_map(|edition| edition.subjects()))),
    );
    put(
        "edition_key",
        json!(editions.iter().map(|e| format!("OL{}M", e.ol_number)).collect::<Vec<_>>()),
    );
    put("ratings_average", json!(2.5 + work.seed.seeded_number("rating", 250) as f64 / 100.0));
    put("ratings_count", json!(work.seed.seeded_number("ratings", 500)));
    select_fields(all, fields, best)
}

/// Keeps the fields that were requested, and adds the edition that matched best.
fn select_fields(
    all: Map<String, Value>,
    fields: Option<&str>,
    edition: &CatalogueEdition,
) -> Value {
    let asked: Vec<&str> = fields.unwrap_or(DEFAULT_FIELDS).split(',').map(str::trim).collect();
    let everything = asked.contains(&"*");
    let mut kept: Map<String, Value> =
        all.into_iter().filter(|(name, _)| everything || asked.contains(&name.as_str())).collect();
    let wants_editions =
        asked.iter().any(|name| *name == "editions" || name.starts_with("editions."));
    if wants_editions {
        let mut doc = json!({
            "key": format!("/books/OL{}M", edition.ol_number),
            "title": edition.title,
            "language": [edition.language3()],
            "ebook_access": "no_ebook",
        });
        let isbns = edition.isbn10().into_iter().chain([edition.isbn13.clone()]);
        let more = [
            ("isbn", json!(isbns.collect::<Vec<_>>())),
            ("publisher", json!([edition.publisher()])),
            ("publish_date", json!([publish_date(edition)])),
            ("cover_i", json!(edition.cover_number())),
        ];
        let is_asked = |name: &str| asked.contains(&format!("editions.{name}").as_str());
        add_json_members(&mut doc, more.into_iter().filter(|(name, _)| is_asked(name)));
        let editions = json!({ "numFound": 1, "start": 0, "numFoundExact": true, "docs": [doc] });
        kept.insert("editions".to_owned(), editions);
    }
    Value::Object(kept)
}
