//! `POST /upload`: stores an uploaded library in R2.

use ports::http::{Reply, Request};
use runtime::outcome::Failure;
use runtime::service_client::InboundRequest;
use warmer_core::manifest::LIBRARY_DATA;
use warmer_core::object_call::OBJECT_BUDGET_MS;
use warmer_core::upload::{Upload, empty_file};
use worker::Env;
use workerd::PlatformErrorKind;
use workerd::r2::{PutOptions, R2Bucket};

use super::ledger_object::object;

/// Streams the CSV to R2, then wakes the ledger to scan for it.
pub(crate) async fn upload(
    request: &mut worker::Request,
    plain: &Request,
    env: &Env,
    inbound: &InboundRequest,
) -> Result<Reply, Failure> {
    let upload = Upload::read(plain, workerd::request::content_length(plain))?;
    let body = workerd::request::stream(request).ok_or_else(empty_file)?;
    let options = PutOptions { content_type: Some("text/csv".to_owned()), ..PutOptions::default() };
    let bucket = R2Bucket::new(env, LIBRARY_DATA)?;
    bucket.put_stream(&upload.key, body, options).await.map_err(|error| match error.kind {
        // The connection ended, or the body was shorter than announced.
        PlatformErrorKind::ConnectionLost => Failure::bad_request("the upload was aborted"),
        _ => error.into(),
    })?;
    object(env, inbound.context(), "/warm", upload.warm, OBJECT_BUDGET_MS).await
}
