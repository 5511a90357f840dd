//! Entries out of records: the library's books out of an author's answer.

use shared::query::Query;
use shared::text::{fold, same_author};

use super::item::Along;
use crate::candidate::Candidate;
use crate::merge::{confirms, verify};
use crate::search::build::Built;
use crate::search::judge::Verdict;

/// The entry of a book's edition. None where no record carries its number: a work that lists the
/// number among others is not the edition.
#[must_use]
pub fn edition(along: &Along, records: &[Candidate], verdict: &Verdict) -> Option<Built> {
    let isbn = along.isbn?;
    if !records.iter().any(|record| verify(isbn, record)) {
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
