//! The ISBNdb Worker on workerd: its events, its object and its storage. The logic is in
//! `isbndb_core`. The named entrypoint `Bibliography` of `entrypoints.js` calls [`rpc`].

mod isbndb_object;
mod sql_store;

use std::rc::Rc;

use isbndb_core::edge_handler::{IncomingRequest, WorkerInstance};
use isbndb_core::isolate_state::IsolateState;
use isbndb_core::route::MAX_REQUEST_BODY_BYTES;
use isbndb_core::rpc::{answer_of, request_from_rpc_call};
use ports::http_types::{Method, Reply, Request as PlainRequest};
use runtime::call_outcome::Failure;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::{Context, Env, Request, Response, event};
use workerd::{EnvPorts, JsSystemPorts};

thread_local! {
    static ISOLATE: Rc<IsolateState> = Rc::new(IsolateState::new(workerd::client_state()));
}

fn shared_isolate_state() -> Rc<IsolateState> {
    ISOLATE.with(Rc::clone)
}

#[event(fetch)]
async fn fetch(mut request: Request, env: Env, context: Context) -> worker::Result<Response> {
    let (request, read) =
        workerd::platform_request_reader::with_body(&mut request, MAX_REQUEST_BODY_BYTES).await;
    workerd::platform_response::into_worker(handle_request(&env, &context, request, read).await)
}

/// Answers a call of the named entrypoint. `this` is the instance of the exported class; call and
/// answer are JSON texts ([`isbndb_core::rpc`]).
#[wasm_bindgen(this, wasm_bindgen_futures = worker::wasm_bindgen_futures)]
pub async fn rpc(this: JsValue, call: String) -> String {
    let (env, context) = workerd::fetch_event::of_instance(&this);
    let (request, read) = match request_from_rpc_call(&call) {
        Ok(request) => (request, Ok(())),
        Err(error) => (PlainRequest::new(Method::Other, "/"), Err(Failure::from(error))),
    };
    let Reply { status, body, .. } = handle_request(&env, &context, request, read).await;
    answer_of(status, &body)
}

async fn handle_request(
    env: &Env,
    context: &Context,
    request: PlainRequest,
    read: Result<(), Failure>,
) -> Reply {
    let caller = workerd::env::caller_name(context);
    let incoming =
        IncomingRequest { request, read, caller, version: workerd::env::deployed_version(env) };
    let instance = WorkerInstance {
        isolate: &shared_isolate_state(),
        host: JsSystemPorts,
        ports: EnvPorts(env),
    };
    let (served_request_tracker, reply) =
        instance.handle_request(&workerd::env::worker_variables(env), incoming).await;
    workerd::report_request(env, context, &served_request_tracker);
    reply
}
