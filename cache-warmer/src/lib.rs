//! The warmer on workerd: it warms the cache for every book of a personal library.
//!
//! A CSV in R2 becomes a job in the ledger. The engine processes the job in the alarms of a Durable
//! Object, step by step: import a slice, scan the cache for warm items, warm a micro-batch. A cron
//! runs every 15 minutes for new files, heartbeat and binding checks, another daily at 02:00 UTC
//! for the verification.
//!
//! # Layout
//! - [`warmer_core`], a crate of its own: every rule, natively testable.
//! - `worker_events`: requests and crons. `ledger_durable_object`: the ledger's object.
//! - `adapters`: the core's ports on workerd.

mod adapters;
mod ledger_durable_object;
mod worker_events;

use worker::{
    Context, Env, MessageBatch, Request, Response, ScheduleContext, ScheduledEvent, event,
};

pub use ledger_durable_object::LedgerObject;

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    worker_events::handle_fetch(request, &env, &context).await
}

#[event(scheduled)]
async fn scheduled(event: ScheduledEvent, env: Env, context: ScheduleContext) {
    worker_events::scheduled(&event.cron(), &env, &context).await;
}

/// Event notifications of the bucket, if a queue for them is configured.
#[event(queue)]
async fn handle_queue_batch(
    batch: MessageBatch<()>,
    env: Env,
    context: Context,
) -> worker::Result<()> {
    adapters::upload_notifications::consume(&batch, &env, &context).await;
    Ok(())
}
