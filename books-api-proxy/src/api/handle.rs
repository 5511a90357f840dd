//! One public request, from the platform's event to its response.

use std::cell::OnceCell;
use std::rc::Rc;

use ports::Clock;
use ports::http::{Method, Reply, Request};
use runtime::outcome::Failure;
use runtime::problem::{self, Problem};
use runtime::service_client::{DEFAULT_BUDGET_MS, Identity, Inbound};
use worker::worker_sys::web_sys;
use worker::{Context, Env};
use workerd::request::{self as plain, HeaderNames};
use workerd::{JsClock, JsHost};

use super::auth::{CallerIdentity, Credentials, admit, caller_identity};
use super::dispatch::dispatch;
use super::reply::{allow_origin, preflight};
use super::route::{Route, RouteError, is_google, route};
use super::search::EdgeReply;
use super::{google_error, ops};
use crate::adapters::{WORKER, WorkerdPorts, identity};
use crate::config::Config;
use crate::search::serve::SearchError;

/// A batch of a hundred items with their books.
const MAX_BODY_BYTES: usize = 1024 * 1024;
/// A batch waits for paced providers.
const BATCH_BUDGET_MS: u64 = 28_000;

/// The headers that are read anywhere in this Worker.
const HEADERS: [&str; 14] = [
    "authorization",
    "cf-connecting-ip",
    "cf-ray",
    "content-length",
    "if-none-match",
    "origin",
    "traceparent",
    "tracestate",
    "x-deadline-ms",
    "x-health-shallow",
    "x-request-id",
    "x-search-token",
    "x-span-id",
    "x-trace-id",
];

thread_local! {
    static HEADER_NAMES: HeaderNames = HeaderNames::new(&HEADERS);
    /// The version does not change within an isolate's life.
    static IDENTITY: OnceCell<Identity> = const { OnceCell::new() };
}

/// Answers a request. Never fails: what goes wrong becomes a problem.
pub async fn handle(req: web_sys::Request, env: Env, context: Context) -> web_sys::Response {
    let names = HEADER_NAMES.with(Clone::clone);
    let (request, read) = plain::with_headers(&req, &names, MAX_BODY_BYTES).await;
    let caller_identity = caller_identity(&env, workerd::env::caller(&context), &request).await;
    let found = route(request.method, &request.path);
    let budget_ms = match &found {
        Ok(Route::Batch) => BATCH_BUDGET_MS,
        _ => DEFAULT_BUDGET_MS,
    };
    let inbound = Inbound::begin(
        IDENTITY.with(|known| known.get_or_init(|| identity(&env)).clone()),
        &request,
        caller_identity.name(),
        caller_identity.is_trusted(),
        budget_ms,
        &JsHost,
    );
    let template = found.as_ref().map_or("unknown", Route::name);
    let is_google = is_google(&request.path);
    let context = Rc::new(context);
    let known = matches!(caller_identity, CallerIdentity::Sibling(_));
    let refused = workerd::auth::refuse(&env, &req, &request, known, inbound.context()).await;
    let out = match (refused, read, found) {
        (Some(reply), ..) => Ok(EdgeReply::Bytes(reply)),
        (None, Err(failure), _) => Err(failure.into()),
        (None, Ok(()), Ok(route)) => {
            answer(&env, Rc::clone(&context), &inbound, &caller_identity, &request, &route).await
        }
        (None, Ok(()), Err(RouteError::NotFound)) => {
            Err(Failure::NotFound { detail: "route".to_owned() }.into())
        }
        (None, Ok(()), Err(RouteError::MethodNotAllowed(allow))) => {
            Err(Failure::MethodNotAllowed { allow: allow.to_owned() }.into())
        }
    };
    let (out, outcome) = match out {
        Ok(out) => (out, "ok".to_owned()),
        Err(search_error) => {
            inbound.context().log_internal(template, &search_error.failure, &JsHost);
            let outcome = search_error.failure.to_string();
            let reply = match is_google {
                true => google_error::reply(&search_error, &JsClock),
                false => problem_reply(&search_error, &request.path),
            };
            (EdgeReply::Bytes(reply), outcome)
        }
    };
    let origin = request.headers.get("origin");
    let dress = |mut reply: Reply| {
        if let Ok(config) = Config::of(&env)
            && reply.headers.get("access-control-allow-origin").is_none()
        {
            allow_origin(&mut reply.headers, &config, origin);
        }
        workerd::finish(&env, &context, &inbound, reply, template, &outcome)
    };
    match out {
        EdgeReply::JsBody(head, body) if request.method != Method::Head => {
            workerd::reply::from_js_body(&dress(head), &body)
        }
        EdgeReply::JsBody(mut head, body) => {
            head.headers.set("content-length", body.len_bytes().to_string());
            workerd::reply::from_bytes(dress(head))
        }
        EdgeReply::Bytes(mut reply) => {
            // The length a 304 may name is that of the page, which it does not have at hand.
            if request.method == Method::Head && reply.status != 304 {
                reply.headers.set("content-length", reply.body.len().to_string());
                reply.body.clear();
            }
            workerd::reply::from_bytes(dress(reply))
        }
    }
}

fn problem_reply(search_error: &SearchError, path: &str) -> Reply {
    problem::reply(
        &Problem::new(WORKER, &search_error.failure, JsClock.now_ms())
            .at(path)
            .providers(&search_error.providers),
    )
}

async fn answer(
    env: &Env,
    context: Rc<Context>,
    inbound: &Inbound,
    caller_identity: &CallerIdentity,
    request: &Request,
    route: &Route,
) -> Result<EdgeReply, SearchError> {
    let config = Config::of(env);
    if *route == Route::Health {
        let bad_var = config.err();
        return Ok(EdgeReply::Bytes(ops::report(env, inbound.context(), request, bad_var).await));
    }
    let config = config.map_err(|error| Failure::Internal { detail: error.to_string() })?;
    if request.method == Method::Options {
        let origin = request.headers.get("origin");
        return Ok(EdgeReply::Bytes(preflight(&config, origin, route.allow())));
    }
    let app = WorkerdPorts::app(
        env,
        inbound.context().clone(),
        Rc::new(move |work| context.wait_until(work)),
    )?;
    if !caller_identity.is_trusted() {
        let credentials = Credentials::of(request);
        app.ports.admit_by(Box::new(|request_env, calls| {
            Box::pin(admit(request_env, credentials, calls))
        }));
    }
    dispatch(&app, caller_identity, request, route).await
}
