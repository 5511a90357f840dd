//! A plain answer as the platform's response.

use shared::http::{Headers, Reply};
use shared::order;
use wasm_bindgen::JsCast;
use worker::{Response, ResponseBuilder};

use crate::body::StreamBody;

/// The platform's response to a whole answer. 204 and 304 have no body; a header that cannot be
/// sent (a line break in its value) is left out.
///
/// # Errors
/// None today; the signature is that of a fetch event.
pub fn into_worker(reply: Reply) -> worker::Result<Response> {
    let builder = builder(reply.status, &reply.headers);
    if reply.body.is_empty() || matches!(reply.status, 101 | 204 | 205 | 304) {
        Ok(builder.empty())
    } else {
        Ok(builder.fixed(reply.body))
    }
}

/// The response whose head is `reply` (its own body is ignored) and whose body is streamed from a
/// store: the bytes do not pass through the wasm.
///
/// # Errors
/// None today; the signature is that of a fetch event.
pub fn streamed(reply: &Reply, body: StreamBody) -> worker::Result<Response> {
    Ok(builder(reply.status, &reply.headers).stream(body.0))
}

fn builder(status: u16, headers: &Headers) -> ResponseBuilder {
    let platform = at_once(headers).unwrap_or_else(|| one_by_one(headers));
    // The runtime throws on a status outside 200..=599.
    let status = if (200..=599).contains(&status) { status } else { 500 };
    ResponseBuilder::new().with_status(status).with_headers(platform)
}

/// All headers in three crossings of the border, whatever their number: as one JSON text that the
/// runtime makes an object of. None where one of them cannot be sent.
fn at_once(headers: &Headers) -> Option<worker::Headers> {
    let mut record: Vec<(&str, String)> = Vec::new();
    for (name, value) in headers.iter() {
        match record.iter_mut().find(|(known, _)| *known == name) {
            // Cookies are the one header that must not be joined.
            Some(_) if name == "set-cookie" => return None,
            Some((_, joined)) => {
                joined.push_str(", ");
                joined.push_str(value);
            }
            None => record.push((name, value.to_owned())),
        }
    }
    let record = order::map(record);
    let object = js_sys::JSON::parse(&serde_json::to_string(&record).ok()?).ok()?;
    let object: js_sys::Object = object.dyn_into().ok()?;
    web_sys::Headers::new_with_record_from_str_to_str(&object).ok().map(worker::Headers)
}

/// The slow way, which leaves out what cannot be sent.
fn one_by_one(headers: &Headers) -> worker::Headers {
    let platform = worker::Headers::new();
    for (name, value) in headers.iter() {
        // An unsendable header must not cost the answer.
        let _ = platform.append(name, value);
    }
    platform
}
