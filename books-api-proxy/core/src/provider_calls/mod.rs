//! Calls to the providers: through the rate limiter, with the keys and the pace of each.

pub mod google;
pub mod isbndb;
pub mod open_library;
pub mod quota;
