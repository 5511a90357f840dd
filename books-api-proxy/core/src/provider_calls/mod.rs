//! Calls to the providers, admitted by their rate limiters.

pub mod google;
pub mod isbndb;
pub mod open_library;
