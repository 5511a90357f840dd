//! Sends a question to the object of its shard.

use bibliography::cache_key::{CacheKey, shard_index};
use ports::{DurableObjects, IncomingResponse, OutgoingRequest};
use runtime::cache_policy::EntryMetadata;
use runtime::call_outcome::{Failure, ProviderFailure};
use runtime::resilient_client::OutgoingCall;

use super::{
    ALL_FAILED_HEADER, AllProvidersFailed, COLLAPSED_HEADER, ENVELOPE_HEADER, FlightPage, SHARDS,
    SingleFlightRequest, SingleFlightResult,
};
use crate::binding_manifest::FLIGHT;
use crate::platform::Platform;
use crate::request_scope::{PlatformClient, RequestScope};

/// How long past the search deadline a caller waits for the object.
const MARGIN_MS: u64 = 750;

fn shard_client<E: Platform>(
    request_env: &RequestScope<E>,
    key: &CacheKey,
) -> Result<PlatformClient<<E as DurableObjects>::Transport, E>, Failure> {
    of_shard(request_env, shard_index(key, SHARDS))
}

pub fn of_shard<E: Platform>(
    request_env: &RequestScope<E>,
    shard: u32,
) -> Result<PlatformClient<<E as DurableObjects>::Transport, E>, Failure> {
    request_env.durable_object_client(FLIGHT, &format!("shard-{shard}"))
}

/// Runs a flight in the object.
/// Errors: the object failed or is late; the caller then queries the providers itself.
pub async fn send_flight<E: Platform>(
    request_env: &RequestScope<E>,
    flight: &SingleFlightRequest,
) -> Result<SingleFlightResult, Failure> {
    let key = CacheKey::of(&flight.question.query());
    let request = OutgoingRequest::json_post("/fly", flight).map_err(Failure::internal)?;
    let call = OutgoingCall::for_object(FLIGHT, "/fly", request)
        .timeout_ms(request_env.config.search_deadline_ms.saturating_add(MARGIN_MS));
    shard_client(request_env, &key)?
        .call_and_parse(&request_env.context, call, parse_flight_reply)
        .await
}

fn parse_flight_reply(response: &IncomingResponse) -> Result<SingleFlightResult, Failure> {
    let malformed = || ProviderFailure::malformed("the answer of the flight object");
    if response.status != 200 {
        return Err(runtime::problem::failure_from_response(response));
    }
    if response.headers.get(ALL_FAILED_HEADER).is_some() {
        let all_failed: AllProvidersFailed =
            serde_json::from_slice(&response.body).map_err(|_| malformed())?;
        return Ok(Err(all_failed));
    }
    let metadata = response.headers.get(ENVELOPE_HEADER).and_then(EntryMetadata::decode);
    Ok(Ok(FlightPage {
        page: response.body.as_slice().into(),
        metadata: metadata.ok_or_else(malformed)?,
        collapsed: response.headers.get(COLLAPSED_HEADER).is_some(),
    }))
}

/// Makes the object drop the recent answer of a purged entry.
pub async fn forget_recent_answer<E: Platform>(request_env: &RequestScope<E>, key: &CacheKey) {
    let mut request = OutgoingRequest::new_without_body(ports::http_types::Method::Post, "/forget");
    request.body = key.as_str().as_bytes().to_vec();
    if let Ok(client) = shard_client(request_env, key) {
        // If the call fails, the recent answer expires within ten seconds.
        let _ = client
            .call(&request_env.context, OutgoingCall::for_object(FLIGHT, "/forget", request))
            .await;
    }
}
