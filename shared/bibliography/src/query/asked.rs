//! How a title is asked for.

use crate::text::{canonical_text, restore_article, strip_series, visible_text, without_edition};

/// A title as providers are asked for it, of the letters that the key has.
pub(super) fn asked_title(title: &str) -> String {
    canonical_text(&plain_title(&visible_text(title)))
}

/// A title as it is asked for: without what names its series and its edition.
fn plain_title(title: &str) -> String {
    restore_article(&without_edition(&strip_series(title)))
}

/// True if a text holds nothing that could be looked for, as operators alone do not.
pub(super) fn is_blank(text: &str) -> bool {
    canonical_text(text).is_empty()
}
