//! Google Books.

pub mod error_classification;
pub mod parse;
pub mod request;
