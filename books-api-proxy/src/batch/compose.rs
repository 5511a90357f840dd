//! Entries out of records: the library's books out of an author's answer, and whether a repaired
//! number is the book's.

use shared::isbn::Isbn13;
use shared::query::Query;
use shared::text::{fold, same_author};

use super::item::Along;
use crate::candidate::Candidate;
use crate::merge::{confirms, verify};
use crate::search::build::Built;
use crate::search::judge::Verdict;

/// Whether one of the records of a number is the book that has to confirm it.
#[must_use]
pub fn is_confirmed(to_confirm: Option<(&str, Option<&str>)>, records: &[Candidate]) -> bool {
    to_confirm.is_none_or(|(title, author)| records.iter().any(|r| confirms(title, author, r)))
}

/// The records that carry a number.
#[must_use]
pub fn records_of(isbn: Isbn13, records: &[Candidate]) -> Vec<Candidate> {
    records.iter().filter(|record| verify(isbn, record)).cloned().collect()
}

/// Whether the number that a book's title was to confirm is another book's.
#[must_use]
pub fn is_wrong(along: &Along, records: &[Candidate]) -> bool {
    let Some(isbn) = along.isbn.filter(|_| along.confirm) else { return false };
    let own = records_of(isbn, records);
    !own.is_empty() && !is_confirmed(along.to_confirm(), &own)
}

/// The entry of a book's edition. None where no record carries its number (a work that lists the
/// number among others is not the edition), or where none of those that do confirms it.
#[must_use]
pub fn edition(along: &Along, records: &[Candidate], verdict: &Verdict) -> Option<Built> {
    let isbn = along.isbn?;
    if !records.iter().any(|record| verify(isbn, record)) || is_wrong(along, records) {
        return None;
    }
    // The works of these editions lend what the editions lack; other books have no say here.
    let near = |record: &&Candidate| {
        verify(isbn, record) || record.isbn13.is_none() && record.edition_isbns.contains(&isbn)
    };
    let own: Vec<Candidate> = records.iter().filter(near).cloned().collect();
    let built = Built::new(&Query::isbn(isbn), own, verdict.clone());
    (built.count > 0).then_some(built)
}

/// The entry of a book by title and author. None where no record is that book.
#[must_use]
pub fn titled(along: &Along, records: &[Candidate], verdict: &Verdict) -> Option<Built> {
    let (title, author) = along.titled.as_ref()?;
    let is_it = |record: &&Candidate| {
        confirms(title, author.as_deref(), record)
            || along.isbn.is_some_and(|isbn| verify(isbn, record))
                && is_longer_form(title, author.as_deref(), record)
    };
    let own: Vec<Candidate> = records.iter().filter(is_it).cloned().collect();
    if own.is_empty() {
        return None;
    }
    let query = Query::advanced(Some(title), author.as_deref());
    let built = Built::new(&query, own, verdict.clone());
    (built.count > 0).then_some(built)
}

/// "The Hobbit" of the library for "The Hobbit, or There and Back Again": with the number equal and
/// the author the same, one title may go on where the other ends.
fn is_longer_form(title: &str, author: Option<&str>, record: &Candidate) -> bool {
    let (short, long) = (fold(title), fold(&record.title));
    let goes_on = |a: &str, b: &str| {
        !a.is_empty()
            && b.strip_prefix(a).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let same = |name: &String| author.is_none_or(|author| same_author(author, name));
    (goes_on(&short, &long) || goes_on(&long, &short)) && record.authors.iter().any(same)
}
