//! The ports of the cache.

use std::future::Future;

use bibliography::cache_key::CacheKey;
use ports::Clock;
use runtime::cache_policy::Envelope;
pub use runtime::cache_policy::StoreFailed;

/// A store that does not answer a read is bypassed: the providers answer in about a second.
pub const READ_TIMEOUT_MS: u32 = 1_500;
/// R2 refuses a second write of a key within a second.
const WRITE_INTERVAL_MS: u64 = 1_100;

/// Writes, and once more where the store refused because it took another write of the key a moment ago.
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
pub struct StoredPage<B> {
    pub envelope: Envelope,
    pub body: B,
}

/// What opening a key gives. An entry whose envelope cannot be read is none.
pub type StoreRead<B> = Result<Option<StoredPage<B>>, StoreFailed>;

/// The two tiers below the isolate's memory: hot (KV) and cold (R2).
pub trait CacheStores {
    /// Stored bytes that were not parsed. Cloning them copies a handle.
    type Body: Clone;

    /// How many operations were begun: the platform bounds those of a request.
    fn operations(&self) -> u32;

    fn len_bytes(body: &Self::Body) -> usize;

    fn hot_open(&self, key: &CacheKey) -> impl Future<Output = StoreRead<Self::Body>>;
    fn cold_open(&self, key: &CacheKey) -> impl Future<Output = StoreRead<Self::Body>>;
    /// Reads only the facts of an entry of the cold tier.
    fn cold_head(
        &self,
        key: &CacheKey,
    ) -> impl Future<Output = Result<Option<Envelope>, StoreFailed>>;
    /// The bytes, for code that has to parse them.
    fn read(&self, body: Self::Body) -> impl Future<Output = Result<Vec<u8>, StoreFailed>>;
    fn hot_put(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        envelope: &Envelope,
        ttl_secs: u64,
    ) -> impl Future<Output = Result<(), StoreFailed>>;
    /// Copies stored bytes to the hot tier as they are.
    fn hot_copy(
        &self,
        key: &CacheKey,
        body: &Self::Body,
        envelope: &Envelope,
        ttl_secs: u64,
    ) -> impl Future<Output = Result<(), StoreFailed>>;
    fn cold_put(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        envelope: &Envelope,
    ) -> impl Future<Output = Result<(), StoreFailed>>;
    /// Writes the cold tier, unless its entry was stored at `since_ms` or later; false
    /// if it was.
    fn cold_put_unless_since(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        envelope: &Envelope,
        since_ms: u64,
    ) -> impl Future<Output = Result<bool, StoreFailed>>;
    fn hot_delete(&self, key: &CacheKey) -> impl Future<Output = Result<(), StoreFailed>>;
    fn cold_delete(&self, key: &CacheKey) -> impl Future<Output = Result<(), StoreFailed>>;
}
