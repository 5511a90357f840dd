//! Open Library.

pub mod edition_lookup;
pub mod error_classification;
pub mod open_library_requests;
pub mod parse;
