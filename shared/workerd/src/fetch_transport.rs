//! The transport to providers: a plain fetch, redirects not followed.

use ports::{IncomingResponse, OutgoingRequest, Transport, TransportError};
use worker::Fetch;

use crate::exchange::send_and_read;

#[derive(Clone, Copy, Debug, Default)]
pub struct FetchTransport;

impl Transport for FetchTransport {
    async fn send(
        &self,
        request: OutgoingRequest,
        timeout_ms: u64,
        max_body_bytes: usize,
    ) -> Result<IncomingResponse, TransportError> {
        send_and_read("", &request, timeout_ms, max_body_bytes, async |request| {
            Fetch::Request(request).send().await
        })
        .await
    }
}
