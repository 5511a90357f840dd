//! One public request, from plain data to its reply.

use ports::Clock;
use ports::http_types::{Method, Reply, Request};
use runtime::call_outcome::Failure;
use runtime::config::ConfigError;
use runtime::http_edge::auth::Caller;
use runtime::http_edge::router::{Route, UnmatchedRoute, find_route, matched_route_template};
use runtime::problem::{self, ProblemDetails};
use runtime::resilient_client::{DEFAULT_BUDGET_MS, ServedRequestTracker};

use super::dispatch::dispatch;
use super::google_compatible_errors;
use super::page_reply::{allow_origin, preflight};
use super::route::{Endpoint, ROUTES, is_google};
use super::search_routes::{EdgeResult, SearchReply};
use crate::binding_manifest::{ADMIN_TOKEN, SEARCH_TOKEN, WORKER_NAME};
use crate::cache::cache_store_port::CacheStores;
use crate::durable_objects::batch_object::BATCH_BUDGET_MS;
use crate::miss_admission::Credentials;
use crate::platform::Platform;
use crate::request_ports::TaskSpawner;
use crate::request_scope::{PlatformCacheBodyHandle, ProxyWorkerInstance, RequestScope};
use crate::search::serve_search::SearchError;

/// Room for a batch of a hundred items with their books.
pub const MAX_REQUEST_BODY_BYTES: usize = 1024 * 1024;

/// All request headers that this Worker reads; no others are copied from the platform.
pub const HEADERS: [&str; 16] = [
    "accept",
    "authorization",
    "cf-connecting-ip",
    "cf-ray",
    "content-length",
    "if-none-match",
    "origin",
    "traceparent",
    "x-deadline-ms",
    "x-health-shallow",
    "x-parent-span-id",
    "x-request-id",
    "x-search-token",
    "x-service",
    "x-span-id",
    "x-trace-id",
];

pub struct EdgeRequest {
    pub request: Request,
    pub caller: Caller,
    pub served_request_tracker: ServedRequestTracker,
    /// Whether the URL and the body could be read.
    read: Result<(), Failure>,
    found: Result<&'static Route<Endpoint>, UnmatchedRoute>,
}

/// A reply: complete, or its head and a handle of the stored bytes that are its body.
pub struct EdgeResponse<B> {
    /// Its body is empty if `body` is set.
    pub reply: Reply,
    pub body: Option<B>,
    pub outcome: String,
}

impl EdgeRequest {
    /// Finds the caller and the route. `sibling` is the Worker that the service binding names.
    pub async fn begin_request<E: Platform>(
        proxy: &ProxyWorkerInstance<E>,
        request: Request,
        read: Result<(), Failure>,
        sibling: Option<String>,
    ) -> Self {
        let (secrets, host) = (&proxy.platform, proxy.platform.system_ports());
        let (headers, other) = (&request.headers, Some(SEARCH_TOKEN));
        let caller = Caller::identify(sibling, headers, secrets, &host, ADMIN_TOKEN, other).await;
        let found = find_route(ROUTES, request.method, &request.path);
        let budget_ms = match &found {
            Ok(Route { endpoint: Endpoint::Batch, .. }) => BATCH_BUDGET_MS,
            _ => DEFAULT_BUDGET_MS,
        };
        let served_request_tracker = ServedRequestTracker::begin_request(
            proxy.worker_identity(),
            &request,
            caller.name(),
            caller.is_trusted(),
            budget_ms,
            &host,
        );
        Self { request, caller, served_request_tracker, read, found }
    }

    pub fn route_template(&self) -> &'static str {
        matched_route_template(&self.found)
    }

    /// Never fails: a failure becomes a problem document. `refused` is the reply of an
    /// authorization service that refused the request; `health` answers `/health`.
    pub async fn respond<E: Platform>(
        &self,
        proxy: &ProxyWorkerInstance<E>,
        spawn: TaskSpawner,
        refused: Option<Reply>,
        health: impl AsyncFnOnce(Result<RequestScope<E>, ConfigError>) -> Reply,
    ) -> EdgeResponse<PlatformCacheBodyHandle<E>> {
        let (request, host) = (&self.request, proxy.platform.system_ports());
        let answered = match refused {
            Some(reply) => Ok(reply.into()),
            None => self.answer_route_or_preflight(proxy, spawn, health).await,
        };
        let (answered, outcome) = match answered {
            Ok(answered) => (answered, "ok".to_owned()),
            Err(search_error) => {
                let failure = &search_error.failure;
                self.served_request_tracker.request_context().log_internal(
                    self.route_template(),
                    failure,
                    &host,
                );
                let outcome = failure.to_string();
                let reply = match is_google(&request.path) {
                    true => google_compatible_errors::google_error_reply(&search_error, &host),
                    false => problem_reply(&search_error, &request.path, host.now_ms()),
                };
                (reply.into(), outcome)
            }
        };
        let SearchReply { mut reply, stored_body: mut body } = answered;
        // The reply to HEAD has the length of the body, and no body. The length in a 304 would be
        // that of the page, which is not known here.
        if request.method == Method::Head && reply.status != 304 {
            let len_bytes =
                body.take().map_or(reply.body.len(), |body| E::Stores::len_bytes(&body));
            reply.headers.set("content-length", len_bytes.to_string());
            reply.body.clear();
        }
        if let Ok(config) = proxy.config()
            && reply.headers.get("access-control-allow-origin").is_none()
        {
            allow_origin(&mut reply.headers, &config, request.headers.get("origin"));
        }
        EdgeResponse { reply, body, outcome }
    }

    /// Runs the handler of the route, or answers a preflight.
    async fn answer_route_or_preflight<E: Platform>(
        &self,
        proxy: &ProxyWorkerInstance<E>,
        spawn: TaskSpawner,
        health: impl AsyncFnOnce(Result<RequestScope<E>, ConfigError>) -> Reply,
    ) -> EdgeResult<E> {
        self.read.clone()?;
        let (request, context) =
            (&self.request, self.served_request_tracker.request_context().clone());
        let route = match &self.found {
            Ok(route) => route,
            Err(UnmatchedRoute::Options { allow, is_restricted, .. }) => {
                let config = proxy.config().map_err(Failure::from)?;
                let origin = request.headers.get("origin");
                return Ok(preflight(&config, origin, allow, *is_restricted).into());
            }
            Err(unrouted) => return Ok(unrouted.clone().into_result()?.into()),
        };
        if route.endpoint == Endpoint::Health {
            let config = proxy.config();
            let request_scope =
                config.map(|config| RequestScope { proxy: proxy.clone(), context, config });
            return Ok(health(request_scope).await.into());
        }
        let anonymous = (!self.caller.is_trusted()).then(|| Credentials::of(request));
        let app = proxy.search_context(context, spawn, anonymous)?;
        dispatch(&app, &self.caller, request, route).await
    }
}

fn problem_reply(search_error: &SearchError, path: &str, now_ms: u64) -> Reply {
    let problem = ProblemDetails::new(WORKER_NAME, &search_error.failure, now_ms);
    let problem = problem.at(path).with_provider_reports(&search_error.providers);
    problem::problem_document_reply(&problem)
}
