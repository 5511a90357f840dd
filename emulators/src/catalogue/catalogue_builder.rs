//! A catalogue under construction: gives each edition its ids, its work and its authors.

use std::collections::{HashMap, HashSet};

use super::book_catalogue::BookCatalogue;
use super::catalogue_records::{
    CatalogueAuthor, CatalogueEdition, CatalogueWork, EditionRelationToLibrary,
};
use super::{isbn, search_tokenization};
use crate::hash::{FakeDataSeed, hash};

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CatalogueContentOptions {
    /// Adds invented books beside those of the library.
    pub(crate) lookalikes: bool,
    /// Every provider knows every book.
    pub(crate) complete: bool,
}

#[derive(Default)]
pub(super) struct CatalogueBuilder {
    pub(super) catalogue: BookCatalogue,
    options: CatalogueContentOptions,
    /// (name key, which person of that name) to author.
    people: HashMap<(String, u8), usize>,
    /// (title words, first author) to work.
    work_keys: HashMap<(String, usize), usize>,
    numbers: HashSet<u64>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct EditionSpec {
    pub(super) title: String,
    pub(super) subtitle: Option<String>,
    pub(super) series: Option<(String, String)>,
    pub(super) authors: Vec<String>,
    pub(super) isbn13: String,
    /// True if the ISBN is invented, not the library's.
    pub(super) invented: bool,
    pub(super) language: &'static str,
    pub(super) kind: EditionRelationToLibrary,
    /// The edition's work; `None` makes a new one.
    pub(super) work: Option<usize>,
    /// The number of the author among the people of that name.
    pub(super) person: u8,
}

impl CatalogueBuilder {
    pub(super) fn new(options: CatalogueContentOptions) -> Self {
        Self { options, ..Self::default() }
    }

    pub(super) fn find_work(&self, title: &str, author: &str) -> Option<usize> {
        let person = self.people.get(&(search_tokenization::name_key(author), 0))?;
        self.work_keys.get(&work_key(title, *person)).copied()
    }

    /// A valid ISBN that no book has, `978-1-9…`, derived from its purpose.
    pub(super) fn invent_isbn(&self, parts: &[&str]) -> String {
        let mut number = hash(parts) % 10_000_000;
        loop {
            let isbn13 = isbn::complete13(&format!("97819{number:07}"));
            if self.catalogue.by_isbn13(&isbn13).is_none() {
                return isbn13;
            }
            number = (number + 1) % 10_000_000;
        }
    }

    fn unused_number(&mut self, seed: FakeDataSeed, purpose: &str, base: u64) -> u64 {
        let mut number = base + seed.seeded_number(purpose, 40_000_000);
        while !self.numbers.insert(number) {
            number += 1;
        }
        number
    }

    /// An id in the form of Google's.
    fn unused_google_id(&self, seed: FakeDataSeed) -> String {
        const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
        let tail = seed.pick_word("google id tail", "AAAQBAJ wAAQBAJ AAAMAAJ EACAAJ");
        let mut attempt = 0_u32;
        loop {
            let purpose = format!("google id {attempt} ");
            let id = seed.seeded_text(&purpose, 12 - tail.len(), ALPHABET) + tail;
            if self.catalogue.by_google_id(&id).is_none() {
                return id;
            }
            attempt += 1;
        }
    }

    fn add_author(&mut self, name: &str, person: u8) -> usize {
        let key = search_tokenization::name_key(name);
        if let Some(at) = self.people.get(&(key.clone(), person)) {
            return *at;
        }
        let seed = FakeDataSeed::of(&["author", &key, &person.to_string()]);
        let ol_number = self.unused_number(seed, "author", 10_000);
        let at = self.catalogue.authors.len();
        let author = CatalogueAuthor { ol_number, name: name.to_owned(), works: Vec::new(), seed };
        self.catalogue.authors.push(author);
        self.catalogue.by_author_number.insert(ol_number, at);
        self.catalogue.by_name.entry(key.clone()).or_default().push(at);
        self.people.insert((key, person), at);
        at
    }

    fn new_work(&mut self, edition_spec: &EditionSpec) -> usize {
        let names = edition_spec.authors.iter();
        let authors: Vec<usize> =
            names.map(|name| self.add_author(name, edition_spec.person)).collect();
        let seed = FakeDataSeed::of(&["work", &edition_spec.isbn13]);
        let ol_number = self.unused_number(seed, "work", 50_000_000);
        let at = self.catalogue.works.len();
        for author in &authors {
            if let Some(author) = self.catalogue.authors.get_mut(*author) {
                author.works.push(at);
            }
        }
        if let Some(first) = authors.first() {
            self.work_keys.insert(work_key(&edition_spec.title, *first), at);
        }
        self.catalogue.works.push(CatalogueWork {
            ol_number,
            title: edition_spec.title.clone(),
            subtitle: edition_spec.subtitle.clone(),
            authors,
            editions: Vec::new(),
            seed,
        });
        self.catalogue.by_work_number.insert(ol_number, at);
        at
    }

    pub(super) fn add_catalogue_edition(&mut self, edition_spec: EditionSpec) -> usize {
        let work = match edition_spec.work {
            Some(work) => work,
            None => self.new_work(&edition_spec),
        };
        let at = self.catalogue.editions.len();
        let seed = FakeDataSeed::of(&[
            "edition",
            &edition_spec.isbn13,
            &at_if_placeholder(edition_spec.kind, at),
        ]);
        let ol_number = self.unused_number(seed, "edition", 100_000_000);
        let google_id = self.unused_google_id(seed);
        if let Some(work) = self.catalogue.works.get_mut(work) {
            work.editions.push(at);
        }
        self.catalogue.by_isbn13.entry(edition_spec.isbn13.clone()).or_insert(at);
        if let Some(core) = isbn::comparable_digits(&edition_spec.isbn13) {
            self.catalogue.by_core.entry(core).or_default().push(at);
        }
        self.catalogue.by_google_id.insert(google_id.clone(), at);
        self.catalogue.by_edition_number.insert(ol_number, at);
        let known = self.holding_providers(&edition_spec, seed);
        self.catalogue.editions.push(CatalogueEdition {
            isbn13: edition_spec.isbn13,
            title: edition_spec.title,
            subtitle: edition_spec.subtitle,
            series: edition_spec.series,
            authors: edition_spec.authors,
            language: edition_spec.language,
            kind: edition_spec.kind,
            work,
            known,
            google_id,
            ol_number,
            seed,
        });
        at
    }

    /// Which providers have a book: each lacks one in twenty, all lack one in a hundred, and of the
    /// books with an invented ISBN half are missing somewhere.
    fn holding_providers(&self, edition_spec: &EditionSpec, seed: FakeDataSeed) -> [bool; 3] {
        match edition_spec.kind {
            EditionRelationToLibrary::NotABook => return [false, false, true],
            EditionRelationToLibrary::Placeholder => return [true, false, true],
            EditionRelationToLibrary::Example => return [true; 3],
            _ if self.options.complete => return [true; 3],
            _ if seed.seeded_bool("known nowhere", 1) => return [false; 3],
            _ => {}
        }
        let missing_percent = if edition_spec.invented { 20 } else { 5 };
        ["google", "openlibrary", "isbndb"].map(|name| !seed.seeded_bool(name, missing_percent))
    }
}

fn work_key(title: &str, author: usize) -> (String, usize) {
    (search_tokenization::tokenize_for_search(title).join(" "), author)
}

/// The placeholder volumes share their ISBN, so their index tells them apart.
fn at_if_placeholder(kind: EditionRelationToLibrary, at: usize) -> String {
    if kind == EditionRelationToLibrary::Placeholder { at.to_string() } else { String::new() }
}
