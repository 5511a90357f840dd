//! Given names, to tell `Last First` from `First Last`.

use bibliography::text_normalization::{StaticWordList, fold_text, is_given_name};

/// Whether a word is a known given name.
pub(super) fn is_known_given_name(word: &str) -> bool {
    let folded = fold_text(word);
    let is_known = |name: &str| is_given_name(name) || MORE_GIVEN_NAMES.contains(name);
    // `Jean-Paul` is two given names.
    !folded.is_empty() && folded.split(' ').all(is_known)
}

/// Given names that [`is_given_name`] lacks, in folded form and sorted.
const MORE_GIVEN_NAMES: StaticWordList =
    StaticWordList::new(include_str!("../words/given_names.txt"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_names_are_folded_and_in_order() {
        assert!(MORE_GIVEN_NAMES.iter().is_sorted());
        for name in MORE_GIVEN_NAMES.iter() {
            assert_eq!(fold_text(name), name);
            assert!(!is_given_name(name), "{name}");
        }
    }
}
