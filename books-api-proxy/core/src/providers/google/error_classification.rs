//! Classifies errors of Google Books by status and reason. The message, which may change, counts
//! only for a quota error without a reason.

use ports::IncomingResponse;
use runtime::call_outcome::{
    DEFAULT_RETRY_AFTER_MS, Failure, ProviderFailure, ProviderRefusalReason,
};
use runtime::problem::failure_from_status;
use runtime::rate_limit::QuotaTimeZone;
use runtime::retry_after::parse_retry_after;
use serde_json::Value;

/// Google sends no Retry-After for the quota per minute.
const MINUTE_MS: u64 = 60_000;

/// The failure behind an answer that is not 2xx.
pub fn failure_from_error_response(response: &IncomingResponse, now_ms: u64) -> ProviderFailure {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let text = |path: &str| body.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let quota = |member: &str| text(&format!("/error/details/0/metadata/{member}"));
    let refused = |detail| ProviderFailure::Refused { detail };
    let day_spent = || ProviderFailure::QuotaSpent {
        until_ms: QuotaTimeZone::Pacific.next_midnight_ms(now_ms),
    };
    match (response.status, text("/error/errors/0/reason")) {
        (400, "keyInvalid") => refused(ProviderRefusalReason::Key),
        (400, _) if text("/error/details/0/reason") == "API_KEY_INVALID" => {
            refused(ProviderRefusalReason::Key)
        }
        (403, "unknownLocation") => refused(ProviderRefusalReason::Location),
        // A spent quota may also be a 400, with a reason or only a message.
        (400 | 403, "dailyLimitExceeded" | "quotaExceeded") => day_spent(),
        (400 | 403, "userRateLimitExceeded" | "rateLimitExceeded") => {
            ProviderFailure::RateLimited { retry_after_ms: MINUTE_MS, local: false }
        }
        (400 | 403, _) if is_of_a_quota(&body, &response.body) => day_spent(),
        // The API is not enabled, or the key is missing or restricted: a configuration error.
        (401 | 403, _) => refused(ProviderRefusalReason::Key),
        // A project with a quota of 0 never gets units.
        (429, _) if quota("quota_limit_value") == "0" => refused(ProviderRefusalReason::Key),
        (429, _)
            if quota("quota_unit").starts_with("1/d/")
                || quota("quota_limit").contains("PerDay") =>
        {
            day_spent()
        }
        (429, _) => {
            let reported_ms = parse_retry_after(&response.headers).unwrap_or_default();
            ProviderFailure::RateLimited {
                retry_after_ms: reported_ms.max(MINUTE_MS),
                local: false,
            }
        }
        _ => failure_from_status(response),
    }
}

/// Whether the message says that a quota is spent. Google's messages do not repeat the searched
/// text, so that it cannot match.
fn is_of_a_quota(error: &Value, body: &[u8]) -> bool {
    let message = error.pointer("/error/message").and_then(Value::as_str);
    let said = message.map_or_else(|| String::from_utf8_lossy(body), Into::into);
    let said = said.to_ascii_lowercase();
    said.contains("quota") && said.contains("exceed")
}

/// The failure of a 503 for one volume: Google does not know the id, or is down.
pub fn unknown_or_down(response: &IncomingResponse) -> ProviderFailure {
    let reported_ms = parse_retry_after(&response.headers);
    ProviderFailure::UnknownOrDown { retry_after_ms: reported_ms.unwrap_or(DEFAULT_RETRY_AFTER_MS) }
}

/// If Google answered another call within this time, a 503 for a volume is about the id.
pub const ANSWERED_WITHIN_MS: u64 = 60_000;

/// A 503 for a volume becomes a 404 if Google has just answered other calls. This is an inference,
/// so it is a failure, and no absence is stored.
pub fn volume_failure(failure: Failure, answers_others: bool) -> Failure {
    match failure.innermost_provider_failure() {
        Some(ProviderFailure::UnknownOrDown { .. }) if answers_others => {
            Failure::not_found("Google Books has no such volume")
        }
        _ => failure,
    }
}

/// Whether a 404 is Google's JSON error for an unknown id, and not the page of a moved route.
pub fn is_unknown_id(response: &IncomingResponse) -> bool {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    body.pointer("/error/errors/0/reason").and_then(Value::as_str) == Some("notFound")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21 12:00 UTC: 04:00 in Los Angeles.
    const TEST_NOW_MS: u64 = 1_795_262_400_000;

    fn classified_failure(status: u16, body: &str) -> ProviderFailure {
        let response = IncomingResponse {
            status,
            body: body.as_bytes().to_vec(),
            ..IncomingResponse::default()
        };
        failure_from_error_response(&response, TEST_NOW_MS)
    }

    fn error_body_with_reason(reason: &str) -> String {
        format!(r#"{{"error":{{"code":0,"errors":[{{"domain":"global","reason":"{reason}"}}]}}}}"#)
    }

    fn quota_error_body(limit: &str, value: &str, unit: &str) -> String {
        format!(
            r#"{{"error":{{"errors":[{{"reason":"rateLimitExceeded"}}],"details":[{{"reason":
            "RATE_LIMIT_EXCEEDED","metadata":{{"quota_limit":"{limit}",
            "quota_limit_value":"{value}","quota_unit":"{unit}"}}}}]}}}}"#
        )
    }

    #[test]
    fn every_documented_error_is_classified() {
        let key = || ProviderFailure::Refused { detail: ProviderRefusalReason::Key };
        let midnight = ProviderFailure::QuotaSpent { until_ms: TEST_NOW_MS + 20 * 3_600_000 };
        let minute = ProviderFailure::RateLimited { retry_after_ms: 60_000, local: false };
        let invalid = r#"{"error":{"errors":[{"reason":"badRequest"}],"details":[{"reason":"API_KEY_INVALID"}]}}"#;
        for (status, body, expected) in [
            (400, invalid.to_owned(), key()),
            (400, error_body_with_reason("keyInvalid"), key()),
            (400, error_body_with_reason("badRequest"), ProviderFailure::Rejected { status: 400 }),
            (400, error_body_with_reason("quotaExceeded"), midnight.clone()),
            (400, error_body_with_reason("rateLimitExceeded"), minute.clone()),
            (
                400,
                r#"{"error":{"code":400,"message":"Quota Exceeded"}}"#.to_owned(),
                midnight.clone(),
            ),
            (400, "Quota Exceeded".to_owned(), midnight.clone()),
            (
                400,
                r#"{"error":{"message":"Invalid value 'quota'"}}"#.to_owned(),
                ProviderFailure::Rejected { status: 400 },
            ),
            (
                403,
                error_body_with_reason("unknownLocation"),
                ProviderFailure::Refused { detail: ProviderRefusalReason::Location },
            ),
            (403, error_body_with_reason("accessNotConfigured"), key()),
            (403, error_body_with_reason("dailyLimitExceededUnreg"), key()),
            (403, error_body_with_reason("dailyLimitExceeded"), midnight.clone()),
            (403, error_body_with_reason("userRateLimitExceeded"), minute.clone()),
            (403, "<html>".to_owned(), key()),
            (429, quota_error_body("defaultPerDayPerProject", "0", "1/d/{project}"), key()),
            (429, quota_error_body("defaultPerDayPerProject", "1000", "1/d/{project}"), midnight),
            (
                429,
                quota_error_body("defaultPerMinutePerProject", "100", "1/min/{project}"),
                minute.clone(),
            ),
            (429, String::new(), minute),
            (
                503,
                error_body_with_reason("backendFailed"),
                ProviderFailure::Upstream { status: 503, retry_after_ms: None },
            ),
            (500, "{".to_owned(), ProviderFailure::Upstream { status: 500, retry_after_ms: None }),
        ] {
            assert_eq!(classified_failure(status, &body), expected, "{status} {body}");
        }
    }

    #[test]
    fn a_503_for_an_id_is_a_404_while_google_answers() {
        let mut response = IncomingResponse { status: 503, ..IncomingResponse::default() };
        let either = ProviderFailure::UnknownOrDown { retry_after_ms: 5_000 };
        assert_eq!(unknown_or_down(&response), either);
        response.headers.set("retry-after", "9");
        assert_eq!(
            unknown_or_down(&response),
            ProviderFailure::UnknownOrDown { retry_after_ms: 9_000 }
        );
        let either = Failure::from(either);
        let timeout = Failure::from(ProviderFailure::Timeout);
        assert_eq!(volume_failure(either.clone(), false), either);
        assert_eq!(
            volume_failure(either, true),
            Failure::not_found("Google Books has no such volume")
        );
        assert_eq!(volume_failure(timeout.clone(), true), timeout);
    }

    #[test]
    fn recorded_errors_are_classified_if_present() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../shared/data/json/google-books/error_429_real_2026.json"
        );
        let Ok(body) = std::fs::read_to_string(path) else { return };
        assert_eq!(
            classified_failure(429, &body),
            ProviderFailure::Refused { detail: ProviderRefusalReason::Key }
        );
    }
}
