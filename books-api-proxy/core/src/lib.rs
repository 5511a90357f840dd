//! Book search over several providers behind a two-tier cache, without the platform.
//!
//! # Layout
//! - [`api`]: a request to its reply. [`search`]: a question to its page. [`batch`]: many at once.
//! - [`providers`]: requests and parsers; [`provider_calls`] sends them, admitted by [`rate_limit`].
//! - [`cache`], [`merge`]: the tiers, and one record from several. [`flight`]: shared fan-outs.
//! - [`search_log`]: what was searched and missed.
//! - [`objects`]: the Durable Objects. [`request_env`], [`request_ports`]: what one request has.
//! - [`platform`]: what a platform provides; [`isolate`]: what an isolate remembers.

pub mod api;
pub mod app;
pub mod batch;
pub mod cache;
pub mod candidate;
pub mod config;
pub mod flight;
pub mod isolate;
pub mod manifest;
pub mod merge;
pub mod objects;
pub mod platform;
pub mod provider;
pub mod provider_calls;
pub mod providers;
pub mod public_misses;
pub mod question;
pub mod rate_limit;
pub mod request_env;
pub mod request_ports;
pub mod search;
pub mod search_log;
pub mod target_cache;
#[cfg(test)]
mod testing;
pub mod view;
pub mod volume_id;
