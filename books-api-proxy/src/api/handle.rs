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

use super::auth::{Asker, Credentials, admit, asker};
use super::dispatch::dispatch;
use super::reply::{allow_origin, preflight};
use super::route::{Route, RouteError, is_google, route};
use super::search::Out;
use super::{google_error, ops};
use crate::config::Config;
use crate::live::{Live, WORKER, identity};
use crate::search::serve::Unserved;

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
    let asker = asker(&env, workerd::env::caller(&context), &request).await;
    let found = route(request.method, &request.path);
    let budget_ms = match &found {
        Ok(Route::Batch) => BATCH_BUDGET_MS,
        _ => DEFAULT_BUDGET_MS,
    };
    let inbound = Inbound::begin(
        IDENTITY.with(|known| known.get_or_init(|| identity(&env)).clone()),
        &request,
        asker.name(),
        asker.is_trusted(),
        budget_ms,
        &JsHost,
    );
    let template = found.as_ref().map_or("unknown", Route::name);
    let is_google = is_google(&request.path);
    let context = Rc::new(context);
    let known = matches!(asker, Asker::Sibling(_));
    let refused = workerd::auth::refuse(&env, &req, &request, known, inbound.context()).await;
    let out = match (refused, read, found) {
        (Some(reply), ..) => Ok(Out::Whole(reply)),
        (None, Err(failure), _) => Err(failure.into()),
        (None, Ok(()), Ok(route)) => {
            answer(&env, Rc::clone(&context), &inbound, &asker, &request, &route).await
        }
        (None, Ok(()), Err(RouteError::NotFound)) => {
            Err(Failure::NotFound { what: "route".to_owned() }.into())
        }
        (None, Ok(()), Err(RouteError::MethodNotAllowed(allow))) => {
            Err(Failure::MethodNotAllowed { allow: allow.to_owned() }.into())
        }
    };
    let (out, outcome) = match out {
        Ok(out) => (out, "ok".to_owned()),
        Err(unserved) => {
            inbound.context().log_internal(template, &unserved.failure, &JsHost);
            let outcome = unserved.failure.to_string();
            let reply = match is_google {
                true => google_error::reply(&unserved, &JsClock),
                false => problem_reply(&unserved, &request.path),
            };
            (Out::Whole(reply), outcome)
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
        Out::Held(head, body) if request.method != Method::Head => {
            workerd::reply::held(&dress(head), &body)
        }
        Out::Held(mut head, body) => {
            head.headers.set("content-length", body.len_bytes().to_string());
            workerd::reply::whole(dress(head))
        }
        Out::Whole(mut reply) => {
            // The length a 304 may name is that of the page, which it does not have at hand.
            if request.method == Method::Head && reply.status != 304 {
                reply.headers.set("content-length", reply.body.len().to_string());
                reply.body.clear();
            }
            workerd::reply::whole(dress(reply))
        }
    }
}

fn problem_reply(unserved: &Unserved, path: &str) -> Reply {
    problem::reply(
        &Problem::new(WORKER, &unserved.failure, JsClock.now_ms())
            .at(path)
            .providers(&unserved.providers),
    )
}

async fn answer(
    env: &Env,
    context: Rc<Context>,
    inbound: &Inbound,
    asker: &Asker,
    request: &Request,
    route: &Route,
) -> Result<Out, Unserved> {
    let config = Config::of(env);
    if *route == Route::Health {
        let bad_var = config.err();
        return Ok(Out::Whole(ops::report(env, inbound.context(), request, bad_var).await));
    }
    let config = config.map_err(|error| Failure::Internal { what: error.to_string() })?;
    if request.method == Method::Options {
        let origin = request.headers.get("origin");
        return Ok(Out::Whole(preflight(&config, origin, route.allow())));
    }
    let app =
        Live::app(env, inbound.context().clone(), Rc::new(move |work| context.wait_until(work)))?;
    if !asker.is_trusted() {
        let credentials = Credentials::of(request);
        app.ports.admit_by(Box::new(|caller, calls| Box::pin(admit(caller, credentials, calls))));
    }
    dispatch(&app, asker, request, route).await
}
