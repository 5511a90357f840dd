//! Is the book that came back the requested one?

use std::collections::BTreeSet;

use bibliography::isbn::Isbn13;
use bibliography::text::{author_key, same_author, same_title, split_authors};

use crate::candidate::Candidate;

/// Whether a record carries the ISBN requested, as ISBN-13 or ISBN-10. Providers return other
/// books for an ISBN they do not have.
pub fn verify(asked: Isbn13, candidate: &Candidate) -> bool {
    let is_asked = |text: &str| Isbn13::parse(text) == Ok(asked);
    let edition = &candidate.edition;
    edition.isbn13 == Some(asked)
        || (edition.isbn13.is_none() && edition.other_ids.iter().any(|id| is_asked(&id.identifier)))
}

/// Whether a record is the book of that title and author. Without an author the title decides; a
/// record without authors has to have the very title.
pub fn matches_book(title: &str, author: Option<&str>, candidate: &Candidate) -> bool {
    let edition = &candidate.edition;
    let whole = match &edition.subtitle {
        Some(subtitle) => format!("{}: {subtitle}", edition.title),
        None => edition.title.clone(),
    };
    let author = author.map(str::trim).filter(|author| !author.is_empty());
    same_title(title, &whole)
        && author.is_none_or(|author| author_matches(author, &edition.authors))
}

/// Whether one of the names in a library's author cell is one of a record's authors. With the
/// title confirmed as well, "Bussi Michel" may be Michel Bussi.
fn author_matches(cell: &str, authors: &[String]) -> bool {
    let mut asked = split_authors(cell);
    asked.extend(cell.split(',').filter(|part| part.trim().contains(' ')).map(str::to_owned));
    asked.iter().any(|asked| {
        authors.iter().any(|author| same_author(asked, author) || words_are_swapped(asked, author))
    })
}

fn words_are_swapped(a: &str, b: &str) -> bool {
    let (a, b) = (author_key(a), author_key(b));
    a.contains(' ') && a.split(' ').collect::<BTreeSet<_>>() == b.split(' ').collect()
}
