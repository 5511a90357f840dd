//! The port of the engine: the bucket, KV, the siblings, the clock and the log.

use ports::http_types::Method;
use ports::structured_log::{LogLevel, LogLine};
use ports::{IncomingResponse, OutgoingRequest};
use runtime::call_outcome::{Failure, ProviderFailure};
use runtime::problem;
use runtime::resilient_client::{RequestContext, ResilientCall};
use runtime::wire_types::batch_search_wire_types::CacheMode;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::binding_manifest::{BOOKS_API_PROXY, ISBNDB_WORKER};
use crate::warming_ledger::warming_ledger_store::StorageResult;

/// A bulk answer of the ISBNdb Worker has up to a thousand books of some kilobytes each.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiblingWorker {
    Isbndb,
    Proxy,
}

impl SiblingWorker {
    pub fn binding_name(self) -> &'static str {
        match self {
            Self::Isbndb => ISBNDB_WORKER,
            Self::Proxy => BOOKS_API_PROXY,
        }
    }

    pub fn outgoing_call(
        self,
        route: &'static str,
        request: OutgoingRequest,
        timeout_ms: u64,
    ) -> ResilientCall {
        ResilientCall::for_service_binding(self.binding_name(), route, request)
            .max_body_bytes(MAX_ANSWER_BYTES)
            .timeout_ms(timeout_ms)
    }
}

/// The answer of a sibling. Errors: the failure that it reports, or a body of another shape.
pub fn parse_answer<T: DeserializeOwned>(response: &IncomingResponse) -> Result<T, Failure> {
    match response.status {
        200..=299 => Ok(serde_json::from_slice(&response.body).map_err(ProviderFailure::from)?),
        _ => Err(problem::failure_from_sibling_response(response)),
    }
}

/// True for a request that changes and spends nothing: a GET, and an only-if-cached batch. Only
/// such a request may be sent to a canary.
pub fn is_read_only(request: &OutgoingRequest) -> bool {
    #[derive(Deserialize)]
    struct BatchCacheMode {
        cache: CacheMode,
    }
    match request.method {
        Method::Get | Method::Head => true,
        Method::Post => serde_json::from_slice::<BatchCacheMode>(&request.body)
            .is_ok_and(|batch| batch.cache == CacheMode::OnlyIfCached),
        _ => false,
    }
}

pub fn build_log_line(
    context: &RequestContext,
    event: &'static str,
    message: &str,
    fields: &serde_json::Value,
) -> LogLine {
    let mut line = context.build_log_line(event);
    line.message = message.to_owned();
    line.outcome = Some(fields.to_string());
    line.level = match event {
        "alert" => LogLevel::Error,
        "plan_mismatch" => LogLevel::Warn,
        _ => line.level,
    };
    line
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketFileInfo {
    pub key: String,
    pub etag: String,
    pub size_bytes: u64,
    pub uploaded_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RangeReadResult {
    /// The bytes; fewer than requested only at the end of the file.
    Bytes(Vec<u8>),
    Replaced,
    Gone,
}

#[expect(async_fn_in_trait, reason = "a Worker has one thread: no future needs to be Send")]
pub trait WarmerPorts {
    fn now_ms(&self) -> u64;

    /// Memory of the isolate that runs the engine: its maximum so far, since it never shrinks.
    fn memory_bytes(&self) -> u64;

    async fn sleep_ms(&self, ms: u64);

    /// Calls a sibling Worker, and reads its answer by [`parse_answer`].
    async fn call_sibling<T: DeserializeOwned>(
        &self,
        sibling: SiblingWorker,
        route: &'static str,
        request: OutgoingRequest,
        timeout_ms: u64,
    ) -> Result<T, Failure>;

    /// The files with a key prefix; `true` if there are more.
    async fn list(&self, prefix: &str) -> StorageResult<(Vec<BucketFileInfo>, bool)>;

    /// The files at the top of the bucket, and some of those in unrelated folders.
    async fn top_level(&self) -> StorageResult<Vec<String>>;

    /// A part of one version of a file.
    async fn read(
        &self,
        file: &str,
        etag: &str,
        from: u64,
        len: u64,
    ) -> StorageResult<RangeReadResult>;

    async fn write(&self, file: &str, content_type: &str, body: Vec<u8>) -> StorageResult<()>;

    /// Writes a file in parts: all of one size but the last; `None` ends the file. The file is
    /// stored as a whole or not at all.
    async fn write_parts(
        &self,
        file: &str,
        content_type: &str,
        next: &mut dyn FnMut() -> StorageResult<Option<Vec<u8>>>,
    ) -> StorageResult<()>;

    async fn publish(&self, key: &str, body: Vec<u8>) -> StorageResult<()>;

    fn log(&self, event: &'static str, message: &str, fields: serde_json::Value);
}

#[cfg(test)]
mod tests {
    use runtime::wire_types::batch_search_wire_types::BatchSearchRequest;

    use super::*;

    #[test]
    fn only_requests_that_spend_nothing_are_reads() {
        let batch = |cache| {
            let body = BatchSearchRequest { cache, items: Vec::new() };
            OutgoingRequest::json_post("/search/batch", &body).unwrap()
        };
        for (request, read) in [
            (OutgoingRequest::get("/health"), true),
            (batch(CacheMode::OnlyIfCached), true),
            (batch(CacheMode::Default), false),
            (batch(CacheMode::Refresh), false),
            (OutgoingRequest::new_without_body(Method::Post, "/x"), false),
            (OutgoingRequest::new_without_body(Method::Delete, "/cache"), false),
        ] {
            assert_eq!(is_read_only(&request), read, "{request:?}");
        }
    }
}
