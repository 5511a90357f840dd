//! Which requests to a sibling spend nothing: only these may be sent to a canary.

use ports::OutgoingRequest;
use ports::http::Method;
use runtime::wire_types::batch::CacheMode;
use serde::Deserialize;

/// True for a request that changes and spends nothing: a GET, and an only-if-cached batch.
pub fn is_read_only(request: &OutgoingRequest) -> bool {
    #[derive(Deserialize)]
    struct BatchCacheMode {
        cache: CacheMode,
    }
    match request.method {
        Method::Get | Method::Head => true,
        Method::Post => serde_json::from_slice::<BatchCacheMode>(&request.body)
            .is_ok_and(|batch| batch.cache == CacheMode::OnlyIfCached),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use runtime::wire_types::batch::BatchRequest;

    use super::*;

    #[test]
    fn only_requests_that_spend_nothing_are_reads() {
        let batch = |cache| {
            let body = BatchRequest { cache, items: Vec::new() };
            OutgoingRequest::json_post("/search/batch", &body).unwrap()
        };
        for (request, read) in [
            (OutgoingRequest::get("/health"), true),
            (batch(CacheMode::OnlyIfCached), true),
            (batch(CacheMode::Default), false),
            (batch(CacheMode::Refresh), false),
            (OutgoingRequest::without_body(Method::Post, "/x"), false),
            (OutgoingRequest::without_body(Method::Delete, "/cache"), false),
        ] {
            assert_eq!(is_read_only(&request), read, "{request:?}");
        }
    }
}
