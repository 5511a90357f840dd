//! Answers of Open Library into records: works from a search, editions from a bulk look-up.

use std::collections::{BTreeMap, BTreeSet};

use bibliography::isbn::Isbn13;
use ports::InResponse;
use runtime::api::volume::ImageLinks;
use runtime::json::{Members, scalar, text_of};
use runtime::outcome::{Answer, Failure, Outcome};
use serde_json::value::RawValue;

use super::errors::classify;
use super::request::{KNOWN_NUMBER, OpenLibraryRequest, SEARCH_ROUTE};
use crate::candidate::Candidate;
use crate::provider::Provider;
use crate::providers::{malformed, members_of, pages_of, rating_of, title_of, year_month_day};

/// Reads a search. A record is a work: its numbers are those of all its editions.
///
/// # Errors
/// What the answer means where it is not a list of works.
pub fn search(response: &InResponse) -> Outcome<Vec<Candidate>> {
    if response.status != 200 {
        return Err(classify(SEARCH_ROUTE, response));
    }
    let text = text_of(&response.body);
    let answer = members_of(&text)?;
    let docs = answer.list("docs").ok_or_else(|| malformed("no list in the answer"))?;
    if docs.is_empty() {
        return Ok(Answer::NotFound);
    }
    let works =
        docs.into_iter().zip(0..).filter_map(|(doc, rank)| work_of(&Members::of(doc)?, rank));
    let works: Vec<Candidate> = works.collect();
    if works.is_empty() {
        return Err(malformed("no record of the list can be read"));
    }
    Ok(Answer::Found(works))
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

/// One work. It is one if it has a title; all else may be missing.
fn work_of(doc: &Members<'_>, rank: u32) -> Option<Candidate> {
    let title = title_of(doc)?;
    let id = id_of(doc);
    Some(Candidate {
        provider_id: id.clone(),
        work_id: Some(id).filter(|id| id.starts_with("OL")),
        edition_isbns: numbers_of(doc, "isbn")
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        title,
        subtitle: doc.text("subtitle"),
        authors: doc.texts("author_name"),
        published_date: doc.whole("first_publish_year", 1_000, 9_999).map(|y| y.to_string()),
        page_count: pages_of(doc, "number_of_pages_median"),
        average_rating: rating_of(doc, "ratings_average"),
        ratings_count: doc.whole("ratings_count", 0, u32::MAX),
        image_links: cover_of(doc),
        language: only_language(doc),
        ..Candidate::new(Provider::OpenLibrary, rank)
    })
}

/// The last part of a record's key.
fn id_of(record: &Members<'_>) -> String {
    let key = record.text("key").unwrap_or_default();
    key.rsplit('/').next().unwrap_or_default().to_owned()
}

fn numbers_of(record: &Members<'_>, name: &str) -> Vec<Isbn13> {
    record.texts(name).iter().filter_map(|text| Isbn13::parse(text).ok()).collect()
}

/// The languages of a work are those of all editions; only where there is one is it the work's.
fn only_language(record: &Members<'_>) -> Option<String> {
    match record.texts("language").as_slice() {
        [one] => Some(iso_639_1(one).to_owned()),
        _ => None,
    }
}

fn cover_of(record: &Members<'_>) -> Option<ImageLinks> {
    let id = record.whole("cover_i", 1, u32::MAX)?;
    let link = |size: char| Some(format!("https://covers.openlibrary.org/b/id/{id}-{size}.jpg"));
    Some(ImageLinks { small_thumbnail: link('S'), thumbnail: link('M') })
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

/// What an answer says of the numbers that it was requested.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Editions {
    /// The numbers that came back.
    pub known: BTreeMap<Isbn13, Outcome<Vec<Candidate>>>,
    /// Whether the number that is known to exist came back too: only then the others are absent.
    pub is_whole: bool,
}

/// Reads a look-up of numbers, of either kind.
///
/// # Errors
/// What the answer means where it is no look-up.
pub fn editions(ask: &OpenLibraryRequest, response: &InResponse) -> Result<Editions, Failure> {
    if response.status != 200 {
        return Err(classify(ask.route(), response));
    }
    let text = text_of(&response.body);
    let answer = members_of(&text)?;
    match ask {
        OpenLibraryRequest::Editions(asked) => Ok(by_key(asked, &answer)),
        OpenLibraryRequest::Numbers(asked) => by_search(asked, &answer),
        _ => Err(malformed("no look-up of numbers")),
    }
}

/// Unknown numbers are left out of the answer.
fn by_key(asked: &[Isbn13], answer: &Members<'_>) -> Editions {
    let of = |number: &str| answer.get(&format!("ISBN:{number}"));
    let one = |isbn: &Isbn13| Some((*isbn, read_edition(*isbn, of(isbn.as_str())?)));
    let is_whole = of(KNOWN_NUMBER).and_then(Members::of).is_some();
    Editions { known: asked.iter().filter_map(one).collect(), is_whole }
}

/// Subjects of an edition are many and of any kind; the first ones are the useful ones.
const MAX_SUBJECTS: usize = 12;

fn read_edition(asked: Isbn13, record: &RawValue) -> Outcome<Vec<Candidate>> {
    let unreadable = || malformed("the record cannot be read");
    let edition = Members::of(record).ok_or_else(unreadable)?;
    let identifiers = edition.members("identifiers").unwrap_or_default();
    let mut numbers = numbers_of(&identifiers, "isbn_13");
    numbers.extend(numbers_of(&identifiers, "isbn_10"));
    // A merged record may carry several numbers; one that has numbers and not this one is another
    // book. A record without any was found by the requested one.
    if !numbers.is_empty() && !numbers.contains(&asked) {
        return Err(Failure::WrongBook);
    }
    Ok(Answer::Found(vec![Candidate {
        provider_id: id_of(&edition),
        isbn13: Some(asked),
        title: title_of(&edition).ok_or_else(unreadable)?,
        subtitle: edition.text("subtitle"),
        authors: names_of(&edition, "authors"),
        publisher: names_of(&edition, "publishers").into_iter().next(),
        published_date: edition.text("publish_date").as_deref().and_then(year_month_day),
        page_count: pages_of(&edition, "number_of_pages"),
        categories: names_of(&edition, "subjects").into_iter().take(MAX_SUBJECTS).collect(),
        image_links: edition.members("cover").and_then(|cover| cover_links(&cover)),
        ..Candidate::new(Provider::OpenLibrary, 0)
    }]))
}

/// The names in a list of `{name, url}`.
fn names_of(record: &Members<'_>, list: &str) -> Vec<String> {
    let name = |item: &RawValue| Members::of(item).map_or_else(|| scalar(item), |m| m.text("name"));
    let list = record.list(list).unwrap_or_default();
    list.into_iter().filter_map(name).filter(|name| !name.trim().is_empty()).collect()
}

/// Covers that a record has lost have the numbers -1 and None.
fn cover_links(cover: &Members<'_>) -> Option<ImageLinks> {
    let is_lost = |link: &str| link.contains("/id/-1-") || link.contains("/id/None-");
    let link =
        |name: &str| cover.text(name).filter(|link| link.starts_with("http") && !is_lost(link));
    let (small_thumbnail, thumbnail) = (link("small"), link("medium"));
    let any = small_thumbnail.is_some() || thumbnail.is_some();
    any.then_some(ImageLinks { small_thumbnail, thumbnail })
}

/// Works that list the numbers among those of their editions. A record that does not show its
/// numbers may be of any of them: beside it none is absent.
fn by_search(asked: &[Isbn13], answer: &Members<'_>) -> Result<Editions, Failure> {
    let docs = answer.list("docs").ok_or_else(|| malformed("no list in the answer"))?;
    let (mut read, mut is_known, mut all_shown) = (Editions::default(), false, true);
    for doc in docs {
        let doc = Members::of(doc).unwrap_or_default();
        let numbers = numbers_of(&doc, "isbn");
        all_shown &= doc.list("isbn").is_some_and(|list| list.into_iter().all(is_text));
        is_known |= numbers.iter().any(|number| number.as_str() == KNOWN_NUMBER);
        for isbn in asked.iter().filter(|isbn| numbers.contains(isbn)) {
            let edition = edition_in(&doc, *isbn);
            if edition.is_some() || !read.known.contains_key(isbn) {
                let found = edition_of_work(&doc, edition, *isbn);
                let found = found.ok_or_else(|| malformed("the record cannot be read"));
                read.known.insert(*isbn, found.map(|found| Answer::Found(vec![found])));
            }
        }
    }
    read.is_whole = is_known && all_shown;
    Ok(read)
}

fn is_text(value: &RawValue) -> bool {
    scalar(value).is_some()
}

/// The edition with that number, where it is the one that matched best.
fn edition_in<'a>(doc: &Members<'a>, isbn: Isbn13) -> Option<Members<'a>> {
    let editions = doc.members("editions")?.list("docs")?;
    let has_number = |edition: &Members<'_>| numbers_of(edition, "isbn").contains(&isbn);
    editions.into_iter().filter_map(Members::of).find(has_number)
}

/// What a work says of all of its editions (pages, first year) is not said of the requested one.
fn edition_of_work(
    doc: &Members<'_>,
    edition: Option<Members<'_>>,
    isbn: Isbn13,
) -> Option<Candidate> {
    let work = work_of(doc, 0)?;
    let edition = edition.unwrap_or_default();
    let title = title_of(&edition);
    Some(Candidate {
        isbn13: Some(isbn),
        edition_isbns: Vec::new(),
        // A subtitle goes with its title.
        subtitle: if title.is_some() { edition.text("subtitle") } else { work.subtitle },
        title: title.unwrap_or(work.title),
        publisher: edition.texts("publisher").into_iter().next(),
        published_date: edition.texts("publish_date").first().and_then(|t| year_month_day(t)),
        page_count: None,
        image_links: cover_of(&edition).or(work.image_links),
        language: only_language(&edition).or(work.language),
        ..work
    })
}

#[cfg(test)]
mod tests;
