//! A served page as an HTTP answer.

use ports::http_types::{Headers, Reply, Request};
use runtime::cache_policy::AnswerBookPresence;
use runtime::cache_policy::caching_headers::{
    cache_control, client_ttl_secs, none_match, quote_etag,
};
use runtime::cache_policy::status_header::cache_status;

use crate::config::Config;
use crate::search::serve_search::ResponseOrigin;

pub fn page_headers(origin: &ResponseOrigin, etag: &str, config: &Config, now_ms: u64) -> Headers {
    let mut headers = Headers::default();
    let metadata = &origin.metadata;
    headers.set("content-type", "application/json; charset=utf-8");
    headers.set("etag", quote_etag(etag));
    headers.set("cache-control", cache_control(metadata, &config.times, now_ms));
    headers.set("age", metadata.age_secs(now_ms).to_string());
    // nginx ignores Age; it reads this header and removes it.
    let ttl_secs = client_ttl_secs(metadata, &config.times, now_ms);
    headers.set("x-accel-expires", ttl_secs.to_string());
    headers.set("x-cache", origin.x_cache.as_str());
    headers.set("cache-status", cache_status(&origin.tier_log, origin.forwarding));
    if let Some(reason) = &origin.stale_reason {
        headers.set("x-stale-because", reason.as_str());
    }
    if metadata.outcome == AnswerBookPresence::None && !metadata.partial {
        headers.set("x-negative", "1");
    }
    headers
}

pub fn is_not_modified(request: &Request, etag: &str) -> bool {
    request.headers.get("if-none-match").is_some_and(|header| none_match(header, etag))
}

/// A 304 with the headers that a cache has to update (RFC 9110 section 15.4.5).
pub fn not_modified(mut headers: Headers) -> Reply {
    headers.remove("content-type");
    Reply { status: 304, headers, body: Vec::new() }
}

pub fn allow_origin(headers: &mut Headers, config: &Config, origin: Option<&str>) {
    let is_allowed = |origin: &str| config.allowed_origins.iter().any(|allowed| allowed == origin);
    if is_allowed("*") {
        headers.set("access-control-allow-origin", "*");
        headers.append("vary", "accept-encoding");
    } else {
        headers.append("vary", "accept-encoding, origin");
        let Some(origin) = origin.filter(|origin| is_allowed(origin)) else { return };
        headers.set("access-control-allow-origin", origin);
    }
    headers.set(
        "access-control-expose-headers",
        "etag, age, retry-after, x-cache, cache-status, server-timing, x-response-time, x-request-id, \
         x-trace-id, x-span-id, x-parent-span-id",
    );
}

/// The answer to a preflight. A page may send the admin token only if its origin is listed by name:
/// with `*`, every page could try tokens from the browsers of its visitors.
pub fn preflight(config: &Config, origin: Option<&str>, allow: &str, is_restricted: bool) -> Reply {
    let is_named = |o: &String| o != "*" && origin == Some(o);
    let is_listed = config.allowed_origins.iter().any(is_named);
    let mut reply = Reply::empty(204);
    reply.headers.set("allow", allow);
    allow_origin(&mut reply.headers, config, origin);
    if reply.headers.get("access-control-allow-origin").is_some() {
        reply.headers.set("access-control-allow-methods", allow);
        let headers = "content-type, if-none-match, x-custom-token, x-search-token, traceparent, \
                       x-trace-id, x-span-id";
        let token = if is_restricted && !is_listed { "" } else { "authorization, " };
        reply.headers.set("access-control-allow-headers", format!("{token}{headers}"));
        reply.headers.set("access-control-max-age", "86400");
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_origins_may_send_the_admin_token() {
        let (mine, other) = ("https://mine.example", "https://other.example");
        for (origins, origin, restricted, allowed) in [
            ("*", Some(other), true, Some(false)),
            ("*", Some("*"), true, Some(false)),
            ("*", None, true, Some(false)),
            ("*", Some(other), false, Some(true)),
            ("*, https://mine.example", Some(mine), true, Some(true)),
            ("*, https://mine.example", Some(other), true, Some(false)),
            ("https://mine.example", Some(mine), true, Some(true)),
            ("https://mine.example", Some(other), true, None),
        ] {
            let vars = |name: &str| (name == "ALLOWED_ORIGINS").then(|| origins.to_owned());
            let config = Config::from_vars(vars).unwrap();
            let reply = preflight(&config, origin, "GET, HEAD, OPTIONS", restricted);
            let headers = reply.headers.get("access-control-allow-headers");
            let is_allowed = headers.map(|headers| headers.contains("authorization"));
            assert_eq!(is_allowed, allowed, "{origins} {origin:?} {restricted}");
        }
    }
}
