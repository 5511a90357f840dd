//! Which requests to a sibling spend nothing: only these may be sent to a canary.

use ports::OutRequest;
use ports::http::Method;
use runtime::api::batch::CacheMode;
use serde::Deserialize;

/// True for a request that changes and spends nothing: a GET, and an only-if-cached batch.
pub fn is_read(request: &OutRequest) -> bool {
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
    fn only_requests_that_spend_nothing_are_reads() {
        let batch = |cache| {
            let body = BatchRequest { cache, items: Vec::new() };
            OutRequest::post_json("/search/batch", &body).unwrap()
        };
        for (request, read) in [
            (OutRequest::get("/health"), true),
            (batch(CacheMode::OnlyIfCached), true),
            (batch(CacheMode::Default), false),
            (batch(CacheMode::Refresh), false),
            (OutRequest::without_body(Method::Post, "/x"), false),
            (OutRequest::without_body(Method::Delete, "/cache"), false),
        ] {
            assert_eq!(is_read(&request), read, "{request:?}");
        }
    }
}
