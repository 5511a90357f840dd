//! Cleans the records of all providers.

use bibliography::edition::Edition;
use bibliography::isbn::Isbn13;
use bibliography::markup;
use bibliography::text_normalization::{BookSeries, author_display_name, fold_text};

const MAX_CATEGORIES: usize = 20;

/// Texts that providers put into a field without a value.
const PLACEHOLDERS: &[&str] = &[
    "author unknown",
    "na",
    "no author",
    "no title",
    "none",
    "not available",
    "null",
    "title not available",
    "undefined",
    "unknown",
    "unknown author",
    "unknown title",
    "untitled",
];

/// Words beside the number in a title that a program made from the number.
const NUMBER_LABELS: &[&str] = &["book", "ean", "isbn", "item", "no", "number", "title"];

/// Parts of links to images that show no cover.
const LOST_COVERS: &[&str] =
    &["/id/-1-", "/id/0-", "/id/none-", "/id/null-", "no_cover", "nocover", "nophoto", "noimage"];

/// Removes markup, placeholders and values that do not fit their field.
pub(super) fn clean_edition(record: Edition) -> Edition {
    let line = |value: Option<String>| {
        value.as_deref().and_then(clean_record_text).filter(|v| has_alphanumeric(v))
    };
    // The first test is the cheap one.
    let is_comparable = |title: &String| {
        title.contains(|c: char| c.is_ascii_alphanumeric()) || !fold_text(title).is_empty()
    };
    let title = clean_record_text(&record.title).filter(is_comparable);
    let series = record.series.or_else(|| Some(BookSeries::in_title(&record.title)?.to_string()));
    Edition {
        title: title.unwrap_or_default(),
        subtitle: line(record.subtitle),
        authors: clean_authors(&record.authors),
        publisher: line(record.publisher).filter(|name| !is_suspicious(name)),
        published_date: line(record.published_date),
        description: record.description.as_deref().and_then(markup::paragraphs),
        page_count: record.page_count.filter(|pages| *pages > 0),
        categories: clean_categories(&record.categories),
        average_rating: record.average_rating.filter(|value| (0.5..=5.0).contains(value)),
        image: record.image.as_deref().and_then(clean_cover_link),
        small_image: record.small_image.as_deref().and_then(clean_cover_link),
        language: line(record.language),
        series: line(series),
        binding: line(record.binding),
        ..record
    }
}

/// Whether a program put a text in place of a title or name: a number, a placeholder, or characters
/// destroyed by a wrong encoding.
pub(super) fn is_suspicious(text: &str) -> bool {
    is_suspicious_folded(text, &fold_text(text))
}

fn is_suspicious_folded(text: &str, folded: &str) -> bool {
    let is_number = |word: &&str| {
        Isbn13::parse(word).is_ok() || word.len() >= 10 && word.bytes().all(|b| b.is_ascii_digit())
    };
    let numbers = folded.split(' ').filter(is_number).count();
    let is_label = |word: &str| is_number(&word) || NUMBER_LABELS.contains(&word);
    !has_alphanumeric(text)
        || PLACEHOLDERS.contains(&folded)
        || (numbers > 0 && folded.split(' ').all(is_label))
        || text.contains('\u{fffd}')
        || text.split_whitespace().any(|word| word.len() > 2 && word.bytes().all(|b| b == b'?'))
        || is_misread(text)
}

/// Whether a text is UTF-8 decoded as Latin-1: "Ã©" for "é".
fn is_misread(text: &str) -> bool {
    text.chars()
        .zip(text.chars().skip(1))
        .any(|pair| matches!(pair, ('Ã' | 'Â', '\u{80}'..='\u{bf}') | ('â', '€' | '\u{80}')))
}

fn has_alphanumeric(text: &str) -> bool {
    text.contains(char::is_alphanumeric)
}

/// Text with single spaces, without markup and without the quotes around some publishers' names.
fn clean_record_text(value: &str) -> Option<String> {
    let value = markup::single_line(value)?;
    let mut bare = value.as_str();
    while let Some(inner) = bare.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        bare = inner.trim();
    }
    (!bare.is_empty()).then(|| bare.to_owned())
}

/// Names in display order, each person once, placeholders dropped.
pub(super) fn clean_authors(names: &[String]) -> Vec<String> {
    let mut clean: Vec<(String, String)> = Vec::new();
    let names: Vec<String> = names.iter().filter_map(|name| clean_record_text(name)).collect();
    for name in names.iter().flat_map(|name| split_names(name)) {
        let shown = author_display_name(name);
        let key = fold_text(&shown);
        let is_placeholder =
            name.contains("autofilled") || key.is_empty() || is_suspicious_folded(&shown, &key);
        if !is_placeholder && clean.iter().all(|(known, _)| *known != key) {
            clean.push((key, shown));
        }
    }
    clean.into_iter().map(|(_, shown)| shown).collect()
}

/// The names in one string: "T. V. Suresh Kumar, B. Eswara Reddy, P. Raghavan" has three. A string
/// with one comma is an inverted name.
fn split_names(name: &str) -> Vec<&str> {
    let parts: Vec<&str> = name.split(',').map(str::trim).collect();
    let is_list = parts.len() > 2 && parts.iter().all(|part| part.contains(' '));
    if is_list { parts } else { vec![name] }
}

/// The first categories, each once, without marks of programs ("nyt:fiction=2012-01-01").
fn clean_categories(values: &[String]) -> Vec<String> {
    let is_mark = |value: &str| value.split_once(':').is_some_and(|(_, rest)| rest.contains('='));
    let mut clean: Vec<String> = Vec::new();
    for value in values.iter().filter_map(|value| clean_record_text(value)) {
        let fits = clean.len() < MAX_CATEGORIES && has_alphanumeric(&value) && !is_mark(&value);
        if fits && !clean.contains(&value) {
            clean.push(value);
        }
    }
    clean
}

/// A cover's link over https, without the drawn page curl; None for anything else.
fn clean_cover_link(link: &str) -> Option<String> {
    let link = link.trim();
    let rest = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://"));
    let rest = rest.or_else(|| link.strip_prefix("//"))?;
    let lower = rest.to_ascii_lowercase();
    let is_link = !rest.is_empty()
        && !rest.contains(|c: char| c.is_whitespace() || c == '"')
        && !LOST_COVERS.iter().any(|lost| lower.contains(lost));
    let curled = |part: &&str| *part != "edge=curl";
    is_link.then(|| {
        let plain: Vec<&str> = rest.split('&').filter(curled).collect();
        format!("https://{}", plain.join("&"))
    })
}
