//! The way to a sibling: its binding, and beside the proxy's its canary where one is bound.

use ports::OutRequest;
use ports::http::Method;
use runtime::api::batch::CacheMode;
use runtime::outcome::Failure;
use runtime::service_client::{CanaryTransport, canary};
use serde::Deserialize;
use worker::Env;
use workerd::{BindingTransport, JsHost};

use super::CANARY;
use crate::engine::ports::Sibling;

/// A binding, perhaps with a canary.
pub(crate) type SiblingTransport = CanaryTransport<BindingTransport, BindingTransport, JsHost>;

/// The transport for one request to a sibling.
///
/// # Errors
/// No such binding, or a bad `CANARY_PERCENT`.
pub(crate) fn transport(
    env: &Env,
    sibling: Sibling,
    request: &OutRequest,
) -> Result<SiblingTransport, Failure> {
    let internal = |detail: String| Failure::Internal { detail };
    let production = BindingTransport::new(env, sibling.binding())
        .map_err(|error| internal(error.to_string()))?;
    // Only the proxy has one: two leaves would double the pace on one key.
    let canary = match sibling {
        Sibling::Proxy => BindingTransport::new(env, CANARY).ok(),
        Sibling::Isbndb => None,
    };
    let percent =
        canary::percent(&workerd::env::vars(env)).map_err(|error| internal(error.to_string()))?;
    let is_read = canary.is_some() && is_read(request);
    Ok(CanaryTransport { production, canary, percent, is_read, host: JsHost })
}

/// True for what changes nothing and spends nothing: a GET, and a batch that only looks.
fn is_read(request: &OutRequest) -> bool {
    #[derive(Deserialize)]
    struct Batch {
        cache: CacheMode,
    }
    match request.method {
        Method::Get | Method::Head => true,
        Method::Post => serde_json::from_slice::<Batch>(&request.body)
            .is_ok_and(|batch| batch.cache == CacheMode::OnlyIfCached),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use runtime::api::batch::BatchRequest;

    use super::*;

    #[test]
    fn only_what_spends_nothing_is_a_read() {
        let batch = |cache| {
            let body = BatchRequest { cache, items: Vec::new() };
            OutRequest::post_json("/search/batch", &body).unwrap()
        };
        for (request, read) in [
            (OutRequest::get("/health"), true),
            (batch(CacheMode::OnlyIfCached), true),
            (batch(CacheMode::Default), false),
            (batch(CacheMode::Refresh), false),
            (OutRequest::bare(Method::Post, "/x"), false),
            (OutRequest::bare(Method::Delete, "/cache"), false),
        ] {
            assert_eq!(is_read(&request), read, "{request:?}");
        }
    }
}
