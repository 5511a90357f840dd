//! Sends one request and reads its whole answer: with a deadline, a size cap, and an abort.

use std::future::Future;

use js_sys::Uint8Array;
use ports::{IncomingResponse, OutgoingRequest, TransportError};
use wasm_bindgen::JsValue;
use worker::{Request, Response};

use crate::js_system_ports::with_timeout;
use crate::platform_request_reader::headers_from_worker;
use crate::platform_response::header_lines;
use crate::{body, js_bindings};

/// Builds the request, sends it through `fetch` and reads the answer. `base` is put in front of the
/// request's URL.
///
/// An abort alone does not end the wait for a callee that hangs, and `AbortSignal.timeout` keeps
/// the invocation alive until it fires: hence a controller and a timer of our own.
pub async fn send_and_read<F: Future<Output = worker::Result<Response>>>(
    base: &str,
    request: &OutgoingRequest,
    timeout_ms: u64,
    max_body_bytes: usize,
    fetch: impl FnOnce(Request) -> F,
) -> Result<IncomingResponse, TransportError> {
    let mut abort = AbortOnDrop::new()?;
    let request = build_request(base, request, &abort.controller.signal())?;
    let work = async {
        let response = fetch(request).await.map_err(|_| TransportError::Unreachable)?;
        read_response(response, max_body_bytes).await
    };
    let answer = with_timeout(timeout_ms, work).await.unwrap_or(Err(TransportError::Timeout));
    abort.over = answer.is_ok();
    answer
}

/// Aborts the request when the future that waits for it is dropped, so that the request does not
/// keep one of the six connections.
struct AbortOnDrop {
    controller: web_sys::AbortController,
    /// The answer is complete: an abort has no effect then, and creates an error with its stack.
    over: bool,
}

impl AbortOnDrop {
    fn new() -> Result<Self, TransportError> {
        web_sys::AbortController::new()
            .map(|controller| Self { controller, over: false })
            .map_err(|_| TransportError::Unreachable)
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if !self.over {
            self.controller.abort();
        }
    }
}

/// The platform's request, made from the text of the URL: `worker`'s own constructor would add the
/// URL parser to the wasm.
fn build_request(
    base: &str,
    out: &OutgoingRequest,
    signal: &web_sys::AbortSignal,
) -> Result<Request, TransportError> {
    // `js_bindings.js` forbids redirects: one could carry a key to another host.
    if out.headers.iter().any(|(_, value)| value.contains('\n')) {
        // Without that header it would be another request.
        return Err(TransportError::Unreachable);
    }
    let lines = header_lines(&out.headers);
    let body = match out.body.as_slice() {
        [] => JsValue::UNDEFINED,
        bytes => Uint8Array::from(bytes).into(),
    };
    js_bindings::build_js_request(
        &format!("{base}{}", out.url),
        out.method.as_str(),
        &lines,
        &body,
        signal,
    )
    .map(Request::from)
    .map_err(|_| TransportError::Unreachable)
}

/// Reads the whole answer. An answer shorter than its Content-Length was cut in transit.
pub async fn read_response(
    response: Response,
    max_body_bytes: usize,
) -> Result<IncomingResponse, TransportError> {
    let status = response.status_code();
    let headers = headers_from_worker(response.headers());
    // With a Content-Encoding the length is that of the compressed bytes.
    let length = headers
        .get("content-length")
        .filter(|_| headers.get("content-encoding").is_none())
        .and_then(|text| text.parse::<usize>().ok());
    if length.is_some_and(|length| length > max_body_bytes) {
        return Err(TransportError::TooLarge);
    }
    let body = match response.body() {
        worker::ResponseBody::Stream(stream) => {
            body::read_capped(stream, max_body_bytes).await.map_err(|error| match error {
                body::BodyError::TooLarge => TransportError::TooLarge,
                body::BodyError::Broken => TransportError::Unreachable,
            })?
        }
        worker::ResponseBody::Body(bytes) => bytes.clone(),
        worker::ResponseBody::Empty => Vec::new(),
    };
    let bodyless = body.is_empty() && matches!(response.body(), worker::ResponseBody::Empty);
    if !bodyless && length.is_some_and(|length| body.len() < length) {
        return Err(TransportError::Unreachable);
    }
    Ok(IncomingResponse { status, headers, body })
}
