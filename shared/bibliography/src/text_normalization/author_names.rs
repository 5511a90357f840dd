//! Names of authors.

use super::name_and_title_words::{
    CORPORATE, DEGREES, DIGNITIES, GENERATION_SUFFIXES, GIVEN_NAMES, MOVED_ARTICLES,
    NAME_PARTICLES, ROLES,
};
use super::text_folding::{fold_text, has_alphanumeric, is_name_initial};

/// The comparable form of one author's name.
///
/// Made from [`author_display_name`], so "Last, First" is "First Last" and degrees and roles are
/// removed. Initials are one word. The order of the words stays: Henry James is not James Henry.
pub fn author_name_key(name: &str) -> String {
    fold_text(&author_display_name(name))
}

/// A name in display order, "First Last", with its diacritics and capitals.
///
/// One comma is uninverted unless it is followed by a generation (Jr.), a degree, a dignity ("The
/// Duke of Sussex"), part of a body's name ("Little, Brown and Company") or a second person ("Neil
/// Gaiman, Terry Pratchett"). Degrees, life dates and a role in brackets are removed; spaces become
/// single.
pub fn author_display_name(name: &str) -> String {
    let mut shown = display_once(name);
    // Inverting an odd name may expose a role or a degree; the function must be idempotent.
    for _ in 0..3 {
        let again = display_once(&shown);
        if again == shown {
            break;
        }
        shown = again;
    }
    shown
}

fn display_once(name: &str) -> String {
    let clean = collapse_spaces(strip_role(name));
    let mut parts: Vec<&str> =
        clean.split([',', '，']).map(str::trim).filter(|part| has_alphanumeric(part)).collect();
    // A catalogue adds life dates: "Dickens, Charles, 1812-1870".
    while parts.len() > 1
        && parts.last().is_some_and(|part| part.starts_with(|c: char| c.is_ascii_digit()))
    {
        parts.pop();
    }
    let mut generation = None;
    while let [first, .., last] = parts.as_slice() {
        let word = undotted(last);
        if GENERATION_SUFFIXES.contains(&word) {
            generation = Some(*last);
        } else if !DEGREES.contains(&word) || (parts.len() == 2 && is_surname(first)) {
            // "Smith, M.D." is M. D. Smith: one word alone is no full name.
            break;
        }
        parts.pop();
    }
    let mut display = match parts.as_slice() {
        [] => clean.clone(),
        [only] => (*only).to_owned(),
        [last, first] if is_inverted(last, first) => format!("{first} {last}"),
        many => many.join(", "),
    };
    drop_trailing_degrees(&mut display);
    if let Some(generation) = generation {
        display.push(' ');
        display.push_str(generation);
    }
    display
}

/// The names in a cell that may hold several: `A & B`, `A and B`, `A; B`, `A | B`, `A / B`.
///
/// A comma does not separate, since it inverts a name more often than it lists, except between two
/// plain names: "Neil Gaiman, Terry Pratchett".
pub fn split_authors(cell: &str) -> Vec<String> {
    let cell = collapse_spaces(cell).replace(" and ", " & ").replace(" with ", " & ");
    cell.split(['&', ';', '|', '/', '\\'])
        .flat_map(|names| match names.split_once(',') {
            Some((one, other)) if are_two_names(one, other) => vec![one, other],
            _ => vec![names],
        })
        .map(str::trim)
        .filter(|name| has_alphanumeric(name))
        .map(author_display_name)
        .collect()
}

/// Whether a folded word is a common given name. False proves nothing: the list is short.
pub fn is_given_name(word: &str) -> bool {
    GIVEN_NAMES.contains(word)
}

/// Whether the texts on the two sides of a comma are two persons: both begin with a given name and
/// have more than one word.
fn are_two_names(one: &str, other: &str) -> bool {
    let is_name = |text: &str| {
        let folded = fold_text(text);
        folded.split_once(' ').is_some_and(|(first, _)| GIVEN_NAMES.contains(first))
    };
    is_name(one) && is_name(other)
}

fn is_inverted(last: &str, first: &str) -> bool {
    let folded = fold_text(first);
    let mut words = folded.split(' ');
    let head = words.next().unwrap_or_default();
    let next = words.next().unwrap_or_default();
    let dignity = (MOVED_ARTICLES.contains(head) && DIGNITIES.contains(next))
        || (DIGNITIES.contains(head) && next == "of")
        || head == "the";
    let several = |text: &str| fold_text(text).split(' ').any(|word| word == "and");
    let body = folded.split(' ').any(|word| CORPORATE.contains(word) && !is_name_initial(word));
    !are_two_names(last, first) && !dignity && !body && !several(first) && !several(last)
}

/// Removes a role in brackets at the end: "Jonathan Strahan (Editor)".
fn strip_role(name: &str) -> &str {
    let trimmed = name.trim_end();
    let Some(open) = trimmed.rfind(['(', '[']) else { return trimmed };
    let (head, tail) = trimmed.split_at_checked(open).unwrap_or((trimmed, ""));
    let inside = fold_text(tail);
    let is_role = inside.split(' ').any(|word| ROLES.contains(word));
    if is_role && tail.ends_with([')', ']']) && has_alphanumeric(head) {
        head.trim_end()
    } else {
        trimmed
    }
}

fn drop_trailing_degrees(name: &mut String) {
    while let Some((head, last)) = name.rsplit_once(' ') {
        // Two words must stay, and initials in the middle of a list are no degrees.
        let word = undotted(last);
        let is_degree = last.contains('.') && DEGREES.contains(&word);
        if !(is_degree || matches!(word.as_str(), "phd" | "md" | "mba"))
            || !head.trim_end_matches(',').contains(' ')
        {
            break;
        }
        *name = head.trim_end_matches([',', ' ']).to_owned();
    }
}

/// A surname alone: one word, or particles and a word.
fn is_surname(text: &str) -> bool {
    let folded = fold_text(text);
    let words = folded.split(' ').filter(|word| !NAME_PARTICLES.contains(word)).count();
    words <= 1
}

fn undotted(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase()
}

/// Single spaces, no control characters.
pub(crate) fn collapse_spaces(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
