//! One public request, from plain data to its reply.

use ports::Clock;
use ports::http_types::{Method, Reply, Request};
use runtime::call_outcome::Failure;
use runtime::config::ConfigError;
use runtime::http_edge::auth::Caller;
use runtime::http_edge::router::{Route, UnmatchedRoute, find_route, matched_route_template};
use runtime::problem::{self, ProblemDetails};
use runtime::resilient_client::{DEFAULT_BUDGET_MS, InboundRequest};

use super::dispatch::dispatch;
use super::google_error;
use super::page_reply::{allow_origin, preflight};
use super::route::{Endpoint, ROUTES, is_google};
use super::search_routes::{EdgeResult, SearchReply};
use crate::binding_manifest::{ADMIN_TOKEN, SEARCH_TOKEN, WORKER_NAME};
use crate::cache::store_port::CacheStores;
use crate::durable_objects::batch_object::BATCH_BUDGET_MS;
use crate::miss_admission::Credentials;
use crate::platform::Platform;
use crate::request_ports::TaskSpawner;
use crate::request_scope::{CacheBody, ProxyWorkerInstance, RequestScope};
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
    pub inbound: InboundRequest,
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
        let inbound = InboundRequest::begin_request(
            proxy.worker_identity(),
            &request,
            caller.name(),
            caller.is_trusted(),
            budget_ms,
            &host,
        );
        Self { request, caller, inbound, read, found }
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
    ) -> EdgeResponse<CacheBody<E>> {
        let (request, host) = (&self.request, proxy.platform.system_ports());
        let answered = match (refused, &self.read, &self.found) {
            (Some(reply), ..) => Ok(SearchReply::Bytes(reply)),
            (None, Err(failure), _) => Err(failure.clone().into()),
            (None, Ok(()), Ok(route)) => self.dispatch_endpoint(proxy, route, spawn, health).await,
            (None, Ok(()), Err(UnmatchedRoute::Options { allow, is_restricted, .. })) => proxy
                .config()
                .map(|config| {
                    let origin = request.headers.get("origin");
                    SearchReply::Bytes(preflight(&config, origin, allow, *is_restricted))
                })
                .map_err(|error| Failure::from(error).into()),
            (None, Ok(()), Err(unrouted)) => {
                unrouted.clone().into_result().map(SearchReply::Bytes).map_err(SearchError::from)
            }
        };
        let (answered, outcome) = match answered {
            Ok(answered) => (answered, "ok".to_owned()),
            Err(search_error) => {
                let context = self.inbound.call_context();
                context.log_internal(self.route_template(), &search_error.failure, &host);
                let outcome = search_error.failure.to_string();
                let reply = match is_google(&request.path) {
                    true => google_error::google_error_reply(&search_error, &host),
                    false => problem_reply(&search_error, &request.path, host.now_ms()),
                };
                (SearchReply::Bytes(reply), outcome)
            }
        };
        let (mut reply, body) = for_method(answered, request.method, E::Stores::len_bytes);
        if let Ok(config) = proxy.config()
            && reply.headers.get("access-control-allow-origin").is_none()
        {
            allow_origin(&mut reply.headers, &config, request.headers.get("origin"));
        }
        EdgeResponse { reply, body, outcome }
    }

    async fn dispatch_endpoint<E: Platform>(
        &self,
        proxy: &ProxyWorkerInstance<E>,
        route: &Route<Endpoint>,
        spawn: TaskSpawner,
        health: impl AsyncFnOnce(Result<RequestScope<E>, ConfigError>) -> Reply,
    ) -> EdgeResult<E> {
        let request = &self.request;
        let config = proxy.config();
        if route.endpoint == Endpoint::Health {
            let context = self.inbound.call_context().clone();
            let env = config.map(|config| RequestScope { proxy: proxy.clone(), context, config });
            return Ok(SearchReply::Bytes(health(env).await));
        }
        config.map_err(Failure::from)?;
        let anonymous = (!self.caller.is_trusted()).then(|| Credentials::of(request));
        let app = proxy.app_context(self.inbound.call_context().clone(), spawn, anonymous)?;
        dispatch(&app, &self.caller, request, route).await
    }
}

/// The reply to HEAD has the length of the body, and no body.
fn for_method<B>(
    answered: SearchReply<B>,
    method: Method,
    len_bytes: impl Fn(&B) -> usize,
) -> (Reply, Option<B>) {
    match answered {
        SearchReply::StoredBody(head, body) if method != Method::Head => (head, Some(body)),
        SearchReply::StoredBody(mut head, body) => {
            head.headers.set("content-length", len_bytes(&body).to_string());
            (head, None)
        }
        SearchReply::Bytes(mut reply) => {
            // The length in a 304 would be that of the page, which is not known here.
            if method == Method::Head && reply.status != 304 {
                reply.headers.set("content-length", reply.body.len().to_string());
                reply.body.clear();
            }
            (reply, None)
        }
    }
}

fn problem_reply(search_error: &SearchError, path: &str, now_ms: u64) -> Reply {
    let problem = ProblemDetails::new(WORKER_NAME, &search_error.failure, now_ms);
    problem::problem_document_reply(
        &problem.at(path).with_provider_reports(&search_error.providers),
    )
}
