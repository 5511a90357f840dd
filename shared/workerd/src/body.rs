//! Bodies: read up to a cap, or passed on untouched.

use js_sys::{ArrayBuffer, Uint8Array};
use worker::wasm_bindgen_futures::JsFuture;

use crate::js_bindings;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    #[error("too_large")]
    TooLarge,
    #[error("broken")]
    Broken,
}

/// Reads a stream to its end, or to the cap. The loop over its chunks is JavaScript: in Rust each
/// chunk would need a promise and two more crossings.
pub async fn read_capped(
    stream: &web_sys::ReadableStream,
    max_bytes: usize,
) -> Result<Vec<u8>, BodyError> {
    // Caps are some megabytes: exact as a double.
    match JsFuture::from(js_bindings::read_stream(stream, max_bytes as f64)).await {
        Ok(whole) if whole.is_null() => Err(BodyError::TooLarge),
        Ok(whole) => Ok(Uint8Array::new(&whole).to_vec()),
        Err(_) => Err(BodyError::Broken),
    }
}

/// A whole body that stays outside the wasm: it is passed on without a copy. It is plain memory
/// that belongs to no request, so an isolate may keep it.
#[derive(Clone, Debug)]
pub struct JsBufferBody(pub(crate) ArrayBuffer);

impl JsBufferBody {
    pub fn len_bytes(&self) -> usize {
        usize::try_from(self.0.byte_length()).unwrap_or(usize::MAX)
    }

    /// A copy of the bytes, for code that has to read them.
    pub fn copy_to_vec(&self) -> Vec<u8> {
        Uint8Array::new(&self.0).to_vec()
    }
}

impl From<ArrayBuffer> for JsBufferBody {
    fn from(buffer: ArrayBuffer) -> Self {
        Self(buffer)
    }
}

impl From<&[u8]> for JsBufferBody {
    /// Copies the bytes out of the wasm.
    fn from(bytes: &[u8]) -> Self {
        Self(Uint8Array::from(bytes).buffer())
    }
}
