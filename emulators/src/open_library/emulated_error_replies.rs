//! Open Library's answers that are not about books.

use serde_json::json;

use crate::emulator_reply::EmulatorReply;
use crate::emulator_request::EmulatorRequest;

/// The page for an unknown path or record, even if the request was for JSON.
pub(super) fn not_found_page() -> EmulatorReply {
    EmulatorReply::html_page(
        404,
        "<!doctype html>\n<html lang=\"en\">\n<head><title>Page Not Found | Open Library</title></head>\n<body><h1>404 - Page Not Found</h1></body>\n</html>\n",
    )
}

pub(super) fn forbidden_page() -> EmulatorReply {
    EmulatorReply::html_page(
        403,
        "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 Forbidden</h1></center>\r\n<hr><center>nginx/1.30.1</center>\r\n</body>\r\n</html>\r\n",
    )
}

/// Too fast; without Retry-After.
pub(super) fn too_many() -> EmulatorReply {
    let message = "Too Many Requests. Consider using https://openlibrary.org/developers/dumps.";
    EmulatorReply::with_json_body(429, &json!({ "status": 429, "message": message }))
}

pub(super) fn unprocessable(kind: &str, field: &str, message: &str, input: &str) -> EmulatorReply {
    let detail = json!({ "type": kind, "loc": ["query", field], "msg": message, "input": input });
    EmulatorReply::with_json_body(422, &json!({ "detail": [detail] }))
}

/// A text that is no whole number, or out of range; FastAPI names the bound.
pub(super) fn whole_number(
    incoming: &EmulatorRequest,
    field: &str,
    (least, most): (i64, Option<i64>),
) -> Result<Option<usize>, EmulatorReply> {
    let Some(text) = incoming.nonblank_param(field) else { return Ok(None) };
    let (kind, message, bound) = match text.parse::<i64>() {
        Err(_) => {
            let message = "Input should be a valid integer, unable to parse string as an integer";
            return Err(unprocessable("int_parsing", field, message, text));
        }
        Ok(value) if value < least => ("greater_than_equal", "greater", ("ge", least)),
        Ok(value) => match most.filter(|most| value > *most) {
            Some(most) => ("less_than_equal", "less", ("le", most)),
            None => return Ok(usize::try_from(value).ok()),
        },
    };
    let detail = json!({
        "type": kind,
        "loc": ["query", field],
        "msg": format!("Input should be {message} than or equal to {}", bound.1),
        "input": text,
        "ctx": { bound.0: bound.1 },
    });
    Err(EmulatorReply::with_json_body(422, &json!({ "detail": [detail] })))
}

/// Open Library's own answer with a status that a fault rule names.
pub(crate) fn error_reply(status: u16) -> EmulatorReply {
    match status {
        403 => forbidden_page(),
        404 => not_found_page(),
        422 => unprocessable(
            "value_error",
            "q",
            "Value error, Query too short, must be at least 3 characters",
            "ab",
        ),
        429 => too_many(),
        503 => EmulatorReply::html_page(
            503,
            "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n",
        ),
        _ => EmulatorReply::html_page(
            status,
            "<!doctype html>\n<html><head><title>Internal Error | Open Library</title></head><body><h1>Internal Error</h1></body></html>\n",
        ),
    }
}

/// A route that is gone: the web server's answer, or the old handler's.
pub(crate) fn moved_reply(status: u16) -> EmulatorReply {
    match status {
        500 => EmulatorReply::html_page(500, "DEPRECATED ENDPOINT ACCESSED\n"),
        405 => EmulatorReply::with_json_body(405, &json!({ "detail": "Method Not Allowed" })),
        _ => EmulatorReply::with_media_type(
            status,
            "application/json",
            format!(
                "<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n<center><h1>{status}</h1></center>\r\n<hr><center>nginx/1.30.1</center>\r\n</body>\r\n</html>\r\n"
            ),
        ),
    }
}
