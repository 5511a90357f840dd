//! Detects a plain name, as most cells are, to skip the search for roles and lists.

use bibliography::text_normalization::WordSet;

/// Whether a cell is a name of a few plain words without a special meaning. A text of letters
/// and dots ("V.A.") may be an abbreviation.
pub(super) fn is_plain_name(cell: &str) -> bool {
    let is_plain =
        |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b'.' | b'-' | b'\'');
    if cell.len() > 60 || !cell.bytes().all(is_plain) {
        return false;
    }
    let (mut words, mut whole) = (0, false);
    for word in cell.split([' ', '.', '-', '\'']).filter(|word| !word.is_empty()) {
        words += 1;
        whole |= word.len() > 1;
        // An initial is a capital. The words "a" and "e" join names.
        let is_initial = word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_uppercase());
        if !is_initial && SPECIAL.contains(&word.to_ascii_lowercase()) {
            return false;
        }
    }
    words >= 2 && whole
}

/// The ASCII words with a meaning in this module's tables, sorted.
const SPECIAL: WordSet = WordSet::new(include_str!("../words/authors.special.txt"));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::author_cell::{author_placeholder, person_role};

    #[test]
    fn every_special_word_is_listed() {
        assert!(SPECIAL.iter().is_sorted());
        for text in author_placeholder::listed_words().chain(person_role::listed_words()) {
            let is_word = |word: &&str| word.bytes().all(|byte| byte.is_ascii_alphabetic());
            for word in text.split_whitespace().filter(is_word) {
                assert!(SPECIAL.contains(word), "{word}");
            }
        }
    }
}
