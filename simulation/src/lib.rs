//! The three Workers in one process, under a seed: a simulated platform with virtual time,
//! simulated clients and faults, and the rules that must always hold. docs/SIMULATION.md explains
//! it.
//!
//! # Layout
//! - [`scenario`]: the events of a world, from a seed. [`sim_library`]: its books. [`faults`]: what
//!   breaks.
//! - [`simulation_context`]: time, randomness, faults, trace. [`world`]: the stores and providers.
//!   [`sim_instance`]: isolates and objects that may die at any moment.
//! - [`kv`], [`r2`], [`sim_disk`]: storage. [`cache_stores`], [`sim_object_storage`],
//!   [`ledger_storage`]: storage as the cores see it. [`simulated_objects`], [`sim_transport`], [`providers`]: calls
//!   and alarms.
//! - [`proxy_isolate`], [`sim_isbndb_worker`], [`sim_cache_warmer`]: the cores over these ports, as
//!   the shells are on workerd; [`sim_workers`]: all that run.
//! - [`world_run`]: one world; [`multi_seed_runner`]: many; [`event_coverage`]: events that must
//!   occur; [`invariant_checks`], [`quota_rules`], [`final_state`]: what must hold. [`shrink`]:
//!   makes a failing plan small.

pub mod cache_stores;
pub mod client_requests;
pub mod event_coverage;
pub mod faults;
pub mod final_state;
pub mod invariant_checks;
pub mod kv;
pub mod ledger_storage;
pub mod multi_seed_runner;
pub mod providers;
pub mod proxy_isolate;
pub mod quota_rules;
pub mod r2;
pub mod rule_observations;
pub mod scenario;
pub mod seeded_random;
pub mod shrink;
pub mod sim_cache_warmer;
pub mod sim_disk;
pub mod sim_instance;
pub mod sim_isbndb_worker;
pub mod sim_library;
pub mod sim_object_storage;
pub mod sim_secrets;
pub mod sim_transport;
pub mod sim_workers;
pub mod simulated_objects;
pub mod simulation_context;
#[cfg(test)]
mod tests;
pub mod world;
pub mod world_run;
