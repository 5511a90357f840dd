//! The pure core that the three Workers share.
//!
//! Everything here is a function of what is passed in: no platform types, no clock, no randomness,
//! no I/O. It builds and is tested natively; `shared/platform` holds the adapters.
//!
//! # Layout
//! - [`isbn`], [`book`], [`volume`]: the model.
//! - [`cache`]: envelope, policy, HTTP caching headers, memory tier.
//! - [`gate`]: pace and daily quota toward one provider.
//! - [`outcome`]: what a call came to, from the provider client to the HTTP answer.
//! - [`http`]: requests and replies as plain data.
//! - [`wire`]: what the Workers say to each other.

pub mod book;
pub mod cache;
pub mod gate;
pub mod http;
pub mod isbn;
pub mod outcome;
pub mod volume;
pub mod wire;
