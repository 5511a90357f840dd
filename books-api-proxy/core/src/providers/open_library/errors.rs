//! What an error of Open Library means. Its errors are HTML, mostly: only the status counts.

use ports::InResponse;
use runtime::outcome::{ProviderFailure, RefusedPart};
use runtime::problem::{self, is_of_a_moved_route};

/// Its 429 carries no Retry-After; the policy counts per minute.
const MINUTE_MS: u64 = 60_000;

/// What the old handler of a route that has moved answers, with a 500.
const DEPRECATED: &[u8] = b"DEPRECATED";

/// The failure behind an answer of a route that is not 2xx. What Open Library does not know is left
/// out of its lists: a 404 is about the route.
pub fn classify(route: &str, response: &InResponse) -> ProviderFailure {
    let is_deprecated = || response.body.windows(DEPRECATED.len()).any(|run| run == DEPRECATED);
    match response.status {
        status if is_of_a_moved_route(status) => ProviderFailure::Moved { route: route.to_owned() },
        500 if is_deprecated() => ProviderFailure::Moved { route: route.to_owned() },
        403 => ProviderFailure::Refused { detail: RefusedPart::Client },
        429 => match problem::from_status(response) {
            ProviderFailure::RateLimited { retry_after_ms, local } => {
                let reported = response.headers.get("retry-after").is_some();
                let retry_after_ms = if reported { retry_after_ms } else { MINUTE_MS };
                ProviderFailure::RateLimited { retry_after_ms, local }
            }
            other => other,
        },
        _ => problem::from_status(response),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_status_counts() {
        let upstream = |status| ProviderFailure::Upstream { status, retry_after_ms: None };
        for (status, body, expected) in [
            (403, "<html>403 Forbidden", ProviderFailure::Refused { detail: RefusedPart::Client }),
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
            let response =
                InResponse { status, body: body.as_bytes().to_vec(), ..InResponse::default() };
            assert_eq!(classify("/search.json", &response), expected, "{status}");
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
            let response =
                InResponse { status, body: body.as_bytes().to_vec(), ..InResponse::default() };
            let moved = ProviderFailure::Moved { route: "/search.json".to_owned() };
            assert_eq!(classify("/search.json", &response), moved, "{status}");
        }
    }
}
