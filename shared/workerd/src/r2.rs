//! R2: reads and writes bytes, with short texts as custom metadata, and conditional writes.

use std::collections::{BTreeMap, HashMap};

use ports::Clock;
use worker::{
    Conditional, Data, DateInit, Env, HttpMetadata, Include, Object, PutOptionsBuilder, Range,
};

use crate::isolate_state;
use crate::js_system_ports::JsSystemPorts;
use crate::kv::{self, StoredBody};
use crate::{PlatformError, js_bindings};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectHead {
    pub key: String,
    pub size_bytes: u64,
    pub etag: String,
    pub uploaded_at_ms: u64,
    pub metadata: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
pub struct ObjectRange {
    pub head: ObjectHead,
    pub bytes: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
pub struct Listing {
    pub objects: Vec<ObjectHead>,
    /// Where the next page begins; `None` at the end. (A short page need not be the last one.)
    pub cursor: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct R2PutOptions {
    /// Stores only over an object that was stored before this moment (Unix time), or over none.
    pub older_than_ms: Option<u64>,
    pub metadata: BTreeMap<String, String>,
    pub content_type: Option<String>,
}

/// Reads one object, which stays outside the wasm, with one of its metadata, within a timeout: for
/// the path on which every microsecond counts.
/// Errors: no such binding, the store failed, or it did not answer in time.
pub async fn read_js_body(
    env: &Env,
    binding: &str,
    key: &str,
    metadata: &str,
    timeout_ms: u32,
) -> Result<Option<StoredBody>, PlatformError> {
    let read = js_bindings::get_cold(env, binding, key, metadata, f64::from(timeout_ms));
    kv::to_stored_body(read).await.map_err(kv::js_to_platform_error("r2 get"))
}

#[derive(Clone, Debug)]
pub struct R2Bucket {
    bucket: worker::Bucket,
    binding: String,
}

impl R2Bucket {
    pub fn new(env: &Env, binding: &str) -> Result<Self, PlatformError> {
        env.bucket(binding)
            .map(|bucket| Self { bucket, binding: binding.to_owned() })
            .map_err(|error| PlatformError::new(format!("r2 {binding}"), error))
    }

    /// Reads an object's metadata without its content.
    pub async fn head(&self, key: &str) -> Result<Option<ObjectHead>, PlatformError> {
        let object = self.bucket.head(key).await.map_err(to_platform_error("r2 head"))?;
        Ok(object.as_ref().map(head_of))
    }

    /// Reads `length` bytes from `offset`; less, or nothing, past the end of the object.
    pub async fn get_range(
        &self,
        key: &str,
        offset: u64,
        length: u64,
    ) -> Result<Option<ObjectRange>, PlatformError> {
        // The crate's conversion would panic beyond 2^53.
        let most = 1_u64 << 53;
        let range = Range::OffsetWithLength { offset: offset.min(most), length: length.min(most) };
        let object = self.bucket.get(key).range(range).execute().await;
        let Some(object) = object.map_err(to_platform_error("r2 get"))? else { return Ok(None) };
        let Some(body) = object.body() else { return Ok(None) };
        let bytes = body.bytes().await.map_err(to_platform_error("r2 get"))?;
        Ok(Some(ObjectRange { head: head_of(&object), bytes }))
    }

    /// Stores bytes, or a stream of known length (a request's body with Content-Length). `None` if
    /// the condition did not hold.
    pub async fn put(
        &self,
        key: &str,
        body: impl Into<Data>,
        options: R2PutOptions,
    ) -> Result<Option<ObjectHead>, PlatformError> {
        let stored = put(self.bucket.put(key, body), options).await;
        isolate_state::record_write(&self.binding, stored.is_ok(), JsSystemPorts.now_ms());
        stored
    }

    pub async fn list(
        &self,
        prefix: &str,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Listing, PlatformError> {
        // The crate cannot read an object without its metadata.
        let mut list =
            self.bucket.list().prefix(prefix).limit(limit).include(vec![Include::CustomMetadata]);
        if let Some(cursor) = cursor {
            list = list.cursor(cursor);
        }
        let page = list.execute().await.map_err(to_platform_error("r2 list"))?;
        let cursor = if page.truncated() { page.cursor() } else { None };
        Ok(Listing { objects: page.objects().iter().map(head_of).collect(), cursor })
    }

    /// Deletes a key; a missing key is no error.
    pub async fn delete(&self, key: &str) -> Result<(), PlatformError> {
        self.bucket.delete(key).await.map_err(to_platform_error("r2 delete"))
    }
}

async fn put(
    mut put: PutOptionsBuilder<'_>,
    options: R2PutOptions,
) -> Result<Option<ObjectHead>, PlatformError> {
    if let Some(ms) = options.older_than_ms {
        put = put.only_if(Conditional {
            uploaded_before: Some(DateInit::Millis(ms).into()),
            ..Conditional::default()
        });
    }
    if !options.metadata.is_empty() {
        put = put.custom_metadata(options.metadata.into_iter().collect::<HashMap<_, _>>());
    }
    if let Some(content_type) = options.content_type {
        put = put.http_metadata(HttpMetadata {
            content_type: Some(content_type),
            ..HttpMetadata::default()
        });
    }
    let stored = put.execute().await.map_err(to_platform_error("r2 put"))?;
    Ok(stored.as_ref().map(head_of))
}

fn head_of(object: &Object) -> ObjectHead {
    ObjectHead {
        key: object.key(),
        size_bytes: object.size(),
        etag: object.etag(),
        uploaded_at_ms: object.uploaded().as_millis(),
        // Metadata that cannot be read was written by another program.
        metadata: object.custom_metadata().unwrap_or_default().into_iter().collect(),
    }
}

fn to_platform_error(operation: &'static str) -> impl Fn(worker::Error) -> PlatformError {
    move |error| PlatformError::new(operation, error)
}
