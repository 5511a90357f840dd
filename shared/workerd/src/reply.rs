//! Turns a plain reply into the platform's response.

use js_sys::Uint8Array;
use ports::http::{Headers, Reply};
use wasm_bindgen::JsValue;
use worker::{Response, ResponseBuilder};

use crate::body::JsBody;
use crate::js_bindings;

/// The platform's response for a reply. 204 and 304 have no body; a header that cannot be sent (a
/// line break in its value) is left out.
pub fn into_worker(reply: Reply) -> worker::Result<Response> {
    Ok(from_bytes(reply).into())
}

/// The same, as the runtime's own type.
pub fn from_bytes(reply: Reply) -> web_sys::Response {
    let body = if reply.body.is_empty() || is_bodyless(reply.status) {
        JsValue::NULL
    } else {
        Uint8Array::from(reply.body.as_slice()).into()
    };
    build_directly(&reply, &body).unwrap_or_else(|| build_header_by_header(reply))
}

/// A response with the head of `head` (the body of `head` is ignored) and a body that was never in
/// the wasm.
pub fn from_js_body(head: &Reply, body: &JsBody) -> web_sys::Response {
    build_directly(head, body.as_ref())
        .unwrap_or_else(|| build_header_by_header(Reply { body: body.to_vec(), ..head.clone() }))
}

fn build_directly(head: &Reply, body: &JsValue) -> Option<web_sys::Response> {
    let status = valid_status(head.status);
    js_bindings::respond(status, &lines_of(&head.headers)?, body).ok()
}

fn build_header_by_header(reply: Reply) -> web_sys::Response {
    let builder = response_builder(reply.status, &reply.headers);
    if reply.body.is_empty() || is_bodyless(reply.status) {
        builder.empty().into()
    } else {
        builder.fixed(reply.body).into()
    }
}

fn is_bodyless(status: u16) -> bool {
    matches!(status, 101 | 204 | 205 | 304)
}

/// The runtime throws on a status outside 200..=599.
fn valid_status(status: u16) -> u16 {
    if (200..=599).contains(&status) { status } else { 500 }
}

fn response_builder(status: u16, headers: &Headers) -> ResponseBuilder {
    ResponseBuilder::new().with_status(valid_status(status)).with_headers(one_by_one(headers))
}

/// Names and values in turn, a line each, no name twice. `None` if that form cannot hold them: a
/// line break in a value, or two cookies, the one header whose values must not be joined.
pub(crate) fn lines_of(headers: &Headers) -> Option<String> {
    let mut lines = String::with_capacity(1_024);
    for (at, (name, value)) in headers.iter().enumerate() {
        if value.contains('\n') {
            return None;
        }
        if headers.iter().take(at).any(|(before, _)| before == name) {
            continue;
        }
        if at > 0 {
            lines.push('\n');
        }
        lines.push_str(name);
        lines.push('\n');
        lines.push_str(value);
        for (_, more) in headers.iter().skip(at + 1).filter(|(other, _)| *other == name) {
            if name == "set-cookie" {
                return None;
            }
            lines.push_str(", ");
            lines.push_str(more);
        }
    }
    Some(lines)
}

/// The slow way, which leaves out headers that cannot be sent.
fn one_by_one(headers: &Headers) -> worker::Headers {
    let platform = worker::Headers::new();
    for (name, value) in headers.iter() {
        // An unsendable header must not fail the answer.
        let _ = platform.append(name, value);
    }
    platform
}
