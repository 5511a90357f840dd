//! The optional `LOGGER` binding: each request's span, fire and forget.

use ports::{Clock, OutgoingRequest, Transport};
use runtime::binding_manifest::LOGGER;
use runtime::resilient_client::RequestContext;
use serde::Serialize;
use worker::Env;

use crate::binding_transport::BindingTransport;
use crate::js_system_ports::JsSystemPorts;

/// The documented address; the binding alone decides which Worker gets the call.
const URL: &str = "https://log/trace";
const TIMEOUT_MS: u64 = 2_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Span<'a> {
    trace_id: String,
    span_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_span_id: Option<String>,
    service: &'a str,
    start_time: u64,
    duration: u64,
}

/// Sends the span of a request that began at `started_at_ms` and ends now. Run it after the answer
/// (`wait_until`); the result of the call is ignored.
pub(crate) async fn send_span(env: &Env, context: &RequestContext, started_at_ms: u64) {
    let span = Span {
        trace_id: context.trace.trace_id(),
        span_id: context.trace.span_id(),
        parent_span_id: context.trace.parent_span_id(),
        service: context.identity.worker,
        start_time: started_at_ms,
        duration: JsSystemPorts.now_ms().saturating_sub(started_at_ms),
    };
    if let (Ok(transport), Ok(request)) =
        (BindingTransport::with_full_url(env, LOGGER), OutgoingRequest::json_post(URL, &span))
    {
        let _ = transport.send(request, TIMEOUT_MS, 1_024).await;
    }
}
