//! Splits a cell with authors into names.

use bibliography::text_normalization::{StaticWordList, fold_text};

use super::author_placeholder::is_author_placeholder;
use super::given_names::is_known_given_name;
use super::person_role::{has_role, is_role, names_role, strip_bracketed_role};
use crate::import::ordered_word_list::OrderedWordList;

/// Words after a comma that belong to the name before it.
const SUFFIXES: OrderedWordList = OrderedWordList(include_str!("../words/authors.suffixes.txt"));

const NAME_PARTICLES: OrderedWordList =
    OrderedWordList(include_str!("../words/authors.particles.txt"));

/// Authors with a single name, who are whole persons before a comma.
const ONE_NAME: StaticWordList = StaticWordList::new(include_str!("../words/authors.one_name.txt"));

/// Names separated by commas, ampersands, semicolons or bars.
pub(super) fn split_list(cell: &str) -> Vec<String> {
    split_names(cell).into_iter().flat_map(in_commas).collect()
}

/// Splits at signs that no name has, and at "and" between two full names.
pub(super) fn split_names(cell: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for part in cell.split(['|', ';', '\n', '•']) {
        let part = part.split(" & ").flat_map(|part| part.split(" + "));
        let part = part.flat_map(|part| part.split(" · "));
        for part in part.flat_map(|part| part.split(" / ")).flat_map(|part| part.split(" // ")) {
            let and =
                [" and ", " et ", " und ", " y ", " e ", " og ", " och ", " en ", " и ", " i "]
                    .into_iter()
                    .find_map(|and| {
                        let (one, two) = part.split_once(and)?;
                        (word_count(one) >= 2 && word_count(two) >= 2).then_some([one, two])
                    });
            match and {
                Some(two) => names.extend(two),
                None => names.push(part),
            }
        }
    }
    names
}

/// The names between commas, in display order: `King, Stephen` is one name, and `Doe, Ann, Roe, Bo`
/// are two; `Plato, Dana Densmore` are two persons.
pub(super) fn in_commas(names: &str) -> Vec<String> {
    let pieces = comma_pieces(names);
    let mut rest = pieces.as_slice();
    let mut found = Vec::new();
    while let Some((piece, after)) = rest.split_first() {
        match after.split_first() {
            Some((given, behind)) if is_inverted(piece, given) => {
                // A role in brackets and a suffix stay after the whole name.
                let bare = strip_bracketed_role(given).0.split(',').next().unwrap_or_default();
                let suffix = given.strip_prefix(bare).unwrap_or_default();
                found.push(format!("{bare} {piece}{suffix}"));
                rest = behind;
            }
            _ => {
                found.push(piece.clone());
                rest = after;
            }
        }
    }
    found
}

/// Splits at commas, except before `Jr.`, `M.D.` or `The Duke of Sussex`. A role after a comma is
/// put in brackets after its name; the author's role is dropped.
pub(super) fn comma_pieces(names: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for piece in names.split(',').map(str::trim).filter(|piece| !piece.is_empty()) {
        match pieces.last_mut() {
            Some(_) if is_word_for_role(piece) && !names_role(piece) => {}
            Some(last) if is_word_for_role(piece) => last.push_str(&format!(" ({piece})")),
            Some(last) if is_suffix(piece) => last.push_str(&format!(", {piece}")),
            _ => pieces.push(piece.to_owned()),
        }
    }
    pieces
}

/// Whether the texts on both sides of a comma are one name, family name first.
///
/// A family name is one word, begins with a particle, or precedes a single given name. A given
/// name is one word, several known ones, or initials.
fn is_inverted(family: &str, given: &str) -> bool {
    let has_case = |text: &str| text.chars().any(|c| c.is_lowercase() || c.is_uppercase());
    if has_role(family)
        || is_author_placeholder(family)
        || !has_case(family)
        || !has_case(given)
        || is_one_name(family)
    {
        return false;
    }
    let (given, _) = strip_bracketed_role(given);
    let given_words: Vec<&str> = given.split_whitespace().filter(|word| !is_suffix(word)).collect();
    let is_plain = |word: &&str| is_initials(word) || is_particle(word) || is_patronymic(word);
    let unknown =
        given_words.iter().filter(|word| !is_plain(word) && !is_known_given_name(word)).count();
    let are_given = unknown * 3 <= given_words.len()
        && given_words.first().is_some_and(|word| is_known_given_name(word) || is_initials(word));
    let first = family.split_whitespace().next().unwrap_or_default();
    match (word_count(family), given_words.len()) {
        (_, 0) => false,
        (1, 1) => is_initials(given) || given.chars().filter(|c| c.is_alphabetic()).count() > 1,
        (1, _) => are_given,
        (_, more) => {
            let short = more == 1 || given_words.iter().skip(1).all(is_plain);
            are_given
                && short
                && (is_particle(first) || !is_known_given_name(first))
                && !is_initials(given)
        }
    }
}

pub(super) fn is_one_name(name: &str) -> bool {
    ONE_NAME.contains(&fold_text(name))
}

pub(super) fn word_count(name: &str) -> usize {
    name.split_whitespace().count()
}

pub(super) fn is_particle(word: &str) -> bool {
    NAME_PARTICLES.contains(&word.to_lowercase())
}

pub(super) fn is_patronymic(word: &str) -> bool {
    const ENDS: &[&str] = &["ovich", "evich", "ovna", "evna", "ович", "евич", "овна", "евна"];
    let lower = word.to_lowercase();
    ENDS.iter().any(|end| lower.ends_with(end) && lower.len() > end.len())
}

/// `J.R.R.`, `K. J.`, `A`.
pub(super) fn is_initials(text: &str) -> bool {
    let mut letters = 0;
    for part in text.split(|c: char| c == '.' || c == '-' || c.is_whitespace()) {
        match part.chars().count() {
            0 => {}
            1 if part.chars().all(char::is_uppercase) => letters += 1,
            _ => return false,
        }
    }
    letters > 0
}

/// Whether a piece is a role and no given name, as "Ed" can be.
fn is_word_for_role(piece: &str) -> bool {
    piece.chars().count() > 3 && !is_known_given_name(piece) && is_role(piece)
}

/// Whether words are a family name with a particle or a suffix: `von Goethe`, `King Jr.`.
pub(super) fn is_family_name(name: &str) -> bool {
    let mut words = name.split_whitespace();
    words.next().is_some_and(is_particle) || words.next_back().is_some_and(is_suffix)
}

fn is_suffix(piece: &str) -> bool {
    let lower = piece.to_lowercase();
    let letters: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    SUFFIXES.contains(&letters)
        || ["the ", "duke of", "duchess of", "earl of", "baron", "count of", "prince of"]
            .iter()
            .any(|title| lower.starts_with(title))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_names_are_folded_and_in_order() {
        assert!(ONE_NAME.iter().is_sorted());
        for name in ONE_NAME.iter() {
            assert_eq!(fold_text(name), name);
        }
    }
}
