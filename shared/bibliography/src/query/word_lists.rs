//! Word lists of the analysis, in folded form.

use crate::text::word_lists::SortedWordList;

/// Connectors that also join the names of two persons.
pub(super) const CONJUNCTIONS: SortedWordList = SortedWordList::new("and et i och og or und y и");

/// Words between a title and its author in several languages. All but "by" also occur in titles and
/// names.
pub(super) const AUTHOR_MARKS: SortedWordList =
    SortedWordList::new("af av by de di od par por przez van von");

/// Words for an author's books.
pub(super) const BOOKS: SortedWordList = SortedWordList::new(
    "bocker boeken boger book books bucher kirjat kitaplari knihy ksiazki libri libros livres \
     livros novelas novels obras oeuvres romane romans romanzi werke works книги романы",
);

/// Words that no person's name has.
pub(super) const NOT_A_NAME: SortedWordList = SortedWordList::new(
    "a about after an and are as at avec be been before between biography book books boy but by \
     chapter collected complete dans dear did do does edition et everything fi for from girl \
     goodbye guide had has have he hello her here him his history how i if in interrupted into \
     introduction is ist it its life lives love me memoir my nicht not nothing novel novels och \
     of og oh on or our over please poems pour rabbit run saga selected series she so something \
     stories story sur tales than that the their them then there these they this those to \
     trilogy und under us verse volume was we were what when where which who why with without \
     works yes you your в и на не о с",
);

/// Adjectives and numbers before the last noun of a title: "The Great Gatsby".
pub(super) const TITLE_ADJECTIVES: SortedWordList = SortedWordList::new(
    "bad beautiful big black blue brief dark dead fifth final first five four golden good great \
     green hidden hundred invisible last little long lost million new nine old only other \
     perfect real red second secret seven short silent silver six ten third thousand three true \
     two white whole wild",
);

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
