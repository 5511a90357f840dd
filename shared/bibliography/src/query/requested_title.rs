//! The form of a title in requests to providers.

use crate::text::{canonical_text, restore_article, strip_series, visible_text, without_edition};

/// A title for requests to providers, with the letters of the key.
pub(super) fn asked_title(title: &str) -> String {
    canonical_text(&plain_title(&visible_text(title)))
}

/// A title without its series and its edition.
fn plain_title(title: &str) -> String {
    restore_article(&without_edition(&strip_series(title)))
}

/// True if a text has nothing to search for, for example operators only.
pub(super) fn is_blank(text: &str) -> bool {
    canonical_text(text).is_empty()
}
