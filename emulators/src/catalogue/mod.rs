//! One catalogue that all three providers answer from: the books of a library, and the lookalikes
//! that a real provider would return beside them.

mod attributes;
mod book_catalogue;
mod catalogue_builder;
mod catalogue_loader;
mod catalogue_records;
pub(crate) mod isbn;
mod library_row_reader;
mod lookalike_books;
mod search_index;
pub(crate) mod search_tokenization;
#[cfg(test)]
mod tests;

pub(crate) use book_catalogue::BookCatalogue;
pub(crate) use catalogue_builder::CatalogueContentOptions;
pub(crate) use catalogue_loader::catalogue_from_files;
pub(crate) use catalogue_records::{CatalogueEdition, CatalogueWork, EditionRelationToLibrary};
pub(crate) use search_index::SearchIndexQuery;
