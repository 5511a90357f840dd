//! Books and searches for books, as pure functions. This crate knows no HTTP, no clock and no
//! provider.

pub mod cache_key;
pub mod edition;
pub mod hash;
pub mod isbn;
pub mod language;
pub mod markup;
pub mod partial_date;
pub mod query;
pub mod text_normalization;
