//! Open Library.

pub mod errors;
pub mod parse;
pub mod request;
