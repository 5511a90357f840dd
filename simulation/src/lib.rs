//! The three Workers in one process, under a seed: a simulated platform with virtual time, simulated clients and
//! faults, and the rules that must always hold. docs/SIMULATION.md explains it.
//!
//! # Layout
//! - [`scenario`]: the events of a world, from a seed. [`library`]: its books. [`faults`]: what breaks.
//! - [`sim_env`]: time, randomness, faults, trace. [`world`]: the stores and providers. [`sim_instance`]:
//!   isolates and objects that may die at any moment.
//! - [`kv`], [`r2`], [`disk`]: storage. [`stores`], [`storage`], [`ledger_storage`]: storage as the cores see it. [`object`], [`sim_transport`], [`providers`]: calls and alarms.
//! - [`proxy`], [`isbndb`], [`warmer`]: the cores over these ports, as the shells are on workerd;
//!   [`workers`]: all that run.
//! - [`run`]: one world; [`runner`]: many; [`coverage`]: events that must occur; [`rules`], [`quota_rules`], [`final_state`]: what must hold. [`shrink`]: makes a failing plan small.

pub mod client;
pub mod coverage;
pub mod disk;
pub mod faults;
pub mod final_state;
pub mod isbndb;
pub mod kv;
pub mod ledger_storage;
pub mod library;
pub mod object;
pub mod observed;
pub mod providers;
pub mod proxy;
pub mod quota_rules;
pub mod r2;
pub mod random;
pub mod rules;
pub mod run;
pub mod runner;
pub mod scenario;
pub mod secrets;
pub mod shrink;
pub mod sim_env;
pub mod sim_instance;
pub mod sim_transport;
pub mod storage;
pub mod stores;
#[cfg(test)]
mod tests;
pub mod warmer;
pub mod workers;
pub mod world;
