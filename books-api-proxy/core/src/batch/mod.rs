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
//! - [`item`]: items and their keys. [`keys`]: the content of keys. [`limits`]: calls, operations
//!   and time. [`from_cache`], [`warm_entries`]: step 1.
//!   [`fetch`]: step 2. [`compose`], [`store`], [`linked_books`]: step 3.

pub mod compose;
pub mod fetch;
pub mod from_cache;
pub mod item;
pub mod keys;
pub mod limits;
pub mod linked_books;
pub mod run;
pub mod store;
pub mod warm_entries;

#[cfg(test)]
mod tests;

use runtime::outcome::{Failure, ProviderFailure};
use runtime::wire_types::batch::{
    BatchItem, BatchItemOutcome, BatchItemResult, CacheMode, LibraryBookStatus,
};

use crate::app::{App, ProxyPorts};
use crate::provider::Provider;
use crate::providers::FetchOptions;
use item::{KeyedBook, KeyedItem};
use keys::BatchCacheKeys;

/// A batch while it runs.
struct BatchRun<'a, P: ProxyPorts> {
    app: &'a App<P>,
    mode: CacheMode,
    keys: BatchCacheKeys<'a, P>,
    /// True for a batch of one item.
    is_single: bool,
    fetch_policy: FetchOptions,
    text_policy: FetchOptions,
}

impl<P: ProxyPorts> BatchRun<'_, P> {
    fn policy_of(&self, item: &KeyedItem) -> FetchOptions {
        if item.is_text_query() { self.text_policy } else { self.fetch_policy }
    }

    /// Whether an item's books may lack entries because the operations ran out: a later batch then
    /// completes the item. A batch of one item is not deferred, since a retry would do no more.
    fn lacks_operations(&self, item: &KeyedItem, books: &[LibraryBookStatus]) -> bool {
        let is_open = |(book, seen): (&KeyedBook, &LibraryBookStatus)| book.has_missing_entry(seen);
        self.keys.limits.was_refused()
            && !self.is_single
            && item.linked_books.iter().zip(books).any(is_open)
    }
}

fn batch_result(
    item: &KeyedItem,
    outcome: BatchItemOutcome,
    books: Vec<LibraryBookStatus>,
) -> BatchItemResult {
    let BatchItem { id, .. } = &item.asked;
    BatchItemResult { id: id.clone(), key: item.key.to_string(), outcome, books }
}

fn wrong_book() -> BatchItemOutcome {
    let provider = Provider::Isbndb.name().to_owned();
    BatchItemOutcome::Failed { failure: Failure::Provider(ProviderFailure::WrongBook), provider }
}
