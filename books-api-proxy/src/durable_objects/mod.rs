//! The Durable Objects.

mod batch;
mod flight;
mod provider_limiter;
