//! ISBNdb's error bodies, by generation.

use serde_json::json;

use crate::emulator_reply::EmulatorReply;
use crate::settings::EmulatorSettings;

fn message_reply(status: u16, text: &str) -> EmulatorReply {
    EmulatorReply::with_json_body(status, &json!({ "message": text, "errorMessage": text }))
}

/// The key is missing or unknown.
pub(super) fn unauthenticated(settings: &EmulatorSettings) -> EmulatorReply {
    if settings.generation == 1 {
        return forbidden_reply();
    }
    message_reply(401, "Full authentication is required to access this resource")
}

/// A key of another plan is refused at this host, whatever the endpoint.
pub(super) fn forbidden_reply() -> EmulatorReply {
    EmulatorReply::with_json_body(403, &json!({ "message": "Forbidden" }))
}

/// Too fast, or the day is spent.
pub(super) fn limit_reply(settings: &EmulatorSettings, day: bool) -> EmulatorReply {
    match (settings.generation, day) {
        (1, _) => EmulatorReply::with_json_body(429, &json!({ "message": "Limit Exceeded" })),
        (_, false) => message_reply(429, "Per minute quota exceeded, please try again later"),
        (_, true) => message_reply(429, "Daily quota exceeded, please try again later"),
    }
}

pub(super) fn not_found(settings: &EmulatorSettings) -> EmulatorReply {
    if settings.generation == 1 {
        return EmulatorReply::with_json_body(404, &json!({ "errorMessage": "Not Found" }));
    }
    message_reply(404, "Not Found")
}

/// A wrong parameter, named also in v2.7's own member `error_message`.
pub(super) fn bad_request_reply(text: &str) -> EmulatorReply {
    EmulatorReply::with_json_body(400, &json!({ "message": text, "error_message": text }))
}

/// ISBNdb's own body for a status that a fault rule names.
pub(crate) fn error_reply(settings: &EmulatorSettings, status: u16, day: bool) -> EmulatorReply {
    match status {
        400 => bad_request_reply("Bad Request"),
        401 => message_reply(401, "Full authentication is required to access this resource"),
        403 => forbidden_reply(),
        404 => not_found(settings),
        429 => limit_reply(settings, day),
        502 | 504 => EmulatorReply::html_page(
            status,
            "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
        ),
        503 => message_reply(503, "Service Unavailable").with_header("retry-after", "30"),
        500 if settings.generation == 1 => {
            EmulatorReply::with_json_body(500, &json!({ "message": "Internal server error" }))
        }
        _ => message_reply(status, "Internal server error"),
    }
}
