//! Finds the records of a library book, checks repaired ISBNs, and merges the entry of an edition.

use bibliography::isbn::Isbn13;
use bibliography::query::Query;
use bibliography::text_normalization::{fold_text, same_author};

use super::batch_item_keys::KeyedLibraryBook;
use crate::merge::{ComparableBook, carries_isbn};
use crate::provider_record::ProviderRecord;
use crate::search::answer_completeness::FanOutCompleteness;
use crate::search::merged_answer::MergedAnswer;

/// Whether a record has the title and author that have to confirm a repaired ISBN.
pub fn has_expected_book(
    expected_book: Option<(&str, Option<&str>)>,
    records: &[ProviderRecord],
) -> bool {
    expected_book.is_none_or(|(title, author)| {
        let asked = ComparableBook::of_request(title, author);
        records.iter().any(|record| asked.matches(&ComparableBook::of(record)))
    })
}

pub fn records_of(isbn: Isbn13, records: &[ProviderRecord]) -> Vec<ProviderRecord> {
    records.iter().filter(|record| carries_isbn(isbn, record)).cloned().collect()
}

/// Whether a repaired ISBN belongs to another book.
pub fn has_wrong_isbn(linked_book: &KeyedLibraryBook, records: &[ProviderRecord]) -> bool {
    let Some(isbn) = linked_book.isbn.filter(|_| linked_book.repaired) else { return false };
    let own = records_of(isbn, records);
    !own.is_empty() && !has_expected_book(linked_book.title_to_match(), &own)
}

/// Whether an answer has a book's edition: a record with its ISBN (not a work that lists the ISBN
/// among others) and, for a repaired ISBN, a record that confirms it.
pub fn has_edition(linked_book: &KeyedLibraryBook, records: &[ProviderRecord]) -> bool {
    let is_there = |isbn| records.iter().any(|record| carries_isbn(isbn, record));
    linked_book.isbn.is_some_and(is_there) && !has_wrong_isbn(linked_book, records)
}

/// The page of an edition; None if no record of it has a title.
pub fn edition_page(
    isbn: Isbn13,
    records: &[ProviderRecord],
    completeness: &FanOutCompleteness,
) -> Option<MergedAnswer> {
    // The records of the edition, and of works that list its ISBN: they fill missing fields.
    let near = |record: &&ProviderRecord| {
        carries_isbn(isbn, record)
            || record.edition.isbn13.is_none() && record.edition_isbns.contains(&isbn)
    };
    let own: Vec<ProviderRecord> = records.iter().filter(near).cloned().collect();
    let merged_answer = MergedAnswer::new(&Query::isbn_query(isbn), own, completeness.clone());
    (merged_answer.count > 0).then_some(merged_answer)
}

/// A library book with its comparable texts, computed once for all records.
pub struct TitledBook<'a> {
    pub book: &'a KeyedLibraryBook,
    texts: Option<ComparableBook>,
}

impl<'a> TitledBook<'a> {
    pub fn new(book: &'a KeyedLibraryBook) -> Self {
        let asked = book.title_and_author.as_ref();
        let texts =
            asked.map(|(title, author)| ComparableBook::of_request(title, author.as_deref()));
        Self { book, texts }
    }

    /// Whether a record is the book, by title and author.
    pub fn is(&self, record: &ProviderRecord, texts: &ComparableBook) -> bool {
        let (Some(asked), Some((title, author))) = (&self.texts, &self.book.title_and_author)
        else {
            return false;
        };
        asked.matches(texts)
            || self.book.isbn.is_some_and(|isbn| carries_isbn(isbn, record))
                && is_longer_form(title, author.as_deref(), record)
    }
}

/// "The Hobbit" is "The Hobbit, or There and Back Again": with the same ISBN and author, one title
/// may be the beginning of the other.
fn is_longer_form(title: &str, author: Option<&str>, record: &ProviderRecord) -> bool {
    let (short, long) = (fold_text(title), fold_text(&record.edition.title));
    let goes_on = |a: &str, b: &str| {
        !a.is_empty()
            && b.strip_prefix(a).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let same = |name: &String| author.is_none_or(|author| same_author(author, name));
    (goes_on(&short, &long) || goes_on(&long, &short)) && record.edition.authors.iter().any(same)
}

#[cfg(test)]
mod tests {
    use bibliography::edition::Edition;

    use super::*;
    use crate::provider::Provider;
    use crate::testing::full_completeness;

    const NUMBER: &str = "9780441172719";

    fn sample_record(title: &str, author: &str, number: &str) -> ProviderRecord {
        let edition = Edition {
            title: title.to_owned(),
            authors: vec![author.to_owned()],
            isbn13: Isbn13::parse(number).ok(),
            ..Edition::default()
        };
        ProviderRecord::new(Provider::Isbndb, 0, edition)
    }

    fn dune_library_book(repaired: bool) -> KeyedLibraryBook {
        let isbn = Isbn13::parse(NUMBER).ok();
        KeyedLibraryBook {
            repaired,
            ..KeyedLibraryBook::new("1", isbn, "Dune", Some("Frank Herbert"))
        }
    }

    #[test]
    fn a_repaired_isbn_needs_its_title_and_author() {
        let right = sample_record("Dune (Dune, #1)", "Herbert, Frank", NUMBER);
        let another = sample_record("Emma", "Jane Austen", NUMBER);
        let other_author = sample_record("Dune", "Jane Austen", NUMBER);
        // The same book under another ISBN does not confirm this ISBN.
        let elsewhere = sample_record("Dune", "Frank Herbert", "9780441013593");
        for (records, stored, wrong) in [
            (vec![right.clone()], true, false),
            (vec![another.clone(), right], true, false),
            (vec![another.clone()], false, true),
            (vec![other_author], false, true),
            (vec![another.clone(), elsewhere.clone()], false, true),
            (vec![elsewhere], false, false),
            (Vec::new(), false, false),
        ] {
            let linked_book = dune_library_book(true);
            assert_eq!(
                (has_edition(&linked_book, &records), has_wrong_isbn(&linked_book, &records)),
                (stored, wrong),
                "{records:?}"
            );
        }
        // An ISBN that was not repaired needs no confirmation.
        let one = std::slice::from_ref(&another);
        assert!(has_edition(&dune_library_book(false), one));
        let number = Isbn13::parse(NUMBER).unwrap();
        assert_eq!(edition_page(number, one, &full_completeness()).unwrap().count, 1);
        assert!(!has_wrong_isbn(&dune_library_book(false), one));
        // Without a title, no record can confirm the ISBN.
        let nameless = KeyedLibraryBook { title_and_author: None, ..dune_library_book(true) };
        assert!(has_wrong_isbn(&nameless, one));
    }
}
