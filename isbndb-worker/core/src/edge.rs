//! A request to the Worker in front of the object: checked and forwarded, or answered here (health,
//! metrics).

mod health;
mod instance;
#[cfg(test)]
mod tests;

use ports::http::{Headers, Reply, Request, encode_query};
use ports::{DurableObjects, HostPorts, OutgoingRequest};
use runtime::cache_policy::caching_headers::NO_STORE;
use runtime::config::Vars;
use runtime::edge::reply_of;
use runtime::edge::router::{NO_ROUTE, find, template_of};
use runtime::outcome::Failure;
use runtime::secret::SecretSource;
use runtime::service_client::{CallContext, InboundRequest, WorkerIdentity};
use runtime::wire_types::isbndb::CALL_CLASS_HEADER;

use crate::manifest::WORKER;
use crate::object::OBJECT_BUDGET_MS;
use crate::route::{Endpoint, ParsedRequest, ROUTES};
use crate::service::handlers::OUTCOME_HEADER;
use health::{metrics, report_health};
pub use instance::WorkerInstance;

/// Response headers of the object that are passed on to the caller.
const FORWARDED_HEADERS: [&str; 5] =
    ["content-type", "retry-after", "allow", "ratelimit", "ratelimit-policy"];

#[derive(Clone, Debug)]
pub struct IncomingRequest {
    /// The request, without its body if the body could not be read.
    pub request: Request,
    pub read: Result<(), Failure>,
    pub caller: Option<String>,
    pub version: String,
}

/// Answers one request; every failure becomes an answer. The returned [`InboundRequest`] is for the
/// shell's report when the request ends.
pub async fn answer<H, P, F>(
    instance: &WorkerInstance<'_, H, P>,
    vars: &Vars<F>,
    incoming: IncomingRequest,
) -> (InboundRequest, Reply)
where
    H: HostPorts + Clone,
    P: DurableObjects + SecretSource,
    F: Fn(&str) -> Option<String>,
{
    let IncomingRequest { request, read, caller, version } = incoming;
    let identity = WorkerIdentity { worker: WORKER, version };
    let host = &instance.host;
    // There is no public route: every request came over a binding.
    let inbound =
        InboundRequest::begin(identity, &request, caller.as_deref(), true, OBJECT_BUDGET_MS, host);
    let (template, answer) = match read {
        Ok(()) => serve(instance, vars, &request, inbound.context()).await,
        Err(failure) => (NO_ROUTE, Err(failure)),
    };
    let (mut reply, mut outcome) =
        reply_of(answer, inbound.context(), template, &request.path, host);
    if let Some(word) = reply.headers.get(OUTCOME_HEADER) {
        outcome = word.to_owned();
        reply.headers.remove(OUTCOME_HEADER);
    }
    // The object caches these answers, and a caller may bypass that cache with `no-cache`.
    reply.headers.set("cache-control", NO_STORE);
    let reply = inbound.finish(reply, template, &outcome, host, &instance.isolate.client_state);
    (inbound, reply)
}

async fn serve<H, P, F>(
    instance: &WorkerInstance<'_, H, P>,
    vars: &Vars<F>,
    request: &Request,
    context: &CallContext,
) -> (&'static str, Result<Reply, Failure>)
where
    H: HostPorts + Clone,
    P: DurableObjects + SecretSource,
    F: Fn(&str) -> Option<String>,
{
    let config = instance.isolate.configure(vars);
    let found = find(ROUTES, request.method, &request.path);
    let template = template_of(&found);
    let route = match found {
        Ok(route) => route,
        Err(unrouted) => return (template, unrouted.into_result()),
    };
    let answer = match (route.endpoint, config) {
        (Endpoint::Health, config) => {
            Ok(report_health(instance, request, context, config.err()).await)
        }
        (_, Err(error)) => Err(Failure::internal(error)),
        (Endpoint::Metrics, Ok(_)) => metrics(instance, context).await,
        (_, Ok(config)) => match ParsedRequest::read(route, request, config.max_page_size) {
            Ok(_) => forward(instance, request, template, context).await,
            Err(failure) => Err(failure),
        },
    };
    (template, answer)
}

async fn forward<H: HostPorts + Clone, P: DurableObjects>(
    instance: &WorkerInstance<'_, H, P>,
    request: &Request,
    template: &'static str,
    context: &CallContext,
) -> Result<Reply, Failure> {
    let pairs = request.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut out = OutgoingRequest::without_body(
        request.method,
        format!("{}?{}", request.path, encode_query(pairs)),
    );
    for name in [CALL_CLASS_HEADER, "cache-control"] {
        if let Some(value) = request.headers.get(name) {
            out.headers.set(name, value);
        }
    }
    out.body.clone_from(&request.body);
    let answer = instance.ask_object(context, template, out, OBJECT_BUDGET_MS).await?;
    let mut headers = Headers::default();
    for name in FORWARDED_HEADERS.iter().chain(&[OUTCOME_HEADER]) {
        if let Some(value) = answer.headers.get(name) {
            headers.set(name, value);
        }
    }
    Ok(Reply { status: answer.status, headers, body: answer.body })
}
