//! Makes a catalogue from a library's files.

use super::attributes::language_of;
use super::book_catalogue::BookCatalogue;
use super::catalogue_builder::{CatalogueBuilder, CatalogueContentOptions, EditionSpec};
use super::catalogue_records::EditionRelationToLibrary;
use super::isbn::CatalogueIsbnCell;
use super::library_row_reader::{self, LibraryRow};
use super::{lookalike_books, search_index, search_tokenization};

/// The books of the built-in library, the default.
pub(super) const BUILT_IN: &[u8] = include_bytes!("../../catalogue/built-in.csv");

/// The catalogue of these files' rows, or of the built-in library.
pub(crate) fn catalogue_from_files(
    files: &[Vec<u8>],
    options: CatalogueContentOptions,
) -> BookCatalogue {
    let rows = if files.is_empty() {
        library_row_reader::read_library_rows(BUILT_IN)
    } else {
        files.iter().flat_map(|file| library_row_reader::read_library_rows(file)).collect()
    };
    let mut builder = CatalogueBuilder::new(options);
    // ISBNs of the library are assigned before any is invented.
    let (with, without): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| row.isbn != CatalogueIsbnCell::Nothing);
    for row in with.into_iter().chain(without) {
        builder.add_row(row);
    }
    if options.lookalikes {
        lookalike_books::add_all(&mut builder);
    }
    builder.add_examples();
    let mut catalogue = builder.catalogue;
    catalogue.index = search_index::SearchIndex::of(&catalogue.editions);
    catalogue
}

/// The known books: callers request one to see whether a provider finds anything at all.
const EXAMPLES: [(&str, &str, &str); 2] = [
    ("9780140328721", "Fantastic Mr. Fox", "Roald Dahl"),
    ("9780134093413", "Campbell Biology", "Lisa Urry"),
];

impl CatalogueBuilder {
    fn add_examples(&mut self) {
        for (isbn13, title, author) in EXAMPLES {
            let at = self.catalogue.by_isbn13(isbn13).unwrap_or_else(|| {
                self.add_catalogue_edition(EditionSpec {
                    title: title.to_owned(),
                    authors: vec![author.to_owned()],
                    isbn13: isbn13.to_owned(),
                    language: "en",
                    kind: EditionRelationToLibrary::Example,
                    work: self.find_work(title, author),
                    ..EditionSpec::default()
                })
            });
            if let Some(edition) = self.catalogue.editions.get_mut(at) {
                edition.known = [true; 3];
            }
        }
    }

    fn add_row(&mut self, row: LibraryRow) {
        let (plain, series) = search_tokenization::split_series(&row.title);
        let (title, subtitle) = search_tokenization::split_subtitle(&plain);
        let given = match row.isbn {
            CatalogueIsbnCell::Valid(isbn13) | CatalogueIsbnCell::Repaired(isbn13) => Some(isbn13),
            CatalogueIsbnCell::Nothing => None,
        };
        let taken = given.as_ref().and_then(|isbn13| self.catalogue.by_isbn13(isbn13));
        if let Some(edition) = taken.and_then(|at| self.catalogue.edition_by_index(at))
            && search_tokenization::tokenize_for_search(&edition.title)
                == search_tokenization::tokenize_for_search(&title)
        {
            return;
        }
        // An ISBN belongs to one book: the second row with an ISBN gets an invented one.
        let free = given.filter(|_| taken.is_none());
        let author = row.authors.first().map_or("", String::as_str).to_owned();
        let work = self.find_work(&title, &author);
        if free.is_none() && work.is_some() {
            return;
        }
        let invented = free.is_none();
        let isbn13 = free.unwrap_or_else(|| self.invent_isbn(&["row", &row.title, &author]));
        let language = language_of(&title, &isbn13);
        self.add_catalogue_edition(EditionSpec {
            title,
            subtitle,
            series,
            authors: row.authors,
            isbn13,
            invented,
            language,
            work,
            ..EditionSpec::default()
        });
    }
}
