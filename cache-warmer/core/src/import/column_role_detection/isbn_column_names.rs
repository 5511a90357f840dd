//! Names of a column with ISBNs.

use super::column_role::{ColumnRoleRank, FIRST_WEAK_COLUMN_ROLE_RANK, IsbnColumnKind};
use super::name_certainty::FILLER_WORDS;
use crate::import::ordered_word_list::OrderedWordList;

/// Names without the word "ISBN".
const STANDARD_NUMBER: OrderedWordList =
    OrderedWordList(include_str!("../words/isbn.standard_number.txt"));

const BARCODE: OrderedWordList = OrderedWordList(include_str!("../words/isbn.barcode.txt"));

/// Words that show, beside "ISBN", that the column holds something else.
const DENIED: &[&str] =
    &["status", "valid", "count", "type", "url", "link", "note", "notes", "has", "source", "ok"];

pub(super) fn isbn_column_kind(name: &str) -> Option<(IsbnColumnKind, ColumnRoleRank)> {
    match name {
        "identifiers" | "ids" => return Some((IsbnColumnKind::Identifiers, 0)),
        "ean" | "ean 13" | "ean13" | "ean code" | "gtin" | "gtin 13" | "gtin13" | "jan code"
        | "janコード" | "jan コード" => return Some((IsbnColumnKind::Thirteen, 1)),
        "isbns" => return Some((IsbnColumnKind::List, 0)),
        _ => {}
    }
    if BARCODE.contains(name) {
        return Some((IsbnColumnKind::Barcode, 0));
    }
    if STANDARD_NUMBER.iter().any(|known| name.contains(known)) {
        return Some((IsbnColumnKind::Either, 1));
    }
    // "13桁ISBN": text of a script without spaces, or digits, may precede the word.
    let may_stand_before =
        |text: &str| text == "e" || !text.contains(|c: char| c.is_ascii_alphabetic());
    let names_isbn =
        |word: &&str| word.split_once("isbn").is_some_and(|(before, _)| may_stand_before(before));
    name.split(' ').find(names_isbn)?;
    if name.split(' ').any(|word| DENIED.contains(&word)) {
        return None;
    }
    let is_plain = |word: &str| {
        word.chars().count() <= 3
            || FILLER_WORDS.contains(word)
            || word.starts_with(|c: char| c.is_ascii_digit())
    };
    let others = name.split(' ').filter(|word| !names_isbn(word) && !is_plain(word)).count();
    let rank = match others {
        0 => 0,
        1 => 1,
        _ => FIRST_WEAK_COLUMN_ROLE_RANK,
    };
    let kind = if name.contains("13") {
        IsbnColumnKind::Thirteen
    } else if name.contains("10") {
        IsbnColumnKind::Ten
    } else {
        IsbnColumnKind::Either
    };
    Some((kind, rank))
}
