//! Bodies with one odd value: each value of a body is replaced by values of every kind.

use bibliography::edition::Edition;
use serde_json::Value;

use crate::provider_record::ProviderRecord;

/// Placeholder in the body for the text of the odd value.
const PLACEHOLDER: &str = "@odd@";

/// Values of every type, and texts that a strict reader refuses.
pub const VALUES: [&str; 18] = [
    "null",
    "true",
    "-1",
    "0",
    "4.5",
    "1e400",
    "-1e400",
    "18446744073709551616",
    "\"\"",
    "\"4\"",
    "\"xii, 300\"",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "[]",
    "[null]",
    "[-1,\"x\",{},\"\\udc00\"]",
    "{}",
    "{\"a\":[[[[1]]]]}",
];

/// JSON pointers to all values inside.
pub fn json_pointers(value: &Value) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(key, v)| (key.clone(), v)).collect(),
        Value::Array(items) => {
            (0..).zip(items).map(|(n, v): (u32, _)| (n.to_string(), v)).collect()
        }
        _ => Vec::new(),
    };
    let mut all = Vec::new();
    for (key, value) in inner {
        let key = key.replace('~', "~0").replace('/', "~1");
        all.extend(json_pointers(value).into_iter().map(|rest| format!("/{key}{rest}")));
        all.push(format!("/{key}"));
    }
    all
}

/// The body with the value at `pointer` replaced.
pub fn with_value(body: &Value, pointer: &str, odd: &str) -> String {
    let mut body = body.clone();
    *body.pointer_mut(pointer).unwrap() = Value::String(PLACEHOLDER.to_owned());
    body.to_string().replace(&format!("\"{PLACEHOLDER}\""), odd)
}

/// The fields in which two records differ; all ISBNs count as one field.
pub fn differences(a: &ProviderRecord, b: &ProviderRecord) -> Vec<&'static str> {
    let numbers = |c: &ProviderRecord| {
        (c.edition.isbn13, c.edition.other_ids.clone(), c.edition_isbns.clone())
    };
    let ids = |c: &ProviderRecord| (c.provider_id.clone(), c.work_id.clone());
    let images = |c: &ProviderRecord| (c.edition.image.clone(), c.edition.small_image.clone());
    // Each field by name, so that a new one does not compile until it is compared.
    let Edition {
        isbn13: _,
        other_ids: _,
        title,
        subtitle,
        authors,
        publisher,
        published_date,
        description,
        page_count,
        categories,
        average_rating,
        ratings_count,
        image: _,
        small_image: _,
        language,
        languages,
        series,
        edition_count,
        readers_count,
        binding,
    } = &a.edition;
    let other = &b.edition;
    [
        ("id", ids(a) != ids(b)),
        ("numbers", numbers(a) != numbers(b)),
        ("title", *title != other.title),
        ("subtitle", *subtitle != other.subtitle),
        ("authors", *authors != other.authors),
        ("publisher", *publisher != other.publisher),
        ("published_date", *published_date != other.published_date),
        ("description", *description != other.description),
        ("page_count", *page_count != other.page_count),
        ("categories", *categories != other.categories),
        ("average_rating", *average_rating != other.average_rating),
        ("ratings_count", *ratings_count != other.ratings_count),
        ("images", images(a) != images(b)),
        ("language", (language, languages) != (&other.language, &other.languages)),
        ("series", *series != other.series),
        ("edition_count", *edition_count != other.edition_count),
        ("readers_count", *readers_count != other.readers_count),
        ("binding", *binding != other.binding),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}
