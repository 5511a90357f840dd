//! What all Workers share, without the platform: time, randomness and every call go through the
//! traits of [`ports`].

pub mod acquire;
pub mod analytics;
pub mod binding_manifest;
pub mod cache_policy;
pub mod call_outcome;
pub mod config;
pub mod health;
pub mod http_edge;
pub mod json_members;
pub mod lenient;
pub mod metrics;
pub mod problem;
pub mod rate_limit;
pub mod resilient_client;
pub mod retry_after;
pub mod secret;
pub mod single_flight;
pub mod time;
pub mod trace_context;
pub mod wire_types;
