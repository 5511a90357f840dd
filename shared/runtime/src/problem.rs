//! Writes errors as `application/problem+json` (RFC 9457) with the documented members.

use serde::{Deserialize, Serialize};

use crate::call_outcome::{
    Failure, InternalError, ProviderFailure, RequestRejection, SiblingWorkerFailure,
};
use crate::retry_after;
use crate::wire_types::volume::ProviderReport;
use ports::IncomingResponse;
use ports::http_types::Reply;

pub const CONTENT_TYPE: &str = "application/problem+json";

#[derive(Clone, Debug)]
pub struct ProblemDetails<'a> {
    worker: &'a str,
    failure: &'a Failure,
    now_ms: u64,
    instance: &'a str,
    providers: &'a [ProviderReport],
}

impl<'a> ProblemDetails<'a> {
    /// An error of `worker` (`service` has this name, or the sibling's that caused the error).
    pub fn new(worker: &'a str, failure: &'a Failure, now_ms: u64) -> Self {
        Self { worker, failure, now_ms, instance: "", providers: &[] }
    }

    /// Sets the path of the request, without its query.
    pub fn at(mut self, path: &'a str) -> Self {
        self.instance = path;
        self
    }

    pub fn with_provider_reports(mut self, providers: &'a [ProviderReport]) -> Self {
        self.providers = providers;
        self
    }
}

/// RFC 9457's members, our documented ones, and the failure for a sibling that reads it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProblemBody<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
    error: &'static str,
    error_code: &'static str,
    service: &'a str,
    troubleshooting: Troubleshooting,
    providers: &'a [ProviderReport],
    failure: Failure,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_secs: Option<u64>,
}

#[derive(Serialize)]
struct Troubleshooting {
    suggestion: &'static str,
}

/// The one function that turns a failure into an HTTP answer.
pub fn problem_document_reply(problem: &ProblemDetails<'_>) -> Reply {
    let failure = problem.failure.root_cause();
    let facts = failure.error_reply_and_retry_rules();
    let service = match problem.failure {
        Failure::Sibling(sibling) => sibling.service.as_str(),
        _ => problem.worker,
    };
    let retry_after_secs = failure.retry_after_ms(problem.now_ms).map(|ms| ms.div_ceil(1_000));
    let mut reply = Reply::with_json_body(
        facts.status,
        &ProblemBody {
            kind: format!("urn:book-cache:error:{}", facts.code.to_ascii_lowercase()),
            title: facts.title,
            status: facts.status,
            detail: &failure.detail(),
            instance: problem.instance,
            error: facts.title,
            error_code: facts.code,
            service,
            troubleshooting: Troubleshooting { suggestion: facts.suggestion },
            providers: problem.providers,
            failure: match failure {
                // The reason of an internal failure is only logged.
                Failure::Internal(InternalError::Fault { .. }) => Failure::internal(""),
                other => other.clone(),
            },
            retry_after_secs,
        },
    );
    reply.headers.set("content-type", CONTENT_TYPE);
    reply.headers.set("cache-control", "no-store");
    if let Some(secs) = retry_after_secs {
        reply.headers.set("retry-after", secs.to_string());
    }
    match failure {
        Failure::Request(RequestRejection::MethodNotAllowed { allow }) => {
            reply.headers.set("allow", allow.as_str());
        }
        Failure::Request(RequestRejection::Unauthorized) => {
            reply.headers.set("www-authenticate", "Bearer");
        }
        _ => {}
    }
    reply
}

/// The members that are read from a sibling's problem.
#[derive(Deserialize)]
struct ForeignProblem {
    service: String,
    failure: Failure,
}

/// Reads a sibling Worker's error. Only the status counts if the body is not our form (a page of
/// the platform, garbage).
pub fn failure_from_sibling_response(response: &IncomingResponse) -> Failure {
    let kind = response.headers.get("content-type").unwrap_or_default();
    let is_problem = kind.starts_with(CONTENT_TYPE);
    match is_problem.then(|| serde_json::from_slice(&response.body)) {
        // A failure that does not belong to the status of its answer is ignored.
        Some(Ok(ForeignProblem { service, failure }))
            if failure.error_reply_and_retry_rules().status == response.status =>
        {
            let service = service.chars().take(64).collect();
            Failure::Sibling(SiblingWorkerFailure { service, failure: Box::new(failure) })
        }
        _ => failure_from_status(response).into(),
    }
}

/// Whether an answer means that a whole route has moved or is gone. Excludes statuses that also
/// mean a single missing resource.
pub fn is_of_a_moved_route(status: u16) -> bool {
    matches!(status, 301 | 308 | 404 | 405 | 410)
}

/// The failure of an error's status and Retry-After alone.
pub fn failure_from_status(response: &IncomingResponse) -> ProviderFailure {
    let retry_after_ms = retry_after::parse_retry_after(&response.headers);
    if response.status == 429 {
        let retry_after_ms = retry_after_ms.unwrap_or(1_000);
        return ProviderFailure::RateLimited { retry_after_ms, local: false };
    }
    ProviderFailure::of_status(response.status, retry_after_ms)
}
