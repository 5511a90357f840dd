//! Implements the ports on workerd.

pub mod health;
pub mod incoming;
pub mod isolate;
mod object_storage;
mod platform;
mod stores;

pub use object_storage::WorkerdStorage;
pub use platform::WorkerdPlatform;
