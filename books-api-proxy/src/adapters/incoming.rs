//! A request of the platform as plain data.

use ports::http::Request;
use proxy_core::api::edge::{HEADERS, MAX_BODY_BYTES};
use runtime::outcome::Failure;
use worker::worker_sys::web_sys;
use workerd::request::{HeaderNames, with_headers};

thread_local! {
    static HEADER_NAMES: HeaderNames = HeaderNames::new(&HEADERS);
}

/// Reads a request; beside it whether it was read whole.
pub async fn read(request: &web_sys::Request) -> (Request, Result<(), Failure>) {
    let names = HEADER_NAMES.with(Clone::clone);
    with_headers(request, &names, MAX_BODY_BYTES).await
}
