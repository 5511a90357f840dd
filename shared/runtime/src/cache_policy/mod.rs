//! What a cache entry is, how long it may be used, and which HTTP headers say so.
//!
//! Everything here is a function of what is passed in: an [`Envelope`] travels with the stored
//! bytes (as KV metadata, as R2 custom metadata), [`policy`] decides about time and about what may
//! overwrite what, [`http`] turns an envelope into headers, [`memory`] is the isolate's own tier.

pub mod envelope;
pub mod http;
pub mod memory;
pub mod policy;
pub mod status;

pub use envelope::{EntryOutcome, Envelope};
pub use policy::{CacheTimes, Freshness, StoreDecision};
