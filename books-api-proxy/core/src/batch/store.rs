//! Writes entries to the cold tier.

use bibliography::cache_key::CacheKey;
use futures::StreamExt;
use futures::stream::iter;
use runtime::cache_policy::EntryMetadata;
use runtime::cache_policy::entry_lifetimes::envelope_for;

use super::BatchRun;
use super::keys::StoredEnvelope;
use super::warm_entries::PARALLEL_ITEMS;
use crate::app::ProxyPorts;
use crate::cache::store_port::CacheStores;
use crate::cache::write::{WriteResult, is_partial_or_empty};
use crate::search::merged_page::MergedPages;

impl<P: ProxyPorts> BatchRun<'_, P> {
    /// Stores a merged page under a key in the cold tier only: hits of clients copy it to KV.
    pub(super) async fn store_page(
        &self,
        key: &CacheKey,
        merged_page: &MergedPages,
        previous: Option<&EntryMetadata>,
    ) -> StoredEnvelope {
        let (ports, writer) = (&*self.app.ports, self.app.entry_writer(key));
        let (answer, unit) = (merged_page.new_entry(), ports.uniform());
        let envelope = EntryMetadata {
            warmed: true,
            ..envelope_for(answer, previous, writer.times, writer.now_ms, unit)
        };
        let written = writer.store(&merged_page.first, envelope, previous).await;
        writer.store_overflow_page(&written, merged_page.overflow.as_deref()).await;
        self.app.isolate_state.memory.borrow_mut().remove(key.as_str());
        match written {
            // R2 is strongly consistent: an accepted write is visible at once.
            WriteResult::New(envelope) => Some(envelope),
            WriteResult::Kept(kept) => {
                let there = ports.stores().cold_head(key).await.ok().flatten();
                there.filter(|there| there.etag == kept.etag)
            }
            WriteResult::NotStored => None,
        }
    }

    /// Lends a complete answer to other spellings that have no entry. The lent entry is stale from
    /// the beginning, so that its first use starts a refresh.
    pub(super) async fn lend_to_spellings(&self, keys: &[CacheKey], merged_page: &MergedPages) {
        let (ports, times) = (&*self.app.ports, &self.app.config.times);
        let now_ms = ports.now_ms();
        let envelope = envelope_for(merged_page.new_entry(), None, times, now_ms, ports.uniform());
        if is_partial_or_empty(&envelope) {
            return;
        }
        let envelope = &EntryMetadata { lent: true, fresh_until_ms: now_ms, ..envelope };
        let write = async |key: &CacheKey| {
            let (stores, page) = (ports.stores(), &merged_page.first);
            // After a failed write the tier may have a better entry: it is not overwritten.
            let Ok(false) = stores.cold_put(key, page, envelope, Some(1)).await else {
                return;
            };
            if let Ok(there) = stores.cold_head(key).await
                && !there.is_some_and(|there| !there.lent && now_ms < there.stale_until_ms)
            {
                let _ = stores.cold_put(key, page, envelope, None).await;
            }
        };
        let copies = iter(keys.iter().map(|key| self.keys.lend(key, write(key))));
        copies.buffer_unordered(PARALLEL_ITEMS).collect().await
    }

    /// Stores a merged page; a forced refresh also deletes the copy in KV, which would hide it.
    pub(super) async fn store_item_page(
        &self,
        key: &CacheKey,
        merged_page: &MergedPages,
        previous: Option<&EntryMetadata>,
        is_forced: bool,
    ) -> StoredEnvelope {
        let stored = self.store_page(key, merged_page, previous).await;
        let stores = self.app.ports.stores();
        // Reads first, because KV allows fewer deletes a day than reads.
        if is_forced && !matches!(stores.hot_open(key).await, Ok(None)) {
            let _ = stores.hot_delete(key).await;
        }
        stored
    }
}
