//! Which part of an answer a caller wants.

use crate::config::PAGE_ITEMS;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderBy {
    /// Best match first, as stored.
    #[default]
    Relevance,
    Newest,
}

/// The requested part of an answer. None of it is in the cache key: one superset is stored and
/// cut on reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub start_index: u32,
    pub max_results: u32,
    /// The code of the language that the items must have; those of an unknown one come last.
    pub language: Option<String>,
    /// With `language`: items of other languages follow instead of being dropped.
    pub translations: bool,
    /// Items in these languages come first, in this order.
    pub preferred_languages: Vec<String>,
    pub order: OrderBy,
}

impl View {
    pub fn first(max_results: u32) -> Self {
        Self {
            start_index: 0,
            max_results,
            language: None,
            translations: false,
            preferred_languages: Vec::new(),
            order: OrderBy::Relevance,
        }
    }

    /// True if the stored page is the answer, byte for byte.
    pub fn is_stored_page(&self) -> bool {
        *self == Self::first(PAGE_ITEMS)
    }

    /// True if the view needs all items, those past the stored page too: it reaches them,
    /// or any of them may come first.
    pub fn needs_overflow(&self) -> bool {
        self.start_index.saturating_add(self.max_results) > PAGE_ITEMS
            || self.language.is_some()
            || !self.preferred_languages.is_empty()
            || self.order != OrderBy::Relevance
    }
}
