//! Implements the ports on workerd.

mod cache_stores;
pub mod health;
pub mod platform;
