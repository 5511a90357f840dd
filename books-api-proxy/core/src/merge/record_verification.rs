//! Checks that a record is the requested book.

use std::collections::BTreeSet;

use bibliography::isbn::Isbn13;
use bibliography::text_normalization::{
    ComparableTitle, author_name_key, same_person, split_authors,
};

use crate::provider_record::ProviderRecord;

/// Whether a record has the requested ISBN, as ISBN-13 or ISBN-10. Providers return other books for
/// an ISBN that they do not have.
pub fn carries_isbn(asked: Isbn13, candidate: &ProviderRecord) -> bool {
    let is_asked = |text: &str| Isbn13::parse(text) == Ok(asked);
    let edition = &candidate.edition;
    edition.isbn13 == Some(asked)
        || (edition.isbn13.is_none() && edition.other_ids.iter().any(|id| is_asked(&id.identifier)))
}

/// Comparable title and authors, computed once for many comparisons.
#[derive(Clone, Debug)]
pub struct ComparableBook {
    title: ComparableTitle,
    /// None if no author is requested.
    authors: Option<Vec<String>>,
}

impl ComparableBook {
    /// The texts of a requested book.
    pub fn of_request(title: &str, author: Option<&str>) -> Self {
        let author = author.map(str::trim).filter(|author| !author.is_empty());
        Self { title: ComparableTitle::of(title), authors: author.map(asked_authors) }
    }

    pub fn of(record: &ProviderRecord) -> Self {
        let edition = &record.edition;
        let title = match &edition.subtitle {
            Some(subtitle) => &format!("{}: {subtitle}", edition.title),
            None => &edition.title,
        };
        let authors = edition.authors.iter().map(|name| author_name_key(name)).collect();
        Self { title: ComparableTitle::of(title), authors: Some(authors) }
    }

    /// Whether a record is the requested book. Without a requested author the title decides; with
    /// one, a record without authors does not match. The words of a name may be swapped ("Bussi
    /// Michel"), since the title matches too.
    pub fn matches(&self, record: &Self) -> bool {
        let is_one = |asked: &String| {
            let mut names = record.authors.iter().flatten();
            names.any(|name| same_person(asked, name) || words_are_swapped(asked, name))
        };
        self.title.is_same_book_title(&record.title)
            && self.authors.as_ref().is_none_or(|authors| authors.iter().any(is_one))
    }
}

/// The comparable names in a library's author cell.
fn asked_authors(cell: &str) -> Vec<String> {
    let mut names = split_authors(cell);
    names.extend(cell.split(',').filter(|part| part.trim().contains(' ')).map(str::to_owned));
    names.iter().map(|name| author_name_key(name)).collect()
}

fn words_are_swapped(a: &str, b: &str) -> bool {
    a.contains(' ') && a.split(' ').collect::<BTreeSet<_>>() == b.split(' ').collect()
}
