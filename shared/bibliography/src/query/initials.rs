//! Initials in folded words: the one place that recognises them.

use crate::text_normalization::name_and_title_words::{
    GENERATION_SUFFIXES, GIVEN_NAMES, NAME_PARTICLES, StaticWordList,
};

/// Letters without points that may be initials ("jrr" before Tolkien).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JoinedInitials {
    /// No word consists of such letters.
    Certain,
    /// Two letters that could be a short name ("em", "lu").
    Possible,
}

/// Classifies two to four letters without points; `None` if they are no initials.
pub(super) fn joined_initials(word: &str) -> Option<JoinedInitials> {
    let letters = word.chars().count();
    let listed = [NOT_INITIALS, GIVEN_NAMES, GENERATION_SUFFIXES, NAME_PARTICLES];
    if !(2..=4).contains(&letters)
        || !word.chars().all(char::is_lowercase)
        || listed.iter().any(|list| list.contains(word))
    {
        return None;
    }
    match word.contains(|c| "aeiouyаеёиоуыэюяіїєαεηιουω".contains(c)) {
        false => Some(JoinedInitials::Certain),
        true => (letters == 2 && word.is_ascii()).then_some(JoinedInitials::Possible),
    }
}

/// A letter that is an initial and no word, numeral (Henry V, Malcolm X) or connector.
pub(super) fn is_single_initial(word: &str) -> bool {
    let mut chars = word.chars();
    let (Some(c), None) = (chars.next(), chars.next()) else { return false };
    c.is_lowercase() && !"aivxyoуавсоикя".contains(c)
}

/// Two to four letters that look like initials but are words, abbreviations or ranks.
pub(super) const NOT_INITIALS: StaticWordList =
    StaticWordList::new(include_str!("../words/not_initials.txt"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_form_no_word_are_initials() {
        assert!(NOT_INITIALS.is_sorted());
        for word in ["jrr", "jk", "rr", "лн", "cs"] {
            assert_eq!(joined_initials(word), Some(JoinedInitials::Certain), "{word}");
        }
        for word in ["em", "ve", "aa", "lu", "mo"] {
            assert_eq!(joined_initials(word), Some(JoinedInitials::Possible), "{word}");
        }
        for word in ["j", "st", "lyn", "dr", "us", "jr", "van", "ben", "tolkien", "三体", ""] {
            assert_eq!(joined_initials(word), None, "{word}");
        }
    }
}
