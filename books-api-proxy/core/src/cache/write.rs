//! Writes entries under the policy. After a failed write, the next request is a miss.

use bibliography::cache_key::CacheKey;
use futures::join;
use runtime::cache_policy::entry_lifetimes::{decide_store, hot_ttl_secs, postpone_refresh};
use runtime::cache_policy::entry_metadata::etag_of;
use runtime::cache_policy::{
    AnswerBookPresence, CacheOverwriteDecision, CacheTtlSettings, EntryMetadata,
};

use super::cache_store_port::{CacheStores, TierError};
use crate::config::STORED_PAGE_MAX_ITEMS;

/// The content of the cold tier after a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheWriteResult {
    New(EntryMetadata),
    /// The old entry, which has more books or providers.
    Kept(EntryMetadata),
    /// The write failed or was skipped.
    NotStored,
}

/// Deletes an entry from KV and R2, and its overflow page from R2.
pub async fn delete_entry<S: CacheStores>(stores: &S, key: &CacheKey) -> Result<(), TierError> {
    let overflow = key.page_key(STORED_PAGE_MAX_ITEMS);
    let (hot, cold, cold_rest) =
        join!(stores.hot_delete(key), stores.cold_delete(key), stores.cold_delete(&overflow));
    hot.and(cold).and(cold_rest)
}

/// True for an answer that must not replace a complete one with books.
pub fn is_partial_or_empty(metadata: &EntryMetadata) -> bool {
    metadata.partial || metadata.outcome == AnswerBookPresence::None
}

/// Writes the entry of one key.
pub struct EntryWriter<'a, S> {
    pub stores: &'a S,
    pub key: &'a CacheKey,
    pub times: &'a CacheTtlSettings,
    pub now_ms: u64,
}

impl<S: CacheStores> EntryWriter<'_, S> {
    /// Stores an entry in the cold tier under the policy. `previous` is the known metadata of the
    /// key; if none is known and the new answer is poor, the tier is read first.
    pub async fn store_entry(
        &self,
        bytes: &[u8],
        metadata: EntryMetadata,
        previous: Option<&EntryMetadata>,
    ) -> CacheWriteResult {
        let asked = match (is_partial_or_empty(&metadata), previous) {
            (true, None) => self.stores.read_cold_metadata(self.key).await.ok().flatten(),
            _ => None,
        };
        match decide_store(&metadata, previous.or(asked.as_ref()), self.times, self.now_ms) {
            CacheOverwriteDecision::Write => self.overwrite(bytes, metadata).await,
            CacheOverwriteDecision::Keep(kept) => self.rewrite(kept).await,
        }
    }

    pub async fn overwrite(&self, bytes: &[u8], metadata: EntryMetadata) -> CacheWriteResult {
        match self.stores.cold_put(self.key, bytes, &metadata, None).await {
            Ok(_) => CacheWriteResult::New(metadata),
            Err(_) => CacheWriteResult::NotStored,
        }
    }

    /// Stores the overflow page, if its page was written.
    pub async fn store_overflow_page(&self, written: &CacheWriteResult, overflow: Option<&[u8]>) {
        if let (CacheWriteResult::New(first), Some(overflow)) = (written, overflow) {
            let key = self.key.page_key(STORED_PAGE_MAX_ITEMS);
            let metadata_of_page = EntryMetadata { etag: etag_of(overflow), ..first.clone() };
            // Without the overflow page, a later request queries the providers again.
            let _ = self.stores.cold_put(&key, overflow, &metadata_of_page, None).await;
        }
    }

    /// Postpones the next refresh of an entry after one that failed.
    pub async fn postpone(&self, old: &EntryMetadata) -> CacheWriteResult {
        self.rewrite(postpone_refresh(old, self.times, self.now_ms)).await
    }

    /// Stores the bytes again with new metadata, if the entry is unchanged. Returns `Kept` also
    /// if the tier fails: KV may still hold the old entry, and a poorer one must not replace it.
    async fn rewrite(&self, metadata: EntryMetadata) -> CacheWriteResult {
        if let Ok(Some(old)) = self.stores.cold_tier_get(self.key).await {
            if old.metadata.etag != metadata.etag {
                // Another request has written a newer entry.
                return CacheWriteResult::Kept(old.metadata);
            }
            if let Ok(bytes) = self.stores.read(old.body).await {
                // If this fails, the entry is refreshed sooner.
                let _ = self.stores.cold_put(self.key, &bytes, &metadata, None).await;
            }
        }
        CacheWriteResult::Kept(metadata)
    }

    /// Copies an entry to the hot tier, while it has some time left.
    /// Errors: the write failed; the next request is a hit in the cold tier again.
    pub async fn promote(
        &self,
        body: &S::CacheBodyHandle,
        metadata: &EntryMetadata,
    ) -> Result<(), TierError> {
        match hot_ttl_secs(metadata, self.times, self.now_ms) {
            Some(ttl_secs) => self.stores.hot_put(self.key, body, metadata, ttl_secs).await,
            None => Ok(()),
        }
    }
}
