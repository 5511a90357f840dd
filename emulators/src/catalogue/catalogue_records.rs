//! The records of the catalogue: editions, works and authors.

use serde::Serialize;

use super::isbn;
use crate::emulator_request::Provider;
use crate::hash::FakeDataSeed;

/// What an edition is in relation to the library.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EditionRelationToLibrary {
    #[default]
    Listed,
    #[serde(rename = "edition")]
    OtherEdition,
    Translation,
    Guide,
    BoxSet,
    /// A free first chapter.
    Sampler,
    SameTitle,
    Homonym,
    OtherWork,
    /// Its film or audio disc, which ISBNdb lists with the books.
    NotABook,
    /// An example of a provider's own documentation: every provider has it.
    Example,
    /// One of the unrelated volumes with the ISBN 9780000000002.
    Placeholder,
}

/// One edition: the record of an ISBN.
#[derive(Clone, Debug)]
pub(crate) struct CatalogueEdition {
    pub(crate) isbn13: String,
    pub(crate) title: String,
    pub(crate) subtitle: Option<String>,
    pub(crate) series: Option<(String, String)>,
    pub(crate) authors: Vec<String>,
    pub(crate) language: &'static str,
    pub(crate) kind: EditionRelationToLibrary,
    pub(crate) work: usize,
    /// Which providers have it, by [`Provider::array_index`].
    pub(crate) known: [bool; 3],
    pub(crate) google_id: String,
    pub(crate) ol_number: u64,
    pub(crate) seed: FakeDataSeed,
}

impl CatalogueEdition {
    /// The ISBN-10, which only 978 numbers have.
    pub(crate) fn isbn10(&self) -> Option<String> {
        isbn::to10(&self.isbn13)
    }

    pub(crate) fn full_title(&self) -> String {
        match &self.subtitle {
            Some(subtitle) => format!("{}: {subtitle}", self.title),
            None => self.title.clone(),
        }
    }

    pub(crate) fn is_known_to_provider(&self, provider: Provider) -> bool {
        self.known.get(provider.array_index()).copied().unwrap_or(false)
    }
}

/// A work: one of Open Library's search results.
#[derive(Clone, Debug)]
pub(crate) struct CatalogueWork {
    pub(crate) ol_number: u64,
    pub(crate) title: String,
    pub(crate) subtitle: Option<String>,
    pub(crate) authors: Vec<usize>,
    pub(crate) editions: Vec<usize>,
    pub(crate) seed: FakeDataSeed,
}

/// A person; two people of one name are two records.
#[derive(Clone, Debug)]
pub(crate) struct CatalogueAuthor {
    pub(crate) ol_number: u64,
    pub(crate) name: String,
    pub(crate) works: Vec<usize>,
    pub(crate) seed: FakeDataSeed,
}
