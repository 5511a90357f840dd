//! The pure core that the three Workers share.
//!
//! Everything here is a function of what is passed in: no platform types, no clock, no randomness,
//! no I/O. It builds and is tested natively; `shared/platform` holds the adapters.
//!
//! # Layout
//! - [`isbn`], [`book`], [`volume`]: the model.
//! - [`cache`]: envelope, policy, HTTP caching headers, memory tier.
//! - [`gate`]: pace and daily quota toward one provider.
//! - [`text`], [`query`], [`key`]: what is asked, brought to one form, and the cache's key for it.
//! - [`outcome`]: what a call came to, from the provider client to the HTTP answer.
//! - [`optional`]: what a deployment may leave out.
//! - [`json`]: a provider's JSON, read member by member.
//! - [`http`]: requests and replies as plain data.
//! - [`wire`]: what the Workers say to each other.
//! - [`mesh`]: every call over a binding or to a provider, both sides; [`trace`], [`log`],
//!   [`metrics`], [`analytics`], [`health`].
//! - [`order`], [`few`]: sorting, and small maps, with little code.
//! - [`problem`]: errors as HTTP answers. [`config`]: vars. [`secret`]: keys that do not print.

pub mod analytics;
pub mod book;
pub mod cache;
pub mod config;
pub mod few;
pub mod gate;
pub mod health;
pub mod http;
pub mod isbn;
pub mod json;
pub mod key;
pub mod log;
pub mod mesh;
pub mod metrics;
pub mod optional;
pub mod order;
pub mod outcome;
pub mod problem;
pub mod query;
pub mod secret;
pub mod text;
pub mod trace;
pub mod volume;
pub mod wire;
