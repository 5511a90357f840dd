//! The warmer on workerd: it warms the cache for every book of a personal library.
//!
//! A CSV dropped into R2 becomes a job in a ledger; an engine works through it step by step, in a
//! Durable Object's alarm: read a slice, ask the cache what is warm already, warm a micro-batch.
//! The two crons differ in their expression: every 15 minutes new files, heartbeat and
//! binding checks; daily at 02:00 UTC the verification.
//!
//! # Layout
//! - [`warmer_core`], a crate of its own: every rule, natively testable.
//! - `edge`: requests and crons. `object`: the ledger's object.
//! - `adapters`: the core's ports on workerd.

mod adapters;
mod edge;
mod object;

use worker::{
    Context, Env, MessageBatch, Request, Response, ScheduleContext, ScheduledEvent, event,
};

pub use object::LedgerObject;

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    edge::fetch(request, &env, &context).await
}

#[event(scheduled)]
async fn scheduled(event: ScheduledEvent, env: Env, context: ScheduleContext) {
    edge::scheduled(&event.cron(), &env, &context).await;
}

/// Event notifications of the bucket, where a queue for them is configured.
#[event(queue)]
async fn queue(batch: MessageBatch<()>, env: Env, context: Context) -> worker::Result<()> {
    adapters::queue::consume(&batch, &env, &context).await;
    Ok(())
}
