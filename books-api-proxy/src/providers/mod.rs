//! The three sources: requests and answers as pure functions.

pub mod google;
pub mod open_library;
