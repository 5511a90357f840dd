//! Whether a key for Google Books is configured.

use bibliography::query::QueryKind;

use crate::manifest::{GOOGLE_BOOKS_API_KEY, GOOGLE_BOOKS_IOSKEY, ISBN_SEARCH_KEY};

/// `has` looks a secret up by its name. `ISBN_SEARCH_KEY` is a key for ISBNs only.
pub fn has_google_key(has: impl Fn(&str) -> bool, kind: QueryKind) -> bool {
    has(GOOGLE_BOOKS_API_KEY)
        || has(GOOGLE_BOOKS_IOSKEY)
        || kind == QueryKind::Isbn && has(ISBN_SEARCH_KEY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_isbn_search_key_alone_is_a_key_for_isbns() {
        for (key, for_isbn, for_title) in [
            (GOOGLE_BOOKS_API_KEY, true, true),
            (GOOGLE_BOOKS_IOSKEY, true, true),
            (ISBN_SEARCH_KEY, true, false),
            ("ADMIN_TOKEN", false, false),
        ] {
            let has = |kind| has_google_key(|name| name == key, kind);
            assert_eq!((has(QueryKind::Isbn), has(QueryKind::Title)), (for_isbn, for_title));
        }
    }
}
