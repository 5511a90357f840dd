//! Look-ups of entries in the cold tier.

use bibliography::cache_key::CacheKey;
use futures::future::join_all;
use futures::stream::iter;
use futures::{StreamExt, join};
use runtime::cache_policy::entry_lifetimes::classify_freshness;
use runtime::cache_policy::{AnswerBookPresence, EntryMetadata, Freshness};
use runtime::wire_types::batch_search_wire_types::{BatchItemOutcome, LibraryBookCacheEntries};
use runtime::wire_types::volume::{SearchAnswerPage, Volume};

use super::BatchSearchRun;
use super::batch_item_keys::{KeyedBatchItem, KeyedLibraryBook};
use super::compose::has_expected_book;
use crate::cache::cache_store_port::CacheStores;
use crate::merge::candidates_of;
use crate::provider_record::ProviderRecord;
use crate::search_context::ProxyPorts;

/// Items and keys processed at the same time: six operations run at once, the others are prepared.
pub const PARALLEL_ITEMS: usize = 12;

/// True for a warm entry: fresh, or stale but still served. A lent entry and the answer to a wider
/// question are not warm, and a negative only if a batch stored it.
pub fn is_warm(metadata: &EntryMetadata, now_ms: u64) -> bool {
    let answers = metadata.outcome == AnswerBookPresence::Found || metadata.warmed;
    answers
        && !metadata.lent
        && !metadata.widened
        && matches!(classify_freshness(metadata, now_ms), Freshness::Fresh | Freshness::Stale)
}

pub fn outcome_of(metadata: &EntryMetadata, was_cached: bool) -> BatchItemOutcome {
    match metadata.outcome {
        AnswerBookPresence::Found => BatchItemOutcome::Found {
            count: metadata.count,
            tier: "R2".to_owned(),
            fresh_until_ms: metadata.fresh_until_ms,
            was_cached,
            partial: metadata.partial,
        },
        AnswerBookPresence::None => BatchItemOutcome::NotFound {
            fresh_until_ms: metadata.fresh_until_ms,
            was_cached,
            partial: metadata.partial,
        },
    }
}

impl<P: ProxyPorts> BatchSearchRun<'_, P> {
    /// Whether every key of a list has a warm entry with books; false for an empty list.
    async fn are_all_warm<'k>(&self, mut keys: impl Iterator<Item = &'k CacheKey>) -> bool {
        let now_ms = self.app.ports.now_ms();
        let found = async |key: &CacheKey| {
            let metadata = self.keys.read_metadata(self.app.ports.cache_stores(), key).await;
            metadata.is_some_and(|e| is_warm(&e, now_ms) && e.outcome == AnswerBookPresence::Found)
        };
        // The first key is looked up alone: a book that is not warm mostly lacks it.
        match keys.next() {
            Some(first) if found(first).await => {
                join_all(keys.map(found)).await.into_iter().all(|is_found| is_found)
            }
            _ => false,
        }
    }

    /// Which entries of a library book are warm. The entry of a repaired ISBN is read and compared
    /// with the title, since it may be another book's.
    async fn cached_status(&self, linked_book: &KeyedLibraryBook) -> LibraryBookCacheEntries {
        let isbn_key = linked_book.isbn_key();
        let titles = linked_book.title_searches.iter().map(|search| &search.key);
        let (mut isbn, title) =
            join!(self.are_all_warm(isbn_key.iter()), self.are_all_warm(titles));
        let mut wrong = false;
        if let (true, Some(key), expected_book @ Some(_)) =
            (isbn, &isbn_key, linked_book.title_to_match())
        {
            isbn = has_expected_book(expected_book, &self.stored_records(key).await);
            wrong = !isbn;
        }
        LibraryBookCacheEntries { id: linked_book.id.clone(), isbn, title, wrong }
    }

    /// The status of all books of an item, in order.
    pub(super) async fn cached_statuses(
        &self,
        item: &KeyedBatchItem,
    ) -> Vec<LibraryBookCacheEntries> {
        iter(item.linked_books.iter().map(|linked_book| self.cached_status(linked_book)))
            .buffered(PARALLEL_ITEMS)
            .collect()
            .await
    }

    /// The records of a stored page.
    pub(super) async fn stored_records(&self, key: &CacheKey) -> Vec<ProviderRecord> {
        candidates_of(&self.stored_volumes(key).await)
    }

    pub(super) async fn stored_volumes(&self, key: &CacheKey) -> Vec<Volume> {
        let stores = self.app.ports.cache_stores();
        let Ok(Some(opened)) = stores.cold_tier_get(key).await else { return Vec::new() };
        let Ok(bytes) = stores.read(opened.body).await else { return Vec::new() };
        let page: Option<SearchAnswerPage> = serde_json::from_slice(&bytes).ok();
        page.map(|page| page.items).unwrap_or_default()
    }
}
