//! Turns a plain reply into the platform's response.

use js_sys::Uint8Array;
use ports::http_types::{Headers, Reply};
use wasm_bindgen::JsValue;
use worker::Response;

use crate::body::JsBufferBody;
use crate::js_bindings;

/// The platform's response for a reply. 204 and 304 have no body; a header that cannot be sent (a
/// line break in its value) is left out.
pub fn into_worker(reply: Reply) -> worker::Result<Response> {
    Ok(from_bytes(reply).into())
}

/// The same, as the runtime's own type.
pub fn from_bytes(reply: Reply) -> web_sys::Response {
    let body = match reply.body.as_slice() {
        [] => JsValue::NULL,
        bytes => Uint8Array::from(bytes).into(),
    };
    respond(&reply, &body)
}

/// A response with the head of `head` (the body of `head` is ignored) and a body that was never in
/// the wasm.
pub fn from_js_body(head: &Reply, body: &JsBufferBody) -> web_sys::Response {
    respond(head, &body.0)
}

/// The runtime throws on a status outside 200..=599, and on a body beside one that has none.
fn respond(head: &Reply, body: &JsValue) -> web_sys::Response {
    let status = if (200..=599).contains(&head.status) { head.status } else { 500 };
    let body = if matches!(status, 204 | 205 | 304) { &JsValue::NULL } else { body };
    js_bindings::respond(status, &header_lines(&head.headers), body)
}

/// Names and values in turn, a line each, without the values that have a line break.
pub(crate) fn header_lines(headers: &Headers) -> String {
    let mut lines = String::with_capacity(1_024);
    for (name, value) in headers.iter().filter(|(_, value)| !value.contains('\n')) {
        for line in [name, value] {
            lines.push_str(line);
            lines.push('\n');
        }
    }
    lines
}
