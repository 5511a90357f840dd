//! Open Library.

pub mod editions;
pub mod errors;
pub mod parse;
pub mod request;
