//! Implements the ports on workerd.

pub mod health;
pub mod platform;
mod stores;
