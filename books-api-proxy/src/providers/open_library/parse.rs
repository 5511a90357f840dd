//! Answers of Open Library into records: works from a search, editions from a bulk look-up.

use std::collections::BTreeMap;

use serde::Deserialize;
use shared::isbn::Isbn13;
use shared::mesh::InResponse;
use shared::order;
use shared::outcome::{Answer, Failure, Outcome};
use shared::volume::ImageLinks;

use super::errors::classify;
use crate::candidate::Candidate;
use crate::providers::{read_json, year_month_day};
use crate::search::plan::Provider;

#[derive(Deserialize)]
struct Search {
    docs: Vec<Doc>,
}

#[derive(Deserialize, Default)]
struct Doc {
    #[serde(default)]
    key: String,
    #[serde(default)]
    title: String,
    subtitle: Option<String>,
    #[serde(default)]
    author_name: Vec<String>,
    first_publish_year: Option<i32>,
    #[serde(default)]
    isbn: Vec<String>,
    #[serde(default)]
    language: Vec<String>,
    cover_i: Option<i64>,
    number_of_pages_median: Option<u32>,
    ratings_average: Option<f32>,
    ratings_count: Option<u32>,
}

/// Reads a search. A record is a work: its numbers are those of all its editions.
///
/// # Errors
/// What the answer means where it is not a list of works.
pub fn search(response: &InResponse) -> Outcome<Vec<Candidate>> {
    if response.status != 200 {
        return Err(classify(response));
    }
    let search: Search = read_json(&response.body)?;
    if search.docs.is_empty() {
        return Ok(Answer::NotFound);
    }
    let works = search.docs.into_iter().zip(0..).map(|(doc, rank)| work_of(doc, rank));
    Ok(Answer::Found(works.collect()))
}

/// Reads the search for one work by its id: what else it finds is another book.
///
/// # Errors
/// As [`search`].
pub fn work(id: &str, response: &InResponse) -> Outcome<Vec<Candidate>> {
    Ok(match search(response)? {
        Answer::Found(mut works) => {
            works.retain(|work| work.provider_id == id);
            if works.is_empty() { Answer::NotFound } else { Answer::Found(works) }
        }
        Answer::NotFound => Answer::NotFound,
    })
}

fn work_of(doc: Doc, rank: u32) -> Candidate {
    let id = doc.key.rsplit('/').next().unwrap_or_default().to_owned();
    let mut edition_isbns: Vec<Isbn13> =
        doc.isbn.iter().filter_map(|text| Isbn13::parse(text).ok()).collect();
    order::sort(&mut edition_isbns);
    edition_isbns.dedup();
    // The languages are those of all editions; only where there is one is it the work's.
    let language = match doc.language.as_slice() {
        [one] => Some(iso_639_1(one).to_owned()),
        _ => None,
    };
    Candidate {
        provider_id: id.clone(),
        work_id: Some(id).filter(|id| id.starts_with("OL")),
        edition_isbns,
        title: doc.title,
        subtitle: doc.subtitle,
        authors: doc.author_name,
        published_date: doc.first_publish_year.filter(|y| *y >= 1_000).map(|y| y.to_string()),
        page_count: doc.number_of_pages_median.filter(|pages| *pages > 0),
        average_rating: doc.ratings_average,
        ratings_count: doc.ratings_count,
        image_links: doc.cover_i.filter(|id| *id > 0).map(|id| cover(&id.to_string())),
        language,
        ..Candidate::new(Provider::OpenLibrary, rank)
    }
}

fn cover(id: &str) -> ImageLinks {
    let link = |size: char| Some(format!("https://covers.openlibrary.org/b/id/{id}-{size}.jpg"));
    ImageLinks { small_thumbnail: link('S'), thumbnail: link('M') }
}

/// The two-letter code for Open Library's three letters (MARC), of the languages most books are in;
/// any other code as it is.
#[must_use]
pub fn iso_639_1(code: &str) -> &str {
    const CODES: [(&str, &str); 28] = [
        ("eng", "en"),
        ("fre", "fr"),
        ("ger", "de"),
        ("spa", "es"),
        ("ita", "it"),
        ("por", "pt"),
        ("dut", "nl"),
        ("rus", "ru"),
        ("jpn", "ja"),
        ("chi", "zh"),
        ("kor", "ko"),
        ("ara", "ar"),
        ("pol", "pl"),
        ("swe", "sv"),
        ("dan", "da"),
        ("nor", "no"),
        ("fin", "fi"),
        ("cze", "cs"),
        ("hun", "hu"),
        ("tur", "tr"),
        ("gre", "el"),
        ("heb", "he"),
        ("rum", "ro"),
        ("ukr", "uk"),
        ("cat", "ca"),
        ("hin", "hi"),
        ("lat", "la"),
        ("per", "fa"),
    ];
    CODES.iter().find(|(three, _)| *three == code).map_or(code, |(_, two)| two)
}

#[derive(Deserialize, Default)]
struct Edition {
    #[serde(default)]
    key: String,
    #[serde(default)]
    title: String,
    subtitle: Option<String>,
    #[serde(default)]
    authors: Vec<Named>,
    #[serde(default)]
    publishers: Vec<Named>,
    publish_date: Option<String>,
    number_of_pages: Option<u32>,
    #[serde(default)]
    subjects: Vec<Named>,
    cover: Option<Cover>,
    #[serde(default)]
    identifiers: Identifiers,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Identifiers {
    isbn_13: Vec<String>,
    isbn_10: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Named {
    name: String,
}

#[derive(Deserialize, Default)]
struct Cover {
    small: Option<String>,
    medium: Option<String>,
}

/// Subjects of an edition are many and of any kind; the first ones are the useful ones.
const MAX_SUBJECTS: usize = 12;

/// Reads a bulk look-up into one outcome a number, in the order asked. Unknown numbers are left
/// out of the answer: that is how it says it has none.
///
/// # Errors
/// The failure of the whole call.
pub fn editions(
    asked: &[Isbn13],
    response: &InResponse,
) -> Result<Vec<Outcome<Vec<Candidate>>>, Failure> {
    if response.status != 200 {
        return Err(classify(response));
    }
    let mut found: BTreeMap<String, Edition> = read_json(&response.body)?;
    Ok(asked
        .iter()
        .map(|isbn| match found.remove(&format!("ISBN:{isbn}")) {
            None => Ok(Answer::NotFound),
            Some(edition) => read_edition(*isbn, edition),
        })
        .collect())
}

/// Reads the look-up of one number.
///
/// # Errors
/// As [`editions`].
pub fn edition(isbn: Isbn13, response: &InResponse) -> Outcome<Vec<Candidate>> {
    editions(&[isbn], response)?.pop().unwrap_or(Ok(Answer::NotFound))
}

fn read_edition(asked: Isbn13, edition: Edition) -> Outcome<Vec<Candidate>> {
    let Identifiers { isbn_13, isbn_10 } = edition.identifiers;
    let numbers: Vec<Isbn13> =
        isbn_13.iter().chain(&isbn_10).filter_map(|text| Isbn13::parse(text).ok()).collect();
    // A merged record may carry several numbers; one that has numbers and not this one is another
    // book. A record without any was found by the one asked for.
    if !numbers.is_empty() && !numbers.contains(&asked) {
        return Err(Failure::WrongBook);
    }
    let names = |list: Vec<Named>| -> Vec<String> {
        list.into_iter().map(|named| named.name).filter(|name| !name.is_empty()).collect()
    };
    let id = edition.key.rsplit('/').next().unwrap_or_default().to_owned();
    Ok(Answer::Found(vec![Candidate {
        provider_id: id,
        isbn13: Some(asked),
        title: edition.title,
        subtitle: edition.subtitle,
        authors: names(edition.authors),
        publisher: names(edition.publishers).into_iter().next(),
        published_date: edition.publish_date.as_deref().and_then(year_month_day),
        page_count: edition.number_of_pages.filter(|pages| *pages > 0),
        categories: names(edition.subjects).into_iter().take(MAX_SUBJECTS).collect(),
        image_links: edition
            .cover
            .map(|cover| ImageLinks { small_thumbnail: cover.small, thumbnail: cover.medium }),
        ..Candidate::new(Provider::OpenLibrary, 0)
    }]))
}

#[cfg(test)]
mod tests;
