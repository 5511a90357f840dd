//! Google Books.

pub mod error_classification;
pub mod google_requests;
pub mod parse;
