//! Looks a key up in each tier in turn.

use std::cell::RefCell;
use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use runtime::cache_policy::entry_lifetimes::classify_freshness;
use runtime::cache_policy::memory_tier::{MemoryTier, MemoryTierEntry};
use runtime::cache_policy::status_header::{CacheTier, TierOutcome};
use runtime::cache_policy::{EntryMetadata, Freshness};

use super::cache_store_port::{CacheStores, StoreReadResult, TierCacheEntry};
use crate::config::STORED_PAGE_MAX_ITEMS;

/// The bytes of an answer.
#[derive(Debug)]
pub enum AnswerBody<B> {
    /// Merged by this request's flight.
    Bytes(Rc<[u8]>),
    /// Stored bytes: passed on, or parsed if only a part is served.
    Stored(B),
}

#[derive(Debug)]
pub struct CacheHit<B> {
    pub tier: CacheTier,
    pub metadata: EntryMetadata,
    pub freshness: Freshness,
    pub body: B,
}

#[derive(Debug)]
pub struct Lookup<B> {
    /// The entry to serve: fresh, or stale with a background refresh.
    pub hit: Option<CacheHit<B>>,
    /// An entry to serve if the providers fail.
    pub fallback: Option<CacheHit<B>>,
    /// On a miss, the newest metadata found, also of an entry that may not be served.
    pub previous: Option<EntryMetadata>,
    pub tier_log: Vec<(CacheTier, TierOutcome)>,
}

/// Looks in memory, then KV, then R2. A failing tier is skipped.
pub async fn look_up_in_tiers<S: CacheStores>(
    stores: &S,
    memory: &RefCell<MemoryTier<S::CacheBodyHandle>>,
    key: &CacheKey,
    now_ms: u64,
) -> Lookup<S::CacheBodyHandle> {
    let mut found =
        Lookup { hit: None, fallback: None, previous: None, tier_log: Vec::with_capacity(3) };
    let entry = memory.borrow_mut().get(key.as_str(), now_ms);
    let entry =
        entry.map(|MemoryTierEntry { body, metadata, .. }| TierCacheEntry { metadata, body });
    if !found.add_tier(CacheTier::Memory, Ok(entry), now_ms)
        && !found.add_tier(CacheTier::Hot, stores.hot_tier_get(key).await, now_ms)
    {
        found.add_tier(CacheTier::Cold, stores.cold_tier_get(key).await, now_ms);
    }
    found
}

impl<B> Lookup<B> {
    /// Records a tier's result; true if its entry may be served.
    fn add_tier(&mut self, tier: CacheTier, open: StoreReadResult<B>, now_ms: u64) -> bool {
        let missing = if open.is_err() { TierOutcome::Failed } else { TierOutcome::Miss };
        let Ok(Some(TierCacheEntry { metadata, body })) = open else {
            self.tier_log.push((tier, missing));
            return false;
        };
        let freshness = classify_freshness(&metadata, now_ms);
        let hit = CacheHit { tier, metadata, freshness, body };
        if matches!(freshness, Freshness::Fresh | Freshness::Stale) {
            let ttl_secs = remaining_ttl_secs(&hit.metadata, now_ms);
            self.tier_log.push((tier, TierOutcome::Hit { ttl_secs }));
            self.hit = Some(hit);
            return true;
        }
        self.tier_log.push((tier, TierOutcome::Expired));
        let newer = |known: &EntryMetadata| known.stored_at_ms >= hit.metadata.stored_at_ms;
        if !self.previous.as_ref().is_some_and(newer) {
            self.previous = Some(hit.metadata.clone());
        }
        if freshness == Freshness::Fallback {
            self.fallback.get_or_insert(hit);
        }
        false
    }
}

/// Seconds an entry stays fresh; negative once it is stale.
pub fn remaining_ttl_secs(metadata: &EntryMetadata, now_ms: u64) -> i64 {
    let left = i128::from(metadata.fresh_until_ms) - i128::from(now_ms);
    i64::try_from(left.div_euclid(1_000)).unwrap_or(i64::MAX)
}

/// Whether two pages were written as one answer. `postpone` does not change `stored_at_ms`.
pub fn are_of_one_answer(page: &EntryMetadata, overflow: &EntryMetadata) -> bool {
    page.stored_at_ms == overflow.stored_at_ms
}

/// An entry of the cold tier: its metadata, the handle of its bytes, and the bytes.
pub async fn read_cold<S: CacheStores>(
    stores: &S,
    key: &CacheKey,
) -> Option<(EntryMetadata, S::CacheBodyHandle, Vec<u8>)> {
    let opened = stores.cold_tier_get(key).await.ok()??;
    let bytes = stores.read(opened.body.clone()).await.ok()?;
    Some((opened.metadata, opened.body, bytes))
}

/// The stored bytes of the overflow page (the items past a stored page, in a separate entry), if it
/// belongs to this page.
pub async fn read_overflow_page<S: CacheStores>(
    stores: &S,
    key: &CacheKey,
    page: &EntryMetadata,
) -> Option<Vec<u8>> {
    if page.count <= STORED_PAGE_MAX_ITEMS {
        return None;
    }
    let (metadata, _, bytes) = read_cold(stores, &key.page_key(STORED_PAGE_MAX_ITEMS)).await?;
    are_of_one_answer(page, &metadata).then_some(bytes)
}
