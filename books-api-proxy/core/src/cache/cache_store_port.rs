//! The ports of the cache.

use bibliography::cache_key::CacheKey;
use ports::Clock;
use runtime::cache_policy::EntryMetadata;
pub use runtime::cache_policy::TierError;

/// A read that takes longer is given up: the providers answer in about a second.
pub const READ_TIMEOUT_MS: u32 = 1_500;
/// Longer than the second within which R2 refuses another write of the same key.
const WRITE_INTERVAL_MS: u64 = 1_100;

/// Writes, and retries once if the store refused a second write of the key within a second.
pub async fn write_spaced<T, E>(
    clock: &impl Clock,
    is_too_soon: impl Fn(&E) -> bool,
    write: impl AsyncFn() -> Result<T, E>,
) -> Result<T, E> {
    match write().await {
        Err(error) if is_too_soon(&error) => {
            clock.sleep(WRITE_INTERVAL_MS).await;
            write().await
        }
        written => written,
    }
}

#[derive(Debug)]
pub struct TierCacheEntry<B> {
    pub metadata: EntryMetadata,
    pub body: B,
}

/// The result of opening a key. An entry with unreadable metadata counts as missing.
pub type StoreReadResult<B> = Result<Option<TierCacheEntry<B>>, TierError>;

/// The two tiers below the isolate's memory: hot (KV) and cold (R2).
pub trait CacheStores {
    /// A handle of stored bytes, cheap to clone.
    type CacheBodyHandle: Clone;

    /// Operations begun by this request; the platform limits their number.
    fn operation_count(&self) -> u32;

    fn len_bytes(body: &Self::CacheBodyHandle) -> usize;

    /// A handle of bytes that are not stored yet.
    fn stored_bytes(bytes: &[u8]) -> Self::CacheBodyHandle;

    fn hot_tier_get(
        &self,
        key: &CacheKey,
    ) -> impl Future<Output = StoreReadResult<Self::CacheBodyHandle>>;
    fn cold_tier_get(
        &self,
        key: &CacheKey,
    ) -> impl Future<Output = StoreReadResult<Self::CacheBodyHandle>>;
    /// Reads only the metadata of an entry of the cold tier.
    fn read_cold_metadata(
        &self,
        key: &CacheKey,
    ) -> impl Future<Output = Result<Option<EntryMetadata>, TierError>>;
    /// The bytes behind a handle.
    fn read(&self, body: Self::CacheBodyHandle)
    -> impl Future<Output = Result<Vec<u8>, TierError>>;
    fn hot_put(
        &self,
        key: &CacheKey,
        body: &Self::CacheBodyHandle,
        metadata: &EntryMetadata,
        ttl_secs: u64,
    ) -> impl Future<Output = Result<(), TierError>>;
    /// Writes the cold tier; false if its entry was stored at `unless_since_ms` or later.
    fn cold_put(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        metadata: &EntryMetadata,
        unless_since_ms: Option<u64>,
    ) -> impl Future<Output = Result<bool, TierError>>;
    fn hot_delete(&self, key: &CacheKey) -> impl Future<Output = Result<(), TierError>>;
    fn cold_delete(&self, key: &CacheKey) -> impl Future<Output = Result<(), TierError>>;
}
