//! Book search over several providers behind a two-tier cache.

mod api;
mod app;
mod batch;
mod cache;
mod candidate;
mod config;
mod flight;
mod gate;
mod live;
mod merge;
mod providers;
mod search;
mod searched;
#[cfg(test)]
mod testing;

use worker::{Context, Env, Request, Response, Result, event};

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    api::handle::handle(request, env, context).await
}
