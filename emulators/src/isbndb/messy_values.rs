//! The values of a record, in the forms that ISBNdb's sources use.

use serde_json::{Value, json};

use crate::catalogue::{CatalogueEdition, EditionRelationToLibrary};

pub(super) fn short_and_long_title(edition: &CatalogueEdition) -> (String, String) {
    let full = edition.full_title();
    let long = match &edition.series {
        Some((series, number)) => format!("{full} ({series}, {number})"),
        None => full.clone(),
    };
    let title =
        if edition.seed.seeded_bool("short title", 50) { edition.title.clone() } else { full };
    let long =
        if edition.seed.seeded_bool("lower-case title", 4) { long.to_lowercase() } else { long };
    (title, long)
}

pub(super) fn name_forms(name: &str) -> Vec<String> {
    let mut forms = vec![name.to_owned()];
    if let Some((first, last)) = name.rsplit_once(' ') {
        forms.extend([format!("{last}, {first}"), format!("{last} {first}"), name.to_uppercase()]);
    }
    forms
}

pub(super) fn isbndb_author_list(edition: &CatalogueEdition) -> Value {
    let authors = &edition.authors;
    let first = authors.first().cloned().unwrap_or_default();
    let forms = name_forms(&first);
    let form = |at: usize| forms.get(at).unwrap_or(&first).clone();
    if edition.kind == EditionRelationToLibrary::Placeholder {
        return json!(["~autofilled~"]);
    }
    match edition.seed.seeded_number("isbndb authors", 100) {
        _ if authors.is_empty() => json!([]),
        0..10 => json!([form(1)]),
        10..16 => json!([form(2)]),
        16..20 => json!([first, first]),
        20..23 => json!([first, null]),
        23..25 => json!({ "0": first }),
        // The comma inside the name is read as the end of a name.
        25..28 => json!(form(1).split(", ").collect::<Vec<_>>()),
        _ => json!(authors),
    }
}

pub(super) fn date_published(edition: &CatalogueEdition) -> Option<Value> {
    const MONTHS: &str = "January February March April May June July August September October \
                          November December";
    let (year, month, day) = edition.publication_date();
    let name = MONTHS.split(' ').nth(month as usize - 1).unwrap_or("May");
    Some(match edition.seed.seeded_number("isbndb date", 100) {
        0..8 => return None,
        8..18 => json!(year),
        18..34 => json!(year.to_string()),
        34..46 => json!(format!("{year}-{month:02}")),
        46..54 => json!(format!("{name} {year}")),
        54..57 => json!("-"),
        57..64 => json!(format!("{year}-{month:02}-{day:02}t00:00:01z")),
        _ => json!(format!("{year}-{month:02}-{day:02}")),
    })
}

pub(super) fn isbndb_language(edition: &CatalogueEdition) -> Option<String> {
    let three = edition.language3();
    Some(match edition.seed.seeded_number("isbndb language", 100) {
        0..15 => return None,
        15..30 => three.to_owned(),
        30..40 => edition.language_name().to_owned(),
        40..50 if edition.language == "en" => "en_US".to_owned(),
        50..56 => format!("{three} {}", edition.language_name()),
        _ => edition.language.to_owned(),
    })
}

pub(super) fn page_count(edition: &CatalogueEdition) -> Option<Value> {
    let pages = edition.page_count();
    Some(match edition.seed.seeded_number("isbndb pages", 100) {
        0..15 => return None,
        15..23 => json!(pages.to_string()),
        23..30 => json!([]),
        _ => json!(pages),
    })
}

pub(super) fn isbndb_subject_list(edition: &CatalogueEdition) -> Value {
    let subjects = edition.subjects();
    let last = subjects.last().copied().unwrap_or_default();
    match edition.seed.seeded_number("isbndb subjects", 100) {
        0..6 => json!({ "0": subjects.first(), "2": last }),
        6..12 => {
            json!([format!("{}_FICTION", last.to_uppercase()), "Self Service", "Custom Stores"])
        }
        12..16 => json!([]),
        _ => json!(subjects),
    }
}

pub(super) fn messy_cover_link(edition: &CatalogueEdition, first_generation: bool) -> String {
    let isbn13 = &edition.isbn13;
    if first_generation || edition.seed.seeded_bool("old image", 40) {
        let part = |range: std::ops::Range<usize>| isbn13.get(range).unwrap_or_default();
        let scheme = if edition.seed.seeded_bool("shouted scheme", 3) { "Https" } else { "https" };
        return format!(
            "{scheme}://images.isbndb.com/covers/{}/{}/{isbn13}.jpg",
            part(9..11),
            part(11..13)
        );
    }
    format!(
        "https://images.isbndb.com/covers/{}.jpg",
        10_000_000 + edition.seed.seeded_number("image", 90_000_000)
    )
}
