//! The optional `AUTH` binding: a Worker that is asked whether a request may continue.
//!
//! The service gets method, URL and headers, never the body. 200 lets the request in; any other
//! answer is returned to the client as it is; no answer is a 503, so that a broken authorization
//! service never lets a request in. Three kinds of requests are exempt: `/health`, so that a
//! monitor sees what is wrong; callers known by the props of their binding, so that warming goes
//! on; and CORS preflights, which a browser sends without the headers that the service would check.

use ports::http::{Headers, Method, Reply, Request};
use ports::{Clock, InResponse, OutRequest};
use runtime::outcome::{Failure, InternalError};
use runtime::problem::{self, Problem};
use runtime::service_client::{CallContext, Client, ServiceCall};
use worker::Env;

use crate::binding::BindingTransport;
use crate::features::{AUTH, optional};
use crate::host::JsHost;

/// Short, because every request waits for the service.
const TIMEOUT_MS: u64 = 3_000;
/// Retry-After if the failure has none.
const RETRY_AFTER_MS: u64 = 5_000;
const MAX_BODY_BYTES: usize = 64 * 1024;
/// Headers about the body, which is not passed on.
const BODY_HEADERS: [&str; 3] = ["content-length", "transfer-encoding", "content-encoding"];

/// A cache, also the browser's, must not return the answer of an authorised request to one with
/// other credentials.
pub const VARY: &str = "authorization, x-custom-token";

/// Asks the service. `None` lets the request in: there is no such binding, the request is exempt,
/// or the service answered 200. `known_caller` is true for a caller known by the props of its
/// binding.
pub async fn refuse(
    env: &Env,
    original: &web_sys::Request,
    request: &Request,
    known_caller: bool,
    context: &CallContext,
) -> Option<Reply> {
    if !optional(env).auth || known_caller || request.path == "/health" {
        return None;
    }
    let all = crate::request::headers_of(original);
    if is_preflight(request.method, &all) {
        return None;
    }
    match ask(env, original.url(), request.method, &all, context).await {
        Ok(InResponse { status: 200, .. }) => None,
        Ok(InResponse { status, headers, body }) => {
            Some(Reply { status, headers: without(&headers, &BODY_HEADERS), body })
        }
        Err(failure) => {
            let now_ms = JsHost.now_ms();
            let refusal = Failure::Internal(InternalError::Unavailable {
                detail: "the authorization service does not answer".to_owned(),
                retry_after_ms: failure.retry_after_ms(now_ms).unwrap_or(RETRY_AFTER_MS),
            });
            let problem = Problem::new(context.identity.worker, &refusal, now_ms);
            Some(problem::reply(&problem.at(&request.path)))
        }
    }
}

/// One call through the service client: deadline, breaker, log line, metrics, trace.
async fn ask(
    env: &Env,
    url: String,
    method: Method,
    headers: &Headers,
    context: &CallContext,
) -> Result<InResponse, Failure> {
    // The router refuses a method that has no name here in any case.
    let method = if method == Method::Other { Method::Get } else { method };
    let request =
        OutRequest { method, url, headers: without(headers, &BODY_HEADERS), body: Vec::new() };
    let call = ServiceCall::binding(AUTH, "any", request)
        .max_body_bytes(MAX_BODY_BYTES)
        .timeout_ms(TIMEOUT_MS);
    let transport = BindingTransport::with_full_url(env, AUTH)?;
    let context = context.within(JsHost.now_ms(), TIMEOUT_MS);
    // Every status is an answer here: the client gets a 5xx of the service too.
    Client::new(transport, JsHost, crate::client_state())
        .ask(&context, call, |response| Ok(response.clone()))
        .await
}

/// The request by which a browser asks whether it may send another one.
fn is_preflight(method: Method, headers: &Headers) -> bool {
    method == Method::Options
        && headers.get("origin").is_some()
        && headers.get("access-control-request-method").is_some()
}

fn without(headers: &Headers, names: &[&str]) -> Headers {
    let mut kept = Headers::default();
    for (name, value) in headers.iter().filter(|(name, _)| !names.contains(name)) {
        kept.append(name, value);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_complete_preflight_is_exempt() {
        let is = |method, names: &[&str]| {
            let mut headers = Headers::default();
            names.iter().for_each(|name| headers.set(name, "x"));
            is_preflight(method, &headers)
        };
        let both = ["origin", "access-control-request-method"];
        assert!(is(Method::Options, &both));
        assert!(!is(Method::Get, &both));
        assert!(!is(Method::Options, &both[..1]));
        assert!(!is(Method::Options, &both[1..]));
    }
}
