//! Answers of Google Books into records. Every member may be missing or dirty.

use serde::Deserialize;
use shared::isbn::Isbn13;
use shared::mesh::InResponse;
use shared::outcome::{Answer, Failure, Outcome};
use shared::volume::{ImageLinks, IndustryIdentifier};

use super::errors::{classify, unknown_or_down};
use crate::candidate::Candidate;
use crate::providers::{read_json, year_month_day};
use crate::search::plan::Provider;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    // Google leaves `items` out where nothing matches; `totalItems` is always there.
    total_items: u64,
    #[serde(default)]
    items: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    id: String,
    #[serde(default)]
    volume_info: Info,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Info {
    #[serde(default)]
    title: String,
    subtitle: Option<String>,
    #[serde(default)]
    authors: Vec<String>,
    publisher: Option<String>,
    published_date: Option<String>,
    description: Option<String>,
    #[serde(default)]
    industry_identifiers: Vec<IndustryIdentifier>,
    page_count: Option<u32>,
    #[serde(default)]
    categories: Vec<String>,
    average_rating: Option<f32>,
    ratings_count: Option<u32>,
    image_links: Option<ImageLinks>,
    language: Option<String>,
}

/// Reads a list. An empty one is the fact that Google has none.
///
/// # Errors
/// What the answer means where it is not a list.
pub fn list(response: &InResponse, now_ms: u64) -> Outcome<Vec<Candidate>> {
    if response.status != 200 {
        return Err(classify(response, now_ms));
    }
    let list: List = read_json(&response.body)?;
    if list.items.is_empty() {
        // The total is an estimate: 300 with no items is how Google ends its pages.
        let _ = list.total_items;
        return Ok(Answer::NotFound);
    }
    let records = list.items.into_iter().zip(0..).map(|(record, rank)| candidate(record, rank));
    Ok(Answer::Found(records.collect()))
}

/// Reads one volume. For an id that it does not know Google answers 503 in most cases, as in its
/// outages: see [`unknown_or_down`].
///
/// # Errors
/// What the answer means where it is not a volume.
pub fn volume(response: &InResponse, now_ms: u64) -> Outcome<Vec<Candidate>> {
    match response.status {
        200 => read_json(&response.body).map(|record| Answer::Found(vec![candidate(record, 0)])),
        404 => Ok(Answer::NotFound),
        503 => Err(unknown_or_down(response)),
        _ => Err(classify(response, now_ms)),
    }
}

fn candidate(record: Record, rank: u32) -> Candidate {
    let info = record.volume_info;
    let is_isbn = |id: &&IndustryIdentifier| id.kind == "ISBN_13" || id.kind == "ISBN_10";
    // Either may stand first, or alone; both are the same number.
    let isbn13 = info
        .industry_identifiers
        .iter()
        .filter(is_isbn)
        .find_map(|id| Isbn13::parse(&id.identifier).ok());
    let other_ids = info.industry_identifiers.into_iter().filter(|id| !is_isbn(&id)).collect();
    Candidate {
        provider_id: record.id,
        isbn13,
        other_ids,
        title: info.title,
        subtitle: info.subtitle,
        authors: info.authors,
        publisher: info.publisher,
        published_date: info.published_date.as_deref().and_then(year_month_day),
        description: info.description,
        page_count: info.page_count.filter(|pages| *pages > 0),
        categories: info.categories,
        average_rating: info.average_rating,
        ratings_count: info.ratings_count,
        image_links: info.image_links,
        language: info.language,
        ..Candidate::new(Provider::GoogleBooks, rank)
    }
}

/// Keeps the records of the edition asked for: `isbn:` is a match by relevance, and gives other
/// books where it has not this one.
///
/// # Errors
/// The failure that came in.
pub fn only(isbn: Isbn13, outcome: Outcome<Vec<Candidate>>) -> Outcome<Vec<Candidate>> {
    match outcome {
        Ok(Answer::Found(mut records)) => {
            records.retain(|record| crate::merge::verify(isbn, record));
            Ok(if records.is_empty() { Answer::NotFound } else { Answer::Found(records) })
        }
        other => other,
    }
}

/// True where a second, bare look-up of a number is worth a unit.
#[must_use]
pub fn worth_asking_bare(outcome: &Outcome<Vec<Candidate>>) -> bool {
    matches!(outcome, Ok(Answer::NotFound))
}

/// A failure that another key may not share.
#[must_use]
pub fn is_refused(failure: &Failure) -> bool {
    matches!(failure.root(), Failure::Refused { what } if what == "key")
}

#[cfg(test)]
mod tests;
