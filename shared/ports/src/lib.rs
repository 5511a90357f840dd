//! What a Worker needs from outside: traits with native `async fn` (no boxing, no `Send`) and their
//! plain data. This crate depends on no other crate of the workspace, so that a test can replace
//! the platform without them.
//!
//! `shared/workerd` implements the traits for workerd.

pub mod binding_manifest;
pub mod http_types;
pub mod structured_log;
pub mod system_ports;
pub mod transport;

pub use system_ports::{Clock, LogSink, RandomSource, Spawn, SystemPorts};
pub use transport::{
    DurableObjectTransports, IncomingResponse, MissingBinding, OutgoingRequest, Transport,
    TransportError,
};
