//! Google's error bodies.

use serde_json::{Value, json};

use crate::emulator_reply::EmulatorReply;
use crate::settings::EmulatorSettings;

const CONSUMER: &str = "624717413613";

fn google_error_body(
    status: u16,
    message: &str,
    reason: &str,
    domain: &str,
    extra: &[(&str, &str)],
) -> Value {
    let mut detail = json!({ "message": message, "domain": domain, "reason": reason });
    if let Some(detail) = detail.as_object_mut() {
        for (key, value) in extra {
            detail.insert((*key).to_owned(), json!(value));
        }
    }
    json!({ "error": { "code": status, "message": message, "errors": [detail] } })
}

pub(super) fn missing_q() -> EmulatorReply {
    EmulatorReply::json_pretty(
        400,
        &google_error_body(400, "Required parameter: q", "required", "global", &[]),
    )
}

pub(super) fn empty_q() -> EmulatorReply {
    let place = [("location", "q"), ("locationType", "parameter")];
    EmulatorReply::json_pretty(
        400,
        &google_error_body(400, "Missing query.", "queryRequired", "global", &place),
    )
}

pub(super) fn invalid_value(value: &str, range: &str) -> EmulatorReply {
    let message = format!("Invalid value '{value}'. Values must be within the range: {range}");
    EmulatorReply::json_pretty(
        400,
        &google_error_body(400, &message, "invalidParameter", "global", &[]),
    )
}

/// A number out of range or not a number. Before 2023 the message named the parameter, and
/// the range was one text.
pub(super) fn invalid_number(
    settings: &EmulatorSettings,
    name: &str,
    value: &str,
    most: Option<usize>,
) -> EmulatorReply {
    if !settings.legacy_google_errors {
        let range = match most {
            Some(most) => format!("[, value: {most}\n]"),
            None => "[value: 0\n, ]".to_owned(),
        };
        return invalid_value(value, &range);
    }
    let most = most.unwrap_or(i32::MAX as usize);
    let message = format!("Invalid value '{value}'. Values must be within the range: [0, {most}]");
    let place = [("location", name), ("locationType", "parameter")];
    EmulatorReply::json_pretty(
        400,
        &google_error_body(400, &message, "invalidParameter", "global", &place),
    )
}

pub(super) fn invalid_field(field: &str) -> EmulatorReply {
    let message = format!("Invalid field selection {field}");
    let place = [("location", "fields"), ("locationType", "parameter")];
    EmulatorReply::json_pretty(
        400,
        &google_error_body(400, &message, "invalidParameter", "global", &place),
    )
}

pub(super) fn bad_key() -> EmulatorReply {
    let message = "API key not valid. Please pass a valid API key.";
    let mut body = google_error_body(400, message, "badRequest", "global", &[]);
    if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) {
        error.insert("status".to_owned(), json!("INVALID_ARGUMENT"));
        error.insert(
            "details".to_owned(),
            json!([{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "API_KEY_INVALID",
                "domain": "googleapis.com",
                "metadata": { "service": "books.googleapis.com" },
            }]),
        );
    }
    EmulatorReply::json_pretty(400, &body)
}

pub(super) fn unknown_location() -> EmulatorReply {
    let message = "Cannot determine user location for geographically restricted operation.";
    EmulatorReply::json_pretty(
        403,
        &google_error_body(403, message, "unknownLocation", "global", &[]),
    )
}

/// A spent quota, in the form of 2026.
fn quota_reply(limit: &str, limit_name: &str, value: &str, unit: &str) -> EmulatorReply {
    let message = format!(
        "Quota exceeded for quota metric 'Queries' and limit '{limit}' of service 'books.googleapis.com' for consumer 'project_number:{CONSUMER}'."
    );
    let mut body = google_error_body(429, &message, "rateLimitExceeded", "global", &[]);
    if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) {
        error.insert("status".to_owned(), json!("RESOURCE_EXHAUSTED"));
        error.insert(
            "details".to_owned(),
            json!([
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "RATE_LIMIT_EXCEEDED",
                    "domain": "googleapis.com",
                    "metadata": {
                        "consumer": format!("projects/{CONSUMER}"),
                        "quota_metric": "books.googleapis.com/default",
                        "quota_location": "global",
                        "quota_limit_value": value,
                        "quota_unit": unit,
                        "service": "books.googleapis.com",
                        "quota_limit": limit_name,
                    },
                },
                {
                    "@type": "type.googleapis.com/google.rpc.Help",
                    "links": [{
                        "description": "Request a higher quota limit.",
                        "url": "https://cloud.google.com/docs/quotas/help/request_increase",
                    }],
                },
            ]),
        );
    }
    EmulatorReply::json_pretty(429, &body)
}

/// A call without a key: since 2026 its quota is 0.
pub(super) fn keyless(settings: &EmulatorSettings) -> EmulatorReply {
    if !settings.legacy_google_errors {
        return quota_reply("Queries per day", "defaultPerDayPerProject", "0", "1/d/{project}");
    }
    let message = "Daily Limit for Unauthenticated Use Exceeded. Continued use requires signup.";
    let help = [("extendedHelp", "https://code.google.com/apis/console")];
    let body = google_error_body(403, message, "dailyLimitExceededUnreg", "usageLimits", &help);
    EmulatorReply::json_pretty(403, &body)
}

/// The minute's or the day's quota of a key is spent.
pub(super) fn limit_reply(settings: &EmulatorSettings, day: bool) -> EmulatorReply {
    if settings.legacy_google_errors {
        let (message, reason) = if day {
            ("Daily Limit Exceeded", "dailyLimitExceeded")
        } else {
            ("User Rate Limit Exceeded", "userRateLimitExceeded")
        };
        return EmulatorReply::json_pretty(
            403,
            &google_error_body(403, message, reason, "usageLimits", &[]),
        );
    }
    if day {
        let value = settings.google_daily.to_string();
        quota_reply("Queries per day", "defaultPerDayPerProject", &value, "1/d/{project}")
    } else {
        let value = settings.google_per_minute.to_string();
        quota_reply(
            "Queries per minute per user",
            "defaultPerMinutePerUser",
            &value,
            "1/min/{project}/{user}",
        )
    }
}

/// Google's own body for a status that a fault rule names.
pub(crate) fn error_reply(settings: &EmulatorSettings, status: u16, day: bool) -> EmulatorReply {
    match status {
        429 => {
            limit_reply(&EmulatorSettings { legacy_google_errors: false, ..settings.clone() }, day)
        }
        400 => bad_key(),
        401 => {
            let message = "Request is missing required authentication credential.";
            EmulatorReply::json_pretty(
                401,
                &google_error_body(401, message, "required", "global", &[]),
            )
        }
        403 if settings.legacy_google_errors => limit_reply(settings, day),
        403 => {
            let message =
                "Books API has not been used in project 123456789 before or it is disabled.";
            let mut body =
                google_error_body(403, message, "accessNotConfigured", "usageLimits", &[]);
            if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) {
                error.insert("status".to_owned(), json!("PERMISSION_DENIED"));
            }
            EmulatorReply::json_pretty(403, &body)
        }
        404 => {
            let message = "The volume ID could not be found.";
            EmulatorReply::json_pretty(
                404,
                &google_error_body(404, message, "notFound", "global", &[]),
            )
        }
        500 => EmulatorReply::json_pretty(
            500,
            &google_error_body(500, "Backend Error", "backendError", "global", &[]),
        ),
        502 => EmulatorReply::html_page(
            502,
            "<!DOCTYPE html>\n<title>Error 502 (Server Error)!!1</title>\n",
        ),
        _ => {
            let place = [("locationType", "other"), ("location", "backend_flow")];
            let message = "Service temporarily unavailable.";
            EmulatorReply::json_pretty(
                status,
                &google_error_body(status, message, "backendFailed", "global", &place),
            )
        }
    }
}
