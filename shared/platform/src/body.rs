//! Bodies: read up to a cap, or streamed through untouched.

use futures::StreamExt;
use js_sys::Uint8Array;
use worker::ByteStream;
use worker::wasm_bindgen_futures::JsFuture;

/// A body that the platform streams on by itself: it is never parsed and costs no CPU here.
#[derive(Clone, Debug)]
pub struct StreamBody(pub web_sys::ReadableStream);

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Over the cap.
    #[error("too_large")]
    TooLarge,
    /// It broke off.
    #[error("broken")]
    Broken,
}

/// Reads a stream to its end, or to the cap.
///
/// # Errors
/// [`BodyError`].
pub async fn read_capped(mut stream: ByteStream, max_bytes: usize) -> Result<Vec<u8>, BodyError> {
    let mut whole = Vec::new();
    while let Some(chunk) = stream.next().await {
        let mut chunk = chunk.map_err(|_| BodyError::Broken)?;
        if whole.len() + chunk.len() > max_bytes {
            return Err(BodyError::TooLarge);
        }
        if whole.is_empty() {
            whole = chunk; // the common case: one chunk, no copy
        } else {
            whole.append(&mut chunk);
        }
    }
    Ok(whole)
}

/// Reads a store's stream whole: in one crossing, not one a chunk. Only for bytes that we stored
/// ourselves, and so know to be small: the cap is looked at when they are there.
///
/// # Errors
/// [`BodyError`].
pub async fn read_stream(body: StreamBody, max_bytes: usize) -> Result<Vec<u8>, BodyError> {
    let response = web_sys::Response::new_with_opt_readable_stream(Some(&body.0))
        .map_err(|_| BodyError::Broken)?;
    let promise = response.array_buffer().map_err(|_| BodyError::Broken)?;
    let buffer = JsFuture::from(promise).await.map_err(|_| BodyError::Broken)?;
    let bytes = Uint8Array::new(&buffer);
    if usize::try_from(bytes.length()).unwrap_or(usize::MAX) > max_bytes {
        return Err(BodyError::TooLarge);
    }
    Ok(bytes.to_vec())
}
