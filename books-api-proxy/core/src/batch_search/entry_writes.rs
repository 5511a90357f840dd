//! Writes entries to the cold tier.

use bibliography::cache_key::CacheKey;
use futures::StreamExt;
use futures::stream::iter;
use runtime::cache_policy::entry_lifetimes::{classify_freshness, new_entry_metadata};
use runtime::cache_policy::{EntryMetadata, Freshness};

use super::BatchSearchRun;
use super::batch_cache_keys::MetadataAfterWrite;
use super::warm_entries::PARALLEL_ITEMS;
use crate::cache::cache_store_port::CacheStores;
use crate::cache::write::{CacheWriteResult, is_partial_or_empty};
use crate::search::merged_answer::MergedAnswer;
use crate::search_context::{ProxyPorts, SearchContext};

impl<P: ProxyPorts> BatchSearchRun<'_, P> {
    /// The metadata of a new entry; `previous` is that of the entry that it replaces.
    fn new_metadata(
        &self,
        merged_answer: &MergedAnswer,
        previous: Option<&EntryMetadata>,
    ) -> EntryMetadata {
        let SearchContext { ports, config, .. } = self.app;
        let (inputs, unit) = (merged_answer.cache_lifetime_factors(), ports.uniform());
        new_entry_metadata(inputs, previous, &config.times, ports.now_ms(), unit)
    }

    /// Stores a merged page under a key in the cold tier only: hits of clients copy it to KV.
    pub(super) async fn store_page(
        &self,
        key: &CacheKey,
        merged_answer: &MergedAnswer,
        previous: Option<&EntryMetadata>,
    ) -> MetadataAfterWrite {
        let (ports, writer) = (&*self.app.ports, self.app.entry_writer(key));
        let metadata = EntryMetadata { warmed: true, ..self.new_metadata(merged_answer, previous) };
        let written = writer.store_entry(&merged_answer.first, metadata, previous).await;
        writer.store_overflow_page(&written, merged_answer.overflow.as_deref()).await;
        self.app.isolate_state.memory.borrow_mut().remove(key.as_str());
        match written {
            // R2 is strongly consistent: an accepted write is visible at once.
            CacheWriteResult::New(metadata) => Some(metadata),
            CacheWriteResult::Kept(kept) => {
                let there = ports.cache_stores().read_cold_metadata(key).await.ok().flatten();
                there.filter(|there| there.etag == kept.etag)
            }
            CacheWriteResult::NotStored => None,
        }
    }

    /// Lends a complete answer to other spellings that have no entry. The lent entry is stale from
    /// the beginning, so that its first use starts a refresh.
    pub(super) async fn lend_to_spellings(&self, keys: &[CacheKey], merged_answer: &MergedAnswer) {
        let (ports, metadata) = (&*self.app.ports, self.new_metadata(merged_answer, None));
        let now_ms = ports.now_ms();
        if is_partial_or_empty(&metadata) {
            return;
        }
        let metadata = &EntryMetadata { lent: true, fresh_until_ms: now_ms, ..metadata };
        let write = async |key: &CacheKey| {
            let (stores, page) = (ports.cache_stores(), &merged_answer.first);
            // After a failed write the tier may have a better entry: it is not overwritten.
            let Ok(false) = stores.cold_put(key, page, metadata, Some(1)).await else {
                return;
            };
            if let Ok(there) = stores.read_cold_metadata(key).await
                && !there.is_some_and(|there| !there.lent && now_ms < there.stale_until_ms)
            {
                let _ = stores.cold_put(key, page, metadata, None).await;
            }
        };
        let copies = iter(keys.iter().map(|key| self.keys.lend(key, write(key))));
        copies.buffer_unordered(PARALLEL_ITEMS).collect().await
    }

    /// Stores a merged page; a forced refresh also deletes the copy in KV, which would hide it.
    pub(super) async fn store_item_page(
        &self,
        key: &CacheKey,
        merged_answer: &MergedAnswer,
        previous: Option<&EntryMetadata>,
        is_forced: bool,
    ) -> MetadataAfterWrite {
        let stored = self.store_page(key, merged_answer, previous).await;
        let stores = self.app.ports.cache_stores();
        // Reads first, because KV allows fewer deletes a day than reads.
        if is_forced && !matches!(stores.hot_tier_get(key).await, Ok(None)) {
            let _ = stores.hot_delete(key).await;
        }
        stored
    }

    /// Stores the entry of a book from an author's answer, unless there is a complete entry in the
    /// first half of its life: a search for the book itself may have stored it from more providers.
    pub(super) async fn store_unless_recent(
        &self,
        key: &CacheKey,
        merged_answer: &MergedAnswer,
    ) -> MetadataAfterWrite {
        let now_ms = self.app.ports.now_ms();
        let since_ms = now_ms.saturating_sub(self.app.config.times.cold_ttl_ms / 2);
        if let Some(stored) = self.put_unless_since(key, merged_answer, since_ms).await {
            return stored;
        }
        match self.app.ports.cache_stores().read_cold_metadata(key).await {
            Ok(Some(there)) if is_young(&there, since_ms, now_ms) => Some(there),
            _ => self.store_page(key, merged_answer, None).await,
        }
    }

    /// Stores a complete answer with books, unless an entry was stored since then. None if nothing
    /// was written; `Some(None)` if the tier failed.
    pub(super) async fn put_unless_since(
        &self,
        key: &CacheKey,
        merged_answer: &MergedAnswer,
        since_ms: u64,
    ) -> Option<MetadataAfterWrite> {
        let metadata = EntryMetadata { warmed: true, ..self.new_metadata(merged_answer, None) };
        if is_partial_or_empty(&metadata) {
            return None;
        }
        let (stores, page) = (self.app.ports.cache_stores(), &merged_answer.first);
        // A conditional write saves one read for each key.
        match stores.cold_put(key, page, &metadata, Some(since_ms)).await {
            Ok(true) => {
                let written = CacheWriteResult::New(metadata.clone());
                let writer = self.app.entry_writer(key);
                writer.store_overflow_page(&written, merged_answer.overflow.as_deref()).await;
                self.app.isolate_state.memory.borrow_mut().remove(key.as_str());
                Some(Some(metadata))
            }
            Ok(false) => None,
            Err(_) => Some(None),
        }
    }
}

pub(super) fn is_young(metadata: &EntryMetadata, since_ms: u64, now_ms: u64) -> bool {
    let fresh = classify_freshness(metadata, now_ms) == Freshness::Fresh;
    fresh && !is_partial_or_empty(metadata) && metadata.stored_at_ms >= since_ms
}
