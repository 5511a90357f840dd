//! The ISBNdb leaf: one place that owns what ISBNdb allows and never wastes a call.
//!
//! The Worker checks a request and passes it on; one Durable Object answers it from its cache or
//! from ISBNdb, counts every attempt before it is sent, and hands out the send slots.
//!
//! # Layout
//! - [`isbndb`]: the provider's API as data, without I/O.
//! - [`config`], [`route`]: variables and requests, checked once.
//! - [`service`]: the object's logic over ports; tested natively.
//! - `object`, `sql`, `edge`: the few lines that meet the platform.
//!
//! # Out of scope
//! No service binding leads out of here, and there is no public route: each request came over a
//! binding of a sibling.

pub mod config;
mod edge;
pub mod isbndb;
mod object;
pub mod route;
pub mod service;
mod sql;

use worker::{Context, Env, Request, Response, event};

/// Answers a request of a sibling Worker.
#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    edge::fetch(request, &env, &context).await
}
