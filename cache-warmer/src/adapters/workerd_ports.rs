//! The engine's ports on workerd, and the calls of the sibling Workers.

use ports::{Clock, IncomingResponse, LogSink, OutgoingRequest};
use runtime::call_outcome::Failure;
use runtime::resilient_client::{RequestContext, ResilientCall};
use serde::de::DeserializeOwned;
use warmer_core::binding_manifest::{CANARY, LIBRARY_DATA, WARMING_CACHE};
use warmer_core::warming_engine::bucket_scan::is_unrelated;
use warmer_core::warming_engine::ports::{
    BucketFileInfo, RangeReadResult, SiblingWorker, WarmerPorts, build_log_line, is_read_only,
    parse_answer,
};
use warmer_core::warming_ledger::warming_ledger_store::{StorageResult, WarmerStorageError};
use worker::{Env, HttpMetadata};
use workerd::kv;
use workerd::r2::{R2Bucket, R2PutOptions};
use workerd::{BindingTransport, JsSystemPorts};

/// Files that one scan of the bucket reads.
const MAX_FILES: usize = 1_000;
/// Keys of one page of a list: the platform's maximum.
const LIST_PAGE_KEYS: u32 = 1_000;
/// Unrelated folders of the bucket that are searched for a misplaced library, a list for each in
/// every scan.
const MAX_FOLDERS: usize = 5;
const FOLDER_PAGE: u32 = 100;

pub(crate) struct WorkerdPorts {
    env: Env,
    /// The event of the engine's step: all calls of the step belong to its trace.
    context: RequestContext,
}

impl WorkerdPorts {
    pub(crate) fn new(env: &Env, context: RequestContext) -> Self {
        Self { env: env.clone(), context }
    }

    fn library_bucket(&self) -> StorageResult<R2Bucket> {
        R2Bucket::new(&self.env, LIBRARY_DATA).map_err(to_storage_error)
    }
}

/// Calls a sibling; a share of the proxy's reads goes to its canary, if one is bound.
/// Errors: the sibling failed, its binding is missing, or `CANARY_PERCENT` is bad.
pub(crate) async fn ask_sibling<R>(
    env: &Env,
    context: &RequestContext,
    call: ResilientCall,
    parse: impl Fn(&IncomingResponse) -> Result<R, Failure>,
) -> Result<R, Failure> {
    // Only the proxy has a canary: two ISBNdb Workers would double the pace of one key.
    let is_read = call.name == SiblingWorker::Proxy.binding_name() && is_read_only(&call.request);
    let canary = is_read.then_some(CANARY);
    workerd::canary_calls::call_binding(env, BindingTransport::new, canary, context, call, parse)
        .await
}

fn to_storage_error(error: impl std::fmt::Display) -> WarmerStorageError {
    WarmerStorageError(error.to_string())
}

impl WarmerPorts for WorkerdPorts {
    fn now_ms(&self) -> u64 {
        JsSystemPorts.now_ms()
    }

    fn memory_bytes(&self) -> u64 {
        const PAGE_BYTES: u64 = 65_536;
        #[cfg(target_arch = "wasm32")]
        let pages = core::arch::wasm32::memory_size::<0>() as u64;
        #[cfg(not(target_arch = "wasm32"))]
        let pages = 0;
        pages * PAGE_BYTES
    }

    async fn sleep_ms(&self, ms: u64) {
        JsSystemPorts.sleep(ms).await;
    }

    async fn call_sibling<T: DeserializeOwned>(
        &self,
        sibling: SiblingWorker,
        route: &'static str,
        request: OutgoingRequest,
        timeout_ms: u64,
    ) -> Result<T, Failure> {
        let mut context = self.context.clone();
        context.deadline_at_ms = JsSystemPorts.now_ms().saturating_add(timeout_ms);
        let call = sibling.outgoing_call(route, request, timeout_ms);
        ask_sibling(&self.env, &context, call, parse_answer).await
    }

    async fn list(&self, prefix: &str) -> StorageResult<(Vec<BucketFileInfo>, bool)> {
        let bucket = self.library_bucket()?;
        let mut files = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = bucket.list(prefix, cursor.as_deref(), LIST_PAGE_KEYS).await;
            let page = page.map_err(to_storage_error)?;
            files.extend(page.objects.into_iter().map(|head| BucketFileInfo {
                key: head.key,
                etag: head.etag,
                size_bytes: head.size_bytes,
                uploaded_ms: head.uploaded_at_ms,
            }));
            cursor = page.cursor;
            if cursor.is_none() || files.len() >= MAX_FILES {
                return Ok((files, cursor.is_some()));
            }
        }
    }

    async fn top_level(&self) -> StorageResult<Vec<String>> {
        let bucket = self.env.bucket(LIBRARY_DATA).map_err(to_storage_error)?;
        let page = bucket.list().delimiter("/").limit(LIST_PAGE_KEYS).execute().await;
        let page = page.map_err(to_storage_error)?;
        let mut keys: Vec<String> = page.objects().iter().map(worker::Object::key).collect();
        let folders = page.delimited_prefixes().into_iter();
        for folder in folders.filter(|folder| is_unrelated(folder)).take(MAX_FOLDERS) {
            let page = self.library_bucket()?.list(&folder, None, FOLDER_PAGE).await;
            let page = page.map_err(to_storage_error)?;
            keys.extend(page.objects.into_iter().map(|head| head.key));
        }
        Ok(keys)
    }

    async fn read(
        &self,
        file: &str,
        etag: &str,
        from: u64,
        len: u64,
    ) -> StorageResult<RangeReadResult> {
        let bucket = self.library_bucket()?;
        match bucket.get_range(file, from, len).await {
            Ok(Some(read)) if read.head.etag == etag => Ok(RangeReadResult::Bytes(read.bytes)),
            Ok(Some(_)) => Ok(RangeReadResult::Replaced),
            Ok(None) => Ok(RangeReadResult::Gone),
            // The file was replaced by a shorter version that ends before the offset.
            Err(error) => match bucket.head(file).await.map_err(to_storage_error)? {
                Some(head) if head.etag == etag => Err(to_storage_error(error)),
                Some(_) => Ok(RangeReadResult::Replaced),
                None => Ok(RangeReadResult::Gone),
            },
        }
    }

    async fn write(&self, file: &str, content_type: &str, body: Vec<u8>) -> StorageResult<()> {
        let options =
            R2PutOptions { content_type: Some(content_type.to_owned()), ..R2PutOptions::default() };
        self.library_bucket()?.put(file, body, options).await.map_err(to_storage_error)?;
        Ok(())
    }

    async fn write_parts(
        &self,
        file: &str,
        content_type: &str,
        next: &mut dyn FnMut() -> StorageResult<Option<Vec<u8>>>,
    ) -> StorageResult<()> {
        let first = next()?.unwrap_or_default();
        let Some(second) = next()? else { return self.write(file, content_type, first).await };
        let bucket = self.env.bucket(LIBRARY_DATA).map_err(to_storage_error)?;
        let kind =
            HttpMetadata { content_type: Some(content_type.to_owned()), ..HttpMetadata::default() };
        let upload = bucket.create_multipart_upload(file).http_metadata(kind).execute().await;
        let upload = upload.map_err(to_storage_error)?;
        // R2 drops an upload that is never completed after a week.
        let mut parts = vec![upload.upload_part(1, first).await.map_err(to_storage_error)?];
        let mut part = Some(second);
        while let Some(bytes) = part {
            let number = u16::try_from(parts.len() + 1).map_err(to_storage_error)?;
            parts.push(upload.upload_part(number, bytes).await.map_err(to_storage_error)?);
            part = next()?;
        }
        upload.complete(parts).await.map(drop).map_err(to_storage_error)
    }

    async fn publish(&self, key: &str, body: Vec<u8>) -> StorageResult<()> {
        let body = body.as_slice().into();
        kv::put(&self.env, WARMING_CACHE, key, &body, None, None).await.map_err(to_storage_error)
    }

    fn log(&self, event: &'static str, message: &str, fields: serde_json::Value) {
        JsSystemPorts.write(&build_log_line(&self.context, event, message, &fields));
    }
}
