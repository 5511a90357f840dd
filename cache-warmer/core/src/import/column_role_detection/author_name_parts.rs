//! Names of columns that hold a part of the author's name, or the whole name, family name first.

use super::column_role::{ColumnRole, NamePart};
use super::name_certainty::{AUTHOR_COLUMN_WORDS, BOOK, FILLER_WORDS};
use crate::import::ordered_word_list::OrderedWordList;

const GIVEN: OrderedWordList = OrderedWordList(include_str!("../words/name.given.txt"));

const MIDDLE: OrderedWordList = OrderedWordList(include_str!("../words/name.middle.txt"));

const FAMILY: OrderedWordList = OrderedWordList(include_str!("../words/name.family.txt"));

/// Words for "name" without a person or a part.
const ANY_NAME: OrderedWordList = OrderedWordList(include_str!("../words/name.any.txt"));

pub(super) fn is_any_name(name: &str) -> bool {
    ANY_NAME.contains(name)
}

/// Whole names of a column that holds the family name first.
const INVERTED: OrderedWordList = OrderedWordList(include_str!("../words/author.inverted.txt"));

/// Whether a list has a word; longer words may have an ending ("vezetékneve").
fn has_form_of(list: OrderedWordList, word: &str) -> bool {
    let is_form = |known: &str| {
        let long = known.chars().count() >= 6;
        word.strip_prefix(known).is_some_and(|rest| rest.is_empty() || (long && rest.len() <= 2))
    };
    list.iter().any(is_form)
}

pub(super) fn author_column_role(name: &str) -> Option<ColumnRole> {
    if INVERTED.contains(name) {
        return Some(ColumnRole::AuthorInverted);
    }
    if name.split(' ').any(|word| BOOK.contains(word)) {
        return None;
    }
    let (mut parts, mut others) = (Vec::new(), false);
    for word in name.split(' ') {
        if has_form_of(GIVEN, word) {
            parts.push(NamePart::Given);
        } else if has_form_of(FAMILY, word) {
            parts.push(NamePart::Family);
        } else if MIDDLE.contains(word) {
            parts.push(NamePart::Middle);
        } else {
            let is_plain = FILLER_WORDS.contains(word) || word.chars().count() <= 1;
            others |=
                !is_plain && AUTHOR_COLUMN_WORDS.role_rank(word).is_none() && word != "autors";
        }
    }
    match parts.as_slice() {
        // "first author" and "nom de l'auteur" are whole names.
        [_] if AUTHOR_COLUMN_WORDS.exact.contains(name) || others => None,
        [NamePart::Family] if name.contains("auteur") && !name.contains("famille") => None,
        [part] => Some(ColumnRole::Part(*part)),
        [NamePart::Family, NamePart::Given, ..] if !others => Some(ColumnRole::AuthorInverted),
        _ => None,
    }
}
