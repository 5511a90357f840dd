//! Errors in the format of Google Books, for its clients.

use ports::Clock;
use ports::http_types::Reply;
use runtime::call_outcome::{Failure, ProviderFailure, RequestRejection};
use runtime::problem::{self, ProblemDetails};
use serde_json::json;

use crate::binding_manifest::WORKER_NAME;
use crate::search::serve_search::SearchError;

/// Google's `reason` and `status` for a failure.
fn google_reason(failure: &Failure) -> (&'static str, &'static str) {
    match failure.root_cause() {
        Failure::Request(RequestRejection::MissingParameter { .. }) => {
            ("required", "INVALID_ARGUMENT")
        }
        Failure::Request(
            RequestRejection::BadRequest { .. } | RequestRejection::TooLarge { .. },
        ) => ("invalidParameter", "INVALID_ARGUMENT"),
        Failure::Request(RequestRejection::Unauthorized) => ("required", "UNAUTHENTICATED"),
        Failure::Request(RequestRejection::Forbidden { .. }) => ("forbidden", "PERMISSION_DENIED"),
        Failure::Request(RequestRejection::NotFound { .. }) => ("notFound", "NOT_FOUND"),
        Failure::Request(RequestRejection::MethodNotAllowed { .. }) => {
            ("httpMethodNotAllowed", "INVALID_ARGUMENT")
        }
        Failure::Provider(
            ProviderFailure::RateLimited { .. }
            | ProviderFailure::QuotaSpent { .. }
            | ProviderFailure::PublicShareSpent { .. },
        ) => ("rateLimitExceeded", "RESOURCE_EXHAUSTED"),
        _ => ("backendFailed", "UNAVAILABLE"),
    }
}

/// The error of a `/books/v1/…` request: our status and headers, a body in Google's format.
pub fn google_error_reply<C: Clock>(search_error: &SearchError, clock: &C) -> Reply {
    let failure = &search_error.failure;
    let plain =
        problem::problem_document_reply(&ProblemDetails::new(WORKER_NAME, failure, clock.now_ms()));
    let facts = failure.error_reply_and_retry_rules();
    let message = match failure.root_cause() {
        Failure::Request(
            RequestRejection::BadRequest { .. }
            | RequestRejection::MissingParameter { .. }
            | RequestRejection::NotFound { .. },
        ) => failure.detail().into_owned(),
        root => format!("{}: {root}", facts.title),
    };
    let (reason, status) = google_reason(failure);
    let body = json!({ "error": {
        "code": plain.status,
        "message": message,
        "errors": [{ "message": message, "domain": "global", "reason": reason }],
        "status": status,
        "details": [{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": facts.code,
            "domain": WORKER_NAME,
        }],
    }});
    let mut reply = Reply::with_json_body(plain.status, &body);
    let kind = reply.headers.get("content-type").unwrap_or_default().to_owned();
    reply.headers = plain.headers;
    reply.headers.set("content-type", kind);
    reply
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::Executor;

    #[test]
    fn an_error_has_google_s_format_and_our_message() {
        for (failure, status, reason, message) in [
            (
                RequestRejection::MissingParameter { parameter: "q".into() }.into(),
                400,
                "required",
                "q: is required",
            ),
            (Failure::not_found("no such volume"), 404, "notFound", "no such volume"),
            (
                Failure::Request(RequestRejection::MethodNotAllowed { allow: "GET".into() }),
                405,
                "httpMethodNotAllowed",
                "Method not allowed: method_not_allowed",
            ),
            (
                Failure::Provider(ProviderFailure::RateLimited {
                    retry_after_ms: 1_500,
                    local: true,
                }),
                429,
                "rateLimitExceeded",
                "Our own rate limit is reached: rate_limited",
            ),
            (
                Failure::Provider(ProviderFailure::AllFailed { retry_after_ms: 5_000 }),
                503,
                "backendFailed",
                "No provider could answer: all_failed",
            ),
        ] {
            let search_error = SearchError { failure, providers: Vec::new(), tier_log: Vec::new() };
            let reply = google_error_reply(&search_error, &Executor::default());
            let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
            assert_eq!(reply.status, status);
            assert_eq!(body["error"]["code"], status);
            assert_eq!(body["error"]["errors"][0]["reason"], reason);
            assert_eq!(body["error"]["message"], message);
            assert_eq!(reply.headers.get("retry-after").is_some(), matches!(status, 429 | 503));
        }
    }
}
