//! Parses answers of both API generations into editions.
//!
//! Numbers may be texts, lists may be objects with numbered keys, and names of keys differ. So each
//! field is read alone: an unusable field is left out, an unusable record fails alone and is
//! counted, and an answer is an error only if it has no record or list at all.

use std::borrow::Cow;

use bibliography::edition::Edition;
use bibliography::isbn::Isbn13;
use bibliography::{language, markup, partial_date};
use runtime::call_outcome::ProviderFailure;
use runtime::json_members::{JsonMembers, valid_unicode_json_text};
use runtime::rate_limit::ProviderReportedQuota;
use serde_json::value::RawValue;

use super::author_subject_names;

/// Largest answer: the provider's own limit.
pub const MAX_ANSWER_BYTES: usize = 6 * 1024 * 1024;
/// Most books read from one answer: the provider's largest page.
const MAX_BOOKS: usize = 1_000;
/// A larger page count is a typing error.
const MAX_PAGES: u32 = 50_000;

/// The content of an ISBNdb answer: one page of books.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedIsbndbPage {
    pub books: Vec<Edition>,
    /// Unreadable records, each with its ISBN if that could be read.
    pub unreadable: Vec<Option<Isbn13>>,
    /// Books in all, if the answer states it.
    pub total: Option<u32>,
    /// How many ISBNs the provider counted in a bulk call.
    pub requested: Option<u32>,
    /// The author's name as the provider writes it (second generation).
    pub name: Option<String>,
}

/// Reads `GET /book/{isbn}`.
/// Errors: [`ProviderFailure::Malformed`] if there is no book in the answer, which is not the same
/// as "no such book".
pub fn book_answer(body: &[u8]) -> Result<Edition, ProviderFailure> {
    let text = bounded_text(body)?;
    let members = parse_object(&text)?;
    let record = members.nested_object("book").unwrap_or(members);
    parse_book(&record).ok_or_else(|| ProviderFailure::malformed("no book in the answer"))
}

/// Reads a list: an author's page, a search, a bulk answer.
/// Errors: [`ProviderFailure::Malformed`] if there is no list in the answer.
pub fn parse_isbndb_book_list(body: &[u8]) -> Result<ParsedIsbndbPage, ProviderFailure> {
    let text = bounded_text(body)?;
    let members = parse_object(&text)?;
    let list = ["data", "books"]
        .into_iter()
        .find_map(|name| members.list_member(name))
        .ok_or_else(|| ProviderFailure::malformed("no list of books in the answer"))?;
    let mut answer = ParsedIsbndbPage {
        total: read_count(&members, "total"),
        requested: read_count(&members, "requested"),
        name: members.text_member("name").and_then(|name| markup::single_line(&name)),
        ..ParsedIsbndbPage::default()
    };
    for item in list.into_iter().take(MAX_BOOKS) {
        match read_list_record(item) {
            Ok(book) => answer.books.push(book),
            Err(number) => answer.unreadable.push(number),
        }
    }
    Ok(answer)
}

/// A record of a list as an edition; the error is the ISBN of an unreadable record.
fn read_list_record(item: &RawValue) -> Result<Edition, Option<Isbn13>> {
    let record = JsonMembers::of(item).ok_or(None)?;
    parse_book(&record).ok_or_else(|| record_isbn(&record))
}

pub fn key_answer(body: &[u8]) -> Result<ProviderReportedQuota, ProviderFailure> {
    let text = bounded_text(body)?;
    let members = parse_object(&text)?;
    let limit = members.nested_object("plan_limit");
    let limit = limit.ok_or_else(|| ProviderFailure::malformed("no plan limit in the answer"))?;
    let total = read_count(&limit, "total");
    let spent = read_count(&limit, "spent");
    let left = read_count(&limit, "left")
        .or_else(|| Some(total?.saturating_sub(spent?)))
        .ok_or_else(|| ProviderFailure::malformed("no units left in the answer"))?;
    let total = total.filter(|total| *total > 0);
    Ok(ProviderReportedQuota { total, left, reset_ms: None })
}

fn bounded_text(body: &[u8]) -> Result<Cow<'_, str>, ProviderFailure> {
    if body.len() > MAX_ANSWER_BYTES {
        return Err(ProviderFailure::malformed("the answer is over 6 MB"));
    }
    Ok(valid_unicode_json_text(body))
}

fn parse_object(text: &str) -> Result<JsonMembers<'_>, ProviderFailure> {
    JsonMembers::parse(text).map_err(|_| ProviderFailure::malformed("the answer is no JSON object"))
}

/// One record. Only the title is required.
fn parse_book(record: &JsonMembers<'_>) -> Option<Edition> {
    let lines = |name: &str| record.text_member(name).and_then(|value| markup::single_line(&value));
    let (short, long) = (lines("title"), lines("title_long"));
    let title = short.or_else(|| long.clone())?;
    let description = ["synopsis", "synopsys", "overview"]
        .into_iter()
        .find_map(|name| markup::paragraphs(&record.text_member(name)?));
    Some(Edition {
        isbn13: record_isbn(record),
        subtitle: long.and_then(|long| subtitle_from_long_title(&title, &long)),
        title,
        authors: author_subject_names::display_author_names(
            record.text_list_member("authors").iter().map(String::as_str),
        ),
        publisher: lines("publisher"),
        published_date: ["date_published", "publish_date"]
            .into_iter()
            .find_map(|name| partial_date::parse(&record.text_member(name)?)),
        description,
        page_count: page_count(record),
        categories: author_subject_names::display_subjects(
            record.text_list_member("subjects").iter().map(String::as_str),
        ),
        language: record
            .text_member("language")
            .and_then(|language| language::iso_639_code(&language)),
        // Never `image_original`: its link is signed and expires within two hours.
        image: record.text_member("image").and_then(|link| markup::stable_cover_link(&link)),
        binding: lines("binding").or_else(|| lines("format")),
        ..Edition::default()
    })
}

/// `isbn` is an ISBN-10 in the first generation and an ISBN-13 in the second: the first field that
/// holds a valid ISBN counts.
fn record_isbn(record: &JsonMembers<'_>) -> Option<Isbn13> {
    ["isbn13", "isbn", "isbn10"]
        .into_iter()
        .find_map(|name| Isbn13::parse(&record.text_member(name)?).ok())
}

/// The part of the long title that follows the title.
fn subtitle_from_long_title(title: &str, long: &str) -> Option<String> {
    let rest = long.get(..title.len()).filter(|start| start.eq_ignore_ascii_case(title))?;
    let rest = long.get(rest.len()..)?.trim_start();
    let rest = rest.strip_prefix([':', '-', '–', '—', ';'])?.trim();
    (!rest.is_empty()).then(|| rest.to_owned())
}

fn page_count(record: &JsonMembers<'_>) -> Option<u32> {
    let text = record.text_member("pages")?;
    let digits: String =
        text.trim().chars().take_while(|c| c.is_ascii_digit() || *c == ',').collect();
    let pages: u32 = digits.replace(',', "").parse().ok()?;
    (1..=MAX_PAGES).contains(&pages).then_some(pages)
}

/// Counts beyond u32 become `u32::MAX`.
fn read_count(record: &JsonMembers<'_>, name: &str) -> Option<u32> {
    record.bounded_integer_member(name, 0, u32::MAX).or_else(|| {
        let over = record.numeric_member(name)? > f64::from(u32::MAX);
        over.then_some(u32::MAX)
    })
}

#[cfg(test)]
mod tests;
