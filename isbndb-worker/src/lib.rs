//! The ISBNdb Worker on workerd: its events, its object and its storage. What they do is in
//! `isbndb_core`.
//!
//! # Layout
//! - `object`: the Durable Object; `sql`: its storage.
//! - `isolate`: the one value that an isolate remembers.

mod isolate;
mod object;
mod sql;

use isbndb_core::edge::{self, IncomingRequest, WorkerInstance};
use isbndb_core::route::MAX_BODY_BYTES;
use worker::{Context, Env, Request, Response, event};
use workerd::{EnvPorts, JsHost};

/// Answers a request of a sibling Worker.
#[event(fetch)]
async fn fetch(mut request: Request, env: Env, context: Context) -> worker::Result<Response> {
    let (request, read) = workerd::request::with_body(&mut request, MAX_BODY_BYTES).await;
    let caller = workerd::env::caller(&context);
    let incoming = IncomingRequest { request, read, caller, version: workerd::env::version(&env) };
    let instance = WorkerInstance { isolate: &isolate::get(), host: JsHost, ports: EnvPorts(&env) };
    let (inbound, reply) = edge::answer(&instance, &workerd::env::vars(&env), incoming).await;
    workerd::report_request(&env, &context, &inbound);
    workerd::reply::into_worker(reply)
}
