//! A cache entry, how long it may be used, and its HTTP headers.
//!
//! Everything here is a pure function. An [`Envelope`] is stored with the bytes (as KV metadata, as
//! R2 custom metadata), [`policy`] decides about time and overwriting, [`http`] turns an envelope
//! into headers, [`memory`] is the isolate's own tier.

pub mod envelope;
pub mod http;
pub mod memory;
pub mod policy;
pub mod promotion;
pub mod status;

/// A tier failed: the request bypasses it and does not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("store_failed")]
pub enum StoreFailed {
    /// The free plan's daily limit of this operation is spent.
    DaySpent,
    /// More writes at once than the store accepts.
    TooManyWrites,
    Broken,
}

pub use envelope::{EntryOutcome, Envelope};
pub use policy::{CacheTimes, Freshness, StoreDecision};
