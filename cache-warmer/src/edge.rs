//! The Worker's own events: authorisation, uploads, health; all else goes to the ledger's object.

use ports::http::{Headers, Method, Reply};
use ports::log::Level;
use ports::{Clock, LogSink, OutRequest};
use runtime::config::ConfigError;
use runtime::outcome::Failure;
use runtime::service_client::{CallContext, Identity, Inbound};
use warmer_core::manifest::{ADMIN_TOKEN, WORKER};
use warmer_core::metrics::set_gauges;
use warmer_core::routes::{self, allow_of, allows, route_of};
use worker::{Context, Env, Response, ScheduleContext};
use workerd::{JsHost, secrets};

use crate::adapters::ledger_object::object;
use crate::adapters::{health, siblings, upload};

/// What a request may take that has a plan to wait for.
pub(crate) const BUDGET_MS: u64 = 25_000;
/// A cron's work: a list of the bucket and two checks.
const CRON_BUDGET_MS: u64 = 60_000;
const DASHBOARD: &str = include_str!("../dashboard/index.html");

pub(crate) async fn fetch(
    mut request: worker::Request,
    env: &Env,
    context: &Context,
) -> worker::Result<Response> {
    let (plain, read) = workerd::request::without_body(&request);
    let caller = workerd::env::caller(context);
    let allowed = match caller {
        Some(_) => Ok(()),
        None => authorised(env, &plain.headers).await,
    };
    let trusted = allowed.is_ok();
    let inbound =
        Inbound::begin(identity(env), &plain, caller.as_deref(), trusted, BUDGET_MS, &JsHost);
    let route = if read.is_ok() { route_of(&plain) } else { "/unknown" };
    let known = caller.is_some();
    let refused =
        workerd::auth::refuse(env, request.inner(), &plain, known, inbound.context()).await;
    let configured = workerd::configure(env);
    let answered = match (refused, plain.method, route) {
        (Some(reply), ..) => Ok(reply),
        (None, Method::Get | Method::Head, "/") => Ok(routes::dashboard(DASHBOARD)),
        (None, Method::Get | Method::Head, "/health") => {
            Ok(health::reply(env, &plain, inbound.context()).await)
        }
        _ => match read.and(allowed).and(configured.map_err(bad_var)) {
            Err(failure) => Err(failure),
            Ok(()) if !allows(plain.method, route) => {
                Err(Failure::MethodNotAllowed { allow: allow_of(route).to_owned() })
            }
            Ok(()) if route == "/metrics" => metrics(env, inbound.context()).await,
            Ok(()) if route == "/upload" => {
                upload::upload(&mut request, &plain, env, &inbound).await
            }
            Ok(()) => forward(&mut request, env, &inbound, route).await,
        },
    };
    let (reply, outcome) = match answered {
        Ok(reply) => (reply, "ok".to_owned()),
        Err(failure) => {
            inbound.context().log_internal(route, &failure, &JsHost);
            (routes::refusal(&failure, &plain.path, JsHost.now_ms()), failure.to_string())
        }
    };
    let reply = workerd::finish(env, context, &inbound, reply, route, &outcome);
    workerd::reply::into_worker(reply)
}

fn bad_var(error: ConfigError) -> Failure {
    Failure::Internal { detail: error.to_string() }
}

/// This isolate's counters, with what the ledger says.
async fn metrics(env: &Env, context: &CallContext) -> Result<Reply, Failure> {
    let status = object(env, context, "/status", OutRequest::get("/status"), BUDGET_MS).await?;
    let (client_state, now_ms) = (workerd::client_state(), JsHost.now_ms());
    set_gauges(client_state.metrics(), &status.body, now_ms);
    Ok(client_state.exposition(&context.identity, now_ms))
}

/// Runs a cron: the object does the work, this only wakes it.
pub(crate) async fn scheduled(cron: &str, env: &Env, event: &ScheduleContext) {
    let (context, started_at_ms) = (background(env), JsHost.now_ms());
    if let Err(failure) = wake(env, &context, cron).await {
        // The platform does not learn of a failed cron: the log has to say it.
        alert(&context, format!("the heartbeat {cron} failed"), &failure);
    }
    if let Some(span) = workerd::report_event(env, &context, started_at_ms) {
        event.wait_until(span);
    }
}

/// This Worker and its version.
pub(crate) fn identity(env: &Env) -> Identity {
    Identity { worker: WORKER, version: workerd::env::version(env) }
}

/// The context of background work, which has no waiter.
pub(crate) fn background(env: &Env) -> CallContext {
    CallContext::background(identity(env), CRON_BUDGET_MS, &JsHost)
}

/// Wakes the ledger's object: a cron's expression, or [`UPLOADED`](warmer_core::manifest::UPLOADED).
pub(crate) async fn wake(env: &Env, context: &CallContext, cause: &str) -> Result<(), Failure> {
    object(env, context, "/cron", routes::wake(cause), CRON_BUDGET_MS).await.map(drop)
}

/// An error that the operator should see.
pub(crate) fn alert(context: &CallContext, message: String, failure: &Failure) {
    let mut line = context.line("alert");
    line.level = Level::Error;
    line.message = message;
    line.outcome = Some(failure.to_string());
    JsHost.write(&line);
}

/// 401 without the admin token, 403 with a wrong one.
async fn authorised(env: &Env, headers: &Headers) -> Result<(), Failure> {
    let sent = routes::sent_token(headers)?;
    // Fails closed: a token that cannot be read admits no request.
    let token = secrets::read(env, ADMIN_TOKEN)
        .await
        .map_err(|error| Failure::Internal { detail: format!("{ADMIN_TOKEN}: {error}") })?;
    match sent {
        Some(sent) if token.matches(sent) => Ok(()),
        _ => Err(Failure::Forbidden { detail: "The admin token is wrong".to_owned() }),
    }
}

/// Hands a request to the object, or to the sibling that it is about.
async fn forward(
    request: &mut worker::Request,
    env: &Env,
    inbound: &Inbound,
    route: &'static str,
) -> Result<Reply, Failure> {
    let plain = workerd::request::from_worker(request, routes::max_body_bytes(route)).await?;
    if let Some(request) = routes::sibling_request(&plain, route) {
        return siblings::show(env, inbound.context(), route, request).await;
    }
    object(env, inbound.context(), route, routes::forwarded(plain, route)?, BUDGET_MS).await
}
