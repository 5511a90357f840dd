//! Google Books.

pub mod errors;
pub mod request;
