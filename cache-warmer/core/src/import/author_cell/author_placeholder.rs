//! Placeholders for an unknown author or for too many authors.

use bibliography::text_normalization::{WordSet, fold_text};

/// Whole cells, folded and without spaces.
const CELLS: WordSet = WordSet::new(include_str!("../words/placeholder.cells.txt"));

/// Words for "several" or "unknown". A cell of only these words and words for "author" names no
/// author.
const PLACEHOLDER_WORDS: WordSet = WordSet::new(include_str!("../words/placeholder.words.txt"));

/// Words that a placeholder may have besides.
const ADDITIONS: WordSet = WordSet::new(include_str!("../words/placeholder.additions.txt"));

/// Words for "no" and "many" that are a placeholder only with a word for "author".
#[rustfmt::skip]
const WITHOUT: &[&str] = &[
    "no", "sin", "sans", "senza", "ohne", "brak", "без", "nicht", "div", "wielu", "cok", "mange",
    "monta",
];

#[cfg(test)]
pub(super) fn listed_words() -> impl Iterator<Item = &'static str> {
    [CELLS, PLACEHOLDER_WORDS, ADDITIONS]
        .into_iter()
        .flat_map(WordSet::iter)
        .chain(WITHOUT.iter().copied())
}

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
