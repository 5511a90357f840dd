//! Calls to the sibling Workers. A share of the proxy's reads goes to its canary, if one is bound.

use ports::http::Reply;
use ports::{IncomingResponse, OutgoingRequest};
use runtime::outcome::Failure;
use runtime::service_client::{CallContext, OutgoingCall};
use warmer_core::engine::ports::Sibling;
use warmer_core::engine::sibling_read::is_read_only;
use warmer_core::manifest::CANARY;
use warmer_core::routes::sibling_reply;
use worker::Env;
use workerd::BindingTransport;

/// Errors: the sibling failed, its binding is missing, or `CANARY_PERCENT` is bad.
pub(crate) async fn ask<R>(
    env: &Env,
    context: &CallContext,
    call: OutgoingCall,
    parse: impl Fn(&IncomingResponse) -> Result<R, Failure>,
) -> Result<R, Failure> {
    // Only the proxy has a canary: two ISBNdb Workers would double the pace of one key.
    let is_read = call.name == Sibling::Proxy.binding() && is_read_only(&call.request);
    let canary = is_read.then_some(CANARY);
    workerd::canary::ask(env, BindingTransport::new, canary, context, call, parse).await
}

/// Sends a request of the dashboard to a sibling and returns the answer.
pub(crate) async fn forward_request(
    env: &Env,
    context: &CallContext,
    route: &'static str,
    (sibling, request): (Sibling, OutgoingRequest),
) -> Result<Reply, Failure> {
    ask(env, context, OutgoingCall::binding_call(sibling.binding(), route, request), sibling_reply)
        .await
}
