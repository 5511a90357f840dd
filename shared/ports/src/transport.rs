//! Sends a request and returns the whole answer.

use std::future::Future;

use serde::Serialize;

use crate::http_types::{Headers, Method};

#[derive(Clone, Debug)]
pub struct OutgoingRequest {
    pub method: Method,
    /// Absolute URL, already percent-encoded. A binding needs one too: its host is a dummy.
    pub url: String,
    pub headers: Headers,
    /// The body; empty if there is none.
    pub body: Vec<u8>,
}

impl OutgoingRequest {
    pub fn get(url: impl Into<String>) -> Self {
        Self::new_without_body(Method::Get, url)
    }

    pub fn new_without_body(method: Method, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), headers: Headers::default(), body: Vec::new() }
    }

    pub fn json_post<T: Serialize>(
        url: impl Into<String>,
        value: &T,
    ) -> Result<Self, serde_json::Error> {
        let mut request = Self::new_without_body(Method::Post, url);
        request.body = serde_json::to_vec(value)?;
        request.headers.set("content-type", "application/json");
        Ok(request)
    }

    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IncomingResponse {
    pub status: u16,
    pub headers: Headers,
    pub body: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No complete answer in time.
    #[error("timeout")]
    Timeout,
    /// No connection, a rejected call, or an incomplete answer.
    #[error("unreachable")]
    Unreachable,
    #[error("too_large")]
    TooLarge,
}

pub trait Transport {
    /// Sends `request` once. The timeout includes the body; the implementation aborts the request
    /// on timeout, or when the future is dropped. Redirects are not followed: a redirected request
    /// could carry a key to another host. Errors: [`TransportError`] without a complete answer; an
    /// HTTP error status is an answer.
    fn send(
        &self,
        request: OutgoingRequest,
        timeout_ms: u64,
        max_body_bytes: usize,
    ) -> impl Future<Output = Result<IncomingResponse, TransportError>>;
}

impl<T: Transport> Transport for &T {
    fn send(
        &self,
        request: OutgoingRequest,
        timeout_ms: u64,
        max_body_bytes: usize,
    ) -> impl Future<Output = Result<IncomingResponse, TransportError>> {
        (**self).send(request, timeout_ms, max_body_bytes)
    }
}

/// The objects of a Worker, by binding and name.
pub trait DurableObjectTransports {
    type Transport: Transport;

    /// The object with that name behind a binding. A request's URL is a path that begins with `/`.
    fn object_transport(
        &self,
        binding: &str,
        name: &str,
    ) -> Result<Self::Transport, MissingBinding>;
}

/// The binding does not exist; the text names it, for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MissingBinding(pub String);
