//! The routes of the Worker, their parameters, and which of them go to the object.

use ports::http_types::{Method, Reply, Request, encode_query};
use ports::{IncomingResponse, OutgoingRequest};
use runtime::call_outcome::Failure;
use runtime::http_edge::router::Route;
use runtime::problem;

use crate::object_call;
use crate::settings::MAX_PREVIEW_BYTES;
use crate::warming_engine::commands::JobCommand;
use crate::warming_engine::ports::SiblingWorker;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    Health,
    Metrics,
    Upload,
    /// A route of a sibling, under the warmer's path.
    Sibling(SiblingWorker, &'static str),
    /// A route of the ledger's object, as all below.
    Status,
    Job,
    Failures,
    Reread,
    Command(JobCommand),
    Preview,
    Warm,
    /// Sent by the Worker only.
    Cron,
    /// Sent by the Worker only.
    Alive,
}

/// The routes of this Worker and of its ledger's object.
pub const ROUTES: &[Route<Endpoint>] = &[
    Route::get("/health", Endpoint::Health),
    Route::get("/metrics", Endpoint::Metrics).trusted_callers_only(),
    Route::get("/health/proxy", Endpoint::Sibling(SiblingWorker::Proxy, "/health"))
        .trusted_callers_only(),
    Route::get("/health/isbndb", Endpoint::Sibling(SiblingWorker::Isbndb, "/health"))
        .trusted_callers_only(),
    Route::get("/metrics/isbndb", Endpoint::Sibling(SiblingWorker::Isbndb, "/metrics"))
        .trusted_callers_only(),
    Route::get("/search", Endpoint::Sibling(SiblingWorker::Proxy, "/search/auto"))
        .trusted_callers_only(),
    Route::get("/status", Endpoint::Status).trusted_callers_only(),
    Route::post("/warm", Endpoint::Warm).trusted_callers_only(),
    Route::post("/upload", Endpoint::Upload).trusted_callers_only(),
    Route::post("/preview", Endpoint::Preview).trusted_callers_only(),
    Route::get("/jobs/{id}", Endpoint::Job).trusted_callers_only(),
    Route::get("/jobs/{id}/failures.csv", Endpoint::Failures).trusted_callers_only(),
    Route::post("/jobs/{id}/reread", Endpoint::Reread).trusted_callers_only(),
    Route::post("/jobs/{id}/pause", Endpoint::Command(JobCommand::Pause)).trusted_callers_only(),
    Route::post("/jobs/{id}/resume", Endpoint::Command(JobCommand::Resume)).trusted_callers_only(),
    Route::post("/jobs/{id}/cancel", Endpoint::Command(JobCommand::Cancel)).trusted_callers_only(),
    Route::post("/jobs/{id}/retry", Endpoint::Command(JobCommand::Retry)).trusted_callers_only(),
    Route::post("/cron", Endpoint::Cron).trusted_callers_only(),
    Route::get("/alive", Endpoint::Alive).trusted_callers_only(),
];

/// A request in the form in which it is sent to the object.
pub fn forwarded(request: Request) -> OutgoingRequest {
    let method = if request.method == Method::Head { Method::Get } else { request.method };
    let url = format!("{}?{}", request.path, query_of(&request));
    OutgoingRequest { body: request.body, ..OutgoingRequest::new_without_body(method, url) }
}

fn query_of(request: &Request) -> String {
    encode_query(request.query.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

pub fn max_body_bytes(endpoint: Endpoint) -> usize {
    if endpoint == Endpoint::Preview { MAX_PREVIEW_BYTES } else { 64 * 1024 }
}

pub fn sibling_request(request: &Request, path: &str) -> OutgoingRequest {
    OutgoingRequest::get(format!("{path}?{}", query_of(request)))
}

/// The dashboard's answer from a sibling's: an error status of `/health` is no failure.
pub fn sibling_reply(response: &IncomingResponse) -> Result<Reply, Failure> {
    let is_json = response
        .headers
        .get("content-type")
        .is_some_and(|kind| kind.starts_with("application/json"));
    if response.status >= 400 && !is_json {
        return Err(problem::failure_from_sibling_response(response));
    }
    let names = ["content-type", "x-cache", "age", "cache-status", "x-response-time"];
    Ok(object_call::forwarded_reply(response, &names))
}

/// The request that wakes the object: a cron's expression or [`crate::binding_manifest::UPLOADED`].
pub fn wake_request(cause: &str) -> OutgoingRequest {
    let query = encode_query([("cron", cause)]);
    OutgoingRequest::new_without_body(Method::Post, format!("/cron?{query}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ports::http_types::Headers;
    use runtime::http_edge::router::find_route;

    use super::*;

    #[test]
    fn a_route_about_a_sibling_becomes_its_request() {
        for (path, sibling, url) in [
            (
                "/search?q=dune%20%26%20more&page=2",
                SiblingWorker::Proxy,
                "/search/auto?q=dune+%26+more&page=2",
            ),
            ("/health/proxy", SiblingWorker::Proxy, "/health?"),
            ("/health/isbndb", SiblingWorker::Isbndb, "/health?"),
        ] {
            let request = Request::new(Method::Get, path);
            assert!(find_route(ROUTES, Method::Post, &request.path).is_err());
            let route = find_route(ROUTES, Method::Get, &request.path).unwrap();
            let Endpoint::Sibling(to, path) = route.endpoint else { panic!("{path}") };
            let out = sibling_request(&request, path);
            assert_eq!((to, out.url.as_str(), out.method), (sibling, url, Method::Get));
        }
    }

    #[test]
    fn the_docs_and_the_description_list_exactly_the_routes() {
        let page = include_str!("../../../docs/WARMER.md");
        let description = include_str!("../../../openapi/cache-warmer.json");
        use testkit::documented_routes;
        // The Worker alone sends these to its object.
        let routes = ROUTES.iter().filter(|r| !matches!(r.template, "/cron" | "/alive"));
        let routes = routes.map(|r| (r.method.as_str().to_owned(), r.template.to_owned()));
        let routes: BTreeSet<_> = routes.collect();
        for described in [
            documented_routes::routes_in_page(page),
            documented_routes::operations_in_openapi(description),
        ] {
            // The platform serves the dashboard and the description.
            let is_own = |path: &str| path != "/" && path != "/openapi.json";
            let described = described.into_iter().filter(|(_, path)| is_own(path));
            assert_eq!(described.collect::<BTreeSet<_>>(), routes);
        }
    }

    #[test]
    fn only_health_is_public() {
        let public = ROUTES.iter().filter(|route| !route.is_restricted);
        assert_eq!(public.map(|route| route.template).collect::<Vec<_>>(), ["/health"]);
    }

    #[test]
    fn a_bad_health_is_an_answer_and_a_problem_is_a_failure() {
        let response = |status, kind: &str| {
            let mut headers = Headers::default();
            for (name, value) in [("content-type", kind), ("x-cache", "HIT"), ("set-cookie", "a")] {
                headers.set(name, value);
            }
            IncomingResponse { status, headers, body: b"{}".to_vec() }
        };
        let reply = sibling_reply(&response(503, "application/json; charset=utf-8")).unwrap();
        assert_eq!((reply.status, reply.headers.get("x-cache")), (503, Some("HIT")));
        assert_eq!(reply.headers.get("set-cookie"), None);
        assert!(sibling_reply(&response(400, "application/problem+json")).is_err());
        assert!(sibling_reply(&response(200, "application/json")).is_ok());
    }
}
