//! The optional `AUTH` binding: a Worker that is asked whether a request may continue.
//!
//! The service gets method, URL and headers, never the body. 200 lets the request in; any other
//! answer is returned to the client as it is; no answer is a 503, so that a broken authorization
//! service never lets a request in. Three kinds of requests are exempt: `/health`, so that a
//! monitor sees what is wrong; callers known by the props of their binding, so that warming goes
//! on; and CORS preflights, which a browser sends without the headers that the service would check.

use ports::http_types::{Headers, Method, Reply, Request};
use ports::{Clock, IncomingResponse, OutgoingRequest};
use runtime::binding_manifest::AUTH;
use runtime::call_outcome::Failure;
use runtime::problem::{self, ProblemDetails};
use runtime::resilient_client::{RequestContext, ResilientCall, ResilientClient};
use worker::Env;

use crate::binding_transport::BindingTransport;
use crate::isolate_state::optional_bindings;
use crate::js_system_ports::JsSystemPorts;

/// Short, because every request waits for the service.
const TIMEOUT_MS: u64 = 3_000;
/// Retry-After if the failure has none.
const RETRY_AFTER_MS: u64 = 5_000;
const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// Headers about the body, which is not passed on.
const BODY_HEADERS: [&str; 3] = ["content-length", "transfer-encoding", "content-encoding"];

/// A cache, also the browser's, must not return the answer of an authorised request to one with
/// other credentials.
pub const VARY: &str = "authorization, x-custom-token";

/// Asks the service. `None` lets the request in: there is no such binding, the request is exempt,
/// or the service answered 200. `known_caller` is true for a caller known by the props of its
/// binding.
pub async fn refusal_reply(
    env: &Env,
    original: &web_sys::Request,
    request: &Request,
    known_caller: bool,
    context: &RequestContext,
) -> Option<Reply> {
    if !optional_bindings(env).auth || known_caller || request.path == "/health" {
        return None;
    }
    let all = crate::platform_request_reader::headers_of(original);
    if is_preflight(request.method, &all) {
        return None;
    }
    match call_auth_service(env, original.url(), request.method, &all, context).await {
        Ok(IncomingResponse { status: 200, .. }) => None,
        Ok(IncomingResponse { status, headers, body }) => {
            Some(Reply { status, headers: without_headers(&headers, &BODY_HEADERS), body })
        }
        Err(failure) => {
            let now_ms = JsSystemPorts.now_ms();
            let retry_after_ms = failure.retry_after_ms(now_ms).unwrap_or(RETRY_AFTER_MS);
            let detail = "the authorization service does not answer";
            let refusal = Failure::unavailable(detail, retry_after_ms);
            let problem = ProblemDetails::new(context.identity.worker, &refusal, now_ms);
            Some(problem::problem_document_reply(&problem.at(&request.path)))
        }
    }
}

/// One call through the service client: deadline, breaker, log line, metrics, trace.
async fn call_auth_service(
    env: &Env,
    url: String,
    method: Method,
    headers: &Headers,
    context: &RequestContext,
) -> Result<IncomingResponse, Failure> {
    // The router refuses a method that has no name here in any case.
    let method = if method == Method::Other { Method::Get } else { method };
    let request = OutgoingRequest {
        method,
        url,
        headers: without_headers(headers, &BODY_HEADERS),
        body: Vec::new(),
    };
    let call = ResilientCall::for_service_binding(AUTH, "any", request)
        .max_body_bytes(MAX_ANSWER_BYTES)
        .timeout_ms(TIMEOUT_MS);
    let transport = BindingTransport::with_full_url(env, AUTH)?;
    let context = context.with_nearer_deadline(JsSystemPorts.now_ms(), TIMEOUT_MS);
    // Every status is an answer here: the client gets a 5xx of the service too.
    ResilientClient::new(transport, JsSystemPorts, crate::client_state())
        .call_and_parse(&context, call, |response| Ok(response.clone()))
        .await
}

/// The request by which a browser asks whether it may send another one.
fn is_preflight(method: Method, headers: &Headers) -> bool {
    method == Method::Options
        && headers.get("origin").is_some()
        && headers.get("access-control-request-method").is_some()
}

fn without_headers(headers: &Headers, names: &[&str]) -> Headers {
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
