//! What all Workers share, without the platform: time, randomness and every call go through the
//! traits of [`ports`].

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
