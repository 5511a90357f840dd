//! A provider's record on its way into the merge: one shape for all of them.

use std::collections::BTreeSet;

use bibliography::book::Book;
use bibliography::isbn::Isbn13;
use runtime::api::volume::{ImageLinks, IndustryIdentifier};

use crate::provider::Provider;

/// One record of one provider: an edition, or (Open Library's search) a work.
///
/// Parsers fill in what the provider says; cleaning that all providers need (names, covers,
/// duplicates) is the merge's.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub provider: Provider,
    /// The provider's own id: Google's volume id, `OL…W` or `OL…M`; empty if there is none.
    pub provider_id: String,
    /// The item of ours that it was taken from (a stored answer that is merged again).
    pub item_id: Option<String>,
    /// Position in the provider's answer, from 0.
    pub rank: u32,
    pub isbn13: Option<Isbn13>,
    pub other_ids: Vec<IndustryIdentifier>,
    /// Numbers of the work's other editions, where the provider lists them.
    pub edition_isbns: Vec<Isbn13>,
    /// Open Library's work, `OL…W`.
    pub work_id: Option<String>,
    pub title: String,
    pub subtitle: Option<String>,
    /// Authors as the provider writes them.
    pub authors: Vec<String>,
    pub publisher: Option<String>,
    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub published_date: Option<String>,
    pub description: Option<String>,
    pub page_count: Option<u32>,
    pub categories: Vec<String>,
    /// 1 to 5.
    pub average_rating: Option<f32>,
    pub ratings_count: Option<u32>,
    pub image_links: Option<ImageLinks>,
    /// ISO 639-1 where one exists.
    pub language: Option<String>,
    pub languages: Vec<String>,
    /// The series and the number in it, `The Lord of the Rings, #2`.
    pub series: Option<String>,
    pub edition_count: Option<u32>,
    pub readers_count: Option<u32>,
    /// Hardcover, DVD … where the provider says it.
    pub binding: Option<String>,
}

/// How many results of a provider the records are of: a work and its edition are one.
pub fn count_results(records: &[Candidate]) -> usize {
    records.iter().map(|record| record.rank).collect::<BTreeSet<u32>>().len()
}

impl Candidate {
    pub fn new(provider: Provider, rank: u32) -> Self {
        Self {
            provider,
            provider_id: String::new(),
            item_id: None,
            rank,
            isbn13: None,
            other_ids: Vec::new(),
            edition_isbns: Vec::new(),
            work_id: None,
            title: String::new(),
            subtitle: None,
            authors: Vec::new(),
            publisher: None,
            published_date: None,
            description: None,
            page_count: None,
            categories: Vec::new(),
            average_rating: None,
            ratings_count: None,
            image_links: None,
            language: None,
            languages: Vec::new(),
            series: None,
            edition_count: None,
            readers_count: None,
            binding: None,
        }
    }

    pub fn from_book(book: Book, rank: u32) -> Self {
        Self {
            provider_id: book.isbn13.map(|isbn| isbn.to_string()).unwrap_or_default(),
            isbn13: book.isbn13,
            title: book.title,
            subtitle: book.subtitle,
            authors: book.authors,
            publisher: book.publisher,
            published_date: book.published_date,
            description: book.description,
            page_count: book.page_count,
            categories: book.categories,
            language: book.language,
            image_links: book
                .image
                .map(|image| ImageLinks { small_thumbnail: None, thumbnail: Some(image) }),
            binding: book.binding,
            ..Self::new(Provider::Isbndb, rank)
        }
    }

    /// The edition's number, from wherever it stands in the record. The further numbers of an item
    /// of ours are those of other editions of its work.
    pub fn isbn(&self) -> Option<Isbn13> {
        self.isbn13.or_else(|| {
            let is_isbn = |id: &&IndustryIdentifier| id.kind.starts_with("ISBN");
            let numbers = self.other_ids.iter().filter(is_isbn).filter(|_| self.item_id.is_none());
            numbers.filter_map(|id| Isbn13::parse(&id.identifier).ok()).min()
        })
    }
}
