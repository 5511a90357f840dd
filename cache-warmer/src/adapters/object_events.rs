//! Conversion of the platform's requests and contexts for the object's events.

use ports::Clock;
use ports::http::Request;
use runtime::outcome::Failure;
use runtime::service_client::CallContext;
use warmer_core::object_call::OBJECT_BUDGET_MS;
use warmer_core::settings::{MAX_PREVIEW_BYTES, WarmerSettings};
use worker::Env;
use workerd::JsHost;

use super::wake::worker_identity;

pub(crate) fn settings(env: &Env) -> Result<WarmerSettings, Failure> {
    let settings =
        workerd::configure(env).and_then(|()| WarmerSettings::read(&workerd::env::vars(env)));
    Ok(settings?)
}

/// The request as plain data. Its body is small, at most the first part of a file to preview: whole
/// files go to R2 directly.
pub(crate) async fn read(request: &mut worker::Request) -> Result<Request, Failure> {
    workerd::request::from_worker(request, MAX_PREVIEW_BYTES).await
}

/// The context of a request as the Worker in front sent it.
pub(crate) fn context_of(env: &Env, request: &Request) -> CallContext {
    CallContext::from_headers(
        worker_identity(env),
        &request.headers,
        true,
        OBJECT_BUDGET_MS,
        &JsHost,
    )
}

pub(crate) fn internal(error: worker::Error) -> Failure {
    Failure::internal(error)
}

pub(crate) fn now_ms() -> u64 {
    JsHost.now_ms()
}
