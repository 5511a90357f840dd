//! One catalogue that all three providers answer from: the books of a library, and the decoys
//! that a real provider would return beside them.

mod attributes;
mod build;
mod ids;
mod index;
pub(crate) mod isbn;
mod lookalikes;
mod rows;
pub(crate) mod text;

use std::collections::HashMap;

pub(crate) use build::Options;
use index::Index;
pub(crate) use index::Query;

use crate::hash::Seed;
use crate::request::Provider;

/// The books of the built-in library, used when none is given.
const BUILT_IN: &[u8] = include_bytes!("../../catalogue/built-in.csv");

/// What an edition is to the library it was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A row of the library.
    Listed,
    /// The same work under another ISBN.
    OtherEdition,
    /// The same work in another language.
    Translation,
    /// A summary, study guide or workbook about it.
    Guide,
    /// Several works in one box.
    BoxSet,
    /// Its first chapter, given away.
    Sampler,
    /// Another book of the same title.
    SameTitle,
    /// A book by another author of the same name.
    Homonym,
    /// Another work of the same author.
    OtherWork,
    /// Its film or audio disc, which ISBNdb lists with the books.
    NotABook,
    /// A book that every provider's own documentation has for an example: always there.
    Example,
    /// One of the unrelated volumes that carry the ISBN 9780000000002.
    Placeholder,
}

impl Kind {
    /// The name in the control API.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::OtherEdition => "edition",
            Self::Translation => "translation",
            Self::Guide => "guide",
            Self::BoxSet => "boxset",
            Self::Sampler => "sampler",
            Self::SameTitle => "sametitle",
            Self::Homonym => "homonym",
            Self::OtherWork => "otherwork",
            Self::NotABook => "notabook",
            Self::Example => "example",
            Self::Placeholder => "placeholder",
        }
    }
}

/// One edition: what has an ISBN.
#[derive(Clone, Debug)]
pub(crate) struct Edition {
    pub(crate) isbn13: String,
    pub(crate) title: String,
    pub(crate) subtitle: Option<String>,
    pub(crate) series: Option<(String, String)>,
    pub(crate) authors: Vec<String>,
    pub(crate) language: &'static str,
    pub(crate) kind: Kind,
    pub(crate) work: usize,
    /// Which providers have it, by [`Provider::index`].
    pub(crate) known: [bool; 3],
    pub(crate) google_id: String,
    /// The number in `OL…M`.
    pub(crate) ol_number: u64,
    pub(crate) seed: Seed,
}

impl Edition {
    /// The ISBN-10, which only 978 numbers have.
    pub(crate) fn isbn10(&self) -> Option<String> {
        isbn::to10(&self.isbn13)
    }

    /// Title and subtitle in one.
    pub(crate) fn full_title(&self) -> String {
        match &self.subtitle {
            Some(subtitle) => format!("{}: {subtitle}", self.title),
            None => self.title.clone(),
        }
    }

    /// True if that provider has the book.
    pub(crate) fn known_to(&self, provider: Provider) -> bool {
        self.known.get(provider.index()).copied().unwrap_or(false)
    }
}

/// A work: what Open Library calls its search results.
#[derive(Clone, Debug)]
pub(crate) struct CatalogueWork {
    /// The number in `OL…W`.
    pub(crate) ol_number: u64,
    pub(crate) title: String,
    pub(crate) subtitle: Option<String>,
    pub(crate) authors: Vec<usize>,
    pub(crate) editions: Vec<usize>,
    pub(crate) seed: Seed,
}

/// A person; two of the same name are two.
#[derive(Clone, Debug)]
pub(crate) struct Author {
    pub(crate) ol_number: u64,
    pub(crate) name: String,
    pub(crate) works: Vec<usize>,
    pub(crate) seed: Seed,
}

/// All of it, with the ways to find it.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    pub(crate) editions: Vec<Edition>,
    pub(crate) works: Vec<CatalogueWork>,
    pub(crate) authors: Vec<Author>,
    by_isbn13: HashMap<String, usize>,
    by_core: HashMap<String, Vec<usize>>,
    by_google_id: HashMap<String, usize>,
    by_edition_number: HashMap<u64, usize>,
    by_work_number: HashMap<u64, usize>,
    by_author_number: HashMap<u64, usize>,
    by_name: HashMap<String, Vec<usize>>,
    index: Index,
}

impl Catalogue {
    /// The catalogue of these files' rows, or of the built-in library.
    pub(crate) fn from_files(files: &[Vec<u8>], options: Options) -> Self {
        let rows = if files.is_empty() {
            rows::read(BUILT_IN)
        } else {
            files.iter().flat_map(|file| rows::read(file)).collect()
        };
        build::build(rows, options)
    }

    /// The edition at a place.
    pub(crate) fn edition(&self, at: usize) -> Option<&Edition> {
        self.editions.get(at)
    }

    /// The edition of an ISBN-13.
    pub(crate) fn by_isbn13(&self, isbn13: &str) -> Option<usize> {
        self.by_isbn13.get(isbn13).copied()
    }

    /// The editions whose ISBN has these core digits (see [`isbn::core`]).
    pub(crate) fn by_core(&self, core: &str) -> &[usize] {
        self.by_core.get(core).map_or(&[], Vec::as_slice)
    }

    /// The edition of a Google volume id.
    pub(crate) fn by_google_id(&self, id: &str) -> Option<usize> {
        self.by_google_id.get(id).copied()
    }

    /// The edition of an `OL…M` number.
    pub(crate) fn by_edition_number(&self, number: u64) -> Option<usize> {
        self.by_edition_number.get(&number).copied()
    }

    /// The work of an `OL…W` number.
    pub(crate) fn by_work_number(&self, number: u64) -> Option<usize> {
        self.by_work_number.get(&number).copied()
    }

    /// The author of an `OL…A` number.
    pub(crate) fn by_author_number(&self, number: u64) -> Option<usize> {
        self.by_author_number.get(&number).copied()
    }

    /// All people of that name, however it is written.
    pub(crate) fn people_named(&self, name: &str) -> &[usize] {
        self.by_name.get(&text::name_key(name)).map_or(&[], Vec::as_slice)
    }

    /// The editions that match a query at a provider, best first.
    pub(crate) fn search(&self, query: &Query<'_>) -> Vec<usize> {
        self.index.search(self, query)
    }

    /// Another work's edition, always the same one: what the fault `wrong_book` answers with.
    pub(crate) fn wrong_for(&self, at: usize) -> usize {
        let work = self.edition(at).map(|edition| edition.work);
        let count = self.editions.len();
        (1..count)
            .map(|step| (at + step) % count)
            .find(|other| {
                self.edition(*other).is_some_and(|e| Some(e.work) != work && e.kind == Kind::Listed)
            })
            .unwrap_or(at)
    }
}

#[cfg(test)]
mod tests;
