//! Implements [`CacheStores`] with KV and R2. Errors are logged here.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use ports::LogSink;
use ports::structured_log::LogLevel;
use proxy_core::binding_manifest::{KV_CACHE, R2_COLD};
use proxy_core::cache::cache_store_port::{
    CacheStores, READ_TIMEOUT_MS, StoreReadResult, TierCacheEntry, TierError, write_spaced,
};
use runtime::cache_policy::EntryMetadata;
use runtime::resilient_client::RequestContext;
use tokio::sync::{Semaphore, SemaphorePermit};
use worker::Env;
use workerd::body::JsBufferBody;
use workerd::kv::{self, StoredBody};
use workerd::r2::{R2Bucket, R2PutOptions};
use workerd::{JsSystemPorts, PlatformError, PlatformErrorKind};

/// The key of the metadata in R2's custom metadata.
const ENVELOPE: &str = "envelope";
/// Pages have a few hundred KB at most; a larger body was not written by this Worker.
const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;
/// The platform runs this many operations of a request at the same time. Further ones wait here,
/// before their timeouts start.
const CONNECTIONS: usize = 6;

/// KV and R2 for one request. Operations on an unbound store fail.
pub struct WorkerdStores {
    env: Rc<Env>,
    context: RequestContext,
    bucket: OnceCell<Option<R2Bucket>>,
    connections: Semaphore,
    operations: Cell<u32>,
}

impl WorkerdStores {
    pub fn new(env: Rc<Env>, context: RequestContext) -> Self {
        Self {
            env,
            context,
            bucket: OnceCell::new(),
            connections: Semaphore::new(CONNECTIONS),
            operations: Cell::default(),
        }
    }

    /// Waits for a connection, and counts the operation.
    async fn acquire_connection(&self) -> Option<SemaphorePermit<'_>> {
        self.operations.set(self.operations.get().saturating_add(1));
        self.connections.acquire().await.ok()
    }

    /// Runs an operation once a connection is free, and logs its failure.
    async fn run_store_operation<T>(
        &self,
        operation: impl Future<Output = Result<T, PlatformError>>,
    ) -> Result<T, TierError> {
        let _connection = self.acquire_connection().await;
        operation.await.map_err(|error| self.log_tier_error(&error))
    }

    fn cold_tier_bucket(&self) -> Result<&R2Bucket, TierError> {
        let bucket = self.bucket.get_or_init(|| R2Bucket::new(&self.env, R2_COLD).ok());
        bucket.as_ref().ok_or(TierError::Broken)
    }

    fn log_tier_error(&self, error: &PlatformError) -> TierError {
        let mut line = self.context.build_log_line("store_failed");
        line.level = LogLevel::Warn;
        line.message = format!("{} failed", error.operation);
        line.target = Some(error.operation.clone());
        line.detail = Some(error.kind.to_string());
        JsSystemPorts.write(&line);
        match error.kind {
            PlatformErrorKind::DaySpent => TierError::DaySpent,
            PlatformErrorKind::TooManyCalls => TierError::TooManyWrites,
            _ => TierError::Broken,
        }
    }
}

fn stored_page(entry: Option<StoredBody>) -> Option<TierCacheEntry<JsBufferBody>> {
    let StoredBody { value, metadata } = entry?;
    Some(TierCacheEntry { metadata: EntryMetadata::decode(&metadata?)?, body: value })
}

impl CacheStores for WorkerdStores {
    type CacheBodyHandle = JsBufferBody;

    fn operation_count(&self) -> u32 {
        self.operations.get()
    }

    fn len_bytes(body: &JsBufferBody) -> usize {
        body.len_bytes()
    }

    fn stored_bytes(bytes: &[u8]) -> JsBufferBody {
        bytes.into()
    }

    async fn hot_tier_get(&self, key: &CacheKey) -> StoreReadResult<JsBufferBody> {
        // No timer, which takes a tenth of the time of a hit: KV itself ends a slow read.
        self.run_store_operation(kv::read(&self.env, KV_CACHE, key.as_str())).await.map(stored_page)
    }

    async fn cold_tier_get(&self, key: &CacheKey) -> StoreReadResult<JsBufferBody> {
        let (env, name) = (&self.env, key.cold_tier_object_name());
        let read = workerd::r2::read_js_body(env, R2_COLD, &name, ENVELOPE, READ_TIMEOUT_MS);
        self.run_store_operation(read).await.map(stored_page)
    }

    async fn read_cold_metadata(&self, key: &CacheKey) -> Result<Option<EntryMetadata>, TierError> {
        let _connection = self.acquire_connection().await;
        let (bucket, name) = (self.cold_tier_bucket()?, key.cold_tier_object_name());
        let head =
            workerd::js_system_ports::with_timeout(READ_TIMEOUT_MS.into(), bucket.head(&name))
                .await;
        let (operation, kind) = ("r2 head".to_owned(), PlatformErrorKind::Timeout);
        let head = head.unwrap_or(Err(PlatformError { operation, kind }));
        let head = head.map_err(|error| self.log_tier_error(&error))?;
        Ok(head.and_then(|head| EntryMetadata::decode(head.metadata.get(ENVELOPE)?)))
    }

    async fn read(&self, body: JsBufferBody) -> Result<Vec<u8>, TierError> {
        if body.len_bytes() > MAX_PAGE_BYTES {
            Err(TierError::Broken)
        } else {
            Ok(body.copy_to_vec())
        }
    }

    async fn hot_put(
        &self,
        key: &CacheKey,
        body: &JsBufferBody,
        metadata: &EntryMetadata,
        ttl_secs: u64,
    ) -> Result<(), TierError> {
        let (env, text) = (&self.env, metadata.encode());
        self.run_store_operation(kv::put(
            env,
            KV_CACHE,
            key.as_str(),
            body,
            Some(ttl_secs),
            Some(&text),
        ))
        .await
    }

    async fn cold_put(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        metadata: &EntryMetadata,
        unless_since_ms: Option<u64>,
    ) -> Result<bool, TierError> {
        let bucket = self.cold_tier_bucket()?;
        let options = R2PutOptions {
            older_than_ms: unless_since_ms,
            metadata: [(ENVELOPE.to_owned(), metadata.encode())].into(),
            content_type: Some("application/json".to_owned()),
        };
        let name = key.cold_tier_object_name();
        let put = async || {
            let _connection = self.acquire_connection().await;
            bucket.put(&name, bytes.to_vec(), options.clone()).await
        };
        let is_too_soon = |error: &PlatformError| error.kind == PlatformErrorKind::TooManyCalls;
        let stored = write_spaced(&JsSystemPorts, is_too_soon, put).await;
        stored.map(|stored| stored.is_some()).map_err(|error| self.log_tier_error(&error))
    }

    async fn hot_delete(&self, key: &CacheKey) -> Result<(), TierError> {
        self.run_store_operation(kv::delete(&self.env, KV_CACHE, key.as_str())).await
    }

    async fn cold_delete(&self, key: &CacheKey) -> Result<(), TierError> {
        let _connection = self.acquire_connection().await;
        let bucket = self.cold_tier_bucket()?;
        bucket
            .delete(&key.cold_tier_object_name())
            .await
            .map_err(|error| self.log_tier_error(&error))
    }
}
