//! `/api/books.json?bibkeys=…`: the look-up that takes many ISBNs at once.

use serde_json::{Map, Value, json};

use super::publish_date::publish_date;
use super::records_by_key;
use crate::catalogue::CatalogueEdition;
use crate::emulator_reply::{EmulatorReply, add_json_members};
use crate::emulator_reply_context::EmulatorReplyContext;
use crate::emulator_request::{EmulatorRequest, Provider};

/// Answers under the keys of the request; unknown keys are left out.
pub(super) fn api_books_reply(
    context: &EmulatorReplyContext<'_>,
    incoming: &EmulatorRequest,
) -> EmulatorReply {
    let mut found = Map::new();
    let form = incoming.param("jscmd").unwrap_or("viewapi");
    for bibkey in incoming.param("bibkeys").unwrap_or_default().split(',') {
        if let Some(edition) = find_by_bibkey(context, bibkey.trim()) {
            let details = || records_by_key::edition_record(context, edition);
            let entry = match form {
                "data" => data_record(context, edition),
                "details" => bib_view(edition, bibkey, Some(details())),
                _ => bib_view(edition, bibkey, None),
            };
            found.insert(bibkey.to_owned(), entry);
        }
    }
    let body = Value::Object(found);
    // JavaScript unless JSON is requested, or a callback is named.
    let script = match (incoming.param("format"), incoming.nonblank_param("callback")) {
        (Some("json"), _) => return EmulatorReply::ok(&body),
        (_, Some(callback)) => format!("{callback}({body});"),
        _ => format!("var _OLBookInfo = {body};"),
    };
    EmulatorReply::with_media_type(200, "application/javascript", script)
}

fn find_by_bibkey<'a>(
    context: &EmulatorReplyContext<'a>,
    bibkey: &str,
) -> Option<&'a CatalogueEdition> {
    let (kind, value) = bibkey.split_once(':').unwrap_or(("ISBN", bibkey));
    let at = match kind.to_ascii_uppercase().as_str() {
        "ISBN" => context.catalogue.find_by_isbn(value),
        "OLID" => {
            let number = value.strip_prefix("OL").and_then(|rest| rest.strip_suffix('M'));
            number.and_then(|n| n.parse().ok()).and_then(|n| context.catalogue.by_edition_number(n))
        }
        _ => None,
    };
    let at = at.filter(|at| context.catalogue.provider_has_edition(*at, Provider::OpenLibrary))?;
    context.catalogue.edition_by_index(context.served_edition(at))
}

fn cover_url(edition: &CatalogueEdition, size: char) -> String {
    format!("https://covers.openlibrary.org/b/id/{}-{size}.jpg", edition.cover_number())
}

fn book_page_url(edition: &CatalogueEdition) -> String {
    let slug = edition.title.replace(' ', "_");
    format!("https://openlibrary.org/books/OL{}M/{slug}", edition.ol_number)
}

fn bib_view(edition: &CatalogueEdition, bibkey: &str, details: Option<Value>) -> Value {
    let mut view = json!({
        "bib_key": bibkey,
        "info_url": book_page_url(edition),
        "preview": "noview",
        "preview_url": book_page_url(edition),
        "thumbnail_url": cover_url(edition, 'S'),
    });
    add_json_members(&mut view, details.map(|details| ("details", details)));
    view
}

fn data_record(context: &EmulatorReplyContext<'_>, edition: &CatalogueEdition) -> Value {
    let seed = edition.seed;
    let work = context.catalogue.works.get(edition.work);
    let authors: Vec<Value> = work
        .into_iter()
        .flat_map(|work| &work.authors)
        .filter_map(|at| context.catalogue.authors.get(*at))
        .map(|author| {
            let url = format!("https://openlibrary.org/authors/OL{}A/x", author.ol_number);
            json!({ "url": url, "name": author.name })
        })
        .collect();
    let mut identifiers = json!({
        "openlibrary": [format!("OL{}M", edition.ol_number)],
        "goodreads": [seed.seeded_number("goodreads", 60_000_000).to_string()],
    });
    add_json_members(&mut identifiers, records_by_key::isbn_members(edition));
    let mut data = Map::new();
    let mut put = |name: &str, value: Value| {
        // Empty members are removed.
        let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !empty {
            data.insert(name.to_owned(), value);
        }
    };
    put("url", json!(book_page_url(edition)));
    put("key", json!(format!("/books/OL{}M", edition.ol_number)));
    put("title", json!(edition.title));
    put("subtitle", json!(edition.subtitle));
    put("authors", Value::Array(authors));
    if !seed.seeded_bool("ol no pages", 20) {
        put("number_of_pages", json!(edition.page_count()));
    }
    put("identifiers", identifiers);
    put("publishers", json!([{ "name": edition.publisher() }]));
    put("publish_date", json!(publish_date(edition)));
    let subjects: Vec<Value> = edition
        .subjects()
        .iter()
        .map(|name| {
            let slug = name.to_lowercase().replace(' ', "_");
            json!({ "name": name, "url": format!("https://openlibrary.org/subjects/{slug}") })
        })
        .collect();
    put("subjects", Value::Array(subjects));
    if !seed.seeded_bool("ol no cover", 10) {
        put(
            "cover",
            json!({
                "small": cover_url(edition, 'S'), "medium": cover_url(edition, 'M'), "large": cover_url(edition, 'L'),
            }),
        );
    }
    Value::Object(data)
}
