//! Workers KV: reads and writes bytes, with a short text as metadata.
//!
//! Values are bytes that we serialise ourselves: the platform's own conversion of a struct writes
//! `{}` for every map.

use js_sys::{ArrayBuffer, Promise};
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};
use worker::wasm_bindgen_futures::JsFuture;
use worker::{Env, KvStore};

use crate::PlatformError;
use crate::body::JsBody;
use crate::js_bindings::{self, StoredValue};
use crate::last_writes;

/// KV refuses a shorter life.
const MIN_TTL_SECS: u64 = 60;

#[derive(Clone, Debug)]
pub struct KvEntry<B> {
    pub value: B,
    pub metadata: Option<String>,
}

/// Reads one value, which stays outside the wasm. [`Kv::get`] uses the crate's builder, which looks
/// up five functions first, and copies the value; this function is for the path on which every
/// microsecond counts.
pub async fn read_js_body(
    env: &Env,
    binding: &str,
    key: &str,
) -> Result<Option<KvEntry<JsBody>>, PlatformError> {
    to_entry(js_bindings::hot(env, binding, key)).await.map_err(js_to_platform_error("kv get"))
}

/// Stores a value that is outside the wasm. A life below KV's minimum is lengthened to it.
pub async fn put_js_body(
    env: &Env,
    binding: &str,
    key: &str,
    value: &JsBody,
    ttl_secs: u64,
    metadata: &str,
) -> Result<(), PlatformError> {
    // Far below 2^53.
    let ttl_secs = ttl_secs.max(MIN_TTL_SECS) as f64;
    let stored = match js_bindings::put_hot(env, binding, key, value.as_ref(), ttl_secs, metadata) {
        Ok(promise) => JsFuture::from(promise).await,
        Err(error) => Err(error),
    };
    last_writes::record_write(binding, stored.is_ok());
    stored.map(|_| ()).map_err(js_to_platform_error("kv put"))
}

pub(crate) async fn to_entry(
    read: Result<Promise, JsValue>,
) -> Result<Option<KvEntry<JsBody>>, JsValue> {
    let stored: StoredValue = JsFuture::from(read?).await?.unchecked_into();
    let value = stored.value();
    if value.is_null() || value.is_undefined() {
        return Ok(None);
    }
    let value = value.dyn_into::<ArrayBuffer>()?.into();
    Ok(Some(KvEntry { value, metadata: stored.metadata().as_string() }))
}

/// Maps an error of the runtime to ours.
pub(crate) fn js_to_platform_error(operation: &'static str) -> impl Fn(JsValue) -> PlatformError {
    move |error| PlatformError::new(operation, format!("{error:?}"))
}

#[derive(Clone, Debug)]
pub struct Kv {
    store: KvStore,
    binding: String,
}

impl Kv {
    pub fn new(env: &Env, binding: &str) -> Result<Self, PlatformError> {
        env.kv(binding)
            .map(|store| Self { store, binding: binding.to_owned() })
            .map_err(|error| PlatformError::new(format!("kv {binding}"), error))
    }

    pub async fn get(&self, key: &str) -> Result<Option<KvEntry<Vec<u8>>>, PlatformError> {
        let (value, metadata) = self
            .store
            .get(key)
            .bytes_with_metadata::<Value>()
            .await
            .map_err(to_platform_error("kv get"))?;
        Ok(value.map(|value| KvEntry { value, metadata: text(metadata) }))
    }

    /// Stores a value. A life below KV's minimum is lengthened to it; `None` is forever. Errors:
    /// the store failed, or refuses key, value or metadata for their size.
    pub async fn put(
        &self,
        key: &str,
        value: &[u8],
        ttl_secs: Option<u64>,
        metadata: Option<&str>,
    ) -> Result<(), PlatformError> {
        let mut put = self.store.put_bytes(key, value).map_err(to_platform_error("kv put"))?;
        if let Some(ttl_secs) = ttl_secs {
            put = put.expiration_ttl(ttl_secs.max(MIN_TTL_SECS));
        }
        if let Some(metadata) = metadata {
            put = put.metadata(metadata).map_err(to_platform_error("kv put"))?;
        }
        let stored = put.execute().await.map_err(to_platform_error("kv put"));
        last_writes::record_write(&self.binding, stored.is_ok());
        stored
    }

    /// Deletes a key; a missing key is no error.
    pub async fn delete(&self, key: &str) -> Result<(), PlatformError> {
        self.store.delete(key).await.map_err(to_platform_error("kv delete"))
    }
}

fn text(metadata: Option<Value>) -> Option<String> {
    metadata.as_ref().and_then(Value::as_str).map(str::to_owned)
}

fn to_platform_error(operation: &'static str) -> impl Fn(worker::KvError) -> PlatformError {
    move |error| PlatformError::new(operation, error)
}
