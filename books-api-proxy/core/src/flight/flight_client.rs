//! Sends a question to the object of its shard.

use bibliography::cache_key::{CacheKey, shard_index};
use ports::http_types::Method;
use ports::{IncomingResponse, OutgoingRequest};
use runtime::cache_policy::EntryMetadata;
use runtime::call_outcome::{Failure, ProviderFailure};
use runtime::resilient_client::ResilientCall;

use super::{
    ALL_FAILED_HEADER, COLLAPSED_HEADER, ENVELOPE_HEADER, FlightPage, FlightPageResult, SHARDS,
    SingleFlightRequest,
};
use crate::binding_manifest::FLIGHT;
use crate::platform::Platform;
use crate::request_scope::{RequestScope, object_call};

/// How long past the search deadline a caller waits for the object.
const MARGIN_MS: u64 = 750;

/// The name of a shard's object.
pub fn shard_name(shard: u32) -> String {
    format!("shard-{shard}")
}

impl<E: Platform> RequestScope<E> {
    /// Runs a flight in the object, as `ProxyPorts::send_flight` says.
    pub async fn send_flight(
        &self,
        flight: &SingleFlightRequest,
    ) -> Result<FlightPageResult, Failure> {
        let key = CacheKey::of(&flight.question.query());
        let timeout_ms = self.config.search_deadline_ms.saturating_add(MARGIN_MS);
        let call = object_call(FLIGHT, "/fly", flight)?.timeout_ms(timeout_ms);
        self.ask_object(&shard_name(shard_index(&key, SHARDS)), call, parse_flight_reply).await
    }

    /// Makes the object drop the recent answer of a purged entry.
    pub async fn forget_recent_answer(&self, key: &CacheKey) {
        let mut request = OutgoingRequest::new_without_body(Method::Post, "/forget");
        request.body = key.as_str().as_bytes().to_vec();
        let object = shard_name(shard_index(key, SHARDS));
        if let Ok(client) = self.durable_object_client(FLIGHT, &object) {
            let call = ResilientCall::for_object(FLIGHT, "/forget", request);
            // If the call fails, the recent answer expires within ten seconds.
            let _ = client.call(&self.context, call).await;
        }
    }
}

fn parse_flight_reply(response: &IncomingResponse) -> Result<FlightPageResult, Failure> {
    let malformed = || ProviderFailure::malformed("the answer of the flight object");
    if response.status != 200 {
        return Err(runtime::problem::failure_from_sibling_response(response));
    }
    if response.headers.get(ALL_FAILED_HEADER).is_some() {
        return Ok(Err(serde_json::from_slice(&response.body).map_err(|_| malformed())?));
    }
    let metadata = response.headers.get(ENVELOPE_HEADER).and_then(EntryMetadata::decode);
    Ok(Ok(FlightPage {
        page: response.body.as_slice().into(),
        metadata: metadata.ok_or_else(malformed)?,
        collapsed: response.headers.get(COLLAPSED_HEADER).is_some(),
    }))
}
