//! Names of an author column.

use super::role::RoleRank;
use super::vocabulary::Vocabulary;
use crate::import::word_list::WordList;

/// The rank of a folded name as that of the author column.
pub(super) fn read(name: &str) -> Option<RoleRank> {
    AUTHOR.rank(name)
}

pub(super) const AUTHOR: Vocabulary = Vocabulary {
    exact: WordList(include_str!("../words/author.exact.txt")),
    weak: WordList(include_str!("../words/author.weak.txt")),
    stems: WordList(include_str!("../words/author.stems.txt")),
    anywhere: WordList(include_str!("../words/author.anywhere.txt")),
    denied: WordList(include_str!("../words/author.denied.txt")),
};
