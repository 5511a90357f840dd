//! The Worker's own routes: which there are, what they take, and which of them go to the object.

use ports::http::{Headers, Method, Reply, Request, encode_query};
use ports::{InResponse, OutRequest};
use runtime::outcome::Failure;
use runtime::problem::{self, Problem};

use crate::engine::ports::Sibling;
use crate::manifest::WORKER;
use crate::settings::MAX_PREVIEW_BYTES;

/// The template of a path, for the log.
#[must_use]
pub fn route_of(request: &Request) -> &'static str {
    match request.segments().as_slice() {
        [] => "/",
        ["health"] => "/health",
        ["metrics"] => "/metrics",
        ["status"] => "/status",
        ["warm"] => "/warm",
        ["upload"] => "/upload",
        ["preview"] => "/preview",
        ["search"] => "/search",
        ["health", "proxy"] => "/health/proxy",
        ["health", "isbndb"] => "/health/isbndb",
        ["jobs", _] => "/jobs/{id}",
        ["jobs", _, "failures.csv"] => "/jobs/{id}/failures.csv",
        ["jobs", _, _] => "/jobs/{id}/{command}",
        _ => "/unknown",
    }
}

/// What a route takes, for Allow; an unknown one is a 404 whatever the method.
#[must_use]
pub fn allow_of(route: &str) -> &'static str {
    match route {
        "/warm" | "/upload" | "/preview" | "/jobs/{id}/{command}" => "POST",
        _ => "GET, HEAD",
    }
}

/// True if a route takes a method.
#[must_use]
pub fn allows(method: Method, route: &str) -> bool {
    match allow_of(route) {
        "POST" => method == Method::Post,
        _ => route == "/unknown" || matches!(method, Method::Get | Method::Head),
    }
}

/// The dashboard, with the headers that a page of its own script needs.
#[must_use]
pub fn dashboard(html: &str) -> Reply {
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
    html.as_bytes().clone_into(&mut reply.body);
    reply
}

/// What is answered in place of a failure, with a hint where the address is unknown.
#[must_use]
pub fn refusal(failure: &Failure, path: &str, now_ms: u64) -> Reply {
    let problem = Problem::new(WORKER, failure, now_ms).at(path);
    problem::reply(&problem.unknown_address("Check the address; docs/WARMER.md lists the routes."))
}

/// The admin token that a request brings, where its scheme is the right one.
///
/// # Errors
/// No `authorization` header.
pub fn sent_token(headers: &Headers) -> Result<Option<&str>, Failure> {
    headers.get("authorization").map(bearer).ok_or(Failure::Unauthorized)
}

/// A request as it goes to the object.
///
/// # Errors
/// No such route: among them `/cron`, which only the crons use.
pub fn forwarded(request: Request, route: &str) -> Result<OutRequest, Failure> {
    if route == "/unknown" {
        return Err(Failure::NotFound { detail: request.path });
    }
    let method = if request.method == Method::Head { Method::Get } else { request.method };
    let pairs = request.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut out = OutRequest::bare(method, format!("{}?{}", request.path, encode_query(pairs)));
    out.body = request.body;
    Ok(out)
}

/// Most a request's body may weigh.
#[must_use]
pub fn max_body_bytes(route: &str) -> usize {
    if route == "/preview" { MAX_PREVIEW_BYTES } else { 64 * 1024 }
}

/// The request to a sibling that one of this Worker's own routes stands for.
#[must_use]
pub fn sibling_request(request: &Request, route: &str) -> Option<(Sibling, OutRequest)> {
    let (sibling, path) = match route {
        "/health/proxy" => (Sibling::Proxy, "/health"),
        "/health/isbndb" => (Sibling::Isbndb, "/health"),
        "/search" => (Sibling::Proxy, "/search/auto"),
        _ => return None,
    };
    let pairs = request.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Some((sibling, OutRequest::get(format!("{path}?{}", encode_query(pairs)))))
}

/// A sibling's answer as it goes on to the dashboard: a health that is bad is an answer too.
///
/// # Errors
/// The sibling failed.
pub fn sibling_reply(response: &InResponse) -> Result<Reply, Failure> {
    let is_json = response
        .headers
        .get("content-type")
        .is_some_and(|kind| kind.starts_with("application/json"));
    if response.status >= 400 && !is_json {
        return Err(problem::from_sibling(response));
    }
    let mut headers = Headers::default();
    for name in ["content-type", "x-cache", "age", "cache-status", "x-response-time"] {
        if let Some(value) = response.headers.get(name) {
            headers.set(name, value);
        }
    }
    headers.set("cache-control", "no-store");
    Ok(Reply { status: response.status, headers, body: response.body.clone() })
}

/// The request that wakes the object: a cron's expression, or [`crate::manifest::UPLOADED`].
#[must_use]
pub fn wake(cause: &str) -> OutRequest {
    OutRequest::bare(Method::Post, format!("/cron?{}", encode_query([("cron", cause)])))
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
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

    #[test]
    fn a_route_about_a_sibling_becomes_its_request() {
        for (path, sibling, url) in [
            (
                "/search?q=dune%20%26%20more&page=2",
                Sibling::Proxy,
                "/search/auto?q=dune+%26+more&page=2",
            ),
            ("/health/proxy", Sibling::Proxy, "/health?"),
            ("/health/isbndb", Sibling::Isbndb, "/health?"),
        ] {
            let request = Request::new(Method::Get, path);
            let route = route_of(&request);
            assert!(allows(Method::Get, route) && !allows(Method::Post, route));
            let (to, out) = sibling_request(&request, route).unwrap();
            assert_eq!((to, out.url.as_str(), out.method), (sibling, url, Method::Get));
        }
        assert!(sibling_request(&Request::new(Method::Get, "/status"), "/status").is_none());
    }

    #[test]
    fn a_bad_health_is_an_answer_and_a_problem_is_a_failure() {
        let response = |status, kind: &str| {
            let mut headers = Headers::default();
            for (name, value) in [("content-type", kind), ("x-cache", "HIT"), ("set-cookie", "a")] {
                headers.set(name, value);
            }
            InResponse { status, headers, body: b"{}".to_vec() }
        };
        let reply = sibling_reply(&response(503, "application/json; charset=utf-8")).unwrap();
        assert_eq!((reply.status, reply.headers.get("x-cache")), (503, Some("HIT")));
        assert_eq!(reply.headers.get("set-cookie"), None);
        assert!(sibling_reply(&response(400, "application/problem+json")).is_err());
        assert!(sibling_reply(&response(200, "application/json")).is_ok());
    }
}
