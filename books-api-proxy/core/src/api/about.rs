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
    use ports::http::Method;

    use super::*;
    use crate::api::route::route;

    #[test]
    fn every_path_of_the_description_is_a_route() {
        let description: serde_json::Value = serde_json::from_slice(OPENAPI).unwrap();
        let paths = description["paths"].as_object().unwrap();
        assert_eq!(paths.len(), 14);
        for (path, methods) in paths {
            for method in methods.as_object().unwrap().keys() {
                let method = match method.as_str() {
                    "get" => Method::Get,
                    "post" => Method::Post,
                    "delete" => Method::Delete,
                    other => panic!("{other}"),
                };
                assert!(route(method, &path.replace(['{', '}'], "")).is_ok(), "{path}");
            }
        }
    }
}
