//! Finds the row of a Worker's route table for a method and a path.

use ports::http_types::{Method, Reply, decode_segment};

use crate::call_outcome::{Failure, RequestRejection};

/// The template of a request that has no route, for logs and metrics.
pub const NO_ROUTE: &str = "unknown";

/// A row of the table. Rows are tried in order; one template may have a row for each method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route<E> {
    /// A row for `GET` also accepts `HEAD`; every path accepts `OPTIONS`.
    pub method: Method,
    /// The path, a variable segment in braces. Logs and metrics use it as the route's name.
    pub template: &'static str,
    pub endpoint: E,
    /// True if only known callers and holders of the admin token are served.
    pub is_restricted: bool,
}

impl<E> Route<E> {
    pub const fn new(method: Method, template: &'static str, endpoint: E) -> Self {
        Self { method, template, endpoint, is_restricted: false }
    }

    pub const fn get(template: &'static str, endpoint: E) -> Self {
        Self::new(Method::Get, template, endpoint)
    }

    pub const fn post(template: &'static str, endpoint: E) -> Self {
        Self::new(Method::Post, template, endpoint)
    }

    /// The same row for trusted callers only.
    pub const fn trusted_callers_only(mut self) -> Self {
        self.is_restricted = true;
        self
    }

    /// The text of a variable segment of a matching path; `None` if it is not UTF-8 once decoded,
    /// or if the template has no such variable.
    pub fn decoded_path_variable(&self, name: &str, path: &str) -> Option<String> {
        let at = path_segments(self.template).position(|part| path_variable(part) == Some(name))?;
        decode_segment(path_segments(path).nth(at)?)
    }

    fn accepts_method(&self, method: Method) -> bool {
        self.method == method || (self.method == Method::Get && method == Method::Head)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnmatchedRoute {
    Path,
    /// The path exists with other methods, listed for the `Allow` header.
    Method {
        template: &'static str,
        allow: String,
    },
    /// An `OPTIONS` request to a path that exists.
    Options {
        template: &'static str,
        allow: String,
        is_restricted: bool,
    },
}

impl UnmatchedRoute {
    /// The result for the client. A Worker that browsers call answers `OPTIONS` itself.
    /// Errors: 404 or 405.
    pub fn into_result(self) -> Result<Reply, Failure> {
        match self {
            Self::Path => Err(Failure::not_found("no route has this path")),
            Self::Method { allow, .. } => Err(RequestRejection::MethodNotAllowed { allow }.into()),
            Self::Options { allow, .. } => Ok(Reply::empty(204).with_header("allow", allow)),
        }
    }
}

/// Finds the row of a method and a path that is still percent-encoded.
pub fn find_route<E>(
    routes: &'static [Route<E>],
    method: Method,
    path: &str,
) -> Result<&'static Route<E>, UnmatchedRoute> {
    let first =
        routes.iter().find(|route| matches(route.template, path)).ok_or(UnmatchedRoute::Path)?;
    let template = first.template;
    let rows = || routes.iter().filter(|route| route.template == template);
    if let Some(route) = rows().find(|route| route.accepts_method(method)) {
        return Ok(route);
    }
    let (allow, is_restricted) = (allow_header(rows()), rows().any(|route| route.is_restricted));
    Err(match method {
        Method::Options => UnmatchedRoute::Options { template, allow, is_restricted },
        _ => UnmatchedRoute::Method { template, allow },
    })
}

pub fn matched_route_template<E>(
    found: &Result<&'static Route<E>, UnmatchedRoute>,
) -> &'static str {
    match found {
        Ok(route) => route.template,
        Err(UnmatchedRoute::Method { template, .. } | UnmatchedRoute::Options { template, .. }) => {
            template
        }
        Err(UnmatchedRoute::Path) => NO_ROUTE,
    }
}

fn allow_header<'r, E: 'r>(rows: impl Iterator<Item = &'r Route<E>>) -> String {
    let mut names = Vec::new();
    for route in rows {
        names.push(route.method.as_str());
        if route.method == Method::Get {
            names.push(Method::Head.as_str());
        }
    }
    names.push(Method::Options.as_str());
    names.join(", ")
}

fn matches(template: &str, path: &str) -> bool {
    let (mut parts, mut given) = (path_segments(template), path_segments(path));
    loop {
        match (parts.next(), given.next()) {
            (None, None) => return true,
            (Some(part), Some(text)) if path_variable(part).is_some() || part == text => {}
            _ => return false,
        }
    }
}

/// The segments of a path; doubled and final slashes are ignored.
fn path_segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

fn path_variable(part: &str) -> Option<&str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Endpoint {
        Index,
        Log,
        Clear,
        Failures,
        Command,
    }

    const ROUTES: &[Route<Endpoint>] = &[
        Route::get("/", Endpoint::Index),
        Route::get("/log", Endpoint::Log),
        Route::new(Method::Delete, "/log", Endpoint::Clear).trusted_callers_only(),
        Route::get("/jobs/{id}/failures.csv", Endpoint::Failures),
        Route::post("/jobs/{id}/{command}", Endpoint::Command),
    ];

    #[test]
    fn the_method_chooses_between_rows_of_one_template() {
        for (method, path, endpoint) in [
            (Method::Get, "/", Endpoint::Index),
            (Method::Head, "//log/", Endpoint::Log),
            (Method::Delete, "/log", Endpoint::Clear),
            (Method::Get, "/jobs/1/failures.csv", Endpoint::Failures),
            (Method::Post, "/jobs/1/pause", Endpoint::Command),
        ] {
            let route = find_route(ROUTES, method, path).unwrap();
            assert_eq!(route.endpoint, endpoint, "{path}");
            assert_eq!(route.is_restricted, endpoint == Endpoint::Clear);
        }
    }

    #[test]
    fn a_wrong_method_gets_the_allowed_ones() {
        let log = "GET, HEAD, DELETE, OPTIONS";
        for (method, path, allow) in [
            (Method::Post, "/log", log),
            (Method::Other, "/", "GET, HEAD, OPTIONS"),
            (Method::Post, "/jobs/1/failures.csv", "GET, HEAD, OPTIONS"),
            (Method::Get, "/jobs/1/pause", "POST, OPTIONS"),
        ] {
            let found = find_route(ROUTES, method, path);
            let template = matched_route_template(&found);
            assert_ne!(template, NO_ROUTE);
            let expected = UnmatchedRoute::Method { template, allow: allow.to_owned() };
            assert_eq!(found.unwrap_err(), expected, "{path}");
        }
        let unrouted = find_route(ROUTES, Method::Options, "/log").unwrap_err();
        assert!(matches!(unrouted, UnmatchedRoute::Options { is_restricted: true, .. }));
        let reply = unrouted.into_result().unwrap();
        assert_eq!((reply.status, reply.headers.get("allow")), (204, Some(log)));
    }

    #[test]
    fn an_unknown_path_is_not_found_with_any_method() {
        for path in ["/lo", "/log/1", "/jobs", "/jobs/1", "/jobs/1/2/3"] {
            for method in [Method::Get, Method::Post, Method::Options] {
                let found = find_route(ROUTES, method, path);
                assert_eq!(matched_route_template(&found), NO_ROUTE);
                assert_eq!(found.unwrap_err(), UnmatchedRoute::Path, "{path}");
            }
        }
    }

    #[test]
    fn variables_are_decoded() {
        let path = "/jobs/AC%2FDC/%FF";
        let route = find_route(ROUTES, Method::Post, path).unwrap();
        assert_eq!(route.decoded_path_variable("id", path).as_deref(), Some("AC/DC"));
        assert_eq!(route.decoded_path_variable("command", path), None);
        assert_eq!(route.decoded_path_variable("jobs", path), None);
    }
}
