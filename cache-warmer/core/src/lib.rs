//! The warmer without its platform. It compiles and runs natively: the platform is behind ports.
//!
//! # Layout
//! - [`import`]: files to rows, whatever program wrote them. It uses no other module of this crate.
//! - [`warming_ledger`]: the states of libraries and their items, over a storage port.
//! - [`warming_engine`]: one step at a time over [`warming_engine::ports`], the port to the bucket,
//!   the siblings and the clock.
//! - [`warming_ledger_object_service`]: the events of the ledger's object;
//!   `object_handlers`: its routes.
//! - [`routes`], [`upload`], [`upload_event`], [`object_call`], [`metrics`]: the rules of the
//!   Worker in front of the object.
//! - `forecast`: the plan that `/status` shows. [`settings`]: the vars. [`binding_manifest`]: the
//!   names of bindings, secrets and crons.
//!
//! No module has state: the caller owns the values that outlive an event.

mod forecast;
mod object_handlers;
#[cfg(test)]
mod testing;

pub mod binding_manifest;
pub mod import;
pub mod metrics;
pub mod object_call;
pub mod routes;
pub mod settings;
pub mod upload;
pub mod upload_event;
pub mod warming_engine;
pub mod warming_ledger;
pub mod warming_ledger_object_service;
