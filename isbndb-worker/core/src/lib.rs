//! The ISBNdb Worker without the platform. It keeps ISBNdb's pace and quota, and calls ISBNdb only
//! for what its cache lacks.
//!
//! The Worker checks a request and forwards it; one Durable Object answers it from its cache or
//! from ISBNdb, counts every attempt before it is sent, and hands out the send slots.
//!
//! This crate has no statics: the crate `isbndb-worker` owns the [`isolate_state`] and implements
//! the ports, so that one test can run several isolates.
//!
//! The Worker calls no other Worker and has no public route: each request came over a binding.

pub mod binding_manifest;
pub mod config;
pub mod edge_handler;
pub mod isbndb_api;
pub mod isbndb_object_service;
pub mod isolate_state;
pub mod object_instance;
pub mod route;
pub mod rpc;
