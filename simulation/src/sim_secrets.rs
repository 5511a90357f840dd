//! The secrets of the simulated Workers.

/// The owner's token.
pub const TEST_ADMIN_TOKEN: &str = "sim-admin-token-0123456789";
/// Every secret; none may leave its Worker.
pub const SECRETS: [(&str, &str); 5] = [
    ("ADMIN_TOKEN", TEST_ADMIN_TOKEN),
    ("GOOGLE_BOOKS_API_KEY", "google-key-1"),
    ("GOOGLE_BOOKS_IOSKEY", "google-key-2"),
    ("ISBN_SEARCH_KEY", "google-search-key"),
    ("ISBNDB_API_KEY", "isbndb-key"),
];
