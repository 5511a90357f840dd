//! Words that stand where no author is known, or where there are too many.

use bibliography::text::{SortedWords, fold};

/// Whole cells, folded and without spaces.
const CELLS: SortedWords = SortedWords::new(include_str!("../words/placeholder.cells.txt"));

/// Words that say "several" or "unknown"; a cell made of them and of words for "author" names no
/// author.
const WORDS: SortedWords = SortedWords::new(include_str!("../words/placeholder.words.txt"));

/// Words that may stand beside them.
const ADDITIONS: SortedWords = SortedWords::new(include_str!("../words/placeholder.additions.txt"));

/// Words for none and many that need a word for "author" beside them.
#[rustfmt::skip]
const WITHOUT: &[&str] = &[
    "no", "sin", "sans", "senza", "ohne", "brak", "без", "nicht", "div", "wielu", "cok", "mange",
    "monta",
];

#[cfg(test)]
pub(super) fn texts() -> impl Iterator<Item = &'static str> {
    [CELLS, WORDS, ADDITIONS].into_iter().flat_map(SortedWords::iter).chain(WITHOUT.iter().copied())
}

pub(super) fn is_placeholder(name: &str) -> bool {
    let folded = fold(name);
    let compact: String = folded.chars().filter(|c| *c != ' ').collect();
    if CELLS.contains(&compact) {
        return true;
    }
    let words: Vec<&str> = folded.split(' ').collect();
    let says_so = words.iter().any(|word| WORDS.contains(word))
        || (words.len() > 1 && words.iter().any(|word| WITHOUT.contains(word)));
    says_so
        && words
            .iter()
            .all(|word| WORDS.contains(word) || ADDITIONS.contains(word) || WITHOUT.contains(word))
}
