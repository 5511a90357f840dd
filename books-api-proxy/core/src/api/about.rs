//! `/` and `/openapi.json`.

use ports::http::Reply;
use serde_json::json;

use crate::manifest::WORKER;

const OPENAPI: &[u8] = include_bytes!("openapi.json");

/// The page that a browser shows at `/`.
#[must_use]
pub fn index() -> Reply {
    let about = json!({
        "worker": WORKER,
        "about": "Book search over Google Books, Open Library and ISBNdb behind a two-tier cache.",
        "try": ["/search/auto?q=dune", "/book/9780441172719", "/author/Ursula K. Le Guin",
                "/books/v1/volumes?q=intitle:dune"],
        "description": "/openapi.json",
        "health": "/health",
    });
    Reply::json(200, &about).with_header("cache-control", "public, max-age=3600")
}

/// The description of every route, for programs.
#[must_use]
pub fn openapi() -> Reply {
    let mut reply = Reply::empty(200);
    reply.body = OPENAPI.to_vec();
    reply.headers.set("content-type", "application/json; charset=utf-8");
    reply.headers.set("cache-control", "public, max-age=3600");
    reply
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::api::route::{Endpoint, ROUTES};

    #[test]
    fn the_description_has_every_route_and_no_other() {
        let description: serde_json::Value = serde_json::from_slice(OPENAPI).unwrap();
        let paths = description["paths"].as_object().unwrap();
        let methods = |methods: &serde_json::Value| {
            methods.as_object().unwrap().keys().map(|m| m.to_uppercase()).collect::<Vec<_>>()
        };
        let described: BTreeSet<(String, &str)> = paths
            .iter()
            .flat_map(|(path, of)| methods(of).into_iter().map(move |m| (m, path.as_str())))
            .collect();
        let about = [Endpoint::Index, Endpoint::OpenApi];
        let routes = ROUTES.iter().filter(|route| !about.contains(&route.endpoint));
        let routes = routes.map(|route| (route.method.as_str().to_owned(), route.template));
        assert_eq!(described, routes.collect());
    }

    #[test]
    fn the_page_has_every_route_and_no_other() {
        let page = include_str!("../../../../docs/API.md");
        let (proxy, _) = page.split_once("## isbndb-worker").unwrap();
        let routes = ROUTES.iter().map(|r| (r.method.as_str().to_owned(), r.template.to_owned()));
        assert_eq!(testkit::documentation::routes(proxy), routes.collect());
    }
}
