//! From a text to a query: Google's field syntax, numbers, "title by author", free text.

use super::analyse::{Guess, guess, is_inverted_name, is_person};
use super::{Query, Repair, SAID};
use crate::isbn::repair::{CellIsbn, read_cell};
use crate::isbn::{Isbn13, IsbnError};
use crate::text::normal::{Form, normalize};
use crate::text::{author_key, collapse, display_name, fold, restore_article, strip_series};

/// See [`Query::auto`].
pub(super) fn auto(text: &str) -> Query {
    let text = collapse(&normalize(text, Form::Nfkc));
    match fielded(&text) {
        Some(query) => query,
        None => free(&text),
    }
}

/// The fields that Google's syntax knows and we search by.
#[derive(Clone, Copy, PartialEq)]
enum Field {
    Title,
    Author,
    Isbn,
    Free,
}

const OPERATORS: [(&str, Field); 3] =
    [("intitle:", Field::Title), ("inauthor:", Field::Author), ("isbn:", Field::Isbn)];

/// A query in Google's syntax; none where the text has no operator of ours with a value.
///
/// Google ends a field at the first space unless it is quoted. People do not quote, so here a
/// field runs on to the next operator; that changes nothing for the quoted form.
fn fielded(text: &str) -> Option<Query> {
    let mut fields = [String::new(), String::new(), String::new(), String::new()];
    let mut current = Field::Free;
    let mut seen = false;
    let mut quoted = false;
    // Some clients join the fields with a literal plus.
    let text = OPERATORS.iter().fold(text.to_owned(), |text, (name, _)| {
        text.replace(&format!("+{name}"), &format!(" {name}"))
    });
    for word in text.split(' ') {
        let bare = word.trim_start_matches(['"', '(']);
        let operator = (!quoted).then(|| operator(bare)).flatten();
        let value = match operator {
            Some((field, value)) => {
                seen = true;
                current = field;
                value
            }
            None => word,
        };
        // A closing quote ends the field; what follows is free text again.
        let quotes = value.matches('"').count();
        let value_start = quoted || operator.is_some();
        quoted ^= quotes % 2 == 1;
        append(&mut fields, current, value);
        if value_start && quotes > 0 && !quoted {
            current = Field::Free;
        }
    }
    let [title, author, isbn, free] = fields;
    if !seen {
        return None;
    }
    if !isbn.is_empty() {
        return Some(number(&isbn).unwrap_or_else(|repair| {
            let rest = [isbn, title, author, free].join(" ");
            self::free(&collapse(&rest)).with_repair(repair)
        }));
    }
    // Free words beside a field add to the title: `dune inauthor:herbert`. Nobody said that they
    // are one.
    let confidence = if free.is_empty() { SAID } else { 0.8 };
    let title = collapse(&format!("{free} {title}"));
    let query = Query::advanced(Some(&title), Some(&author));
    (!query.is_empty()).then(|| query.with_confidence(confidence))
}

fn operator(word: &str) -> Option<(Field, &str)> {
    OPERATORS.iter().find_map(|(name, field)| {
        let (head, value) = word.split_at_checked(name.len())?;
        head.eq_ignore_ascii_case(name).then_some((*field, value))
    })
}

fn append(fields: &mut [String; 4], field: Field, value: &str) {
    let [title, author, isbn, free] = fields;
    let place = match field {
        Field::Title => title,
        Field::Author => author,
        Field::Isbn => isbn,
        Field::Free => free,
    };
    if !place.is_empty() {
        place.push(' ');
    }
    place.push_str(value.trim_matches('"'));
}

/// The query of a text that is a number; for one that looks like a number and is not valid, the
/// number that may have been meant.
fn number(text: &str) -> Result<Query, Option<Repair>> {
    match Isbn13::parse(text) {
        Ok(isbn) => Ok(Query::isbn(isbn)),
        Err(IsbnError::Placeholder) => Err(None),
        Err(_) => match read_cell(text) {
            CellIsbn::Repaired { isbn, how } => Err(Some(Repair { isbn, how })),
            _ => Err(None),
        },
    }
}

/// A text without field syntax.
fn free(text: &str) -> Query {
    let repair = match number(text) {
        Ok(query) => return query,
        Err(repair) => repair,
    };
    if repair.is_some() {
        // The same digits in any grouping are the same question.
        let digits: String = text.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        return Query::mixed(text, &digits, 0.3).with_repair(repair);
    }
    let plain = strip_series(text);
    let display = restore_article(&plain);
    if let Some((title, author)) = split_by(&display) {
        return match title.as_str() {
            "" => Query::author(&author).with_confidence(0.9),
            title => Query::both(title, &author, 0.8),
        };
    }
    // The comma of "Last, First" says no more than that these two words are one name: what is
    // then said of "Jane Austen" has to be said of "Austen, Jane" too.
    let canonical =
        if is_inverted_name(&display) { display_name(&display) } else { display.clone() };
    let folded = fold(&canonical);
    match guess(&folded) {
        // A comma that the analysis did not take for an inversion must not become one.
        // Nor may an article that was moved lead to another key than the name as it was typed.
        Guess::Author(confidence)
            if author_key(&canonical) == folded && author_key(&plain) == folded =>
        {
            Query::author(&canonical).with_confidence(confidence)
        }
        Guess::Author(confidence) => Query::mixed(&display, &canonical, confidence.min(0.5)),
        Guess::Title(confidence) => Query::title(&canonical).with_confidence(confidence),
        Guess::Mixed(confidence) => Query::mixed(&display, &canonical, confidence),
    }
}

/// "Dune by Frank Herbert", "by Stephen King", "books by Stephen King": title (may be empty) and
/// author, where what follows the last "by" has the form of a name.
fn split_by(text: &str) -> Option<(String, String)> {
    let words: Vec<&str> = text.split(' ').collect();
    let at = words.iter().rposition(|word| fold(word) == "by")?;
    let title = words.get(..at)?.join(" ");
    let author = words.get(at + 1..)?.join(" ");
    if !is_person(&fold(&display_name(&author))) {
        return None;
    }
    let is_filler = matches!(fold(&title).as_str(), "" | "books" | "novels" | "book" | "works");
    Some((if is_filler { String::new() } else { title }, author))
}
