//! The part of an answer that a caller requests.

use crate::config::STORED_PAGE_MAX_ITEMS;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderBy {
    /// Best match first, as stored.
    #[default]
    Relevance,
    Newest,
}

/// The requested part of an answer. The view is not in the cache key: the whole answer is stored,
/// and cut when it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResultOptions {
    pub start_index: u32,
    pub max_results: u32,
    /// The code of the language that the items must have; items of unknown language come last.
    pub language: Option<String>,
    /// With `language`: items of other languages follow instead of being dropped.
    pub translations: bool,
    /// Items in these languages come first, in this order.
    pub preferred_languages: Vec<String>,
    pub order: OrderBy,
}

impl ResultOptions {
    pub fn first_page(max_results: u32) -> Self {
        Self { max_results, ..Self::default() }
    }

    /// True if the stored page is the answer, byte for byte.
    pub fn is_stored_page(&self) -> bool {
        *self == Self::first_page(STORED_PAGE_MAX_ITEMS)
    }

    /// True if the view needs the overflow page too: it reaches past the stored page, or its order
    /// or language may select items from there.
    pub fn needs_overflow(&self) -> bool {
        self.start_index.saturating_add(self.max_results) > STORED_PAGE_MAX_ITEMS
            || self.language.is_some()
            || !self.preferred_languages.is_empty()
            || self.order != OrderBy::Relevance
    }
}
