//! `/` with the files of its page, and `/openapi.json`.

use ports::http_types::{Reply, Request};
use runtime::call_outcome::Failure;
use serde_json::json;

use crate::binding_manifest::WORKER_NAME;

const OPENAPI: &str = include_str!("../../../../openapi/books-api-proxy.json");

const HTML: &str = include_str!("../../../page/index.html");
/// The page may load its files, search this Worker, and show covers of the three providers.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src data: https://images.isbndb.com https://covers.openlibrary.org https://books.google.com; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// For files that change only with a deployment.
const FOR_AN_HOUR: &str = "max-age=3600";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
/// The files of `/page/{file}`: name, type, text.
const FILES: [(&str, &str, &str); 8] = [
    ("tokens.css", CSS, include_str!("../../../page/tokens.css")),
    ("base.css", CSS, include_str!("../../../page/base.css")),
    ("books.css", CSS, include_str!("../../../page/books.css")),
    ("page.css", CSS, include_str!("../../../page/page.css")),
    ("dom.js", JAVASCRIPT, include_str!("../../../page/dom.js")),
    ("format.js", JAVASCRIPT, include_str!("../../../page/format.js")),
    ("books.js", JAVASCRIPT, include_str!("../../../page/books.js")),
    ("page.js", JAVASCRIPT, include_str!("../../../page/page.js")),
];

fn file_reply(kind: &str, text: &str) -> Reply {
    Reply { body: text.as_bytes().to_vec(), ..Reply::empty(200) }
        .with_header("content-type", kind)
        .with_header("cache-control", FOR_AN_HOUR)
        .with_header("x-content-type-options", "nosniff")
}

pub fn page_file(name: &str) -> Result<Reply, Failure> {
    let found = FILES.iter().find(|(own, ..)| *own == name);
    let (_, kind, text) = found.ok_or_else(|| Failure::not_found(name))?;
    Ok(file_reply(kind, text))
}

/// True if the client accepts HTML and does not prefer JSON: browsers name HTML, programs do not.
fn prefers_html(accept: &str) -> bool {
    let quality = |wanted: &str| {
        let mut ranges =
            accept.split(',').map(|range| range.split_once(';').unwrap_or((range, "")));
        let (_, parameters) = ranges.find(|(kind, _)| kind.trim().eq_ignore_ascii_case(wanted))?;
        let mut parameters = parameters.split(';').map(str::trim);
        let quality = parameters.find_map(|parameter| parameter.strip_prefix("q="));
        Some(quality.map_or(1.0, |quality| quality.parse().unwrap_or(0.0_f32)))
    };
    let html = quality("text/html").unwrap_or(0.0);
    html > 0.0 && html >= quality("application/json").unwrap_or(0.0)
}

/// A page for people, JSON for programs.
pub fn root_page(request: &Request) -> Reply {
    if prefers_html(request.headers.get("accept").unwrap_or_default()) {
        return file_reply("text/html; charset=utf-8", HTML)
            .with_header("content-security-policy", POLICY)
            .with_header("referrer-policy", "no-referrer")
            .with_header("vary", "accept");
    }
    let about = json!({
        "worker": WORKER_NAME,
        "about": "Book search over Google Books, Open Library and ISBNdb behind a cache.",
        "try": ["/search/auto?q=dune", "/book/9780441172719", "/author/Ursula K. Le Guin",
                "/books/v1/volumes?q=intitle:dune"],
        "description": "/openapi.json",
        "health": "/health",
    });
    Reply::with_json_body(200, &about)
        .with_header("cache-control", FOR_AN_HOUR)
        .with_header("vary", "accept")
}

pub fn openapi_reply() -> Reply {
    Reply { body: OPENAPI.as_bytes().to_vec(), ..Reply::empty(200) }
        .with_header("content-type", "application/json; charset=utf-8")
        .with_header("cache-control", FOR_AN_HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::route::{Endpoint, ROUTES};

    #[test]
    fn only_a_client_that_names_html_gets_html() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (accept, expected) in [
            (browser, true),
            ("TEXT/HTML", true),
            ("text/html; charset=utf-8; q=0.5", true),
            ("application/json, text/html", true),
            ("*/*", false),
            ("", false),
            ("application/json", false),
            ("application/json, text/html;q=0.9", false),
            ("text/html;q=0, */*", false),
            ("text/html;q=much", false),
        ] {
            assert_eq!(prefers_html(accept), expected, "{accept}");
        }
    }

    #[test]
    fn the_page_names_only_files_that_are_served() {
        let named = [HTML, FILES[6].2, FILES[7].2].concat();
        for name in named.split(&['"', '\'']).filter_map(|part| part.strip_prefix("/page/")) {
            assert!(page_file(name).is_ok(), "{name}");
        }
        for name in named.split('"').filter_map(|part| part.strip_prefix("./")) {
            let is_type = name == "types";
            assert!(is_type || page_file(name).is_ok(), "{name}");
        }
        assert!(page_file("../Cargo.toml").is_err());
        assert!(
            !HTML.contains("style=") && !HTML.contains("<style"),
            "the content security policy forbids inline styles"
        );
    }

    #[test]
    fn the_openapi_file_has_every_route_and_no_other() {
        let about = [Endpoint::Index, Endpoint::OpenApi, Endpoint::PageFile];
        let routes = ROUTES.iter().filter(|route| !about.contains(&route.endpoint));
        let routes = routes.map(|r| (r.method.as_str().to_owned(), r.template.to_owned()));
        assert_eq!(testkit::documented_routes::operations_in_openapi(OPENAPI), routes.collect());
    }

    #[test]
    fn api_md_has_every_route_and_no_other() {
        let page = include_str!("../../../../docs/API.md");
        let (proxy, _) = page.split_once("## isbndb-worker").unwrap();
        let routes = ROUTES.iter().map(|r| (r.method.as_str().to_owned(), r.template.to_owned()));
        assert_eq!(testkit::documented_routes::routes_in_page(proxy), routes.collect());
    }
}
