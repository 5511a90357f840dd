//! What all Workers share, without the platform: time, randomness and every call go through the
//! traits of [`ports`].
//!
//! # Layout
//! - [`rate_limit`]: pace and daily quota toward one provider, as a pure state machine; [`acquire`]
//!   waits for its slots, [`single_flight`] joins equal calls.
//! - [`cache_policy`]: entry, freshness, HTTP caching headers, memory tier.
//! - [`service_client`]: every call over a binding, to an object or to a provider: deadline, retry,
//!   breaker; [`trace`] and [`retry_after`] with it.
//! - [`outcome`]: the result of a call, from the provider's parser to the HTTP answer; [`problem`]
//!   writes a failure as that answer.
//! - [`wire_types`]: the JSON that the Workers exchange.
//! - [`edge`]: routes, who may use them, and how a result becomes a reply.
//! - [`health`], [`metrics`], [`analytics`]: what an operator sees.
//! - [`config`], [`secret`], [`manifest`]: variables, keys that do not print, names that every
//!   Worker reads.

pub mod acquire;
pub mod analytics;
pub mod cache_policy;
pub mod config;
pub mod edge;
pub mod health;
pub mod json;
pub mod lenient;
pub mod manifest;
pub mod metrics;
pub mod outcome;
pub mod problem;
pub mod rate_limit;
pub mod retry_after;
pub mod secret;
pub mod service_client;
pub mod single_flight;
pub mod time;
pub mod trace;
pub mod wire_types;
