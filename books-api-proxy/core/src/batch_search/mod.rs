//! `POST /search/batch`: many questions in, one typed outcome each out.
//!
//! 1. Items with a warm entry are answered from the cache.
//! 2. The others are fetched: ISBNs in one bulk call per provider, an author once for all of its
//!    books.
//! 3. Entries are composed from the records and stored in the cold tier, each key once. An item is
//!    reported as found only if the tier has accepted its entry, and as deferred if calls,
//!    operations or time do not suffice.
//!
//! # Layout
//! - [`batch_item_keys`]: items and their keys. [`batch_cache_keys`]: the content of keys.
//!   [`batch_limits`]: calls, operations and time. [`from_cache`], [`warm_entries`]: step 1.
//!   [`provider_fetch`]: step 2. [`compose`], [`entry_writes`], [`library_book_entries`]: step 3.

pub mod batch_cache_keys;
pub mod batch_item_keys;
pub mod batch_limits;
pub mod batch_run;
pub mod compose;
pub mod entry_writes;
pub mod from_cache;
pub mod library_book_entries;
pub mod provider_fetch;
pub mod warm_entries;

#[cfg(test)]
mod tests;

use runtime::call_outcome::{Failure, ProviderFailure};
use runtime::wire_types::batch_search_wire_types::{
    BatchItemOutcome, CacheMode, LibraryBookCacheEntries,
};

use crate::provider::Provider;
use crate::providers::ProviderFetchOptions;
use crate::search_context::{ProxyPorts, SearchContext};
use batch_cache_keys::BatchCacheKeys;
use batch_item_keys::KeyedBatchItem;

/// A batch while it runs.
struct BatchSearchRun<'a, P: ProxyPorts> {
    app: &'a SearchContext<P>,
    mode: CacheMode,
    keys: BatchCacheKeys<'a, P>,
    /// True for a batch of one item.
    is_single: bool,
    fetch_policy: ProviderFetchOptions,
    text_policy: ProviderFetchOptions,
}

impl<P: ProxyPorts> BatchSearchRun<'_, P> {
    fn policy_of(&self, item: &KeyedBatchItem) -> ProviderFetchOptions {
        if item.is_text_query() { self.text_policy } else { self.fetch_policy }
    }

    /// Whether an item's books may lack entries because the operations ran out: a later batch then
    /// completes the item. A batch of one item is not deferred, since a retry would do no more.
    fn lacks_operations(&self, item: &KeyedBatchItem, books: &[LibraryBookCacheEntries]) -> bool {
        self.keys.limits.was_refused() && !self.is_single && item.has_missing_entry(books)
    }
}

/// An item's outcome, and which entries of its linked books exist; or the outcome alone.
type ItemAnswer = Result<(BatchItemOutcome, Vec<LibraryBookCacheEntries>), BatchItemOutcome>;

fn wrong_book_outcome() -> BatchItemOutcome {
    let provider = Provider::Isbndb.name().to_owned();
    BatchItemOutcome::Failed { failure: Failure::Provider(ProviderFailure::WrongBook), provider }
}
