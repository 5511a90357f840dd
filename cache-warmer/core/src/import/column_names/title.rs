//! Names of a title column.

use super::author_name_parts::BOOK;
use super::column_role::MatchRank;
use super::name_certainty::Vocabulary;
use crate::import::word_list::WordList;

/// The rank of a folded name as that of the title column.
pub(super) fn read(name: &str) -> Option<MatchRank> {
    TITLE.role_rank(name).or_else(|| is_name_of_book(name).then_some(NAME_OF_BOOK))
}

const NAME_OF_BOOK: MatchRank = 400;

fn is_name_of_book(name: &str) -> bool {
    let is_name = |word: &str| NAME_WORDS.contains(word);
    let is_book = |word: &str| BOOK.contains(word);
    name.split(' ').any(is_name)
        && name.split(' ').any(is_book)
        && name.split(' ').all(|word| is_name(word) || is_book(word) || word.chars().count() <= 3)
}

const NAME_WORDS: WordList = WordList(include_str!("../words/name.txt"));

pub(super) const TITLE: Vocabulary = Vocabulary {
    exact: WordList(include_str!("../words/title.exact.txt")),
    weak: WordList(include_str!("../words/title.weak.txt")),
    stems: WordList(include_str!("../words/title.stems.txt")),
    anywhere: WordList(include_str!("../words/title.anywhere.txt")),
    denied: WordList(include_str!("../words/title.denied.txt")),
};
