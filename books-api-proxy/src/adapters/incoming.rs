//! Converts a request of the platform to plain data.

use ports::http::Request;
use proxy_core::api::edge::{HEADERS, MAX_REQUEST_BODY_BYTES};
use runtime::outcome::Failure;
use worker::worker_sys::web_sys;
use workerd::request::{HeaderNames, with_headers};

thread_local! {
    static HEADER_NAMES: HeaderNames = HeaderNames::new(&HEADERS);
}

/// Reads a request. The result is an error if the body could not be read.
pub async fn read_incoming_request(request: &web_sys::Request) -> (Request, Result<(), Failure>) {
    let names = HEADER_NAMES.with(Clone::clone);
    with_headers(request, &names, MAX_REQUEST_BODY_BYTES).await
}
