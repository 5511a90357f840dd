//! Workers KV: reads and writes bytes, with a short text as metadata.
//!
//! The bytes stay outside the wasm, and each operation of a hit is one crossing into JavaScript:
//! the crate's builder looks up five functions first.

use js_sys::{ArrayBuffer, Promise};
use ports::Clock;
use wasm_bindgen::{JsCast, JsValue};
use worker::Env;
use worker::wasm_bindgen_futures::JsFuture;

use crate::PlatformError;
use crate::body::JsBufferBody;
use crate::isolate_state;
use crate::js_bindings::{self, StoredValue};
use crate::js_system_ports::JsSystemPorts;

/// KV refuses a shorter life.
const MIN_TTL_SECS: u64 = 60;

/// A value of KV or an object of R2.
#[derive(Clone, Debug)]
pub struct StoredBody {
    pub value: JsBufferBody,
    pub metadata: Option<String>,
}

/// Errors: no such binding, or the store failed.
pub async fn read(
    env: &Env,
    binding: &str,
    key: &str,
) -> Result<Option<StoredBody>, PlatformError> {
    to_stored_body(js_bindings::get_hot(env, binding, key))
        .await
        .map_err(js_to_platform_error("kv get"))
}

/// Stores a value. A life below KV's minimum is lengthened to it; `None` is forever. Errors: no
/// such binding, or the store failed, or refuses key, value or metadata for their size.
pub async fn put(
    env: &Env,
    binding: &str,
    key: &str,
    value: &JsBufferBody,
    ttl_secs: Option<u64>,
    metadata: Option<&str>,
) -> Result<(), PlatformError> {
    // Far below 2^53.
    let ttl_secs = ttl_secs.map(|secs| secs.max(MIN_TTL_SECS) as f64);
    let stored = match js_bindings::put_hot(env, binding, key, &value.0, ttl_secs, metadata) {
        Ok(promise) => JsFuture::from(promise).await,
        Err(error) => Err(error),
    };
    isolate_state::record_write(binding, stored.is_ok(), JsSystemPorts.now_ms());
    stored.map(|_| ()).map_err(js_to_platform_error("kv put"))
}

/// Deletes a key; a missing key is no error.
pub async fn delete(env: &Env, binding: &str, key: &str) -> Result<(), PlatformError> {
    let store = env.kv(binding).map_err(|error| PlatformError::new("kv delete", error))?;
    store.delete(key).await.map_err(|error| PlatformError::new("kv delete", error))
}

pub(crate) async fn to_stored_body(
    read: Result<Promise, JsValue>,
) -> Result<Option<StoredBody>, JsValue> {
    let stored: StoredValue = JsFuture::from(read?).await?.unchecked_into();
    let value = stored.stored_bytes();
    if value.is_null() || value.is_undefined() {
        return Ok(None);
    }
    let value = value.dyn_into::<ArrayBuffer>()?.into();
    Ok(Some(StoredBody { value, metadata: stored.stored_metadata().as_string() }))
}

/// Maps an error of the runtime to ours.
pub(crate) fn js_to_platform_error(operation: &'static str) -> impl Fn(JsValue) -> PlatformError {
    move |error| PlatformError::new(operation, format!("{error:?}"))
}
