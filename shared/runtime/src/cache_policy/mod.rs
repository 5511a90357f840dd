//! A cache entry, how long it may be used, and its HTTP headers.
//!
//! Everything here is a pure function. An [`EntryMetadata`] is stored with the bytes (as KV
//! metadata, as R2 custom metadata), [`entry_lifetimes`] decides about time and overwriting,
//! [`caching_headers`] turns the metadata of an entry into headers, [`memory_tier`] is the
//! isolate's own tier.

pub mod caching_headers;
pub mod entry_lifetimes;
pub mod entry_metadata;
pub mod memory_tier;
pub mod promotion;
pub mod status_header;

/// A tier failed: the request bypasses it and does not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("store_failed")]
pub enum TierError {
    /// The free plan's daily limit of this operation is spent.
    DaySpent,
    /// More writes at once than the store accepts.
    TooManyWrites,
    Broken,
}

pub use entry_lifetimes::{CacheOverwriteDecision, CacheTtlSettings, Freshness};
pub use entry_metadata::{AnswerBookPresence, EntryMetadata};
