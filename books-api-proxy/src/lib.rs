//! The shell of the proxy on workerd: events, objects and stores. The logic is in `proxy_core`.

mod adapters;
mod durable_objects;

use std::rc::Rc;

use proxy_core::api::public_request::EdgeRequest;
use runtime::http_edge::auth::Caller;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::worker_sys::{self, web_sys};
use worker::{Context, Env};

/// The fetch event. Not `#[event(fetch)]`, which returns a promise for every answer.
#[wasm_bindgen]
pub fn fetch(request: web_sys::Request, env: Env, context: worker_sys::Context) -> JsValue {
    workerd::fetch_event::respond_to_fetch_event(handle(request, env, Context::new(context)))
}

async fn handle(original: web_sys::Request, env: Env, context: Context) -> web_sys::Response {
    let proxy = adapters::platform::proxy_instance(&env);
    let (request, read) = adapters::platform::read_incoming_request(&original).await;
    let sibling = workerd::env::caller_name(&context);
    let edge = EdgeRequest::begin_request(&proxy, request, read, sibling).await;
    let EdgeRequest { request, caller, served_request_tracker, .. } = &edge;
    let known = matches!(caller, Caller::Sibling(_));
    let request_context = served_request_tracker.request_context();
    let refused =
        workerd::auth_service::refusal_reply(&env, &original, request, known, request_context)
            .await;
    let context = Rc::new(context);
    let background = Rc::clone(&context);
    let spawn = Rc::new(move |work| background.wait_until(work));
    let is_known = caller.is_trusted();
    let health = async |request_scope| {
        adapters::health::health_reply(&env, request_context, request, is_known, request_scope)
            .await
    };
    let response = edge.respond(&proxy, spawn, refused, health).await;
    let (template, outcome) = (edge.route_template(), response.outcome);
    let reply = workerd::finish_fetch_event(
        &env,
        &context,
        served_request_tracker,
        response.reply,
        template,
        &outcome,
    );
    match response.body {
        Some(body) => workerd::platform_response::from_js_body(&reply, &body),
        None => workerd::platform_response::from_bytes(reply),
    }
}
