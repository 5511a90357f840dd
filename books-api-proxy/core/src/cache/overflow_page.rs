//! The overflow page: the items past a stored page, in a separate entry. It is used only with the
//! stored page of the same answer.

use bibliography::cache_key::CacheKey;
use runtime::cache_policy::EntryMetadata;

use super::store_port::CacheStores;
use crate::config::PAGE_ITEMS;

/// Whether two pages were written as one answer. `postpone` does not change `stored_at_ms`.
pub fn are_of_one_answer(page: &EntryMetadata, overflow: &EntryMetadata) -> bool {
    page.stored_at_ms == overflow.stored_at_ms
}

/// An entry of the cold tier: its envelope, the handle of its bytes, and the bytes.
pub async fn read_cold<S: CacheStores>(
    stores: &S,
    key: &CacheKey,
) -> Option<(EntryMetadata, S::StoredBytes, Vec<u8>)> {
    let opened = stores.cold_open(key).await.ok()??;
    let bytes = stores.read(opened.body.clone()).await.ok()?;
    Some((opened.envelope, opened.body, bytes))
}

/// The stored bytes of the overflow page, if it belongs to this page.
pub async fn read_overflow_page<S: CacheStores>(
    stores: &S,
    key: &CacheKey,
    page: &EntryMetadata,
) -> Option<Vec<u8>> {
    if page.count <= PAGE_ITEMS {
        return None;
    }
    let (envelope, _, bytes) = read_cold(stores, &key.page_key(PAGE_ITEMS)).await?;
    are_of_one_answer(page, &envelope).then_some(bytes)
}
