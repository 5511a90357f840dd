//! A request to the Worker in front of the object: checked and forwarded, or answered here (health,
//! metrics).

#[cfg(test)]
mod tests;

use std::rc::Rc;

use ports::http_types::{Reply, Request, encode_query};
use ports::{DurableObjectTransports, IncomingResponse, OutgoingRequest, SystemPorts};
use runtime::cache_policy::caching_headers::NO_STORE;
use runtime::call_outcome::{Failure, ProviderFailure};
use runtime::config::{ConfigError, Vars};
use runtime::health::{
    CHECK_TIMEOUT_MS, CheckImportance, HealthCheckResult, HealthReport, ProviderHealth, is_shallow,
};
use runtime::http_edge::reply_and_outcome;
use runtime::http_edge::router::{NO_ROUTE, find_route, matched_route_template};
use runtime::metrics::Metric;
use runtime::problem;
use runtime::resilient_client::{
    BreakerState, RequestContext, ResilientCall, ResilientClient, ServedRequestTracker,
    WorkerIdentity,
};
use runtime::secret::SecretSource;
use runtime::wire_types::isbndb_worker_answers::CALL_CLASS_HEADER;

use crate::binding_manifest::{ISBNDB_API_KEY, ISBNDB_OBJECT, WORKER_NAME};
use crate::isbndb_object_service::handlers::OUTCOME_HEADER;
use crate::isbndb_object_service::quota_status::IsbndbObjectStatus;
use crate::isbndb_object_service::upstream_request::PROVIDER;
use crate::isolate_state::IsolateState;
use crate::object_instance::OBJECT_BUDGET_MS;
use crate::route::{Endpoint, ParsedIsbndbRequest, ROUTES};

/// Response headers of the object that are passed on; [`OUTCOME_HEADER`] only to the log.
const FORWARDED_HEADERS: [&str; 6] =
    ["content-type", "retry-after", "allow", "ratelimit", "ratelimit-policy", OUTCOME_HEADER];

/// One object for the one key: a second name would be a second count of the same quota.
const OBJECT_NAME: &str = "isbndb";
/// Largest answer of the object: a thousand books of a bulk call.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

#[derive(Debug)]
pub struct WorkerInstance<'a, H, P> {
    pub isolate: &'a IsolateState,
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

impl<H: SystemPorts + Clone, P: DurableObjectTransports + SecretSource> WorkerInstance<'_, H, P> {
    /// Answers one request; every failure becomes an answer. The returned [`ServedRequestTracker`]
    /// is for the shell's report when the request ends.
    pub async fn handle_request(
        &self,
        vars: &Vars<'_>,
        incoming: IncomingRequest,
    ) -> (ServedRequestTracker, Reply) {
        let IncomingRequest { request, read, caller, version } = incoming;
        let identity = WorkerIdentity { worker: WORKER_NAME, version };
        let (host, caller) = (&self.host, caller.as_deref());
        // There is no public route: every request came over a binding.
        let served_request_tracker = ServedRequestTracker::begin_request(
            identity,
            &request,
            caller,
            true,
            OBJECT_BUDGET_MS,
            host,
        );
        let (template, answer) = match read {
            Ok(()) => self.serve(vars, &request, served_request_tracker.request_context()).await,
            Err(failure) => (NO_ROUTE, Err(failure)),
        };
        let (mut reply, mut outcome) = reply_and_outcome(
            answer,
            served_request_tracker.request_context(),
            template,
            &request.path,
            host,
        );
        if let Some(word) = reply.headers.get(OUTCOME_HEADER) {
            outcome = word.to_owned();
            reply.headers.remove(OUTCOME_HEADER);
        }
        // The object caches these answers, and a caller may bypass that cache with `no-cache`.
        reply.headers.set("cache-control", NO_STORE);
        let reply = served_request_tracker.finish_request(
            reply,
            template,
            &outcome,
            host,
            &self.isolate.client_state,
        );
        (served_request_tracker, reply)
    }

    async fn serve(
        &self,
        vars: &Vars<'_>,
        request: &Request,
        context: &RequestContext,
    ) -> (&'static str, Result<Reply, Failure>) {
        let config = self.isolate.load_configuration(vars);
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
            (_, Err(error)) => Err(error.into()),
            (Endpoint::Metrics, Ok(_)) => self.metrics(context).await,
            (_, Ok(config)) => {
                match ParsedIsbndbRequest::read(route, request, config.max_page_size) {
                    Ok(_) => self.forward(request, template, context).await,
                    Err(failure) => Err(failure),
                }
            }
        };
        (template, answer)
    }

    async fn forward(
        &self,
        request: &Request,
        template: &'static str,
        context: &RequestContext,
    ) -> Result<Reply, Failure> {
        let pairs = request.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut out = OutgoingRequest::new_without_body(
            request.method,
            format!("{}?{}", request.path, encode_query(pairs)),
        );
        out.headers = request.headers.subset(&[CALL_CLASS_HEADER, "cache-control"]);
        out.body.clone_from(&request.body);
        let answer = self.ask_object(context, template, out, OBJECT_BUDGET_MS).await?;
        let headers = answer.headers.subset(&FORWARDED_HEADERS);
        Ok(Reply { status: answer.status, headers, body: answer.body })
    }

    async fn ask_object(
        &self,
        context: &RequestContext,
        template: &'static str,
        out: OutgoingRequest,
        timeout_ms: u64,
    ) -> Result<IncomingResponse, Failure> {
        let transport = self.ports.object_transport(ISBNDB_OBJECT, OBJECT_NAME)?;
        // A request to the object may be repeated, a bulk request too: the object caches the answer
        // of the first attempt.
        let call = ResilientCall::for_object(ISBNDB_OBJECT, template, out)
            .with_idempotency(true)
            .timeout_ms(timeout_ms)
            .max_body_bytes(MAX_ANSWER_BYTES);
        let state = Rc::clone(&self.isolate.object_client_state);
        ResilientClient::new(transport, self.host.clone(), state)
            .call_and_parse(context, call, |answer| {
                // A 5xx with a JSON body is the object's answer. A bare 5xx comes from the
                // platform: the object failed.
                let kind = answer.headers.get("content-type").unwrap_or_default();
                if answer.status >= 500 && !kind.starts_with("application/") {
                    return Err(problem::failure_from_status(answer).into());
                }
                Ok(answer.clone())
            })
            .await
    }

    async fn report_health(
        &self,
        request: &Request,
        context: &RequestContext,
        bad_variable: Option<ConfigError>,
    ) -> Reply {
        let (host, cache) = (&self.host, &self.isolate.health);
        let shallow = is_shallow(request);
        // There is no public route: each caller is known.
        if let Some(reply) = cache.get(shallow, true, host.now_ms()) {
            return reply;
        }
        let within = context.with_nearer_deadline(host.now_ms(), CHECK_TIMEOUT_MS);
        let timed_status = async {
            let started_at_ms = host.now_ms();
            let status = self.object_status(&within).await;
            (status, host.now_ms().saturating_sub(started_at_ms))
        };
        let (secret, (status, response_time)) =
            futures::join!(self.ports.secret(ISBNDB_API_KEY), timed_status);
        let mut report = HealthReport::new(WORKER_NAME, &context.identity.version, host.now_ms());
        report.add_secret(ISBNDB_API_KEY, secret.is_ok(), CheckImportance::DegradedWithout);
        add_object(&mut report, status, response_time);
        if let Some(error) = bad_variable {
            report.add_config_error(&error);
        }
        cache.cache_report(shallow, &report, host.now_ms())
    }

    async fn metrics(&self, context: &RequestContext) -> Result<Reply, Failure> {
        let status = self.object_status(context).await?;
        let client_state = &self.isolate.client_state;
        let left = f64::from(status.quota.left);
        client_state.metrics().set(Metric::ProviderQuotaLeft, &[PROVIDER], left);
        Ok(client_state.exposition(&context.identity, self.host.now_ms()))
    }

    async fn object_status(&self, context: &RequestContext) -> Result<IsbndbObjectStatus, Failure> {
        let out = OutgoingRequest::get("/health");
        let answer = self.ask_object(context, "/health", out, CHECK_TIMEOUT_MS).await?;
        Ok(serde_json::from_slice(&answer.body).map_err(ProviderFailure::from)?)
    }
}

/// Adds the object's check, and the provider's as the object reports it.
fn add_object(
    report: &mut HealthReport,
    status: Result<IsbndbObjectStatus, Failure>,
    response_time: u64,
) {
    let (checked, provider) = match status {
        Ok(status) => {
            let checked = if status.storage_readable {
                HealthCheckResult::default()
            } else {
                HealthCheckResult::failed_check("its storage cannot be read")
            };
            let error = match (&status.quota.refused, status.key_readable) {
                (Some(detail), _) => Some(format!(
                    "ISBNdb refuses the {detail}: check {ISBNDB_API_KEY} and ISBNDB_PLAN; until they change, one call a day is sent"
                )),
                (None, false) => Some(format!("{ISBNDB_API_KEY} cannot be read")),
                (None, true) => status.quota.mismatch.clone().filter(|_| status.allows_less),
            };
            let quota = serde_json::to_value(&status.quota).ok();
            let IsbndbObjectStatus { breaker, moved_routes, .. } = status;
            (checked, ProviderHealth { breaker, quota, moved_routes, error })
        }
        Err(failure) => (
            HealthCheckResult::failed_check(failure.to_string()),
            ProviderHealth::new(BreakerState::Closed),
        ),
    };
    let checked = HealthCheckResult { response_time, ..checked };
    report.add_store(ISBNDB_OBJECT, checked, CheckImportance::Required);
    report.add_provider(PROVIDER, provider, CheckImportance::DegradedWithout);
}
