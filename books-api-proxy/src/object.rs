//! What the proxy's Durable Objects do around an answer.

use ports::Clock;
use ports::http::{Reply, Request};
use runtime::outcome::Failure;
use runtime::problem::{self, Problem};
use runtime::service_client::CallContext;
use worker::{Env, Response};
use workerd::{JsClock, JsHost, request};

use crate::adapters::identity;
use crate::config::PROVIDER_TIMEOUT_MS;

/// The context of a request, as the Worker in front sent it.
#[must_use]
pub fn context(env: &Env, request: &Request) -> CallContext {
    let headers = &request.headers;
    CallContext::from_headers(identity(env), headers, true, PROVIDER_TIMEOUT_MS, &JsHost)
}

/// Answers a request. A failure becomes a problem, and one of our own leaves a line.
///
/// # Errors
/// The answer cannot be handed to the platform.
pub async fn serve(
    env: &Env,
    req: &mut worker::Request,
    max_body_bytes: usize,
    answer: impl AsyncFnOnce(&Request) -> Result<Reply, Failure>,
) -> worker::Result<Response> {
    let reply = match request::from_worker(req, max_body_bytes).await {
        Ok(request) => answer(&request).await.inspect_err(|failure| {
            context(env, &request).log_internal(&request.path, failure, &JsHost);
        }),
        Err(failure) => Err(failure),
    };
    let reply = reply.unwrap_or_else(|failure| {
        problem::reply(&Problem::new("books-api-proxy", &failure, JsClock.now_ms()))
    });
    // It seldom shares an isolate with the Worker in front, whose requests end with this too.
    workerd::analytics::flush(env);
    workerd::reply::into_worker(reply)
}
