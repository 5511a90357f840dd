//! A book record, with the values that ISBNdb's many sources left in it.

use serde_json::{Map, Value, json};

use super::messy_values::{
    date_published, isbndb_author_list, isbndb_language, isbndb_subject_list, messy_cover_link,
    page_count, short_and_long_title,
};
use crate::catalogue::{CatalogueEdition, EditionRelationToLibrary};
use crate::emulator_reply_context::EmulatorReplyContext;
use crate::emulator_request::Provider;

/// The book with a valid ISBN in any form, if ISBNdb knows it.
pub(super) fn find_book_by_isbn(
    context: &EmulatorReplyContext<'_>,
    written: &str,
) -> Option<usize> {
    let at = context.catalogue.find_by_isbn(written)?;
    context.catalogue.provider_has_edition(at, Provider::Isbndb).then_some(at)
}

pub(super) fn book_record(context: &EmulatorReplyContext<'_>, at: usize) -> Option<Value> {
    context.catalogue.edition_by_index(at).map(|edition| messy_book_record(context, edition))
}

/// One record; the ISBN decides which values are odd.
fn messy_book_record(context: &EmulatorReplyContext<'_>, edition: &CatalogueEdition) -> Value {
    let first_generation = context.settings.generation == 1;
    let seed = edition.seed;
    let mut book = Map::new();
    let mut put = |name: &str, value: Value| {
        book.insert(name.to_owned(), value);
    };
    let (title, title_long) = short_and_long_title(edition);
    put("title", json!(title));
    put("title_long", json!(title_long));
    put("isbn13", json!(edition.isbn13));
    let isbn10 = match edition.kind {
        EditionRelationToLibrary::Placeholder => Some("0000000000".to_owned()),
        _ => edition.isbn10(),
    };
    if first_generation {
        put("isbn", json!(isbn10.as_ref().unwrap_or(&edition.isbn13)));
    } else {
        put("isbn", json!(edition.isbn13));
        if let Some(isbn10) = isbn10 {
            put("isbn10", json!(isbn10));
        }
    }
    put("authors", isbndb_author_list(edition));
    if !seed.seeded_bool("no publisher", 10) {
        put("publisher", json!(edition.publisher()));
    }
    if let Some(date) = date_published(edition) {
        put("date_published", date);
    } else if !first_generation {
        put("date_published", json!(""));
    }
    if let Some(language) = isbndb_language(edition) {
        put("language", json!(language));
    }
    let binding = match edition.kind {
        EditionRelationToLibrary::NotABook if seed.seeded_bool("disc", 50) => "Audio CD",
        EditionRelationToLibrary::NotABook => "DVD",
        _ => edition.cover_type(),
    };
    put("binding", json!(binding));
    if let Some(pages) = page_count(edition) {
        put("pages", pages);
    }
    if seed.seeded_bool("has msrp", 70) {
        put(
            "msrp",
            match seed.seeded_number("msrp", 10) {
                0 => json!(0),
                1 => json!("N/A"),
                2..5 => json!("0.00"),
                5 => json!(18.0),
                _ => json!(format!("{}.95", 4 + seed.seeded_number("price", 30))),
            },
        );
    }
    if seed.seeded_bool("has edition", 30) {
        put("edition", json!("1"));
    }
    if seed.seeded_bool("has subjects", 75) {
        put("subjects", isbndb_subject_list(edition));
    }
    if seed.seeded_bool("has synopsis", 60) {
        let name = if first_generation { "synopsys" } else { "synopsis" };
        put(name, json!(edition.blurb().join("<br/><br/>")));
    }
    if seed.seeded_bool("has overview", 10) {
        put("overview", json!(edition.blurb().join(" ")));
    }
    if seed.seeded_bool("has dewey", 40) {
        put("dewey_decimal", if first_generation { json!("823/.914") } else { json!(["823.914"]) });
    }
    put("image", json!(messy_cover_link(edition, first_generation)));
    if !first_generation && seed.seeded_bool("has original image", 40) {
        put(
            "image_original",
            json!(format!(
                "https://images.isbndb.com/original/{}.jpg?Expires={}&Signature=q7x&Key-Pair-Id=K2",
                edition.isbn13,
                context.nonce + 7_200
            )),
        );
    }
    if seed.seeded_bool("has dimensions", 50) {
        put(
            "dimensions",
            json!(
                "Height: 7.75 Inches, Length: 5.25 Inches, Weight: 0.5 Pounds, Width: 0.75 Inches"
            ),
        );
        let of = |unit: &str, value: f64| json!({ "unit": unit, "value": value });
        if !first_generation {
            put(
                "dimensions_structured",
                json!({
                    "length": of("inches", 5.25), "width": of("inches", 0.75),
                    "height": of("inches", 7.75), "weight": of("pounds", 0.5),
                }),
            );
        }
    }
    if !first_generation && seed.seeded_bool("has empty members", 30) {
        put("excerpt", Value::Null);
        put("related", Value::Null);
        put("reviews", json!([]));
    }
    if !first_generation && seed.seeded_bool("has excerpt", 5) {
        put("excerpt", json!(edition.blurb().first()));
        put("reviews", json!(["A book.", ""]));
        put("related", json!({ "type": "ISBN", "value": edition.isbn13 }));
    }
    let others = other_isbns(context, edition);
    if !first_generation && !others.is_empty() {
        put("other_isbns", Value::Array(others));
    }
    if first_generation && seed.seeded_bool("has format", 15) {
        put("format", json!(edition.cover_type()));
    }
    if first_generation && seed.seeded_bool("has publish_date", 50) {
        put("publish_date", json!(edition.publication_date().0.to_string()));
    }
    Value::Object(book)
}

fn other_isbns(context: &EmulatorReplyContext<'_>, edition: &CatalogueEdition) -> Vec<Value> {
    let work = context.catalogue.works.get(edition.work);
    work.into_iter()
        .flat_map(|work| &work.editions)
        .filter_map(|at| context.catalogue.edition_by_index(*at))
        .filter(|other| other.isbn13 != edition.isbn13)
        .map(|other| json!({ "isbn": other.isbn13, "binding": other.cover_type() }))
        .take(20)
        .collect()
}

pub(super) fn prices() -> Value {
    json!([{
        "condition": "new", "merchant": "Bookshop", "merchant_logo": "https://example.com/logo.png",
        "merchant_logo_offset": { "x": "0", "y": "0" }, "shipping": "3.99", "price": "12.49",
        "total": "16.48", "link": "https://example.com/buy",
    }])
}

/// The first generation's search sends every key, empty if there is no value, and an empty
/// list for a number it does not have.
pub(super) fn fill_blanks(record: &mut Value) {
    let Some(members) = record.as_object_mut() else { return };
    let texts = "publisher synopsys language format overview edition dimensions dewey_decimal \
                 date_published publish_date binding msrp";
    for name in texts.split(' ') {
        members.entry(name).or_insert_with(|| json!(""));
    }
    for name in ["pages", "subjects", "authors"] {
        members.entry(name).or_insert_with(|| json!([]));
    }
}
