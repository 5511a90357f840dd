//! The three tiers: memory in front of KV (hot) in front of R2 (cold).

pub mod lookup;
pub mod port;
pub mod rest;
pub mod write;
