//! Classifies a folded text by its form.
//!
//! The analysis reads only the folded form, so that spellings with one folded form get one result.
//! The form seldom distinguishes a person from a title ("Jane Eyre"), and a wrong guess misses the
//! right book: without clear evidence the result is [`QueryGuess::Mixed`], which searches for both.

use super::initials::{is_single_initial, joined_initials};
use super::query_words::{AUTHOR_MARKS, CONJUNCTIONS, NOT_A_NAME, TITLE_ADJECTIVES};
use crate::text_normalization::fold_text;
use crate::text_normalization::name_and_title_words::{
    CONNECTORS, GENERATION_SUFFIXES, GIVEN_NAMES, LEADING_ARTICLES, NAME_PARTICLES,
};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum QueryGuess {
    Author(f32),
    Title(f32),
    Mixed(f32),
}

pub(super) fn query_shape(folded: &str) -> QueryGuess {
    let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return QueryGuess::Mixed(0.0);
    }
    if words.iter().all(|word| is_numeric(word)) {
        // "1984", "2001", "11/22/63". Eight digits or more are probably a damaged ISBN.
        let digits: usize = words.iter().map(|word| word.len()).sum();
        return if digits < 8 { QueryGuess::Title(0.9) } else { QueryGuess::Mixed(0.3) };
    }
    if let Some(confidence) = with_initials(&words) {
        return QueryGuess::Author(confidence);
    }
    if let Some(confidence) = title_form(&words) {
        return QueryGuess::Title(confidence);
    }
    QueryGuess::Mixed(if words.len() == 1 { 0.4 } else { 0.5 })
}

/// The index of the last "by" that may precede an author.
pub(super) fn last_by(words: &[&str]) -> Option<usize> {
    words.iter().rposition(|word| fold_text(word) == "by")
}

/// The index of the word between title and author: "by" before a name, another such word only
/// before a text that can only be a person's name.
pub(super) fn author_mark(words: &[&str]) -> Option<usize> {
    let behind = |at: usize| fold_text(&words.get(at + 1..).unwrap_or_default().join(" "));
    let by = last_by(words).filter(|at| *at > 0 && is_name_alone(&behind(*at)));
    let is_mark =
        |at: usize| words.get(at).is_some_and(|word| AUTHOR_MARKS.contains(&fold_text(word)));
    by.or_else(|| (1..words.len()).find(|at| is_mark(*at) && is_person(&behind(*at))))
}

/// Whether the words after "by" have the form of a name: initials, or a known given name first.
pub(super) fn is_person(folded: &str) -> bool {
    let words: Vec<&str> = folded.split(' ').collect();
    let known = words.first().is_some_and(|first| GIVEN_NAMES.contains(first));
    (2..=5).contains(&words.len())
        && words.iter().all(|word| is_name_word(word))
        && (known || with_initials(&words).is_some())
}

/// Whether folded words can be a surname alone: one word of three letters or more, not a common
/// word, with its particles.
pub(super) fn is_name_alone(folded: &str) -> bool {
    let words: Vec<&str> = folded.split(' ').collect();
    let name = words.last().copied().unwrap_or_default();
    is_surname(&words)
        && name.chars().count() > 2
        && !CONNECTORS.contains(name)
        && !TITLE_ADJECTIVES.contains(name)
}

/// Whether a text is "Last, First": one comma, a short name on each side, and no word that a name
/// cannot have.
pub(super) fn is_inverted_name(text: &str) -> bool {
    let Some((last, first)) = text.split_once(',') else { return false };
    let (last, first) = (fold_text(last), fold_text(first));
    let short = |side: &str, most: usize| {
        let words = side.split(' ').filter(|word| !NAME_PARTICLES.contains(word)).count();
        words <= most && !side.is_empty() && side.split(' ').all(is_name_word)
    };
    // "Heinlein, Robert A.": after a given name the letter is an initial, not an article.
    let first_plain = first.replace(" a ", " ");
    let first_plain = first_plain.strip_suffix(" a").unwrap_or(&first_plain);
    last != first && short(&last, 2) && short(first_plain, 3)
}

fn is_name_word(word: &str) -> bool {
    word.chars().all(|c| !c.is_numeric() && c.is_alphabetic() || !c.is_ascii() && !c.is_numeric())
        && !word.is_empty()
        && !NOT_A_NAME.contains(word)
}

fn is_numeric(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The confidence for a name with initials, the only form that identifies a person.
pub(super) fn with_initials(words: &[&str]) -> Option<f32> {
    let words = match words.split_last() {
        Some((last, rest)) if GENERATION_SUFFIXES.contains(last) => rest,
        _ => words,
    };
    let (first, rest) = words.split_first()?;
    let (second, after) = rest.split_first()?;
    // "J. K. Rowling", "J. K. van Rowling"
    if joined_initials(first).is_some() && is_surname(rest) {
        return Some(0.85);
    }
    // "F. Scott Fitzgerald"
    if is_single_initial(first) && GIVEN_NAMES.contains(second) && is_surname(after) {
        return Some(0.85);
    }
    // "Ursula K. Le Guin", "George R. R. Martin"
    let middle = is_single_initial(second) || joined_initials(second).is_some();
    if GIVEN_NAMES.contains(first) && middle && is_surname(after) {
        return Some(0.9);
    }
    // "Robert A. Heinlein", but not "Emma: A Novel"
    if GIVEN_NAMES.contains(first) && *second == "a" && is_surname(after) {
        return Some(0.75);
    }
    None
}

/// One word after any number of particles.
fn is_surname(words: &[&str]) -> bool {
    words.split_last().is_some_and(|(name, particles)| {
        name.chars().count() > 1
            && is_name_word(name)
            && !NAME_PARTICLES.contains(name)
            && particles.iter().all(|word| NAME_PARTICLES.contains(word))
    })
}

/// The confidence for a text with a title's grammar, without room for an author's name after it.
fn title_form(words: &[&str]) -> Option<f32> {
    let count = words.len();
    let first = words.first()?;
    let connects = |word: &&str| CONNECTORS.contains(word);
    if LEADING_ARTICLES.contains(first) && matches!(count, 2 | 3) {
        let between = words.get(1..count - 1).unwrap_or_default();
        let short = between.iter().all(|word| TITLE_ADJECTIVES.contains(word));
        let ends = words.last().is_some_and(|last| !connects(last));
        if short && ends {
            return Some(if count == 2 { 0.85 } else { 0.8 });
        }
    }
    // "The Name of the Wind": one word after the last connector, without numbers and adjectives.
    let last = words.iter().rposition(&connects)?;
    let tail = words.get(last + 1..)?;
    let one_noun = tail
        .split_last()
        .is_some_and(|(_, before)| before.iter().all(|word| TITLE_ADJECTIVES.contains(word)));
    if count < 3 || !one_noun || last == 0 {
        return None;
    }
    if connects(first) || LEADING_ARTICLES.contains(first) {
        return Some(0.85);
    }
    // An author may precede the title ("Andy Weir The Martian"): require one word before the first
    // connector, no article after a plain word, and more than "X and Y" or "Joan of Arc".
    let head = words.iter().position(&connects)?;
    let article_after_word = words
        .windows(2)
        .any(|pair| matches!(pair, [before, "the" | "a" | "an"] if !connects(before)));
    let only_and =
        words.iter().filter(|word| connects(word)).all(|word| CONJUNCTIONS.contains(word));
    (head == 1 && !article_after_word && !only_and && !GIVEN_NAMES.contains(first)).then_some(0.75)
}
