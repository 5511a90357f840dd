//! Calls from the Worker to the ledger's object, and the context of background work.

use std::rc::Rc;

use ports::http_types::Reply;
use ports::structured_log::LogLevel;
use ports::{LogSink, OutgoingRequest};
use runtime::call_outcome::Failure;
use runtime::resilient_client::{
    RequestContext, ResilientClient, ResilientClientSettings, ResilientClientState, WorkerIdentity,
};
use warmer_core::binding_manifest::{LEDGER, LEDGER_NAME, WORKER_NAME};
use warmer_core::object_call::{self, CRON_BUDGET_MS};
use warmer_core::routes;
use worker::Env;
use workerd::{DurableObjectTransport, JsSystemPorts};

thread_local! {
    /// The client's state in this isolate, such as its retry budget.
    static OBJECT_CLIENT_STATE: Rc<ResilientClientState> = {
        let client_state = ResilientClientState::default();
        client_state.replace_settings(ResilientClientSettings::for_own_objects());
        Rc::new(client_state)
    };
}

pub(crate) async fn call_ledger_object(
    env: &Env,
    context: &RequestContext,
    route: &'static str,
    request: OutgoingRequest,
    timeout_ms: u64,
) -> Result<Reply, Failure> {
    let transport = DurableObjectTransport::new(env, LEDGER, LEDGER_NAME)?;
    let client =
        ResilientClient::new(transport, JsSystemPorts, OBJECT_CLIENT_STATE.with(Rc::clone));
    let call = object_call::outgoing_call(route, request, timeout_ms);
    client.call_and_parse(context, call, object_call::object_reply).await
}

pub(crate) fn worker_identity(env: &Env) -> WorkerIdentity {
    WorkerIdentity { worker: WORKER_NAME, version: workerd::env::deployed_version(env) }
}

pub(crate) fn background_context(env: &Env) -> RequestContext {
    RequestContext::for_background(worker_identity(env), CRON_BUDGET_MS, &JsSystemPorts)
}

/// Wakes the object; `cause` is a cron or [`UPLOADED`](warmer_core::binding_manifest::UPLOADED).
pub(crate) async fn wake_ledger(
    env: &Env,
    context: &RequestContext,
    cause: &str,
) -> Result<(), Failure> {
    let request = routes::wake_request(cause);
    call_ledger_object(env, context, "/cron", request, CRON_BUDGET_MS).await.map(drop)
}

pub(crate) fn log_alert(context: &RequestContext, message: &str, failure: &Failure) {
    let mut line = context.build_log_line("alert");
    line.level = LogLevel::Error;
    line.message = message.to_owned();
    line.outcome = Some(failure.to_string());
    JsSystemPorts.write(&line);
}
