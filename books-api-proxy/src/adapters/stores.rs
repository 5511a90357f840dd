//! KV and R2 behind the cache's port. Errors are logged here and become "failed".

use std::cell::{Cell, OnceCell};

use bibliography::cache_key::CacheKey;
use ports::LogSink;
use ports::log::Level;
use proxy_core::cache::port::{
    CacheStores, READ_TIMEOUT_MS, StoreFailed, StoreRead, StoredPage, write_spaced,
};
use proxy_core::manifest::{KV_CACHE, R2_COLD};
use runtime::cache_policy::Envelope;
use runtime::service_client::CallContext;
use tokio::sync::{Semaphore, SemaphorePermit};
use worker::Env;
use workerd::body::JsBody;
use workerd::kv::{Kv, KvEntry};
use workerd::r2::{ObjectHead, PutCondition, PutOptions, R2Bucket};
use workerd::{JsHost, PlatformError, PlatformErrorKind};

/// The name of the envelope among R2's custom metadata.
const ENVELOPE: &str = "envelope";
/// Our pages have a few hundred KB at most; more is not ours.
const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;
/// Operations that the platform runs at the same time for one request. More would wait there, and their
/// timeouts would run out while they do.
const CONNECTIONS: usize = 6;

/// The two tiers for one request; bound only where they are needed, since a hit in memory needs
/// neither. A store that is not bound is a store that fails.
pub struct WorkerdStores {
    env: Env,
    context: CallContext,
    kv: OnceCell<Option<Kv>>,
    bucket: OnceCell<Option<R2Bucket>>,
    connections: Semaphore,
    operations: Cell<u32>,
}

impl WorkerdStores {
    /// The tiers of an environment; failures are logged under the context.
    pub fn new(env: Env, context: CallContext) -> Self {
        Self {
            env,
            context,
            kv: OnceCell::new(),
            bucket: OnceCell::new(),
            connections: Semaphore::new(CONNECTIONS),
            operations: Cell::default(),
        }
    }

    /// A connection for one operation, which is counted.
    async fn connection(&self) -> Option<SemaphorePermit<'_>> {
        self.operations.set(self.operations.get().saturating_add(1));
        self.connections.acquire().await.ok()
    }

    fn kv(&self) -> Option<&Kv> {
        self.kv.get_or_init(|| Kv::new(&self.env, KV_CACHE).ok()).as_ref()
    }

    fn bucket(&self) -> Option<&R2Bucket> {
        self.bucket.get_or_init(|| R2Bucket::new(&self.env, R2_COLD).ok()).as_ref()
    }

    fn failed(&self, error: &PlatformError) -> StoreFailed {
        let mut line = self.context.line("store_failed");
        line.level = Level::Warn;
        line.message = format!("{} failed", error.operation);
        line.target = Some(error.operation.clone());
        line.detail = Some(error.kind.to_string());
        JsHost.write(&line);
        match error.kind {
            PlatformErrorKind::DaySpent => StoreFailed::DaySpent,
            PlatformErrorKind::TooManyCalls => StoreFailed::TooManyWrites,
            _ => StoreFailed::Broken,
        }
    }

    async fn timely<T>(
        &self,
        operation: &str,
        work: impl Future<Output = Result<T, PlatformError>>,
    ) -> Result<T, StoreFailed> {
        match workerd::host::with_timeout(READ_TIMEOUT_MS.into(), work).await {
            Some(result) => result.map_err(|error| self.failed(&error)),
            None => Err(self.failed(&PlatformError {
                operation: operation.to_owned(),
                kind: PlatformErrorKind::Timeout,
            })),
        }
    }

    /// False if the condition did not hold.
    async fn cold_put_if(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        envelope: &Envelope,
        condition: PutCondition,
    ) -> Result<bool, StoreFailed> {
        let bucket = self.bucket().ok_or(StoreFailed::Broken)?;
        let options = PutOptions {
            condition,
            metadata: [(ENVELOPE.to_owned(), envelope.encode())].into(),
            content_type: Some("application/json".to_owned()),
        };
        let name = key.cold();
        let put = async || {
            let _connection = self.connection().await;
            bucket.put(&name, bytes.to_vec(), options.clone()).await
        };
        let is_too_soon = |error: &PlatformError| error.kind == PlatformErrorKind::TooManyCalls;
        let stored = write_spaced(&JsHost, is_too_soon, put).await;
        stored.map(|stored| stored.is_some()).map_err(|error| self.failed(&error))
    }
}

fn envelope_of(head: &ObjectHead) -> Option<Envelope> {
    head.metadata.get(ENVELOPE).and_then(|text| Envelope::decode(text))
}

/// An entry with an unreadable envelope counts as missing.
fn opened(entry: Option<KvEntry<JsBody>>) -> Option<StoredPage<JsBody>> {
    let KvEntry { value, metadata } = entry?;
    Some(StoredPage { envelope: Envelope::decode(&metadata?)?, body: value })
}

impl CacheStores for WorkerdStores {
    type Body = JsBody;

    fn operations(&self) -> u32 {
        self.operations.get()
    }

    fn len_bytes(body: &JsBody) -> usize {
        body.len_bytes()
    }

    async fn hot_open(&self, key: &CacheKey) -> StoreRead<JsBody> {
        let _connection = self.connection().await;
        // No timer here: setting and clearing one was a tenth of a hit's time, and KV ends a read
        // that takes too long by itself.
        let read = workerd::kv::read_js_body(&self.env, KV_CACHE, key.as_str());
        read.await.map(opened).map_err(|error| self.failed(&error))
    }

    async fn cold_open(&self, key: &CacheKey) -> StoreRead<JsBody> {
        let _connection = self.connection().await;
        let env = &self.env;
        let name = key.cold();
        let read = workerd::r2::read_js_body(env, R2_COLD, &name, ENVELOPE, READ_TIMEOUT_MS);
        read.await.map(opened).map_err(|error| self.failed(&error))
    }

    async fn cold_head(&self, key: &CacheKey) -> Result<Option<Envelope>, StoreFailed> {
        let _connection = self.connection().await;
        let bucket = self.bucket().ok_or(StoreFailed::Broken)?;
        let name = key.cold();
        let head = self.timely("r2 head", bucket.head(&name)).await?;
        Ok(head.as_ref().and_then(envelope_of))
    }

    async fn read(&self, body: JsBody) -> Result<Vec<u8>, StoreFailed> {
        if body.len_bytes() > MAX_PAGE_BYTES { Err(StoreFailed::Broken) } else { Ok(body.to_vec()) }
    }

    async fn hot_put(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        envelope: &Envelope,
        ttl_secs: u64,
    ) -> Result<(), StoreFailed> {
        let _connection = self.connection().await;
        let kv = self.kv().ok_or(StoreFailed::Broken)?;
        let text = envelope.encode();
        let put = kv.put(key.as_str(), bytes, Some(ttl_secs), Some(&text));
        put.await.map_err(|error| self.failed(&error))
    }

    async fn hot_copy(
        &self,
        key: &CacheKey,
        body: &JsBody,
        envelope: &Envelope,
        ttl_secs: u64,
    ) -> Result<(), StoreFailed> {
        let _connection = self.connection().await;
        let (env, text) = (&self.env, envelope.encode());
        let put = workerd::kv::put_js_body(env, KV_CACHE, key.as_str(), body, ttl_secs, &text);
        put.await.map_err(|error| self.failed(&error))
    }

    async fn cold_put(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        envelope: &Envelope,
    ) -> Result<(), StoreFailed> {
        self.cold_put_if(key, bytes, envelope, PutCondition::Always).await.map(|_| ())
    }

    async fn cold_put_unless_since(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        envelope: &Envelope,
        since_ms: u64,
    ) -> Result<bool, StoreFailed> {
        self.cold_put_if(key, bytes, envelope, PutCondition::OlderThan(since_ms)).await
    }

    async fn hot_delete(&self, key: &CacheKey) -> Result<(), StoreFailed> {
        let _connection = self.connection().await;
        let kv = self.kv().ok_or(StoreFailed::Broken)?;
        kv.delete(key.as_str()).await.map_err(|error| self.failed(&error))
    }

    async fn cold_delete(&self, key: &CacheKey) -> Result<(), StoreFailed> {
        let _connection = self.connection().await;
        let bucket = self.bucket().ok_or(StoreFailed::Broken)?;
        bucket.delete(&[key.cold()]).await.map_err(|error| self.failed(&error))
    }
}
