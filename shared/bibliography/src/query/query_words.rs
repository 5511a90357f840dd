//! Word lists of the analysis, in folded form.

use crate::text_normalization::name_and_title_words::StaticWordList;

/// Connectors that also join the names of two persons.
pub(super) const CONJUNCTIONS: StaticWordList = StaticWordList::new("and et i och og or und y и");

/// Words between a title and its author in several languages. All but "by" also occur in titles and
/// names.
pub(super) const AUTHOR_MARKS: StaticWordList =
    StaticWordList::new("af av by de di od par por przez van von");

/// Words for an author's books.
pub(super) const BOOKS: StaticWordList = StaticWordList::new(include_str!("../words/books.txt"));

/// Words that no person's name has.
pub(super) const NOT_A_NAME: StaticWordList =
    StaticWordList::new(include_str!("../words/not_a_name.txt"));

/// Adjectives and numbers before the last noun of a title: "The Great Gatsby".
pub(super) const TITLE_ADJECTIVES: StaticWordList =
    StaticWordList::new(include_str!("../words/title_adjectives.txt"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_of_the_analysis_is_sorted() {
        let lists = [AUTHOR_MARKS, BOOKS, CONJUNCTIONS, NOT_A_NAME, TITLE_ADJECTIVES];
        for list in lists {
            assert!(list.is_sorted());
        }
    }
}
