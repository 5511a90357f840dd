//! Reads the answer of a sibling Worker or an object of ours. It is checked like any input: the
//! client has capped its size, here its type is checked.

use serde::de::DeserializeOwned;

use crate::call_outcome::{
    Failure, FoundOrNotFound, ProviderFailure, ProviderOutcome, RequestRejection,
};
use crate::problem;
use ports::IncomingResponse;

/// Reads a typed JSON answer; for [`crate::resilient_client::ResilientClient::call_and_parse`]. A
/// 404 means "not found" only with the sibling's code: a missing route is no fact about a book.
/// Errors: [`Failure::Sibling`] for the sibling's own error, [`ProviderFailure::Malformed`] for a
/// body of another shape.
pub fn parse_sibling_json<T: DeserializeOwned>(response: &IncomingResponse) -> ProviderOutcome<T> {
    match response.status {
        200..=299 => {
            let answer = serde_json::from_slice(&response.body);
            Ok(FoundOrNotFound::Found(answer.map_err(ProviderFailure::from)?))
        }
        _ => match problem::failure_from_sibling_response(response) {
            Failure::Sibling(sibling)
                if matches!(
                    *sibling.failure,
                    Failure::Request(RequestRejection::NotFound { .. })
                ) =>
            {
                Ok(FoundOrNotFound::NotFound)
            }
            failure => Err(failure),
        },
    }
}
