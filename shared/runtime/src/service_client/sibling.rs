//! Reading what a sibling Worker or an object of ours answers. It is foreign all the same: the
//! client has capped its size, here its type is checked.

use serde::de::DeserializeOwned;

use crate::outcome::{Answer, Failure, Outcome};
use crate::problem;
use ports::InResponse;

/// Reads a typed JSON answer; for [`crate::service_client::Client::ask`]. A 404 means "not found" only if
/// the sibling says so by its code: a route that does not exist is no fact about a book.
///
/// # Errors
/// [`Failure::Sibling`] for the sibling's own error, [`Failure::Malformed`] for a body of another
/// shape.
pub fn json<T: DeserializeOwned>(response: &InResponse) -> Outcome<T> {
    match response.status {
        200..=299 => serde_json::from_slice(&response.body)
            .map(Answer::Found)
            .map_err(|error| malformed(&error)),
        _ => match problem::from_sibling(response) {
            Failure::Sibling { failure, .. } if matches!(*failure, Failure::NotFound { .. }) => {
                Ok(Answer::NotFound)
            }
            failure => Err(failure),
        },
    }
}

/// Says where the JSON broke, without any of its content.
fn malformed(error: &serde_json::Error) -> Failure {
    Failure::Malformed {
        detail: format!(
            "{:?} error at line {} column {}",
            error.classify(),
            error.line(),
            error.column()
        ),
    }
}
