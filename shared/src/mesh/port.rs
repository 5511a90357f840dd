//! What the mesh needs from outside, as traits with native `async fn`: no boxing, no `Send`.
//!
//! `shared/platform` implements them for workerd; a test writes a few lines of its own.

use std::future::Future;

use serde::Serialize;

use crate::http::{Headers, Method};
use crate::log::LogLine;

/// Time. Unix milliseconds; on workerd it stands still between two I/O operations.
pub trait Clock {
    /// Now.
    fn now_ms(&self) -> u64;
    /// Waits.
    fn sleep(&self, ms: u64) -> impl Future<Output = ()>;
}

/// Randomness good enough for jitter and trace ids, not for secrets.
pub trait Random {
    /// A number in `[0, 1)`.
    fn unit(&self) -> f64;

    /// 64 random bits, put together from two draws (one draw of a JavaScript number has 52).
    fn bits(&self) -> u64 {
        // The product is in [0, 2^32), so the cast keeps it whole.
        let half = || (self.unit() * 4_294_967_296.0) as u64 & 0xffff_ffff;
        (half() << 32) | half()
    }
}

/// Where log lines go.
pub trait LogSink {
    /// Writes one line.
    fn write(&self, line: &LogLine);
}

/// All that the client needs beside a transport.
pub trait Host: Clock + Random + LogSink {}

impl<T: Clock + Random + LogSink> Host for T {}

/// A request to send.
#[derive(Clone, Debug)]
pub struct OutRequest {
    /// Method.
    pub method: Method,
    /// Absolute URL, already percent-encoded. A binding needs one too: its host is a dummy.
    pub url: String,
    /// Headers.
    pub headers: Headers,
    /// Body; empty for none.
    pub body: Vec<u8>,
}

impl OutRequest {
    /// A GET.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Self::bare(Method::Get, url)
    }

    /// A request of any method without a body.
    #[must_use]
    pub fn bare(method: Method, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), headers: Headers::default(), body: Vec::new() }
    }

    /// A POST of JSON.
    ///
    /// # Errors
    /// A value that serde_json cannot write.
    pub fn post_json<T: Serialize>(
        url: impl Into<String>,
        value: &T,
    ) -> Result<Self, serde_json::Error> {
        let mut request = Self::bare(Method::Post, url);
        request.body = serde_json::to_vec(value)?;
        request.headers.set("content-type", "application/json");
        Ok(request)
    }

    /// The same request with one header set.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }
}

/// A whole answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InResponse {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: Headers,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Why a request got no whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Nothing whole within the time given.
    #[error("timeout")]
    Timeout,
    /// No connection, a rejected call, or an answer cut short.
    #[error("unreachable")]
    Unreachable,
    /// The body is over the cap.
    #[error("too_large")]
    TooLarge,
}

/// Sends one request and reads the whole answer.
pub trait Transport {
    /// Sends `request` once. The time covers the body too; the implementation aborts the request
    /// when it is over or when the future is dropped. Redirects are not followed: a redirected
    /// request would carry a key to another host.
    ///
    /// # Errors
    /// [`TransportError`] where no whole answer was had; an HTTP error status is an answer.
    fn send(
        &self,
        request: OutRequest,
        timeout_ms: u64,
        max_body_bytes: usize,
    ) -> impl Future<Output = Result<InResponse, TransportError>>;
}

impl<T: Transport> Transport for &T {
    fn send(
        &self,
        request: OutRequest,
        timeout_ms: u64,
        max_body_bytes: usize,
    ) -> impl Future<Output = Result<InResponse, TransportError>> {
        (**self).send(request, timeout_ms, max_body_bytes)
    }
}
