//! The input of the merge: a record of any provider in one form.

use std::collections::BTreeSet;

use bibliography::edition::{Edition, IndustryIdentifier};
use bibliography::isbn::Isbn13;
use futures::future::LocalBoxFuture;
use runtime::call_outcome::ProviderOutcome;

use crate::provider::Provider;

/// A record of a provider: an edition, or a work (from Open Library's search).
///
/// Parsers copy the provider's values; the merge cleans them (names, covers, duplicates).
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderRecord {
    pub provider: Provider,
    /// The provider's own id: Google's volume id, `OL…W` or `OL…M`; empty if there is none.
    pub provider_id: String,
    /// The id of the item that the record was taken from, if a stored answer is merged again.
    pub item_id: Option<String>,
    /// Position in the provider's answer, from 0.
    pub rank: u32,
    /// ISBNs of other editions of the work, if the provider lists them.
    pub edition_isbns: Vec<Isbn13>,
    /// The id of Open Library's work, `OL…W`.
    pub work_id: Option<String>,
    pub edition: Edition,
}

/// The records that a provider has for one query.
pub type ProviderRecordsOutcome = ProviderOutcome<Vec<ProviderRecord>>;

/// The query of one provider.
pub type ProviderFuture = LocalBoxFuture<'static, (Provider, ProviderRecordsOutcome)>;

/// The number of results that the records come from: a work and its edition share a rank.
pub fn count_results(records: &[ProviderRecord]) -> usize {
    records.iter().map(|record| record.rank).collect::<BTreeSet<u32>>().len()
}

impl ProviderRecord {
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

    /// The edition's ISBN, from `isbn13` or else from its other ids; not from the other ids of a
    /// stored item, which are ISBNs of other editions of its work.
    pub fn isbn(&self) -> Option<Isbn13> {
        self.edition.isbn13.or_else(|| {
            let is_isbn = |id: &&IndustryIdentifier| id.kind.starts_with("ISBN");
            let ids = self.edition.other_ids.iter().filter(|_| self.item_id.is_none());
            ids.filter(is_isbn).filter_map(|id| Isbn13::parse(&id.identifier).ok()).min()
        })
    }
}
