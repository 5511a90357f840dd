//! What a Worker needs from outside: traits with native `async fn` (no boxing, no `Send`) and the
//! plain data that goes through them. It depends on no other crate of the workspace, so that a test
//! can stand in for the platform without it.
//!
//! # Layout
//! - [`host`]: time, randomness, the log (a line of which is a [`log::LogLine`]), spawned work.
//! - [`manifest`](mod@manifest): the names by which a Worker is configured.
//! - [`transport`]: a request out and the whole answer in.
//! - [`http`]: what a handler is given and what it answers.
//!
//! `shared/workerd` implements the traits for workerd.

pub mod host;
pub mod http;
pub mod log;
pub mod manifest;
pub mod transport;

pub use host::{Clock, Host, LogSink, Random, Spawn};
pub use transport::{InResponse, MissingBinding, Objects, OutRequest, Transport, TransportError};
