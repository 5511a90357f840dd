//! Names of an author column.

use super::column_role::MatchRank;
use super::name_certainty::Vocabulary;
use crate::import::word_list::WordList;

/// The rank of a folded name as that of the author column.
pub(super) fn read(name: &str) -> Option<MatchRank> {
    AUTHOR.role_rank(name)
}

pub(super) const AUTHOR: Vocabulary = Vocabulary {
    exact: WordList(include_str!("../words/author.exact.txt")),
    weak: WordList(include_str!("../words/author.weak.txt")),
    stems: WordList(include_str!("../words/author.stems.txt")),
    anywhere: WordList(include_str!("../words/author.anywhere.txt")),
    denied: WordList(include_str!("../words/author.denied.txt")),
};
