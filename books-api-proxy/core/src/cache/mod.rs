//! The three tiers: memory in front of KV (hot) in front of R2 (cold).

pub mod cache_store_port;
pub mod tier_lookup;
pub mod write;
