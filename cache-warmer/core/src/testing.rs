//! Test doubles of the ledger's storage and of the engine's ports.

pub(crate) mod fake_ports;
pub(crate) mod memory_store;
