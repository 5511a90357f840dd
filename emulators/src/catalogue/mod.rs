//! One catalogue that all three providers answer from: the books of a library, and the lookalikes
//! that a real provider would return beside them.

mod attributes;
mod build;
mod builder;
mod ids;
pub(crate) mod isbn;
mod lookalikes;
mod lookup;
mod record;
mod rows;
mod search_index;
#[cfg(test)]
mod tests;
pub(crate) mod text;

pub(crate) use build::from_files;
pub(crate) use builder::CatalogueOptions;
pub(crate) use lookup::BookCatalogue;
pub(crate) use record::{CatalogueEdition, CatalogueWork, EditionKind};
pub(crate) use search_index::WordQuery;
