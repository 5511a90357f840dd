//! A platform request as plain data.

use shared::http::{Headers, Method, Request};
use shared::outcome::Failure;

use crate::body::{self, BodyError, StreamBody};

/// The longest URL that is looked at: a search query of 500 characters, percent-encoded, and room.
const MAX_URL_BYTES: usize = 16 * 1024;

/// Reads a request with its body.
///
/// # Errors
/// [`Failure::TooLarge`] for a body over the cap (by its Content-Length before anything is read)
/// or an overlong URL, [`Failure::BadRequest`] for a body that broke off.
pub async fn from_worker(
    request: &mut worker::Request,
    max_body_bytes: usize,
) -> Result<Request, Failure> {
    let mut plain = head(request)?;
    let too_large = || Failure::TooLarge { limit: format!("{max_body_bytes} bytes") };
    if content_length(&plain).is_some_and(|length| length > max_body_bytes as u64) {
        return Err(too_large());
    }
    // The platform gives a GET no body: asking would be one more crossing of the border.
    if matches!(plain.method, Method::Get | Method::Head) || request.inner().body().is_none() {
        return Ok(plain);
    }
    let broken = || Failure::BadRequest { what: "the body broke off".to_owned() };
    let stream = request.stream().map_err(|_| broken())?;
    plain.body = body::read_capped(stream, max_body_bytes).await.map_err(|error| match error {
        BodyError::TooLarge => too_large(),
        BodyError::Broken => broken(),
    })?;
    Ok(plain)
}

/// Reads a request without its body, which [`stream`] passes on.
///
/// # Errors
/// [`Failure::TooLarge`] for an overlong URL.
pub fn head(request: &worker::Request) -> Result<Request, Failure> {
    let url = request.inner().url();
    if url.len() > MAX_URL_BYTES {
        return Err(Failure::TooLarge { limit: format!("{MAX_URL_BYTES} bytes of URL") });
    }
    let mut plain = Request::new(Method::from_name(&request.inner().method()), &url);
    plain.headers = headers_from_worker(request.headers());
    Ok(plain)
}

/// The body as a stream, for a store that takes one. With a Content-Length the platform knows its
/// length, which R2 needs.
#[must_use]
pub fn stream(request: &worker::Request) -> Option<StreamBody> {
    request.inner().body().map(StreamBody)
}

/// What Content-Length says.
#[must_use]
pub fn content_length(request: &Request) -> Option<u64> {
    request.headers.get("content-length").and_then(|text| text.parse().ok())
}

/// Plain headers of the platform's.
#[must_use]
pub fn headers_from_worker(headers: &worker::Headers) -> Headers {
    at_once(headers).unwrap_or_else(|| one_by_one(headers))
}

/// All headers in two crossings of the border, as one JSON text.
fn at_once(headers: &worker::Headers) -> Option<Headers> {
    let object = js_sys::Object::from_entries(headers.0.as_ref()).ok()?;
    let text = js_sys::JSON::stringify(&object).ok()?.as_string()?;
    let record: std::collections::BTreeMap<String, String> =
        serde_json::from_slice(text.as_bytes()).ok()?;
    let mut plain = Headers::default();
    for (name, value) in record {
        plain.append(&name, value);
    }
    Some(plain)
}

fn one_by_one(headers: &worker::Headers) -> Headers {
    let mut plain = Headers::default();
    for (name, value) in headers.entries() {
        plain.append(&name, value);
    }
    plain
}
