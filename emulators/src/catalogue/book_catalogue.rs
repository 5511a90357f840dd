//! The catalogue: its records, and the ways to find them.

use std::collections::HashMap;

use super::catalogue_records::{
    CatalogueAuthor, CatalogueEdition, CatalogueWork, EditionRelationToLibrary,
};
use super::search_index::{SearchIndex, SearchIndexQuery};
use super::{isbn, search_tokenization};
use crate::emulator_request::Provider;

#[derive(Debug, Default)]
pub(crate) struct BookCatalogue {
    pub(crate) editions: Vec<CatalogueEdition>,
    pub(crate) works: Vec<CatalogueWork>,
    pub(crate) authors: Vec<CatalogueAuthor>,
    pub(super) by_isbn13: HashMap<String, usize>,
    pub(super) by_core: HashMap<String, Vec<usize>>,
    pub(super) by_google_id: HashMap<String, usize>,
    pub(super) by_edition_number: HashMap<u64, usize>,
    pub(super) by_work_number: HashMap<u64, usize>,
    pub(super) by_author_number: HashMap<u64, usize>,
    pub(super) by_name: HashMap<String, Vec<usize>>,
    pub(super) index: SearchIndex,
}

impl BookCatalogue {
    pub(crate) fn edition_by_index(&self, at: usize) -> Option<&CatalogueEdition> {
        self.editions.get(at)
    }

    pub(crate) fn by_isbn13(&self, isbn13: &str) -> Option<usize> {
        self.by_isbn13.get(isbn13).copied()
    }

    /// The editions with these core digits (see `core` in `isbn`).
    pub(crate) fn by_core(&self, core: &str) -> &[usize] {
        self.by_core.get(core).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn by_google_id(&self, id: &str) -> Option<usize> {
        self.by_google_id.get(id).copied()
    }

    pub(crate) fn by_edition_number(&self, number: u64) -> Option<usize> {
        self.by_edition_number.get(&number).copied()
    }

    pub(crate) fn work_by_number(&self, number: u64) -> Option<&CatalogueWork> {
        self.works.get(*self.by_work_number.get(&number)?)
    }

    pub(crate) fn author_by_number(&self, number: u64) -> Option<&CatalogueAuthor> {
        self.authors.get(*self.by_author_number.get(&number)?)
    }

    /// The edition with a valid ISBN in any form.
    pub(crate) fn find_by_isbn(&self, written: &str) -> Option<usize> {
        let digits = isbn::isbn_characters(written);
        isbn::is_valid_isbn(&digits).then(|| self.by_isbn13(&isbn::to13(&digits)?)).flatten()
    }

    pub(crate) fn provider_has_edition(&self, at: usize, provider: Provider) -> bool {
        self.edition_by_index(at).is_some_and(|edition| edition.is_known_to_provider(provider))
    }

    /// All people of that name, in any spelling.
    pub(crate) fn people_named(&self, name: &str) -> &[usize] {
        self.by_name.get(&search_tokenization::name_key(name)).map_or(&[], Vec::as_slice)
    }

    /// The editions that match a query at a provider, best first.
    pub(crate) fn search_editions(&self, query: &SearchIndexQuery<'_>) -> Vec<usize> {
        self.index.search_editions(&self.editions, query)
    }

    /// An edition of another work, always the same: the answer of the fault `wrong_book`.
    pub(crate) fn wrong_for(&self, at: usize) -> usize {
        let work = self.edition_by_index(at).map(|edition| edition.work);
        let count = self.editions.len();
        (1..count)
            .map(|step| (at + step) % count)
            .find(|other| {
                self.edition_by_index(*other).is_some_and(|e| {
                    Some(e.work) != work && e.kind == EditionRelationToLibrary::Listed
                })
            })
            .unwrap_or(at)
    }
}
