//! Parses answers of Open Library: works from a search, editions from a bulk look-up.

use std::collections::{BTreeMap, BTreeSet};

use bibliography::edition::Edition;
use bibliography::isbn::Isbn13;
use bibliography::{language, partial_date};
use ports::IncomingResponse;
use runtime::call_outcome::{Failure, FoundOrNotFound, ProviderFailure};
use runtime::json_members::{JsonMembers, scalar, valid_unicode_json_text};
use serde_json::value::RawValue;

use super::error_classification::failure_from_error_response;
use super::open_library_requests::{KNOWN_NUMBER, OPEN_LIBRARY_SEARCH_ROUTE, OpenLibraryRequest};
use crate::provider::Provider;
use crate::provider_record::{ProviderRecord, ProviderRecordsOutcome};
use crate::providers::{date_of, members_of, page_count_of, rating_of, title_of};

/// Parses a search. Each result gives a work, with the ISBNs of all its editions, and its best
/// matching edition as a second record of the same rank.
pub fn parse_search_response(response: &IncomingResponse) -> ProviderRecordsOutcome {
    if response.status != 200 {
        return Err(failure_from_error_response(OPEN_LIBRARY_SEARCH_ROUTE, response).into());
    }
    let text = valid_unicode_json_text(&response.body);
    let answer = members_of(&text)?;
    let docs = docs_of(&answer)?;
    if docs.is_empty() {
        return Ok(FoundOrNotFound::NotFound);
    }
    let read = |(doc, rank): (&RawValue, u32)| {
        let doc = JsonMembers::of(doc)?;
        let work = work_of(&doc, rank)?;
        let edition = best_edition(&doc).map(|(isbn, found)| edition_of_work(&work, &found, isbn));
        Some(std::iter::once(work).chain(edition))
    };
    let works: Vec<ProviderRecord> = docs.into_iter().zip(0..).filter_map(read).flatten().collect();
    if works.is_empty() {
        return Err(ProviderFailure::malformed("no record of the list can be read").into());
    }
    Ok(FoundOrNotFound::Found(works))
}

fn docs_of<'a>(answer: &JsonMembers<'a>) -> Result<Vec<&'a RawValue>, ProviderFailure> {
    answer.list_member("docs").ok_or_else(|| ProviderFailure::malformed("the answer has no list"))
}

fn unreadable_record() -> Failure {
    ProviderFailure::malformed("the record cannot be read").into()
}

/// Parses the search for one work by its id; other works are dropped.
pub fn parse_work(id: &str, response: &IncomingResponse) -> ProviderRecordsOutcome {
    let FoundOrNotFound::Found(mut works) = parse_search_response(response)? else {
        return Ok(FoundOrNotFound::NotFound);
    };
    works.retain(|work| work.provider_id == id && work.edition.isbn13.is_none());
    Ok(if works.is_empty() { FoundOrNotFound::NotFound } else { FoundOrNotFound::Found(works) })
}

/// One work; None without a title. All other fields are optional.
fn work_of(doc: &JsonMembers<'_>, rank: u32) -> Option<ProviderRecord> {
    let title = title_of(doc)?;
    let id = id_from_key(doc);
    let (image, small_image) = cover_of(doc).unzip();
    let edition = Edition {
        title,
        subtitle: doc.text_member("subtitle"),
        authors: doc.text_list_member("author_name"),
        published_date: doc
            .bounded_integer_member("first_publish_year", 1_000, 9_999)
            .map(|y| y.to_string()),
        page_count: page_count_of(doc, "number_of_pages_median"),
        average_rating: rating_of(doc, "ratings_average"),
        ratings_count: doc.bounded_integer_member("ratings_count", 0, u32::MAX),
        image,
        small_image,
        language: only_language(doc),
        languages: languages_of(doc),
        series: series_of(doc),
        edition_count: doc.bounded_integer_member("edition_count", 1, u32::MAX),
        readers_count: readers_of(doc),
        ..Edition::default()
    };
    let numbers: BTreeSet<Isbn13> = numbers_of(doc, "isbn").into_iter().collect();
    Some(ProviderRecord {
        provider_id: id.clone(),
        work_id: Some(id).filter(|id| id.starts_with("OL")),
        edition_isbns: numbers.into_iter().collect(),
        ..ProviderRecord::new(Provider::OpenLibrary, rank, edition)
    })
}

/// The last part of a record's key.
fn id_from_key(record: &JsonMembers<'_>) -> String {
    let key = record.text_member("key").unwrap_or_default();
    key.rsplit('/').next().unwrap_or_default().to_owned()
}

fn numbers_of(record: &JsonMembers<'_>, name: &str) -> Vec<Isbn13> {
    record.text_list_member(name).iter().filter_map(|text| Isbn13::parse(text).ok()).collect()
}

fn languages_of(record: &JsonMembers<'_>) -> Vec<String> {
    let languages = record.text_list_member("language");
    let tags = languages.iter().filter_map(|text| language::normalized_tag(text));
    tags.collect::<BTreeSet<String>>().into_iter().collect()
}

/// The language of a work whose editions all have the same one.
fn only_language(record: &JsonMembers<'_>) -> Option<String> {
    let mut languages = languages_of(record);
    languages.pop().filter(|_| languages.is_empty())
}

/// The first series of a work, with the number in it.
fn series_of(doc: &JsonMembers<'_>) -> Option<String> {
    let name = doc.text_list_member("series_name").into_iter().next()?;
    Some(match doc.text_list_member("series_position").first() {
        Some(number) => format!("{name}, #{number}"),
        None => name,
    })
}

fn readers_of(doc: &JsonMembers<'_>) -> Option<u32> {
    let names = ["want_to_read_count", "already_read_count"];
    let counts = names.into_iter().filter_map(|name| doc.bounded_integer_member(name, 0, u32::MAX));
    counts.reduce(u32::saturating_add).filter(|count| *count > 0)
}

/// The links to a cover, the small one second.
fn cover_of(record: &JsonMembers<'_>) -> Option<(String, String)> {
    let id = record.bounded_integer_member("cover_i", 1, u32::MAX)?;
    let link = |size: char| format!("https://covers.openlibrary.org/b/id/{id}-{size}.jpg");
    Some((link('M'), link('S')))
}

/// The outcomes of the requested ISBNs in one answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EditionLookupResults {
    pub known: BTreeMap<Isbn13, ProviderRecordsOutcome>,
    /// True if the answer has the ISBN that is known to exist: only then are missing ISBNs absent.
    pub is_whole: bool,
}

/// Parses a look-up of ISBNs, by key or by search.
pub fn parse_editions(
    ask: &OpenLibraryRequest,
    response: &IncomingResponse,
) -> Result<EditionLookupResults, Failure> {
    if response.status != 200 {
        return Err(failure_from_error_response(ask.route_label(), response).into());
    }
    let text = valid_unicode_json_text(&response.body);
    let answer = members_of(&text)?;
    match ask {
        OpenLibraryRequest::Editions(asked) => Ok(read_keyed(asked, &answer)),
        OpenLibraryRequest::Numbers(asked) => by_search(asked, &answer),
        _ => Err(ProviderFailure::malformed("no look-up of ISBNs").into()),
    }
}

/// Unknown ISBNs are left out of the answer.
fn read_keyed(asked: &[Isbn13], answer: &JsonMembers<'_>) -> EditionLookupResults {
    let of = |number: &str| answer.get(&format!("ISBN:{number}"));
    let one = |isbn: &Isbn13| Some((*isbn, read_edition(*isbn, of(isbn.as_str())?)));
    let is_whole = of(KNOWN_NUMBER).and_then(JsonMembers::of).is_some();
    EditionLookupResults { known: asked.iter().filter_map(one).collect(), is_whole }
}

/// The first subjects are the useful ones.
const MAX_SUBJECTS: usize = 12;

fn read_edition(asked: Isbn13, record: &RawValue) -> ProviderRecordsOutcome {
    let edition = JsonMembers::of(record).ok_or_else(unreadable_record)?;
    let identifiers = edition.nested_object("identifiers").unwrap_or_default();
    let mut numbers = numbers_of(&identifiers, "isbn_13");
    numbers.extend(numbers_of(&identifiers, "isbn_10"));
    // A record with ISBNs, but not the requested one, is another book. A record without ISBNs was
    // found by the requested one.
    if !numbers.is_empty() && !numbers.contains(&asked) {
        return Err(ProviderFailure::WrongBook.into());
    }
    let cover = edition.nested_object("cover").unwrap_or_default();
    let provider_id = id_from_key(&edition);
    let edition = Edition {
        isbn13: Some(asked),
        title: title_of(&edition).ok_or_else(unreadable_record)?,
        subtitle: edition.text_member("subtitle"),
        authors: names_of(&edition, "authors"),
        publisher: names_of(&edition, "publishers").into_iter().next(),
        published_date: date_of(&edition, "publish_date"),
        page_count: page_count_of(&edition, "number_of_pages"),
        categories: names_of(&edition, "subjects").into_iter().take(MAX_SUBJECTS).collect(),
        image: cover_link(&cover, "medium"),
        small_image: cover_link(&cover, "small"),
        ..Edition::default()
    };
    let candidate =
        ProviderRecord { provider_id, ..ProviderRecord::new(Provider::OpenLibrary, 0, edition) };
    Ok(FoundOrNotFound::Found(vec![candidate]))
}

/// The names in a list of `{name, url}`.
fn names_of(record: &JsonMembers<'_>, list: &str) -> Vec<String> {
    let name = |item: &RawValue| {
        JsonMembers::of(item).map_or_else(|| scalar(item), |m| m.text_member("name"))
    };
    let list = record.list_member(list).unwrap_or_default();
    list.into_iter().filter_map(name).filter(|name| !name.trim().is_empty()).collect()
}

/// The link of a lost cover has the id -1 or None.
fn cover_link(cover: &JsonMembers<'_>, size: &str) -> Option<String> {
    let is_lost = |link: &str| link.contains("/id/-1-") || link.contains("/id/None-");
    cover.text_member(size).filter(|link| link.starts_with("http") && !is_lost(link))
}

/// Works that list the requested ISBNs. A record with unreadable ISBNs may have any of them, so
/// that no absence is confirmed.
fn by_search(asked: &[Isbn13], answer: &JsonMembers<'_>) -> Result<EditionLookupResults, Failure> {
    let docs = docs_of(answer)?;
    let (mut read, mut is_known, mut all_shown) = (EditionLookupResults::default(), false, true);
    for doc in docs {
        let doc = JsonMembers::of(doc).unwrap_or_default();
        let numbers = numbers_of(&doc, "isbn");
        let is_readable = |isbn: &RawValue| scalar(isbn).is_some();
        all_shown &= doc.list_member("isbn").is_some_and(|list| list.into_iter().all(is_readable));
        is_known |= numbers.iter().any(|number| number.as_str() == KNOWN_NUMBER);
        for isbn in asked.iter().filter(|isbn| numbers.contains(isbn)) {
            let own = |edition: &JsonMembers<'_>| numbers_of(edition, "isbn").contains(isbn);
            let edition = editions_in(&doc).find(own);
            if edition.is_some() || !read.known.contains_key(isbn) {
                let edition = edition.unwrap_or_default();
                let record = work_of(&doc, 0).map(|work| edition_of_work(&work, &edition, *isbn));
                let record = record.ok_or_else(unreadable_record);
                read.known.insert(*isbn, record.map(|record| FoundOrNotFound::Found(vec![record])));
            }
        }
    }
    read.is_whole = is_known && all_shown;
    Ok(read)
}

fn editions_in<'a>(doc: &JsonMembers<'a>) -> impl Iterator<Item = JsonMembers<'a>> + use<'a> {
    let list = doc.nested_object("editions").and_then(|editions| editions.list_member("docs"));
    list.unwrap_or_default().into_iter().filter_map(JsonMembers::of)
}

fn best_edition<'a>(doc: &JsonMembers<'a>) -> Option<(Isbn13, JsonMembers<'a>)> {
    editions_in(doc).find_map(|edition| Some((*numbers_of(&edition, "isbn").first()?, edition)))
}

/// Values over all editions of a work (median of pages, first year) are not taken for this edition.
fn edition_of_work(
    work: &ProviderRecord,
    edition: &JsonMembers<'_>,
    isbn: Isbn13,
) -> ProviderRecord {
    let title = title_of(edition);
    let of_work = work.edition.clone();
    let (image, small_image) = cover_of(edition).unzip();
    let dates = edition.text_list_member("publish_date");
    let edition = Edition {
        isbn13: Some(isbn),
        // The subtitle comes from the record of the title.
        subtitle: if title.is_some() { edition.text_member("subtitle") } else { of_work.subtitle },
        title: title.unwrap_or(of_work.title),
        publisher: edition.text_list_member("publisher").into_iter().next(),
        published_date: dates.iter().find_map(|date| partial_date::parse(date)),
        page_count: None,
        image: image.or(of_work.image),
        small_image: small_image.or(of_work.small_image),
        language: only_language(edition).or(of_work.language),
        ..of_work
    };
    ProviderRecord { edition_isbns: Vec::new(), edition, ..work.clone() }
}

#[cfg(test)]
mod tests;
