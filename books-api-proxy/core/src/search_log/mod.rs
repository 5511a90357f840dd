//! What was searched for and missed: a small log that the warmer may read, off by default.
//!
//! Every shard of the flight object keeps its part: it leads each fan-out anyway, so that a miss
//! costs no request of its own, and its keys are its alone. A part is bounded in number, size and
//! age, and holds queries, never clients.
//!
//! # Layout
//! - [`log`]: a shard's part, pure. [`batch_query`]: from a question to the batch item that repeats it.
//! - `shard_log`: the part in its object's storage. [`client`]: all parts, for `/search-log`.

pub mod batch_query;
pub mod client;
pub mod log;
pub mod shard_log;

/// The flight object's route to its part.
pub const ROUTE: &str = "/search-log";
