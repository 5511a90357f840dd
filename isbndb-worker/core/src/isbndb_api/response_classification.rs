//! What status and body of an answer mean: one pure function, one table in the tests.

use ports::IncomingResponse;
use runtime::call_outcome::{ProviderFailure, ProviderRefusalReason};
use runtime::json_members::{JsonMembers, valid_unicode_json_text};
use runtime::problem::is_of_a_moved_route;
use runtime::rate_limit::{ProviderReportedQuota, ratelimit_headers};
use runtime::retry_after;
use runtime::time::HOUR_MS;
use serde_json::Value;

/// The pause after a "too fast" that states no time. It is longer than a retry waits, so the same
/// request is not sent into the same limit again.
pub const PAUSE_DEFAULT_MS: u64 = 3_000;
/// Longest pause that is accepted: the provider's windows last a minute.
const PAUSE_MAX_MS: u64 = 120_000;

/// How long a day counts as spent if the provider's answer contradicts itself about it.
const DOUBTFUL_DAY_MS: u64 = HOUR_MS;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResponseClass {
    Body,
    NotFound,
    /// The pace was exceeded; `None` if the answer does not state for how long.
    RateLimited {
        retry_after_ms: Option<u64>,
    },
    /// The day is spent; `None` if the answer does not state for how long.
    DaySpent {
        retry_after_ms: Option<u64>,
    },
    Refused {
        detail: ProviderRefusalReason,
    },
    /// The whole route has moved or is gone, which is no information about the book.
    Moved,
    /// The provider is broken, or its answer is of an undocumented form.
    Failed(ProviderFailure),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsbndbResourceKind {
    Edition,
    /// The books of an author or of a search.
    List,
    /// A resource that always exists: the bulk route, the key's usage.
    Route,
}

pub fn classify_response(
    response: &IncomingResponse,
    subject: IsbndbResourceKind,
) -> ResponseClass {
    let message = lowercase_message(&response.body);
    let retry_after_ms = retry_after::parse_retry_after(&response.headers);
    let failed = ResponseClass::Failed(ProviderFailure::of_status(response.status, retry_after_ms));
    match response.status {
        200 => ResponseClass::Body,
        // Only a 404 of the provider itself is about the book. A 404 of a proxy or gateway, for a
        // path that it does not know, is about the route.
        404 if subject != IsbndbResourceKind::Route && is_of_the_provider(&response.body) => {
            ResponseClass::NotFound
        }
        403 if message.as_deref() == Some(NO_SUCH_PATH) => ResponseClass::Moved,
        status if is_of_a_moved_route(status) => ResponseClass::Moved,
        // The first generation answers 400 for some ISBNs that it does not know.
        400 if subject == IsbndbResourceKind::Edition
            && message.as_deref().is_some_and(is_about_the_isbn) =>
        {
            ResponseClass::NotFound
        }
        401 if message.is_some() => ResponseClass::Refused { detail: ProviderRefusalReason::Key },
        403 if message.is_some() => ResponseClass::Refused { detail: ProviderRefusalReason::Host },
        429 => limit_class(response, message.as_deref().unwrap_or_default(), retry_after_ms),
        _ => failed,
    }
}

/// The message with which the first generation's gateway answers 403 for an unknown path.
const NO_SUCH_PATH: &str = "missing authentication token";
/// Messages with which gateways and frameworks answer for an unknown path.
const OF_GATEWAYS: [&str; 5] =
    ["", "not found", NO_SUCH_PATH, "no message available", "no route matched with those values"];

/// Whether the provider itself sent the 404: both generations send an `errorMessage`, and no
/// gateway does.
fn is_of_the_provider(body: &[u8]) -> bool {
    let text = valid_unicode_json_text(body);
    let Ok(members) = JsonMembers::parse(&text) else { return false };
    let said = |name: &str| members.text_member(name).filter(|text| !text.trim().is_empty());
    let message = said("message").unwrap_or_default().to_ascii_lowercase();
    said("errorMessage").or_else(|| said("error_message")).is_some()
        || !(OF_GATEWAYS.contains(&message.as_str()) || message.starts_with("no static resource"))
}

/// The lower-cased message of a JSON error, empty if it has none; `None` if the body is neither
/// empty nor a JSON object.
fn lowercase_message(body: &[u8]) -> Option<String> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Some(String::new());
    }
    // An error body is short; a long body is no error message.
    if body.len() > 64 * 1024 {
        return None;
    }
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else { return None };
    let text = ["message", "errorMessage", "error_message"]
        .into_iter()
        .find_map(|name| members.get(name).and_then(Value::as_str));
    Some(text.unwrap_or_default().to_ascii_lowercase())
}

fn is_about_the_isbn(message: &str) -> bool {
    ["isbn", "not found", "no results", "does not exist"].iter().any(|part| message.contains(part))
}

fn limit_class(
    response: &IncomingResponse,
    message: &str,
    retry_after_ms: Option<u64>,
) -> ResponseClass {
    let reports = ratelimit_headers::parse(response.headers.get("ratelimit").unwrap_or_default());
    let spent = |name: &str| {
        reports.iter().find(|report| report.name == name && report.remaining == Some(0))
    };
    let day = spent("daily");
    if message.contains("daily") || (day.is_some() && !message.contains("minute")) {
        let reset_ms = day.and_then(|report| report.reset_ms);
        let retry_after_ms = retry_after_ms.or(reset_ms);
        // The header of the same answer states units left. Either may be wrong; only another call
        // shows which.
        let left = reports.iter().any(|r| r.name == "daily" && r.remaining.is_some_and(|r| r > 0));
        let again_ms = left.then(|| retry_after_ms.unwrap_or(DOUBTFUL_DAY_MS).min(DOUBTFUL_DAY_MS));
        return ResponseClass::DaySpent { retry_after_ms: again_ms.or(retry_after_ms) };
    }
    let reset_ms = spent("rate").and_then(|report| report.reset_ms);
    ResponseClass::RateLimited {
        retry_after_ms: retry_after_ms.or(reset_ms).map(|ms| ms.clamp(1, PAUSE_MAX_MS)),
    }
}

/// The state of the day in the `ratelimit` header.
pub fn quota_report(response: &IncomingResponse) -> Option<ProviderReportedQuota> {
    let reports = ratelimit_headers::parse(response.headers.get("ratelimit")?);
    let day = reports.iter().find(|report| report.name == "daily")?;
    let left = day.remaining?;
    let policies =
        ratelimit_headers::parse(response.headers.get("ratelimit-policy").unwrap_or_default());
    let total = policies.iter().find(|policy| policy.name == "daily").and_then(|p| p.quota);
    let total = total.filter(|total| *total > 0);
    Some(ProviderReportedQuota { total, left, reset_ms: day.reset_ms })
}

/// The mean interval between two calls that the `ratelimit-policy` header states.
pub fn stated_interval_ms(response: &IncomingResponse) -> Option<u64> {
    let policies = ratelimit_headers::parse(response.headers.get("ratelimit-policy")?);
    let rate = policies.iter().find(|policy| policy.name == "rate")?;
    let calls = rate.quota.filter(|calls| *calls > 0)?;
    // A longer window is a quota, not a pace.
    let window_ms = rate.window_ms.filter(|ms| (1..=PAUSE_MAX_MS).contains(ms))?;
    Some(window_ms.div_ceil(u64::from(calls)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test_response(status: u16, headers: &[(&str, &str)], body: &str) -> IncomingResponse {
        let mut response = IncomingResponse {
            status,
            body: body.as_bytes().to_vec(),
            ..IncomingResponse::default()
        };
        for (name, value) in headers {
            response.headers.set(name, *value);
        }
        response
    }

    fn upstream_failure_class(status: u16, retry_after_ms: Option<u64>) -> ResponseClass {
        ResponseClass::Failed(ProviderFailure::of_status(status, retry_after_ms))
    }

    #[test]
    fn every_documented_answer_is_classified() {
        let minute = [
            ("ratelimit", "\"rate\";r=0;t=12, \"daily\";r=48999;t=56312"),
            ("ratelimit-policy", "\"rate\";q=180;w=60"),
        ];
        let day = [("ratelimit", "\"rate\";r=2;t=0, \"daily\";r=0;t=3600")];
        let html = "<html><body>502 Bad Gateway</body></html>";
        for (response, response_class) in [
            (test_response(200, &[], "{}"), ResponseClass::Body),
            (test_response(404, &[], r#"{"errorMessage":"Not Found"}"#), ResponseClass::NotFound),
            (test_response(404, &[], r#"{"error_message":"Not Found"}"#), ResponseClass::NotFound),
            (test_response(404, &[], r#"{"message":"Book not found"}"#), ResponseClass::NotFound),
            (
                test_response(400, &[], r#"{"errorMessage":"Invalid ISBN"}"#),
                ResponseClass::NotFound,
            ),
            (
                test_response(400, &[], r#"{"message":"Bad Request"}"#),
                upstream_failure_class(400, None),
            ),
            (
                test_response(401, &[], r#"{"message":"Full"}"#),
                ResponseClass::Refused { detail: ProviderRefusalReason::Key },
            ),
            (
                test_response(403, &[], r#"{"message":"Forbidden"}"#),
                ResponseClass::Refused { detail: ProviderRefusalReason::Host },
            ),
            (test_response(403, &[], html), upstream_failure_class(403, None)),
            (
                test_response(429, &minute, r#"{"message":"Per minute quota exceeded, please"}"#),
                ResponseClass::RateLimited { retry_after_ms: Some(12_000) },
            ),
            (
                test_response(429, &[], r#"{"message":"Limit Exceeded"}"#),
                ResponseClass::RateLimited { retry_after_ms: None },
            ),
            (
                test_response(429, &[("retry-after", "3")], "Too Many Requests"),
                ResponseClass::RateLimited { retry_after_ms: Some(3_000) },
            ),
            (
                test_response(429, &day, r#"{"message":"Limit Exceeded"}"#),
                ResponseClass::DaySpent { retry_after_ms: Some(3_600_000) },
            ),
            (
                test_response(429, &[], r#"{"errorMessage":"Daily quota exceeded, please"}"#),
                ResponseClass::DaySpent { retry_after_ms: None },
            ),
            (
                test_response(500, &[], r#"{"message":"Internal server error"}"#),
                upstream_failure_class(500, None),
            ),
            (test_response(502, &[], html), upstream_failure_class(502, None)),
            (
                test_response(503, &[("retry-after", "30")], "{}"),
                upstream_failure_class(503, Some(30_000)),
            ),
            (test_response(302, &[], ""), upstream_failure_class(302, None)),
            (test_response(204, &[], ""), upstream_failure_class(204, None)),
        ] {
            assert_eq!(
                classify_response(&response, IsbndbResourceKind::Edition),
                response_class,
                "{response:?}"
            );
        }
    }

    #[test]
    fn a_400_means_not_found_for_an_edition_only() {
        let response = test_response(400, &[], r#"{"errorMessage":"Invalid ISBN"}"#);
        assert_eq!(
            classify_response(&response, IsbndbResourceKind::List),
            upstream_failure_class(400, None)
        );
    }

    #[test]
    fn a_moved_route_differs_from_a_missing_book() {
        let own = r#"{"message":"Not Found","errorMessage":"Not Found"}"#;
        for subject in [IsbndbResourceKind::Edition, IsbndbResourceKind::List] {
            assert_eq!(
                classify_response(&test_response(404, &[], own), subject),
                ResponseClass::NotFound
            );
        }
        assert_eq!(
            classify_response(&test_response(404, &[], own), IsbndbResourceKind::Route),
            ResponseClass::Moved
        );
        let spring = r#"{"timestamp":"x","status":404,"error":"Not Found","path":"/book/1"}"#;
        let unknown_path = r#"{"message":"Missing Authentication Token"}"#;
        for (status, body) in [
            (404, "<html><center>nginx</center></html>"),
            (404, ""),
            (404, "{}"),
            (404, r#"{"message":"Not Found"}"#),
            (404, r#"{"message":"No static resource book/1."}"#),
            (404, r#"{"detail":"Not Found"}"#),
            (404, spring),
            (403, unknown_path),
            (410, own),
            (405, own),
            (301, ""),
            (308, ""),
        ] {
            for subject in
                [IsbndbResourceKind::Edition, IsbndbResourceKind::List, IsbndbResourceKind::Route]
            {
                let response_class = classify_response(&test_response(status, &[], body), subject);
                assert_eq!(response_class, ResponseClass::Moved, "{status} {body}");
            }
        }
    }

    #[test]
    fn the_stated_pace_is_read_with_its_window() {
        for (policy, interval_ms) in [
            ("\"rate\";q=180;w=60", Some(334)),
            ("\"rate\";q=60;w=60, \"daily\";q=1000;w=86400", Some(1_000)),
            ("\"rate\";q=0;w=60", None),
            ("\"rate\";q=1000;w=86400", None),
            ("\"rate\";q=60", None),
            ("\"daily\";q=1000;w=86400", None),
            ("", None),
        ] {
            let response = test_response(200, &[("ratelimit-policy", policy)], "");
            assert_eq!(stated_interval_ms(&response), interval_ms, "{policy}");
        }
    }

    #[test]
    fn a_spent_day_with_units_left_is_doubted() {
        let body = r#"{"message":"Daily quota exceeded"}"#;
        let headers = [("ratelimit", "\"daily\";r=900;t=56312")];
        let spent = |ms| ResponseClass::DaySpent { retry_after_ms: ms };
        assert_eq!(
            classify_response(&test_response(429, &headers, body), IsbndbResourceKind::Edition),
            spent(Some(DOUBTFUL_DAY_MS))
        );
    }

    #[test]
    fn the_header_states_the_units_left_of_the_day() {
        let header = [("ratelimit", "\"rate\";r=59;t=60, \"daily\";r=873;t=56312")];
        let report = quota_report(&test_response(200, &header, "")).unwrap();
        let reset_ms = Some(56_312_000);
        assert_eq!(report, ProviderReportedQuota { total: None, left: 873, reset_ms });
        assert_eq!(quota_report(&test_response(200, &[], "")), None);
    }
}
