//! Open Library.

pub mod errors;
pub mod request;
