//! Warms the cache for every book of a personal library.
//!
//! A CSV dropped into R2 becomes a job in a ledger; an engine works through it step by step, in a
//! Durable Object's alarm: read a slice, ask the cache what is warm already, warm a micro-batch.
//! The two crons are told apart by their expression: every 15 minutes new files, heartbeat and
//! binding checks; daily at 02:00 UTC the verification.
//!
//! # Layout
//! - [`library`], a crate of its own: files to rows, rows to what is to be asked.
//! - `ledger`: the state machine over a storage port.
//! - `engine`: the steps over a port to the world. `forecast`, `view`: what a person reads.
//! - `app`: the platform: events, routes, object, adapters. `settings`: the vars.

mod app;
mod engine;
mod forecast;
mod ledger;
mod settings;
mod view;

use worker::{
    Context, Env, MessageBatch, Request, Response, ScheduleContext, ScheduledEvent, event,
};

pub use app::object::LedgerObject;

/// A request.
#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    app::edge::fetch(request, &env, &context).await
}

/// A cron.
#[event(scheduled)]
async fn scheduled(event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    app::edge::scheduled(&event.cron(), &env).await;
}

/// Event notifications of the bucket, where a queue for them is configured.
#[event(queue)]
async fn queue(batch: MessageBatch<()>, env: Env, _context: Context) -> worker::Result<()> {
    app::queue::consume(&batch, &env).await;
    Ok(())
}
