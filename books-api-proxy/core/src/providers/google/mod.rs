//! Google Books.

pub mod errors;
pub mod parse;
pub mod request;
