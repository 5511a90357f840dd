//! Given names, to tell `Last First` from `First Last`.

use bibliography::text::{SortedWords, fold, is_given_name};

/// Whether a word is a given name that books' authors have.
pub(super) fn is_given(word: &str) -> bool {
    let folded = fold(word);
    let is_known = |name: &str| is_given_name(name) || NAMES.contains(name);
    // `Jean-Paul` is two of them.
    !folded.is_empty() && folded.split(' ').all(is_known)
}

/// Beside those that [`is_given_name`] knows, in folded form and in order.
const NAMES: SortedWords = SortedWords::new(include_str!("../words/given_names.txt"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_names_are_folded_and_in_order() {
        assert!(NAMES.iter().is_sorted());
        for name in NAMES.iter() {
            assert_eq!(fold(name), name);
            assert!(!is_given_name(name), "{name}");
        }
    }
}
