//! The ISBNdb Worker without the platform. It keeps ISBNdb's pace and quota, and calls ISBNdb only
//! for what its cache lacks.
//!
//! The Worker checks a request and forwards it; one Durable Object answers it from its cache or
//! from ISBNdb, counts every attempt before it is sent, and hands out the send slots.
//!
//! # Layout
//! - [`isbndb_api`]: the provider's API as data, without I/O.
//! - [`binding_manifest`]: names of variables, secrets and bindings; [`config`], [`route`]:
//!   variables and requests, checked once.
//! - [`isbndb_service`]: pace, quota, queue, shared calls and cache of one key, over ports.
//! - [`object_instance`]: a request to the Durable Object; [`edge_handler`]: a request to the
//!   Worker in front of it.
//! - [`isolate_state`]: what an isolate remembers. This crate has no statics: the crate
//!   `isbndb-worker` owns that value and implements the ports, so that one test can run several
//!   isolates.
//!
//! # Out of scope
//! The Worker calls no other Worker and has no public route: each request came over a binding.

pub mod binding_manifest;
pub mod config;
pub mod edge_handler;
pub mod isbndb_api;
pub mod isbndb_service;
pub mod isolate_state;
pub mod object_instance;
pub mod route;
pub mod rpc;
