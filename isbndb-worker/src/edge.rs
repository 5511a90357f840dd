//! The Worker in front of the object: checks, passes on, says how things are.

mod health;

use std::rc::Rc;

use futures::future::LocalBoxFuture;
use ports::http::{Headers, Reply, Request, encode_query};
use ports::{Clock, InResponse, OutRequest};
use runtime::api::isbndb::CALL_CLASS_HEADER;
use runtime::config::ConfigError;
use runtime::outcome::Failure;
use runtime::problem::{self, Problem};
use runtime::service_client::{
    BreakerSettings, Call, CallContext, Client, ClientSettings, ClientState, Identity, Inbound,
    RetrySettings,
};
use worker::{Context, Env};
use workerd::{JsHost, ObjectTransport};

use crate::config::Config;
use crate::object::BUDGET_MS;
use crate::route::{MAX_BODY_BYTES, Route};
use crate::service::handlers::{OUTCOME_HEADER, WORKER};
use health::{metrics, report_health};

/// Binding of the object.
const OBJECT: &str = "ISBNDB_OBJECT";
/// One object for the one key: an object of another name would keep a count of its own.
const OBJECT_NAME: &str = "isbndb";
/// Most an answer of the object weighs: a thousand books of a bulk call.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;
/// Headers of the object's answer that are passed on.
const FORWARDED_HEADERS: [&str; 6] =
    ["content-type", "cache-control", "retry-after", "allow", "ratelimit", "ratelimit-policy"];

thread_local! {
    /// Retries without a breaker: an object that was aborted is back at the next request, and a
    /// minute of refusals would turn a hiccup into an outage.
    static OBJECT_CLIENT_STATE: Rc<ClientState> = {
        let client_state = ClientState::default();
        client_state.configure(ClientSettings {
            breaker: BreakerSettings { failures: 0, ..BreakerSettings::default() },
            retry: RetrySettings { budget_share: 1.0, budget_least: 60, ..RetrySettings::default() },
        });
        Rc::new(client_state)
    };
}

/// Answers one request.
///
/// # Errors
/// None: every failure is an answer.
pub async fn fetch(
    mut request: worker::Request,
    env: &Env,
    context: &Context,
) -> worker::Result<worker::Response> {
    let identity = Identity { worker: WORKER, version: workerd::env::version(env) };
    let (request, read) = match workerd::request::from_worker(&mut request, MAX_BODY_BYTES).await {
        Ok(request) => (request, Ok(())),
        Err(failure) => (workerd::request::without_body(&request).0, Err(failure)),
    };
    let caller = workerd::env::caller(context);
    // There is no public route, so every request came over a binding.
    let inbound = Inbound::begin(identity, &request, caller.as_deref(), true, BUDGET_MS, &JsHost);
    let (template, answer) = match read {
        Ok(()) => serve(&request, env, inbound.context()).await,
        Err(failure) => ("-", Err(failure)),
    };
    if let Err(failure) = &answer {
        inbound.context().log_internal(template, failure, &JsHost);
    }
    let mut outcome = answer.as_ref().err().map_or_else(|| "ok".to_owned(), Failure::to_string);
    let mut reply = answer.unwrap_or_else(|failure| {
        problem::reply(&Problem::new(WORKER, &failure, JsHost.now_ms()).at(&request.path))
    });
    if let Some(word) = reply.headers.take(OUTCOME_HEADER) {
        outcome = word;
    }
    let reply = workerd::finish(env, context, &inbound, reply, template, &outcome);
    workerd::reply::into_worker(reply)
}

async fn serve(
    request: &Request,
    env: &Env,
    context: &CallContext,
) -> (&'static str, Result<Reply, Failure>) {
    let config = configure(env);
    let max_page_size = config.as_ref().map_or(1, |config| config.max_page_size);
    let route = match Route::parse(request, max_page_size) {
        Ok(route) => route,
        Err(failure) => return ("-", Err(failure)),
    };
    let template = route.template();
    let answer = match (route, config) {
        (Route::Health, config) => Ok(report_health(request, env, context, config.err()).await),
        (_, Err(error)) => Err(Failure::Internal { detail: error.to_string() }),
        (Route::Metrics, Ok(_)) => metrics(env, context).await,
        (_, Ok(_)) => forward(request, template, env, context).await,
    };
    (template, answer)
}

fn configure(env: &Env) -> Result<Config, ConfigError> {
    workerd::configure(env)?;
    Config::read(&workerd::env::vars(env))
}

/// Passes a checked request on to the object.
async fn forward(
    request: &Request,
    template: &'static str,
    env: &Env,
    context: &CallContext,
) -> Result<Reply, Failure> {
    let pairs = request.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut out =
        OutRequest::bare(request.method, format!("{}?{}", request.path, encode_query(pairs)));
    for name in [CALL_CLASS_HEADER, "cache-control"] {
        if let Some(value) = request.headers.get(name) {
            out.headers.set(name, value);
        }
    }
    out.body.clone_from(&request.body);
    let answer = ask_object(env, context, template, out, BUDGET_MS).await?;
    let mut headers = Headers::default();
    for name in FORWARDED_HEADERS.iter().chain(&[OUTCOME_HEADER]) {
        if let Some(value) = answer.headers.get(name) {
            headers.set(name, value);
        }
    }
    Ok(Reply { status: answer.status, headers, body: answer.body })
}

/// Boxed: it would be in the wasm once for every place that asks.
fn ask_object<'a>(
    env: &'a Env,
    context: &'a CallContext,
    template: &'static str,
    out: OutRequest,
    timeout_ms: u64,
) -> LocalBoxFuture<'a, Result<InResponse, Failure>> {
    Box::pin(async move {
        let transport = ObjectTransport::new(env, OBJECT, OBJECT_NAME)
            .map_err(|error| Failure::Internal { detail: error.to_string() })?;
        // Asking the object twice does no harm, a bulk request neither: what the first one brought is
        // in its cache.
        let call = Call::object(OBJECT, template, out)
            .idempotent(true)
            .timeout_ms(timeout_ms)
            .max_body_bytes(MAX_ANSWER_BYTES);
        let client = Client::new(transport, JsHost, OBJECT_CLIENT_STATE.with(Rc::clone));
        client
            .ask(context, call, |answer| {
                // Its own problems are answers. A bare 5xx is the platform's: the object is not well.
                let spoken = answer
                    .headers
                    .get("content-type")
                    .is_some_and(|kind| kind.starts_with("application/"));
                if answer.status >= 500 && !spoken {
                    return Err(problem::from_status(answer));
                }
                Ok(answer.clone())
            })
            .await
    })
}
