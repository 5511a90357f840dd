//! A request to the Worker in front of the object: checked and forwarded, or answered here (health,
//! metrics).

mod health;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use ports::http_types::{Headers, Reply, Request, encode_query};
use ports::{DurableObjects, IncomingResponse, OutgoingRequest, SystemPorts};
use runtime::cache_policy::caching_headers::NO_STORE;
use runtime::call_outcome::Failure;
use runtime::config::Vars;
use runtime::http_edge::reply_and_outcome;
use runtime::http_edge::router::{NO_ROUTE, find_route, matched_route_template};
use runtime::problem;
use runtime::resilient_client::{
    CallContext, InboundRequest, OutgoingCall, ResilientClient, WorkerIdentity,
};
use runtime::secret::SecretSource;
use runtime::wire_types::isbndb_answers::CALL_CLASS_HEADER;

use crate::binding_manifest::{ISBNDB_OBJECT, WORKER_NAME};
use crate::isbndb_service::handlers::OUTCOME_HEADER;
use crate::isolate_state::IsolateMemory;
use crate::object_instance::OBJECT_BUDGET_MS;
use crate::route::{Endpoint, ParsedRequest, ROUTES};

/// Response headers of the object that are passed on to the caller.
const FORWARDED_HEADERS: [&str; 5] =
    ["content-type", "retry-after", "allow", "ratelimit", "ratelimit-policy"];

/// One object for the one key: a second name would be a second count of the same quota.
const OBJECT_NAME: &str = "isbndb";
/// Largest answer of the object: a thousand books of a bulk call.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// The Worker's isolate memory and its ports.
#[derive(Debug)]
pub struct WorkerInstance<'a, H, P> {
    pub isolate: &'a IsolateMemory,
    pub host: H,
    pub ports: P,
}

#[derive(Clone, Debug)]
pub struct IncomingRequest {
    /// The request, without its body if the body could not be read.
    pub request: Request,
    pub read: Result<(), Failure>,
    pub caller: Option<String>,
    pub version: String,
}

impl<H: SystemPorts + Clone, P: DurableObjects + SecretSource> WorkerInstance<'_, H, P> {
    /// Answers one request; every failure becomes an answer. The returned [`InboundRequest`] is for
    /// the shell's report when the request ends.
    pub async fn handle_request<F: Fn(&str) -> Option<String>>(
        &self,
        vars: &Vars<F>,
        incoming: IncomingRequest,
    ) -> (InboundRequest, Reply) {
        let IncomingRequest { request, read, caller, version } = incoming;
        let identity = WorkerIdentity { worker: WORKER_NAME, version };
        let (host, caller) = (&self.host, caller.as_deref());
        // There is no public route: every request came over a binding.
        let inbound =
            InboundRequest::begin_request(identity, &request, caller, true, OBJECT_BUDGET_MS, host);
        let (template, answer) = match read {
            Ok(()) => self.serve(vars, &request, inbound.call_context()).await,
            Err(failure) => (NO_ROUTE, Err(failure)),
        };
        let (mut reply, mut outcome) =
            reply_and_outcome(answer, inbound.call_context(), template, &request.path, host);
        if let Some(word) = reply.headers.get(OUTCOME_HEADER) {
            outcome = word.to_owned();
            reply.headers.remove(OUTCOME_HEADER);
        }
        // The object caches these answers, and a caller may bypass that cache with `no-cache`.
        reply.headers.set("cache-control", NO_STORE);
        let reply =
            inbound.finish_request(reply, template, &outcome, host, &self.isolate.client_state);
        (inbound, reply)
    }

    async fn serve<F: Fn(&str) -> Option<String>>(
        &self,
        vars: &Vars<F>,
        request: &Request,
        context: &CallContext,
    ) -> (&'static str, Result<Reply, Failure>) {
        let config = self.isolate.configure(vars);
        let found = find_route(ROUTES, request.method, &request.path);
        let template = matched_route_template(&found);
        let route = match found {
            Ok(route) => route,
            Err(unrouted) => return (template, unrouted.into_result()),
        };
        let answer = match (route.endpoint, config) {
            (Endpoint::Health, config) => {
                Ok(self.report_health(request, context, config.err()).await)
            }
            (_, Err(error)) => Err(Failure::internal(error)),
            (Endpoint::Metrics, Ok(_)) => self.metrics(context).await,
            (_, Ok(config)) => match ParsedRequest::read(route, request, config.max_page_size) {
                Ok(_) => self.forward(request, template, context).await,
                Err(failure) => Err(failure),
            },
        };
        (template, answer)
    }

    async fn forward(
        &self,
        request: &Request,
        template: &'static str,
        context: &CallContext,
    ) -> Result<Reply, Failure> {
        let pairs = request.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut out = OutgoingRequest::new_without_body(
            request.method,
            format!("{}?{}", request.path, encode_query(pairs)),
        );
        for name in [CALL_CLASS_HEADER, "cache-control"] {
            if let Some(value) = request.headers.get(name) {
                out.headers.set(name, value);
            }
        }
        out.body.clone_from(&request.body);
        let answer = self.ask_object(context, template, out, OBJECT_BUDGET_MS).await?;
        let mut headers = Headers::default();
        for name in FORWARDED_HEADERS.iter().chain(&[OUTCOME_HEADER]) {
            if let Some(value) = answer.headers.get(name) {
                headers.set(name, value);
            }
        }
        Ok(Reply { status: answer.status, headers, body: answer.body })
    }

    async fn ask_object(
        &self,
        context: &CallContext,
        template: &'static str,
        out: OutgoingRequest,
        timeout_ms: u64,
    ) -> Result<IncomingResponse, Failure> {
        let transport = self.ports.object_transport(ISBNDB_OBJECT, OBJECT_NAME)?;
        // A request to the object may be repeated, a bulk request too: the object caches the answer
        // of the first attempt.
        let call = OutgoingCall::for_object(ISBNDB_OBJECT, template, out)
            .with_idempotency(true)
            .timeout_ms(timeout_ms)
            .max_body_bytes(MAX_ANSWER_BYTES);
        let state = Rc::clone(&self.isolate.object_client_state);
        ResilientClient::new(transport, self.host.clone(), state)
            .call_and_parse(context, call, |answer| {
                // A 5xx with a JSON body is the object's answer. A bare 5xx comes from the
                // platform: the object failed.
                let spoken = answer
                    .headers
                    .get("content-type")
                    .is_some_and(|kind| kind.starts_with("application/"));
                if answer.status >= 500 && !spoken {
                    return Err(problem::failure_from_status(answer).into());
                }
                Ok(answer.clone())
            })
            .await
    }
}
