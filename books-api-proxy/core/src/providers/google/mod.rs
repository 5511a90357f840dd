//! Google Books.

pub mod classify;
pub mod parse;
pub mod request;
