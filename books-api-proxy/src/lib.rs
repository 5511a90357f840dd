//! Book search over several providers behind a two-tier cache.

mod adapters;
mod api;
mod app;
mod batch;
mod cache;
mod candidate;
mod config;
mod flight;
mod merge;
mod object;
mod providers;
mod rate_limit;
mod search;
mod search_log;
#[cfg(test)]
mod testing;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::worker_sys::{self, web_sys};
use worker::{Context, Env};

/// The fetch event. (`#[event(fetch)]` would make a promise of every answer.)
#[wasm_bindgen]
pub fn fetch(request: web_sys::Request, env: Env, context: worker_sys::Context) -> JsValue {
    workerd::event::answer(api::handle::handle(request, env, Context::new(context)))
}
