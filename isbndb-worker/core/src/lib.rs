//! The ISBNdb Worker without the platform: one place that owns what ISBNdb allows and never wastes
//! a call.
//!
//! The Worker checks a request and forwards it; one Durable Object answers it from its cache or
//! from ISBNdb, counts every attempt before it is sent, and hands out the send slots.
//!
//! # Layout
//! - [`isbndb`]: the provider's API as data, without I/O.
//! - [`manifest`]: the names by which it is configured; [`config`], [`route`]: vars and requests,
//!   checked once.
//! - [`service`]: pace, quota, queue, shared calls and cache of one key, over ports.
//! - [`object`]: a request to the Durable Object; [`edge`]: a request to the Worker in front of it.
//! - [`isolate`]: what an isolate remembers. Nothing here is static: the crate `isbndb-worker` owns
//!   that value and implements the ports, so that several isolates run in one test.
//!
//! # Out of scope
//! No service binding leads out of here, and there is no public route: each request came over a
//! binding of a sibling.

pub mod config;
pub mod edge;
pub mod isbndb;
pub mod isolate;
pub mod manifest;
pub mod object;
pub mod route;
pub mod rpc;
pub mod service;
