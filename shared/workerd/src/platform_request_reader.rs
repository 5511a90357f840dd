//! Turns a platform request into plain data.

use js_sys::{Array, JsString};
use ports::http_types::{Headers, Method, Request};
use runtime::call_outcome::{Failure, RequestRejection};

use crate::body::{self, BodyError};
use crate::js_bindings;

/// Longest URL that is read: a search query of 500 characters, percent-encoded, and some room.
const MAX_URL_BYTES: usize = 16 * 1024;

/// Reads a request with its body.
/// Errors: [`RequestRejection::TooLarge`] for a body over the cap (by its Content-Length before it
/// is read) or an overlong URL, [`RequestRejection::BadRequest`] for an incomplete body.
pub async fn from_worker(
    request: &mut worker::Request,
    max_body_bytes: usize,
) -> Result<Request, Failure> {
    let (plain, read) = with_body(request, max_body_bytes).await;
    read.map(|()| plain)
}

/// Reads a request with its body. The second value has the errors of [`from_worker`]: a refusal
/// needs the request's trace too.
pub async fn with_body(
    request: &mut worker::Request,
    max_body_bytes: usize,
) -> (Request, Result<(), Failure>) {
    let head = read_without_body(request);
    add_body(head, request.inner(), max_body_bytes).await
}

/// Reads a request with its body and only the named headers: a browser sends thirty, and each one
/// takes time to read. The names are in lower case.
///
/// The second value has the errors of [`from_worker`]: a refusal needs the trace and the origin
/// too. An overlong URL is left out.
pub async fn with_headers(
    request: &web_sys::Request,
    names: &HeaderNames,
    max_body_bytes: usize,
) -> (Request, Result<(), Failure>) {
    let text = js_bindings::request_head(request, &names.0);
    let (method, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let (url, lines) = rest.split_once('\n').unwrap_or((rest, ""));
    let (mut plain, short) = of_url(Method::from_name(method), url);
    plain.headers = of_lines(lines);
    add_body((plain, short), request, max_body_bytes).await
}

/// Header names as texts of the runtime, made once in the life of an isolate.
#[derive(Clone, Debug)]
pub struct HeaderNames(Array);

impl HeaderNames {
    pub fn new(names: &[&str]) -> Self {
        Self(names.iter().map(|name| JsString::from(*name)).collect())
    }
}

/// Reads the body, unless the URL was refused.
async fn add_body(
    (mut plain, short): (Request, Result<(), Failure>),
    request: &web_sys::Request,
    max_body_bytes: usize,
) -> (Request, Result<(), Failure>) {
    let read = match short {
        Ok(()) => read_body(request, &mut plain, max_body_bytes).await,
        refused => refused,
    };
    (plain, read)
}

async fn read_body(
    request: &web_sys::Request,
    plain: &mut Request,
    max_body_bytes: usize,
) -> Result<(), Failure> {
    let too_large = || Failure::too_large(format!("{max_body_bytes} bytes"));
    if content_length(plain).is_some_and(|length| length > max_body_bytes as u64) {
        return Err(too_large());
    }
    // The platform gives a GET no body, and the check would be one more crossing.
    if matches!(plain.method, Method::Get | Method::Head) {
        return Ok(());
    }
    let Some(stream) = request.body() else { return Ok(()) };
    plain.body = body::read_capped(&stream, max_body_bytes).await.map_err(|error| match error {
        BodyError::TooLarge => too_large(),
        BodyError::Broken => Failure::bad_request("the body broke off"),
    })?;
    Ok(())
}

/// Reads a request without its body, which [`body_stream`] passes on. The request is returned also
/// if its URL is refused as too long, because the refusal needs the trace.
pub fn read_without_body(request: &worker::Request) -> (Request, Result<(), Failure>) {
    let method = Method::from_name(&request.inner().method());
    let (mut plain, short) = of_url(method, &request.inner().url());
    plain.headers = headers_from_worker(request.headers());
    (plain, short)
}

fn of_url(method: Method, url: &str) -> (Request, Result<(), Failure>) {
    if url.len() > MAX_URL_BYTES {
        let limit = format!("{MAX_URL_BYTES} bytes of URL");
        // A path that no Worker has: the request is refused without its URL.
        return (
            Request::new(Method::Other, "/-"),
            Err(RequestRejection::TooLarge { limit }.into()),
        );
    }
    (Request::new(method, url), Ok(()))
}

/// The body as a stream, for a store that takes one: the platform streams it by itself, and this
/// Worker neither parses it nor spends CPU on it. R2 needs its length, which the platform knows
/// from the Content-Length.
pub fn body_stream(request: &worker::Request) -> Option<web_sys::ReadableStream> {
    request.inner().body()
}

pub fn content_length(request: &Request) -> Option<u64> {
    request.headers.get("content-length").and_then(|text| text.parse().ok())
}

pub fn headers_from_worker(headers: &worker::Headers) -> Headers {
    of_lines(&js_bindings::header_lines(&headers.0))
}

pub(crate) fn headers_of(request: &web_sys::Request) -> Headers {
    of_lines(&js_bindings::header_lines(&request.headers()))
}

/// Names and values in turn, a line each: neither can contain a line break.
fn of_lines(lines: &str) -> Headers {
    let mut plain = Headers::default();
    let mut lines = lines.split('\n');
    while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
        plain.append(name, value);
    }
    plain
}
