//! One public Worker in front of the others.
//!
//! The Worker behind `AUTH` authorises a request, a table of path prefixes routes it, and a service
//! binding passes it on. If a canary is bound, it gets a share of the proxy's reads; a read that
//! fails at the canary is repeated at production. The trace is passed on.

use ports::http_types::{Headers, Method, Reply, Request};
use ports::{Clock, IncomingResponse, OutgoingRequest};
use runtime::call_outcome::Failure;
use runtime::health::{CheckImportance, is_shallow};
use runtime::problem::{self, ProblemDetails};
use runtime::resilient_client::{
    DEFAULT_BUDGET_MS, RequestContext, ResilientCall, ServedRequestTracker, WorkerIdentity,
};
use worker::{Context, Env, event};
use workerd::health::{self, HealthCheckTarget};
use workerd::{BindingTransport, JsSystemPorts};

const WORKER_NAME: &str = "gateway";
const PROXY_BINDING: &str = "BOOKS_API_PROXY";
const PROXY_CANARY: &str = "BOOKS_API_PROXY_CANARY";
const WARMER_BINDING: &str = "CACHE_WARMER";

/// The binding that serves the paths with a prefix. The first match counts.
const PREFIX_BINDINGS: [(&str, &str); 8] = [
    ("/search/", PROXY_BINDING),
    ("/book/", PROXY_BINDING),
    ("/author/", PROXY_BINDING),
    ("/books/v1/", PROXY_BINDING),
    ("/openapi.json", PROXY_BINDING),
    ("/status", WARMER_BINDING),
    ("/jobs", WARMER_BINDING),
    ("/warm", WARMER_BINDING),
];

/// Largest request body: uploads go to the warmer's own address.
const MAX_REQUEST_BODY_BYTES: usize = 64 * 1024;
/// Headers that describe the connection or the framing of the callee's body.
const HOP_HEADERS: [&str; 5] =
    ["connection", "content-encoding", "content-length", "host", "transfer-encoding"];

/// The gateway's headers that a page of another origin may read.
const EXPOSED_HEADERS: &str = "retry-after, x-request-id, x-trace-id, x-span-id, x-parent-span-id";

#[event(fetch)]
async fn fetch(
    mut original: worker::Request,
    env: Env,
    context: Context,
) -> worker::Result<worker::Response> {
    let (request, read) =
        workerd::platform_request_reader::with_body(&mut original, MAX_REQUEST_BODY_BYTES).await;
    let identity =
        WorkerIdentity { worker: WORKER_NAME, version: workerd::env::deployed_version(&env) };
    let served_request_tracker = ServedRequestTracker::begin_request(
        identity,
        &request,
        None,
        false,
        DEFAULT_BUDGET_MS,
        &JsSystemPorts,
    );
    let refused = workerd::auth_service::refusal_reply(
        &env,
        original.inner(),
        &request,
        false,
        served_request_tracker.request_context(),
    )
    .await;
    let answered = match (refused, read) {
        (Some(refusal), _) => Ok(with_cors(refusal)),
        (None, Err(failure)) => Err(failure),
        (None, Ok(())) if request.path == "/health" => {
            Ok(report_health(&env, &request, served_request_tracker.request_context()).await)
        }
        (None, Ok(())) => match binding_of(&request.path) {
            Some(binding) => {
                pass_on(&env, binding, &request, served_request_tracker.request_context()).await
            }
            None => Ok(with_cors(not_found())),
        },
    };
    let (reply, outcome) = match answered {
        Ok(reply) => (reply, "ok".to_owned()),
        Err(failure) => {
            let problem = ProblemDetails::new(WORKER_NAME, &failure, JsSystemPorts.now_ms());
            (
                with_cors(problem::problem_document_reply(&problem.at(&request.path))),
                failure.to_string(),
            )
        }
    };
    let route = binding_of(&request.path).unwrap_or("none");
    workerd::platform_response::into_worker(workerd::finish_fetch_event(
        &env,
        &context,
        &served_request_tracker,
        reply,
        route,
        &outcome,
    ))
}

fn not_found() -> Reply {
    let body = b"Not Found".to_vec();
    Reply { body, ..Reply::empty(404) }.with_header("content-type", "text/plain; charset=utf-8")
}

fn binding_of(path: &str) -> Option<&'static str> {
    let serves = |prefix: &str| path.starts_with(prefix);
    PREFIX_BINDINGS.iter().find(|(prefix, _)| serves(prefix)).map(|(_, binding)| *binding)
}

/// Passes a request on and returns the answer.
async fn pass_on(
    env: &Env,
    binding: &'static str,
    request: &Request,
    context: &RequestContext,
) -> Result<Reply, Failure> {
    let outgoing = OutgoingRequest {
        method: request.method,
        url: request.target.clone(),
        headers: without_hops(&request.headers),
        body: request.body.clone(),
    };
    let is_read = binding == PROXY_BINDING && matches!(request.method, Method::Get | Method::Head);
    let canary = is_read.then_some(PROXY_CANARY);
    let (transport_of, call) = (
        BindingTransport::with_full_url,
        ResilientCall::for_service_binding(binding, "any", outgoing),
    );
    let IncomingResponse { status, headers, body } =
        workerd::canary_calls::call_binding(env, transport_of, canary, context, call, passable)
            .await?;
    Ok(Reply { status, headers: without_hops(&headers), body })
}

/// Every answer is returned to the client as it is, except a 5xx: the call has failed.
fn passable(response: &IncomingResponse) -> Result<IncomingResponse, Failure> {
    match response.status {
        500.. => Err(problem::failure_from_sibling_response(response)),
        _ => Ok(response.clone()),
    }
}

fn without_hops(headers: &Headers) -> Headers {
    let mut kept = Headers::default();
    for (name, value) in headers.iter().filter(|(name, _)| !HOP_HEADERS.contains(name)) {
        kept.append(name, value);
    }
    kept
}

/// Lets a page of another origin read the gateway's own answers; the proxy sets these headers
/// itself.
fn with_cors(mut reply: Reply) -> Reply {
    reply.headers.set("access-control-allow-origin", "*");
    reply.headers.set("access-control-expose-headers", EXPOSED_HEADERS);
    reply
}

async fn report_health(env: &Env, request: &Request, context: &RequestContext) -> Reply {
    let shallow = is_shallow(request);
    if let Some(reply) = health::cached_reply(shallow, false) {
        return reply;
    }
    let canary = health::of_canary(env, PROXY_CANARY);
    let checks = [PROXY_BINDING, WARMER_BINDING]
        .map(|name| HealthCheckTarget::Binding(name, CheckImportance::DegradedWithout));
    let checks: Vec<HealthCheckTarget<'_>> =
        checks.into_iter().chain(canary).chain(health::of_auth(env)).collect();
    let mut report = health::run_health_checks(env, context, &checks, shallow).await;
    if let Err(error) = workerd::apply_env_settings(env) {
        report.add_config_error(&error);
    }
    health::remember(shallow, &report)
}
