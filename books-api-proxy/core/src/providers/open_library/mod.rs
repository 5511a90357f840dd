//! Open Library.

pub mod edition_lookup;
pub mod error_classification;
pub mod parse;
pub mod request;
