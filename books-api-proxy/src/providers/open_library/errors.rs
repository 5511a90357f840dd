//! What an error of Open Library means. Its errors are HTML, mostly: only the status counts.

use shared::mesh::InResponse;
use shared::outcome::Failure;
use shared::problem;

/// Its 429 carries no Retry-After; the policy counts per minute.
const MINUTE_MS: u64 = 60_000;

/// The failure behind an answer that is not 2xx.
#[must_use]
pub fn classify(response: &InResponse) -> Failure {
    match response.status {
        403 => Failure::Refused { what: "client".to_owned() },
        429 => match problem::from_status(response) {
            Failure::RateLimited { retry_after_ms, local } => {
                let told = response.headers.get("retry-after").is_some();
                let retry_after_ms = if told { retry_after_ms } else { MINUTE_MS };
                Failure::RateLimited { retry_after_ms, local }
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
        let upstream = |status| Failure::Upstream { status, retry_after_ms: None };
        for (status, body, expected) in [
            (403, "<html>403 Forbidden", Failure::Refused { what: "client".into() }),
            (
                429,
                r#"{"status": 429, "message": "Too Many Requests."}"#,
                Failure::RateLimited { retry_after_ms: 60_000, local: false },
            ),
            (500, "<html>", upstream(500)),
            (503, "No server is available", upstream(503)),
            (404, "<html>", Failure::Rejected { status: 404 }),
            (422, "{}", Failure::Rejected { status: 422 }),
            (302, "", upstream(302)),
        ] {
            let response =
                InResponse { status, body: body.as_bytes().to_vec(), ..InResponse::default() };
            assert_eq!(classify(&response), expected, "{status}");
        }
    }
}
