//! The Worker's own events: who may ask, uploads, health; all else goes to the ledger's object.

use ports::http::{Headers, Method, Reply, Request, encode_query};
use ports::log::Level;
use ports::{Clock, LogSink, OutRequest};
use runtime::config::ConfigError;
use runtime::outcome::Failure;
use runtime::problem::{self, Problem};
use runtime::service_client::{CallContext, Identity, Inbound};
use worker::{Context, Env, Response};
use workerd::{JsHost, secrets};

use super::ledger::object;
use super::{ADMIN_TOKEN, BUDGET_MS, WORKER, health, upload};

/// A cron's work: a list of the bucket and two checks.
const CRON_BUDGET_MS: u64 = 60_000;
/// Most a JSON body may weigh.
const MAX_BODY_BYTES: usize = 64 * 1024;
const DASHBOARD: &str = include_str!("dashboard.html");

/// Answers a request.
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
        (None, Method::Get | Method::Head, "/") => Ok(dashboard()),
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
            (refusal(&failure, &plain.path), failure.to_string())
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
    Ok(super::metrics::reply(&status.body, &context.identity))
}

/// Runs a cron: the object does the work, this only knocks.
pub(crate) async fn scheduled(cron: &str, env: &Env) {
    let context = background(env);
    if let Err(failure) = wake(env, &context, cron).await {
        // The platform does not learn of a failed cron: the log has to say it.
        alert(&context, format!("the heartbeat {cron} failed"), &failure);
    }
    workerd::analytics::flush(env);
}

/// Who runs.
pub(super) fn identity(env: &Env) -> Identity {
    Identity { worker: WORKER, version: workerd::env::version(env) }
}

/// The context of background work, which has no waiter.
pub(super) fn background(env: &Env) -> CallContext {
    CallContext::background(identity(env), CRON_BUDGET_MS, &JsHost)
}

/// Wakes the ledger's object: a cron's expression, or [`super::UPLOADED`].
pub(super) async fn wake(env: &Env, context: &CallContext, cause: &str) -> Result<(), Failure> {
    let query = encode_query([("cron", cause)]);
    let request = OutRequest::bare(Method::Post, format!("/cron?{query}"));
    object(env, context, "/cron", request, CRON_BUDGET_MS).await.map(drop)
}

/// An error that a person should see.
pub(super) fn alert(context: &CallContext, message: String, failure: &Failure) {
    let mut line = context.line("alert");
    line.level = Level::Error;
    line.message = message;
    line.outcome = Some(failure.to_string());
    JsHost.write(&line);
}

fn refusal(failure: &Failure, path: &str) -> Reply {
    let problem = Problem::new(WORKER, failure, JsHost.now_ms()).at(path);
    problem::reply(&problem.unknown_address("Check the address; docs/WARMER.md lists the routes."))
}

/// 401 without the admin token, 403 with a wrong one.
async fn authorised(env: &Env, headers: &Headers) -> Result<(), Failure> {
    let Some(sent) = headers.get("authorization") else { return Err(Failure::Unauthorized) };
    // Fails closed: a token that cannot be read admits no request.
    let token = secrets::read(env, ADMIN_TOKEN)
        .await
        .map_err(|error| Failure::Internal { detail: format!("{ADMIN_TOKEN}: {error}") })?;
    match bearer(sent) {
        Some(sent) if token.matches(sent) => Ok(()),
        _ => Err(Failure::Forbidden { detail: "The admin token is wrong".to_owned() }),
    }
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The template of a path, for the log.
pub(super) fn route_of(request: &Request) -> &'static str {
    match request.segments().as_slice() {
        [] => "/",
        ["health"] => "/health",
        ["metrics"] => "/metrics",
        ["status"] => "/status",
        ["warm"] => "/warm",
        ["upload"] => "/upload",
        ["jobs", _] => "/jobs/{id}",
        ["jobs", _, "failures.csv"] => "/jobs/{id}/failures.csv",
        ["jobs", _, _] => "/jobs/{id}/{command}",
        _ => "/unknown",
    }
}

/// What a route takes, for Allow; an unknown one is a 404 whatever the method.
fn allow_of(route: &str) -> &'static str {
    match route {
        "/warm" | "/upload" | "/jobs/{id}/{command}" => "POST",
        _ => "GET, HEAD",
    }
}

fn allows(method: Method, route: &str) -> bool {
    match allow_of(route) {
        "POST" => method == Method::Post,
        _ => route == "/unknown" || matches!(method, Method::Get | Method::Head),
    }
}

fn dashboard() -> Reply {
    let mut reply = Reply::empty(200)
        .with_header("content-type", "text/html; charset=utf-8")
        .with_header("cache-control", "no-cache")
        // Its own inline script and style, calls to itself, nothing else.
        .with_header(
            "content-security-policy",
            "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
             connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'",
        )
        .with_header("x-content-type-options", "nosniff")
        .with_header("referrer-policy", "no-referrer");
    DASHBOARD.as_bytes().clone_into(&mut reply.body);
    reply
}

/// Hands a request to the object.
async fn forward(
    request: &mut worker::Request,
    env: &Env,
    inbound: &Inbound,
    route: &'static str,
) -> Result<Reply, Failure> {
    let plain = workerd::request::from_worker(request, MAX_BODY_BYTES).await?;
    if route == "/unknown" {
        // Among them `/cron`, the crons' own door.
        return Err(Failure::NotFound { detail: plain.path });
    }
    let method = if plain.method == Method::Head { Method::Get } else { plain.method };
    let pairs = plain.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut out = OutRequest::bare(method, format!("{}?{}", plain.path, encode_query(pairs)));
    out.body = plain.body;
    object(env, inbound.context(), route, out, BUDGET_MS).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_is_read_whatever_the_case_of_its_name() {
        for (header, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Bearer", None),
            ("Basic abc", None),
            ("abc", None),
            ("", None),
        ] {
            assert_eq!(bearer(header), token, "{header}");
        }
    }
}
