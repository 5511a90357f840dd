//! What the cache needs from outside.

use std::future::Future;

use shared::cache::Envelope;
use shared::key::CacheKey;

/// A tier failed: it is served around, never passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("store_failed")]
pub struct StoreFailed;

/// An entry whose bytes have not been read yet.
#[derive(Debug)]
pub struct Opened<B> {
    /// Its facts.
    pub envelope: Envelope,
    /// Its bytes, to be streamed or read.
    pub body: B,
}

/// What opening a key gives. An entry whose envelope cannot be read is none.
pub type Open<B> = Result<Option<Opened<B>>, StoreFailed>;

/// KV and R2.
pub trait Stores {
    /// Bytes still in the store.
    type Body;

    /// Opens an entry of the hot tier.
    fn hot_open(&self, key: &CacheKey) -> impl Future<Output = Open<Self::Body>>;
    /// Opens an entry of the cold tier.
    fn cold_open(&self, key: &CacheKey) -> impl Future<Output = Open<Self::Body>>;
    /// Reads only the facts of an entry of the cold tier.
    fn cold_head(
        &self,
        key: &CacheKey,
    ) -> impl Future<Output = Result<Option<Envelope>, StoreFailed>>;
    /// Reads opened bytes whole.
    fn read(&self, body: Self::Body) -> impl Future<Output = Result<Vec<u8>, StoreFailed>>;
    /// Writes the hot tier.
    fn hot_put(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        envelope: &Envelope,
        ttl_secs: u64,
    ) -> impl Future<Output = Result<(), StoreFailed>>;
    /// Writes the cold tier.
    fn cold_put(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        envelope: &Envelope,
    ) -> impl Future<Output = Result<(), StoreFailed>>;
    /// Deletes from the hot tier.
    fn hot_delete(&self, key: &CacheKey) -> impl Future<Output = Result<(), StoreFailed>>;
    /// Deletes from the cold tier.
    fn cold_delete(&self, key: &CacheKey) -> impl Future<Output = Result<(), StoreFailed>>;
}
