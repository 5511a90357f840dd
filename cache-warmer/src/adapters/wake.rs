//! Background work: its context, and the call that wakes the ledger's object.

use ports::LogSink;
use ports::log::Level;
use runtime::outcome::Failure;
use runtime::service_client::{CallContext, WorkerIdentity};
use warmer_core::manifest::WORKER;
use warmer_core::object_call::CRON_BUDGET_MS;
use warmer_core::routes;
use worker::Env;
use workerd::JsHost;

use super::ledger_object::object;

pub(crate) fn worker_identity(env: &Env) -> WorkerIdentity {
    WorkerIdentity { worker: WORKER, version: workerd::env::version(env) }
}

pub(crate) fn background_context(env: &Env) -> CallContext {
    CallContext::for_background(worker_identity(env), CRON_BUDGET_MS, &JsHost)
}

/// Wakes the object; `cause` is a cron or [`UPLOADED`](warmer_core::manifest::UPLOADED).
pub(crate) async fn wake_ledger(
    env: &Env,
    context: &CallContext,
    cause: &str,
) -> Result<(), Failure> {
    object(env, context, "/cron", routes::wake_request(cause), CRON_BUDGET_MS).await.map(drop)
}

pub(crate) fn alert(context: &CallContext, message: String, failure: &Failure) {
    let mut line = context.log_line("alert");
    line.level = Level::Error;
    line.message = message;
    line.outcome = Some(failure.to_string());
    JsHost.write(&line);
}
