//! The Durable Objects.

mod flight;
mod provider_limiter;
