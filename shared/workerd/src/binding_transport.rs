//! Transports to our own: a sibling Worker over its service binding, an object over its stub.
//!
//! The runtime refuses a relative URL at a binding. This is the one place that makes absolute ones:
//! the host is a dummy under `.internal`, which is no public domain, so that such a URL in a plain
//! fetch reaches no host. Requests have a path only.

use ports::{IncomingResponse, OutgoingRequest, Transport, TransportError};
use worker::{Env, Fetcher, ObjectNamespace};

use crate::PlatformError;
use crate::exchange::send_and_read;

#[derive(Clone, Debug)]
pub struct BindingTransport {
    fetcher: Fetcher,
    base: String,
}

impl BindingTransport {
    /// The Worker behind a service binding. A request's URL is a path that begins with `/`.
    pub fn new(env: &Env, binding: &str) -> Result<Self, PlatformError> {
        let fetcher = env
            .service(binding)
            .map_err(|error| PlatformError::new(format!("service {binding}"), error))?;
        Ok(Self { fetcher, base: base_of(binding) })
    }

    /// The Worker behind a service binding that needs the client's URL or one of its own: a
    /// request's URL is absolute.
    pub fn with_full_url(env: &Env, binding: &str) -> Result<Self, PlatformError> {
        Self::new(env, binding).map(|transport| Self { base: String::new(), ..transport })
    }
}

impl Transport for BindingTransport {
    async fn send(
        &self,
        request: OutgoingRequest,
        timeout_ms: u64,
        max_body_bytes: usize,
    ) -> Result<IncomingResponse, TransportError> {
        send_and_read(&self.base, &request, timeout_ms, max_body_bytes, |request| {
            self.fetcher.fetch_request(request)
        })
        .await
    }
}

/// A Durable Object of this Worker.
///
/// A stub fails for good once its object was aborted, so that a retry over the same stub fails too:
/// each request takes a new stub.
#[derive(Debug)]
pub struct DurableObjectTransport {
    namespace: ObjectNamespace,
    name: String,
    base: String,
    /// Where Cloudflare creates the object; it counts at the object's first request only.
    location: Option<&'static str>,
}

impl DurableObjectTransport {
    /// The object with that name behind an object binding. A request's URL is a path that begins
    /// with `/`.
    pub fn new(env: &Env, binding: &str, name: &str) -> Result<Self, PlatformError> {
        let namespace = env
            .durable_object(binding)
            .map_err(|error| PlatformError::new(format!("object {binding}"), error))?;
        let location = crate::isolate_state::location_hint(env);
        Ok(Self { namespace, name: name.to_owned(), base: base_of(binding), location })
    }
}

impl Transport for DurableObjectTransport {
    async fn send(
        &self,
        request: OutgoingRequest,
        timeout_ms: u64,
        max_body_bytes: usize,
    ) -> Result<IncomingResponse, TransportError> {
        let (namespace, name) = (&self.namespace, &self.name);
        let stub = match self.location {
            Some(location) => namespace.get_by_name_with_location_hint(name, location),
            None => namespace.get_by_name(name),
        };
        let stub = stub.map_err(|_| TransportError::Unreachable)?;
        send_and_read(&self.base, &request, timeout_ms, max_body_bytes, |request| {
            stub.fetch_with_request(request)
        })
        .await
    }
}

/// `ISBNDB_WORKER` → `https://isbndb-worker.internal`.
fn base_of(binding: &str) -> String {
    format!("https://{}.internal", binding.to_ascii_lowercase().replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_a_dummy_of_the_binding_s_name() {
        assert_eq!(base_of("BOOKS_API_PROXY"), "https://books-api-proxy.internal");
    }
}
