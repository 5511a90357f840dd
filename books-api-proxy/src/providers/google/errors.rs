//! What an error of Google Books means. Judged by status and reason, never by the message, which
//! changes.

use serde_json::Value;
use shared::gate::DayBoundary;
use shared::mesh::InResponse;
use shared::outcome::Failure;
use shared::problem;

/// A per-minute quota names no time to come back.
const MINUTE_MS: u64 = 60_000;

/// The failure behind an answer that is not 2xx.
#[must_use]
pub fn classify(response: &InResponse, now_ms: u64) -> Failure {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let text = |path: &str| body.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let quota = |member: &str| text(&format!("/error/details/0/metadata/{member}"));
    let refused = |what: &str| Failure::Refused { what: what.to_owned() };
    let day_spent = || Failure::QuotaSpent { until_ms: DayBoundary::Pacific.end_after_ms(now_ms) };
    match (response.status, text("/error/errors/0/reason")) {
        (400, "keyInvalid") => refused("key"),
        (400, _) if text("/error/details/0/reason") == "API_KEY_INVALID" => refused("key"),
        (403, "unknownLocation") => refused("location"),
        (403, "dailyLimitExceeded" | "quotaExceeded") => day_spent(),
        (403, "userRateLimitExceeded" | "rateLimitExceeded") => {
            Failure::RateLimited { retry_after_ms: MINUTE_MS, local: false }
        }
        // Not enabled, restricted to other callers, or keyless: a person has to mend it.
        (401 | 403, _) => refused("key"),
        // A project without any quota never gets it back.
        (429, _) if quota("quota_limit_value") == "0" => refused("key"),
        (429, _)
            if quota("quota_unit").starts_with("1/d/")
                || quota("quota_limit").contains("PerDay") =>
        {
            day_spent()
        }
        (429, _) => match problem::from_status(response) {
            Failure::RateLimited { retry_after_ms, local } => {
                Failure::RateLimited { retry_after_ms: retry_after_ms.max(MINUTE_MS), local }
            }
            other => other,
        },
        _ => problem::from_status(response),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21 12:00 UTC: 04:00 in Los Angeles.
    const NOW: u64 = 1_795_262_400_000;

    fn failure(status: u16, body: &str) -> Failure {
        let response =
            InResponse { status, body: body.as_bytes().to_vec(), ..InResponse::default() };
        classify(&response, NOW)
    }

    fn reason(reason: &str) -> String {
        format!(r#"{{"error":{{"code":0,"errors":[{{"domain":"global","reason":"{reason}"}}]}}}}"#)
    }

    fn quota(limit: &str, value: &str, unit: &str) -> String {
        format!(
            r#"{{"error":{{"errors":[{{"reason":"rateLimitExceeded"}}],"details":[{{"reason":
            "RATE_LIMIT_EXCEEDED","metadata":{{"quota_limit":"{limit}",
            "quota_limit_value":"{value}","quota_unit":"{unit}"}}}}]}}}}"#
        )
    }

    #[test]
    fn every_documented_error_is_what_it_means() {
        let key = || Failure::Refused { what: "key".into() };
        let midnight = Failure::QuotaSpent { until_ms: NOW + 20 * 3_600_000 };
        let minute = Failure::RateLimited { retry_after_ms: 60_000, local: false };
        let invalid = r#"{"error":{"errors":[{"reason":"badRequest"}],"details":[{"reason":"API_KEY_INVALID"}]}}"#;
        for (status, body, expected) in [
            (400, invalid.to_owned(), key()),
            (400, reason("keyInvalid"), key()),
            (400, reason("badRequest"), Failure::Rejected { status: 400 }),
            (403, reason("unknownLocation"), Failure::Refused { what: "location".into() }),
            (403, reason("accessNotConfigured"), key()),
            (403, reason("dailyLimitExceededUnreg"), key()),
            (403, reason("dailyLimitExceeded"), midnight.clone()),
            (403, reason("userRateLimitExceeded"), minute.clone()),
            (403, "<html>".to_owned(), key()),
            (429, quota("defaultPerDayPerProject", "0", "1/d/{project}"), key()),
            (429, quota("defaultPerDayPerProject", "1000", "1/d/{project}"), midnight),
            (429, quota("defaultPerMinutePerProject", "100", "1/min/{project}"), minute.clone()),
            (429, String::new(), minute),
            (503, reason("backendFailed"), Failure::Upstream { status: 503, retry_after_ms: None }),
            (500, "{".to_owned(), Failure::Upstream { status: 500, retry_after_ms: None }),
        ] {
            assert_eq!(failure(status, &body), expected, "{status} {body}");
        }
    }

    #[test]
    fn recorded_errors_are_read_where_they_are_present() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../shared/data/json/google-books/error_429_real_2026.json"
        );
        let Ok(body) = std::fs::read_to_string(path) else { return };
        assert_eq!(failure(429, &body), Failure::Refused { what: "key".into() });
    }
}
