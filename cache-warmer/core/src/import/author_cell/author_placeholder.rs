//! Placeholders for an unknown author or for too many authors.

use bibliography::text_normalization::{StaticWordList, fold_text};

/// Whole cells, folded and without spaces.
pub(super) const CELLS: StaticWordList =
    StaticWordList::new(include_str!("../words/placeholder.cells.txt"));

/// Words for "several" or "unknown". A cell of only these words and words for "author" names no
/// author.
pub(super) const PLACEHOLDER_WORDS: StaticWordList =
    StaticWordList::new(include_str!("../words/placeholder.words.txt"));

/// Words that a placeholder may have besides.
pub(super) const ADDITIONS: StaticWordList =
    StaticWordList::new(include_str!("../words/placeholder.additions.txt"));

/// Words for "no" and "many" that are a placeholder only with a word for "author".
#[rustfmt::skip]
pub(super) const WITHOUT: &[&str] = &[
    "no", "sin", "sans", "senza", "ohne", "brak", "без", "nicht", "div", "wielu", "cok", "mange",
    "monta",
];

pub(super) fn is_author_placeholder(name: &str) -> bool {
    let folded = fold_text(name);
    let compact: String = folded.chars().filter(|c| *c != ' ').collect();
    if CELLS.contains(&compact) {
        return true;
    }
    let words: Vec<&str> = folded.split(' ').collect();
    let says_so = words.iter().any(|word| PLACEHOLDER_WORDS.contains(word))
        || (words.len() > 1 && words.iter().any(|word| WITHOUT.contains(word)));
    says_so
        && words.iter().all(|word| {
            PLACEHOLDER_WORDS.contains(word) || ADDITIONS.contains(word) || WITHOUT.contains(word)
        })
}
