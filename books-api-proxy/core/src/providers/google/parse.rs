//! Parses answers of Google Books. Any member may be missing or have an unexpected value.

use bibliography::edition::{Edition, IndustryIdentifier};
use bibliography::isbn::Isbn13;
use bibliography::{language, markup};
use ports::IncomingResponse;
use runtime::call_outcome::{Failure, FoundOrNotFound, ProviderFailure};
use runtime::json_members::{JsonMembers, valid_unicode_json_text};
use runtime::problem::is_of_a_moved_route;
use serde_json::value::RawValue;

use super::error_classification::{failure_from_error_response, is_unknown_id, unknown_or_down};
use super::google_requests::{LIST_ROUTE, VOLUME_ROUTE};
use crate::provider::Provider;
use crate::provider_record::{ProviderRecord, ProviderRecordsOutcome};
use crate::providers::{date_of, members_of, page_count_of, rating_of, title_of};

/// Parses a list. An empty list is a confirmed absence.
pub fn volume_list(response: &IncomingResponse, now_ms: u64) -> ProviderRecordsOutcome {
    match response.status {
        200 => {}
        status if is_of_a_moved_route(status) => {
            return Err(ProviderFailure::Moved { route: LIST_ROUTE.to_owned() }.into());
        }
        _ => return Err(failure_from_error_response(response, now_ms).into()),
    }
    let text = valid_unicode_json_text(&response.body);
    let items = items_of(&members_of(&text)?)?;
    if items.is_empty() {
        return Ok(FoundOrNotFound::NotFound);
    }
    let read = |(item, rank)| parse_volume(&JsonMembers::of(item)?, rank);
    let records: Vec<ProviderRecord> = items.into_iter().zip(0..).filter_map(read).collect();
    if records.is_empty() {
        return Err(ProviderFailure::malformed("no record of the list can be read").into());
    }
    Ok(FoundOrNotFound::Found(records))
}

/// Parses a list for one edition. Google returns other books for an ISBN that it does not have, so
/// they are dropped. A record with unreadable identifiers may be the edition: then the absence is
/// unconfirmed, and the inner result a failure, although the answer could be read.
pub fn parse_edition(
    isbn: Isbn13,
    response: &IncomingResponse,
    now_ms: u64,
) -> Result<ProviderRecordsOutcome, Failure> {
    let FoundOrNotFound::Found(mut records) = volume_list(response, now_ms)? else {
        return Ok(Ok(FoundOrNotFound::NotFound));
    };
    records.retain(|record| crate::merge::carries_isbn(isbn, record));
    if !records.is_empty() {
        return Ok(Ok(FoundOrNotFound::Found(records)));
    }
    let text = valid_unicode_json_text(&response.body);
    let all_shown = items_of(&members_of(&text)?)?.into_iter().all(shows_its_numbers);
    let odd = || ProviderFailure::malformed("a record without readable ISBNs");
    Ok(if all_shown { Ok(FoundOrNotFound::NotFound) } else { Err(odd().into()) })
}

/// The records of a list. Google omits `items` if nothing matches; `totalItems` is always present,
/// but an estimate: the page after the last one may have 300 and no items.
fn items_of<'a>(answer: &JsonMembers<'a>) -> Result<Vec<&'a RawValue>, ProviderFailure> {
    match (answer.get("items"), answer.list_member("items")) {
        (_, Some(items)) => Ok(items),
        (None, None) if answer.numeric_member("totalItems").is_some() => Ok(Vec::new()),
        _ => Err(ProviderFailure::malformed("the answer has no list")),
    }
}

fn shows_its_numbers(item: &RawValue) -> bool {
    let info = JsonMembers::of(item).and_then(|record| record.nested_object("volumeInfo"));
    let Some(info) = info else { return false };
    let is_id =
        |item| JsonMembers::of(item).is_some_and(|id| id.text_member("identifier").is_some());
    let list = info.list_member("industryIdentifiers");
    info.get("industryIdentifiers").is_none()
        || list.is_some_and(|list| list.into_iter().all(is_id))
}

/// Parses one volume. A 503 may be an unknown id or an outage: see [`unknown_or_down`].
pub fn parse_single_volume(response: &IncomingResponse, now_ms: u64) -> ProviderRecordsOutcome {
    match response.status {
        200 => {
            let text = valid_unicode_json_text(&response.body);
            let found = parse_volume(&members_of(&text)?, 0)
                .ok_or_else(|| ProviderFailure::malformed("the answer has no volume"))?;
            Ok(FoundOrNotFound::Found(vec![found]))
        }
        404 if is_unknown_id(response) => Ok(FoundOrNotFound::NotFound),
        status if is_of_a_moved_route(status) => {
            Err(ProviderFailure::Moved { route: VOLUME_ROUTE.to_owned() }.into())
        }
        503 => Err(unknown_or_down(response).into()),
        _ => Err(failure_from_error_response(response, now_ms).into()),
    }
}

/// One record; None without a title. All other fields are optional.
fn parse_volume(record: &JsonMembers<'_>, rank: u32) -> Option<ProviderRecord> {
    let info = record.nested_object("volumeInfo")?;
    let title = title_of(&info)?;
    let is_isbn = |id: &&IndustryIdentifier| id.kind == "ISBN_13" || id.kind == "ISBN_10";
    let ids = identifiers(&info);
    // ISBN-13 and ISBN-10 are the same ISBN; either may be missing.
    let isbn13 = ids.iter().filter(is_isbn).find_map(|id| Isbn13::parse(&id.identifier).ok());
    let other_ids = ids.into_iter().filter(|id| !is_isbn(&id)).collect();
    let links = info.nested_object("imageLinks").unwrap_or_default();
    let link = |name: &str| links.text_member(name).filter(|link| link.starts_with("http"));
    let edition = Edition {
        isbn13,
        other_ids,
        title,
        subtitle: info.text_member("subtitle"),
        authors: info.text_list_member("authors"),
        publisher: info.text_member("publisher"),
        published_date: date_of(&info, "publishedDate"),
        // The answer for one volume has markup here, a list has plain text.
        description: info.text_member("description").and_then(|text| markup::paragraphs(&text)),
        page_count: page_count_of(&info, "pageCount"),
        categories: info.text_list_member("categories"),
        average_rating: rating_of(&info, "averageRating"),
        ratings_count: info.bounded_integer_member("ratingsCount", 0, u32::MAX),
        image: link("thumbnail"),
        small_image: link("smallThumbnail"),
        language: info.text_member("language").and_then(|tag| language::normalized_tag(&tag)),
        ..Edition::default()
    };
    let provider_id = record.text_member("id").unwrap_or_default();
    Some(ProviderRecord {
        provider_id,
        ..ProviderRecord::new(Provider::GoogleBooks, rank, edition)
    })
}

fn identifiers(info: &JsonMembers<'_>) -> Vec<IndustryIdentifier> {
    let one = |item: &RawValue| {
        let id = JsonMembers::of(item)?;
        let identifier = id.text_member("identifier")?;
        let is_isbn = Isbn13::parse(&identifier).is_ok();
        let kind = id.text_member("type");
        let kind = kind.unwrap_or_else(|| if is_isbn { "ISBN_13" } else { "OTHER" }.to_owned());
        Some(IndustryIdentifier { kind, identifier })
    };
    let list = info.list_member("industryIdentifiers").unwrap_or_default();
    list.into_iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests;
