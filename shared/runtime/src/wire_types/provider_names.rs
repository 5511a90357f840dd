//! The providers' names in answers, reports and logs.

pub const ISBNDB: &str = "isbndb";
pub const GOOGLE_BOOKS: &str = "google-books";
pub const OPEN_LIBRARY: &str = "open-library";
