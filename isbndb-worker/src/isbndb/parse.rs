//! Answers into our own books, both generations of the API.
//!
//! Numbers come as texts, lists as objects with numbered keys, keys change their names. So the
//! JSON is read as a tree and every field for itself: a field that makes no sense is left out, a
//! record that makes no sense fails itself and is counted, and only an answer that is none at all
//! is an error.

use serde_json::{Map, Value};
use shared::book::Book;
use shared::gate::QuotaReport;
use shared::isbn::Isbn13;
use shared::order;
use shared::outcome::Failure;

use super::{clean, date, language, names};

/// Most an answer may weigh: the provider's own wall.
pub const MAX_BODY_BYTES: usize = 6 * 1024 * 1024;
/// Most books read from one answer: the provider's largest page.
const MAX_BOOKS: usize = 1_000;
/// More pages than any book has: a typing error.
const MAX_PAGES: u64 = 50_000;

/// A list of books as answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BookList {
    /// The records that could be read.
    pub books: Vec<Book>,
    /// Records that could not.
    pub unreadable: usize,
    /// Books in all, where the answer says so.
    pub total: Option<u32>,
    /// How many numbers a bulk call asked for in the provider's eyes.
    pub requested: Option<u32>,
    /// The author's name in the provider's words (second generation).
    pub name: Option<String>,
}

/// Reads `GET /book/{isbn}`.
///
/// # Errors
/// [`Failure::Malformed`] where there is no book in the answer: it does not say that there is none.
pub fn book_answer(body: &[u8]) -> Result<Book, Failure> {
    let members = object(body)?;
    let record = members.get("book").and_then(Value::as_object).unwrap_or(&members);
    book(record).ok_or_else(|| malformed("no book in the answer"))
}

/// Reads a list: an author's page, a search, a bulk answer.
///
/// # Errors
/// [`Failure::Malformed`] where there is no list in the answer.
pub fn list_answer(body: &[u8]) -> Result<BookList, Failure> {
    let members = object(body)?;
    let list = ["data", "books"]
        .into_iter()
        .find_map(|name| items(members.get(name)?))
        .ok_or_else(|| malformed("no list of books in the answer"))?;
    let mut answer = BookList {
        total: count(&members, "total"),
        requested: count(&members, "requested"),
        name: text(&members, "name").and_then(|name| clean::line(&name)),
        ..BookList::default()
    };
    for item in list.into_iter().take(MAX_BOOKS) {
        match item.as_object().and_then(book) {
            Some(book) => answer.books.push(book),
            None => answer.unreadable += 1,
        }
    }
    Ok(answer)
}

/// Reads `GET /key`.
///
/// # Errors
/// [`Failure::Malformed`] where the numbers are missing.
pub fn key_answer(body: &[u8]) -> Result<QuotaReport, Failure> {
    let members = object(body)?;
    let limit = members.get("plan_limit").and_then(Value::as_object);
    let limit = limit.ok_or_else(|| malformed("no plan limit in the answer"))?;
    let total = count(limit, "total");
    let spent = count(limit, "spent");
    let left = count(limit, "left")
        .or_else(|| Some(total?.saturating_sub(spent?)))
        .ok_or_else(|| malformed("no units left in the answer"))?;
    let total = total.filter(|total| *total > 0);
    Ok(QuotaReport { total, left, reset_ms: None })
}

fn malformed(what: &str) -> Failure {
    Failure::Malformed { what: what.to_owned() }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Failure> {
    if body.len() > MAX_BODY_BYTES {
        return Err(malformed("the answer is over 6 MB"));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(malformed("the answer is no JSON object")),
        Err(_) => Err(malformed("the answer is no JSON")),
    }
}

/// One record. It is a book if it has a title; all else may be missing.
fn book(record: &Map<String, Value>) -> Option<Book> {
    let short = text(record, "title").and_then(|title| clean::line(&title));
    let long = text(record, "title_long").and_then(|title| clean::line(&title));
    let title = short.clone().or_else(|| long.clone())?;
    let description = ["synopsis", "synopsys", "overview"]
        .into_iter()
        .find_map(|name| clean::paragraphs(&text(record, name)?));
    let lines = |name: &str| text(record, name).and_then(|value| clean::line(&value));
    Some(Book {
        isbn13: isbn(record),
        subtitle: long.and_then(|long| subtitle(&title, &long)),
        title,
        authors: names::authors(texts(record, "authors").iter().map(String::as_str)),
        publisher: lines("publisher"),
        published_date: ["date_published", "publish_date"]
            .into_iter()
            .find_map(|name| date::parse(&text(record, name)?)),
        description,
        page_count: pages(record),
        categories: names::subjects(texts(record, "subjects").iter().map(String::as_str)),
        language: text(record, "language").and_then(|language| language::parse(&language)),
        // Never `image_original`: its link is signed and expires within two hours.
        image: text(record, "image").and_then(|link| clean::image(&link)),
        binding: lines("binding").or_else(|| lines("format")),
    })
}

/// `isbn` is an ISBN-10 in the first generation and an ISBN-13 in the second: the first field that
/// holds a valid number counts.
fn isbn(record: &Map<String, Value>) -> Option<Isbn13> {
    ["isbn13", "isbn", "isbn10"]
        .into_iter()
        .find_map(|name| Isbn13::parse(&text(record, name)?).ok())
}

/// What the long title has behind the title.
fn subtitle(title: &str, long: &str) -> Option<String> {
    let rest = long.get(..title.len()).filter(|start| start.eq_ignore_ascii_case(title))?;
    let rest = long.get(rest.len()..)?.trim_start();
    let rest = rest.strip_prefix([':', '-', '–', '—', ';'])?.trim();
    (!rest.is_empty()).then(|| rest.to_owned())
}

fn pages(record: &Map<String, Value>) -> Option<u32> {
    let text = text(record, "pages")?;
    let digits: String =
        text.trim().chars().take_while(|c| c.is_ascii_digit() || *c == ',').collect();
    let pages: u64 = digits.replace(',', "").parse().ok()?;
    (1..=MAX_PAGES).contains(&pages).then(|| u32::try_from(pages).ok()).flatten()
}

/// A text, or a number as text; none for null, lists and objects.
fn text(record: &Map<String, Value>, name: &str) -> Option<String> {
    scalar(record.get(name)?)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn count(record: &Map<String, Value>, name: &str) -> Option<u32> {
    match record.get(name)? {
        Value::Number(number) => {
            // Beyond u32 it is still "very many".
            number.as_u64().map(|n| u32::try_from(n).unwrap_or(u32::MAX))
        }
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A list of texts: an array, an object with numbered keys, or one text.
fn texts(record: &Map<String, Value>, name: &str) -> Vec<String> {
    match record.get(name) {
        Some(Value::String(text)) => vec![text.clone()],
        Some(value) => items(value).unwrap_or_default().into_iter().filter_map(scalar).collect(),
        None => Vec::new(),
    }
}

/// A list's members; PHP writes a list with gaps as an object with numbers for keys.
fn items(value: &Value) -> Option<Vec<&Value>> {
    match value {
        Value::Array(list) => Some(list.iter().collect()),
        Value::Object(members) => {
            let mut numbered: Vec<(u32, &Value)> = members
                .iter()
                .map(|(key, value)| Some((key.parse().ok()?, value)))
                .collect::<Option<_>>()?;
            order::sort_by_key(&mut numbered, |(number, _)| *number);
            Some(numbered.into_iter().map(|(_, value)| value).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
