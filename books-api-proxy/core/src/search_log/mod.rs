//! A small log of queries that missed the cache or were refreshed, for the warmer; off by
//! default.
//!
//! Each flight object keeps the log of its shard: it runs the fan-outs, so logging a miss needs no
//! further request, and a key is in one log only. A log is bounded in number, size and age, and
//! holds queries, never clients.
//!
//! # Layout
//! - [`cache_miss_log`]: a shard's log, as plain data. [`batch_query`]: the batch item that
//!   repeats a question.
//! - `shard_log`: the log in its object's storage. [`search_log_client`]: all logs, for
//!   `/search-log`.

pub mod batch_query;
pub mod cache_miss_log;
pub mod search_log_client;
pub mod shard_log;

/// The flight object's route to its log.
pub const ROUTE: &str = "/search-log";
