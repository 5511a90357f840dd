//! A provider's record on its way into the merge: one shape for all of them.

use std::collections::BTreeSet;

use bibliography::edition::{Edition, IndustryIdentifier};
use bibliography::isbn::Isbn13;

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
    /// Numbers of the work's other editions, where the provider lists them.
    pub edition_isbns: Vec<Isbn13>,
    /// Open Library's work, `OL…W`.
    pub work_id: Option<String>,
    pub edition: Edition,
}

/// How many results of a provider the records are of: a work and its edition are one.
pub fn count_results(records: &[Candidate]) -> usize {
    records.iter().map(|record| record.rank).collect::<BTreeSet<u32>>().len()
}

impl Candidate {
    pub const fn new(provider: Provider, rank: u32, edition: Edition) -> Self {
        Self {
            provider,
            provider_id: String::new(),
            item_id: None,
            rank,
            edition_isbns: Vec::new(),
            work_id: None,
            edition,
        }
    }

    pub fn from_isbndb(edition: Edition, rank: u32) -> Self {
        let provider_id = edition.isbn13.map(|isbn| isbn.to_string()).unwrap_or_default();
        Self { provider_id, ..Self::new(Provider::Isbndb, rank, edition) }
    }

    /// The edition's number, from wherever it stands in the record. The further numbers of an item
    /// of ours are those of other editions of its work.
    pub fn isbn(&self) -> Option<Isbn13> {
        self.edition.isbn13.or_else(|| {
            let is_isbn = |id: &&IndustryIdentifier| id.kind.starts_with("ISBN");
            let ids = self.edition.other_ids.iter().filter(|_| self.item_id.is_none());
            ids.filter(is_isbn).filter_map(|id| Isbn13::parse(&id.identifier).ok()).min()
        })
    }
}
