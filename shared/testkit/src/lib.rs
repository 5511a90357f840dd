//! What the tests of all crates share: virtual time with an executor, a transport that answers from
//! a script, stores with faults.
//!
//! This crate depends on [`ports`] only: a crate whose unit tests use it and that it depended on
//! would be compiled twice, with two sets of types.
//!
//! # Layout
//! - [`executor`]: runs futures in virtual time; a restart drops every task.
//! - [`test_system_ports`]: the host of that executor: clock, randomness, log, spawner.
//! - [`scripted_transport`]: a transport that answers from a script.
//! - [`documented_routes`]: the routes that a page of documentation or an OpenAPI document names.
//! - [`recorded_forms`]: JSON of other versions.
//! - [`faults`]: faults of a store, and a crash at an operation; [`fault_injecting_store`]: a map
//!   with them.
//!
//! ```
//! use ports::Clock;
//! use testkit::Executor;
//!
//! let executor = Executor::new(1_000);
//! let host = executor.test_system_ports();
//! executor.run_to_end(async { host.sleep(60_000).await });
//! assert_eq!(executor.test_system_ports().now_ms(), 61_000);
//! ```

#![expect(clippy::panic, reason = "a test that cannot go on has failed")]

pub mod documented_routes;
pub mod executor;
pub mod fault_injecting_store;
pub mod faults;
pub mod recorded_forms;
pub mod scripted_transport;
pub mod test_system_ports;

pub use executor::{Executor, StartedTask};
pub use fault_injecting_store::MemoryStore;
pub use faults::{CrashPoint, InjectedStoreError, InjectedStoreFault, StoreFaults};
pub use recorded_forms::RecordedJsonForms;
pub use scripted_transport::{ScriptedTransport, SentRequest};
pub use test_system_ports::TestSystemPorts;
