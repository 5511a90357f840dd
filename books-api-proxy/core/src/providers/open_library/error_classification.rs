//! Classifies errors of Open Library by status, since most bodies are HTML.

use ports::IncomingResponse;
use runtime::call_outcome::{ProviderFailure, ProviderRefusalReason};
use runtime::problem::{self, is_of_a_moved_route};
use runtime::retry_after::parse_retry_after;

/// Open Library sends no Retry-After with a 429; its policy counts calls per minute.
const MINUTE_MS: u64 = 60_000;

/// In the body of a 500 from the old handler of a moved route.
const DEPRECATED: &[u8] = b"DEPRECATED";

/// The failure of an answer that is not 2xx. A 404 is a moved route: lists omit unknown books.
pub fn failure_from_error_response(route: &str, response: &IncomingResponse) -> ProviderFailure {
    let is_deprecated = || response.body.windows(DEPRECATED.len()).any(|run| run == DEPRECATED);
    match response.status {
        status if is_of_a_moved_route(status) || status == 500 && is_deprecated() => {
            ProviderFailure::Moved { route: route.to_owned() }
        }
        403 => ProviderFailure::Refused { detail: ProviderRefusalReason::Client },
        429 if parse_retry_after(&response.headers).is_none() => {
            ProviderFailure::RateLimited { retry_after_ms: MINUTE_MS, local: false }
        }
        _ => problem::failure_from_status(response),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_classified_by_status() {
        let upstream = |status| ProviderFailure::Upstream { status, retry_after_ms: None };
        for (status, body, expected) in [
            (
                403,
                "<html>403 Forbidden",
                ProviderFailure::Refused { detail: ProviderRefusalReason::Client },
            ),
            (
                429,
                r#"{"status": 429, "message": "Too Many Requests."}"#,
                ProviderFailure::RateLimited { retry_after_ms: 60_000, local: false },
            ),
            (500, "<html>", upstream(500)),
            (503, "No server is available", upstream(503)),
            (422, "{}", ProviderFailure::Rejected { status: 422 }),
            (302, "", upstream(302)),
        ] {
            let response = IncomingResponse {
                status,
                body: body.as_bytes().to_vec(),
                ..IncomingResponse::default()
            };
            assert_eq!(
                failure_from_error_response("/search.json", &response),
                expected,
                "{status}"
            );
        }
    }

    #[test]
    fn a_429_waits_a_minute_unless_it_states_a_time() {
        for (text, wait_ms) in [("7", 7_000), ("soon", 60_000), ("", 60_000)] {
            let mut response = IncomingResponse { status: 429, ..IncomingResponse::default() };
            response.headers.set("retry-after", text);
            let limited = ProviderFailure::RateLimited { retry_after_ms: wait_ms, local: false };
            assert_eq!(failure_from_error_response("/search.json", &response), limited, "{text:?}");
        }
    }

    #[test]
    fn a_moved_route_is_named() {
        let nginx = "<html><center><h1>404 Not Found</h1></center></html>";
        for (status, body) in [
            (404, nginx),
            (404, r#"{"detail":"Not Found"}"#),
            (410, ""),
            (405, r#"{"detail":"Method Not Allowed"}"#),
            (301, ""),
            (308, ""),
            (500, "DEPRECATED ENDPOINT ACCESSED"),
        ] {
            let response = IncomingResponse {
                status,
                body: body.as_bytes().to_vec(),
                ..IncomingResponse::default()
            };
            let moved = ProviderFailure::Moved { route: "/search.json".to_owned() };
            assert_eq!(failure_from_error_response("/search.json", &response), moved, "{status}");
        }
    }
}
