//! Book search over several providers behind a three-tier cache, independent of the platform.
//!
//! # Layout
//! - [`api`]: from a request to its reply. [`search`]: from a question to its page.
//!   [`batch_search`]: many questions at once.
//! - [`providers`]: requests and parsers; [`provider_calls`] sends them, admitted by
//!   [`rate_limit`].
//! - [`cache`]: the tiers. [`merge`]: one item from several records. [`flight`]: shared fan-outs.
//! - [`search_log`]: queries that missed the cache.
//! - [`durable_objects`]: the Durable Objects. [`request_scope`], [`request_ports`]: the context of
//!   one request.
//! - [`platform`]: the traits of a platform; [`isolate_state`]: the state of an isolate.

pub mod api;
pub mod batch_search;
pub mod binding_manifest;
pub mod cache;
pub mod config;
pub mod durable_objects;
pub mod flight;
pub mod isolate_state;
pub mod merge;
pub mod miss_admission;
pub mod platform;
pub mod provider;
pub mod provider_calls;
pub mod provider_record;
pub mod providers;
pub mod public_misses;
pub mod rate_limit;
pub mod request_ports;
pub mod request_scope;
pub mod result_options;
pub mod search;
pub mod search_context;
pub mod search_log;
pub mod search_question;
pub mod target_cache;
#[cfg(test)]
mod testing;
pub mod volume_id;
