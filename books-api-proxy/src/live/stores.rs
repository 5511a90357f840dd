//! KV and R2 behind the cache's port. Errors are logged here and are "failed" from here on.

use platform::PlatformError;
use platform::body::StreamBody;
use platform::kv::Entry;
use platform::r2::{ObjectHead, PutOptions};
use shared::cache::Envelope;
use shared::key::CacheKey;
use shared::log::Level;
use shared::mesh::LogSink;

use super::Live;
use crate::cache::port::{Open, Opened, StoreFailed, Stores};
use crate::config::KV_CACHE;

/// The name of the envelope among R2's custom metadata.
const ENVELOPE: &str = "envelope";
/// Our pages have a few hundred KB at most; more is not ours.
const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;
/// A store that does not answer is passed over: the providers answer in about a second.
const READ_TIMEOUT_MS: u64 = 1_500;

impl Live {
    fn failed(&self, error: &PlatformError) -> StoreFailed {
        let mut line = self.caller.context.line("store_failed");
        line.level = Level::Warn;
        line.message = format!("{} failed", error.operation);
        line.target = Some(error.operation.clone());
        line.detail = Some(error.detail.chars().take(200).collect());
        self.write(&line);
        StoreFailed
    }

    async fn timely<T>(
        &self,
        operation: &str,
        work: impl Future<Output = Result<T, PlatformError>>,
    ) -> Result<T, StoreFailed> {
        match platform::host::within(READ_TIMEOUT_MS, work).await {
            Some(result) => result.map_err(|error| self.failed(&error)),
            None => Err(self.failed(&PlatformError {
                operation: operation.to_owned(),
                detail: "timeout".to_owned(),
            })),
        }
    }
}

fn envelope_of(head: &ObjectHead) -> Option<Envelope> {
    head.metadata.get(ENVELOPE).and_then(|text| Envelope::decode(text))
}

impl Stores for Live {
    type Body = StreamBody;

    async fn hot_open(&self, key: &CacheKey) -> Open<StreamBody> {
        // No timer here: setting and clearing one was a tenth of a hit's time, and KV ends a read
        // that takes too long by itself.
        let read = platform::kv::read_stream(&self.caller.env, KV_CACHE, key.as_str());
        let entry = read.await.map_err(|error| self.failed(&error))?;
        Ok(entry.and_then(|Entry { value, metadata }| {
            let envelope = metadata.as_deref().and_then(Envelope::decode)?;
            Some(Opened { envelope, body: value })
        }))
    }

    async fn cold_open(&self, key: &CacheKey) -> Open<StreamBody> {
        let bucket = self.bucket().ok_or(StoreFailed)?;
        let name = key.cold();
        let object = self.timely("r2 get", bucket.get_stream(&name)).await?;
        Ok(object.and_then(|object| {
            Some(Opened { envelope: envelope_of(&object.head)?, body: object.body })
        }))
    }

    async fn cold_head(&self, key: &CacheKey) -> Result<Option<Envelope>, StoreFailed> {
        let bucket = self.bucket().ok_or(StoreFailed)?;
        let name = key.cold();
        let head = self.timely("r2 head", bucket.head(&name)).await?;
        Ok(head.as_ref().and_then(envelope_of))
    }

    async fn read(&self, body: StreamBody) -> Result<Vec<u8>, StoreFailed> {
        let read = platform::body::read_stream(body, MAX_PAGE_BYTES);
        match platform::host::within(READ_TIMEOUT_MS, read).await {
            Some(Ok(bytes)) => Ok(bytes),
            _ => Err(StoreFailed),
        }
    }

    async fn hot_put(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        envelope: &Envelope,
        ttl_secs: u64,
    ) -> Result<(), StoreFailed> {
        let kv = self.kv().ok_or(StoreFailed)?;
        let text = envelope.encode();
        let put = kv.put(key.as_str(), bytes, Some(ttl_secs), Some(&text));
        put.await.map_err(|error| self.failed(&error))
    }

    async fn cold_put(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        envelope: &Envelope,
    ) -> Result<(), StoreFailed> {
        let bucket = self.bucket().ok_or(StoreFailed)?;
        let options = PutOptions {
            metadata: [(ENVELOPE.to_owned(), envelope.encode())].into(),
            content_type: Some("application/json".to_owned()),
            ..PutOptions::default()
        };
        let name = key.cold();
        let put = bucket.put(&name, bytes.to_vec(), options);
        put.await.map(|_| ()).map_err(|error| self.failed(&error))
    }

    async fn hot_delete(&self, key: &CacheKey) -> Result<(), StoreFailed> {
        let kv = self.kv().ok_or(StoreFailed)?;
        kv.delete(key.as_str()).await.map_err(|error| self.failed(&error))
    }

    async fn cold_delete(&self, key: &CacheKey) -> Result<(), StoreFailed> {
        let bucket = self.bucket().ok_or(StoreFailed)?;
        bucket.delete(&[key.cold()]).await.map_err(|error| self.failed(&error))
    }
}
