//! Google's error bodies.

use serde_json::{Value, json};

use crate::emulator_reply::{EmulatorReply, add_json_members};
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
    add_json_members(&mut detail, extra.iter().map(|(name, value)| (*name, json!(value))));
    json!({ "error": { "code": status, "message": message, "errors": [detail] } })
}

/// An error without a status of Google's RPC system.
fn google_error(
    status: u16,
    message: &str,
    reason: &str,
    domain: &str,
    extra: &[(&str, &str)],
) -> EmulatorReply {
    let body = google_error_body(status, message, reason, domain, extra);
    EmulatorReply::json_pretty(status, &body)
}

/// An error with a status of Google's RPC system, which may have details.
fn google_rpc_error(
    status: u16,
    message: &str,
    (reason, domain): (&str, &str),
    rpc_status: &str,
    details: Option<Value>,
) -> EmulatorReply {
    let mut body = google_error_body(status, message, reason, domain, &[]);
    if let Some(error) = body.get_mut("error") {
        add_json_members(error, [("status", json!(rpc_status))]);
        add_json_members(error, details.map(|details| ("details", details)));
    }
    EmulatorReply::json_pretty(status, &body)
}

pub(super) fn missing_q() -> EmulatorReply {
    google_error(400, "Required parameter: q", "required", "global", &[])
}

pub(super) fn empty_q() -> EmulatorReply {
    let place = [("location", "q"), ("locationType", "parameter")];
    google_error(400, "Missing query.", "queryRequired", "global", &place)
}

pub(super) fn invalid_value(value: &str, range: &str) -> EmulatorReply {
    let message = format!("Invalid value '{value}'. Values must be within the range: {range}");
    google_error(400, &message, "invalidParameter", "global", &[])
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
    google_error(400, &message, "invalidParameter", "global", &place)
}

pub(super) fn invalid_field(field: &str) -> EmulatorReply {
    let message = format!("Invalid field selection {field}");
    let place = [("location", "fields"), ("locationType", "parameter")];
    google_error(400, &message, "invalidParameter", "global", &place)
}

pub(super) fn bad_key() -> EmulatorReply {
    let message = "API key not valid. Please pass a valid API key.";
    let details = json!([{
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": { "service": "books.googleapis.com" },
    }]);
    let place = ("badRequest", "global");
    google_rpc_error(400, message, place, "INVALID_ARGUMENT", Some(details))
}

pub(super) fn unknown_location() -> EmulatorReply {
    let message = "Cannot determine user location for geographically restricted operation.";
    google_error(403, message, "unknownLocation", "global", &[])
}

/// A spent quota, in the form of 2026.
fn quota_reply(limit: &str, limit_name: &str, value: &str, unit: &str) -> EmulatorReply {
    let message = format!(
        "Quota exceeded for quota metric 'Queries' and limit '{limit}' of service 'books.googleapis.com' for consumer 'project_number:{CONSUMER}'."
    );
    let details = json!([
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
    ]);
    let place = ("rateLimitExceeded", "global");
    google_rpc_error(429, &message, place, "RESOURCE_EXHAUSTED", Some(details))
}

/// A call without a key: since 2026 its quota is 0.
pub(super) fn keyless(settings: &EmulatorSettings) -> EmulatorReply {
    if !settings.legacy_google_errors {
        return quota_reply("Queries per day", "defaultPerDayPerProject", "0", "1/d/{project}");
    }
    let message = "Daily Limit for Unauthenticated Use Exceeded. Continued use requires signup.";
    let help = [("extendedHelp", "https://code.google.com/apis/console")];
    google_error(403, message, "dailyLimitExceededUnreg", "usageLimits", &help)
}

/// The minute's or the day's quota of a key is spent.
pub(super) fn limit_reply(settings: &EmulatorSettings, day: bool) -> EmulatorReply {
    if settings.legacy_google_errors {
        let (message, reason) = if day {
            ("Daily Limit Exceeded", "dailyLimitExceeded")
        } else {
            ("User Rate Limit Exceeded", "userRateLimitExceeded")
        };
        return google_error(403, message, reason, "usageLimits", &[]);
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

/// The page for a path or a method that the API does not know.
pub(super) fn not_found_page() -> EmulatorReply {
    let page = "<!DOCTYPE html>\n<title>Error 404 (Not Found)!!1</title>\n";
    EmulatorReply::html_page(404, page)
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
            google_error(401, message, "required", "global", &[])
        }
        403 if settings.legacy_google_errors => limit_reply(settings, day),
        403 => {
            let message =
                "Books API has not been used in project 123456789 before or it is disabled.";
            let place = ("accessNotConfigured", "usageLimits");
            google_rpc_error(403, message, place, "PERMISSION_DENIED", None)
        }
        404 => {
            let message = "The volume ID could not be found.";
            google_error(404, message, "notFound", "global", &[])
        }
        500 => google_error(500, "Backend Error", "backendError", "global", &[]),
        502 => EmulatorReply::html_page(
            502,
            "<!DOCTYPE html>\n<title>Error 502 (Server Error)!!1</title>\n",
        ),
        _ => {
            let place = [("locationType", "other"), ("location", "backend_flow")];
            let message = "Service temporarily unavailable.";
            google_error(status, message, "backendFailed", "global", &place)
        }
    }
}
