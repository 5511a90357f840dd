//! What a cache entry is, how long it may be used, and which HTTP headers say so.
//!
//! Everything here is a function of what is passed in: an [`Envelope`] travels with the stored
//! bytes (as KV metadata, as R2 custom metadata), [`policy`] decides about time and about what may
//! overwrite what, [`http`] turns an envelope into headers, [`memory`] is the isolate's own tier.

pub mod envelope;
pub mod http;
pub mod memory;
pub mod policy;
pub mod promotion;
pub mod status;

/// A tier failed: it is bypassed, never an error of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("store_failed")]
pub enum StoreFailed {
    /// The free plan's day of this operation is spent.
    DaySpent,
    /// More writes in a moment than the store takes.
    TooManyWrites,
    Broken,
}

pub use envelope::{EntryOutcome, Envelope};
pub use policy::{CacheTimes, Freshness, StoreDecision};
