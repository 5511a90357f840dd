//! Open Library.

pub mod classify;
pub mod editions;
pub mod parse;
pub mod request;
