//! With the shells, the only place where the Workers use Cloudflare's platform: KV, R2, Durable
//! Objects, bindings, secrets, clock. No logic is here; everything returns typed errors and nothing
//! panics.
//!
//! Every event begins with [`apply_env_settings`], which sets breakers and retries from the
//! variables. A fetch event ends with [`finish_fetch_event`], any other event with
//! [`report_event`].
//!
//! `isolate_state` is the only value that outlives a request.

pub mod analytics;
pub mod auth_service;
pub mod binding_transport;
pub mod body;
pub mod canary_calls;
pub mod env;
mod env_ports;
mod exchange;
pub mod fetch_event;
pub mod fetch_transport;
pub mod health;
mod isolate_state;
mod js_bindings;
pub mod js_system_ports;
pub mod kv;
mod logger;
mod platform_error;
pub mod platform_request_reader;
pub mod platform_response;
pub mod r2;

use ports::http_types::Reply;
use runtime::resilient_client::{RequestContext, ServedRequestTracker};

pub use binding_transport::{BindingTransport, DurableObjectTransport};
pub use env_ports::EnvPorts;
pub use fetch_transport::FetchTransport;
pub use isolate_state::{apply_env_settings, client_state};
pub use js_system_ports::JsSystemPorts;
pub use platform_error::{PlatformError, PlatformErrorKind};

/// Ends a request: headers and log line of the answer, counters, points, and the span for the
/// logger. Every Worker's fetch event ends with this call.
pub fn finish_fetch_event(
    env: &worker::Env,
    context: &worker::Context,
    served_request_tracker: &ServedRequestTracker,
    reply: Reply,
    route: &str,
    outcome: &str,
) -> Reply {
    let mut reply = served_request_tracker.finish_request(
        reply,
        route,
        outcome,
        &JsSystemPorts,
        &client_state(),
    );
    if isolate_state::optional_bindings(env).auth {
        reply.headers.append("vary", auth_service::VARY);
    }
    report_request(env, context, served_request_tracker);
    reply
}

/// Reports a finished request: sends its points, and the span to the logger.
pub fn report_request(
    env: &worker::Env,
    context: &worker::Context,
    served_request_tracker: &ServedRequestTracker,
) {
    if let Some(span) = report_event(
        env,
        served_request_tracker.request_context(),
        served_request_tracker.started_at_ms(),
    ) {
        context.wait_until(span);
    }
}

/// Reports a finished event: sends its points. If a logger is bound, returns the future that sends
/// the span, for the caller to run beside its next work.
pub fn report_event(
    env: &worker::Env,
    context: &RequestContext,
    started_at_ms: u64,
) -> Option<impl Future<Output = ()> + use<>> {
    analytics::flush(env);
    if !isolate_state::optional_bindings(env).logger {
        return None;
    }
    let (env, context) = (env.clone(), context.clone());
    Some(async move { logger::send_span(&env, &context, started_at_ms).await })
}
