//! The outcome of a call to a provider or a sibling Worker, and of a request to a Worker.
//!
//! "The provider has no such book" is a fact about the book and may be cached; a timeout is no fact
//! about the book and may not. The types keep the two apart: [`FoundOrNotFound::NotFound`] is an
//! answer, every [`Failure`] is not.
//!
//! A failure has one of three types: [`ProviderFailure`], why a call has no answer, is data that is
//! kept for each item and provider; [`RequestRejection`] is the client's fault; [`InternalError`]
//! is ours. One table ([`Failure::error_reply_and_retry_rules`]) has the HTTP answer, the retry
//! and the breaker effect of each; [`crate::problem`] writes the document.
//!
//! A sibling Worker's error becomes [`Failure::Sibling`], with the sibling's name and failure
//! inside: match on [`Failure::root_cause`], which unwraps it.

mod failure_handling;

pub use failure_handling::{
    BreakerEffect, DEFAULT_RETRY_AFTER_MS, EarliestRetry, FailureHandling, NextAttemptAdvice,
};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use crate::config::ConfigError;
use crate::rate_limit::SlotRefusal;
use ports::MissingBinding;

/// A provider's answer: found, or confirmed absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundOrNotFound<T> {
    Found(T),
    NotFound,
}

impl<T> FoundOrNotFound<T> {
    pub fn map<R>(self, change: impl FnOnce(T) -> R) -> FoundOrNotFound<R> {
        match self {
            Self::Found(value) => FoundOrNotFound::Found(change(value)),
            Self::NotFound => FoundOrNotFound::NotFound,
        }
    }
}

pub type ProviderOutcome<T> = Result<FoundOrNotFound<T>, Failure>;

/// Why there is no answer. No failure is information about the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(untagged)]
pub enum Failure {
    #[error(transparent)]
    Provider(#[from] ProviderFailure),
    #[error(transparent)]
    Request(#[from] RequestRejection),
    #[error(transparent)]
    Internal(#[from] InternalError),
    /// A sibling Worker answered with an error of its own, which is kept as it is.
    #[error(transparent)]
    Sibling(#[from] SiblingWorkerFailure),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename = "sibling")]
#[error("{failure}")]
pub struct SiblingWorkerFailure {
    pub service: String,
    pub failure: Box<Failure>,
}

/// Why a call to a provider, or to a sibling Worker, has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ProviderFailure {
    /// The callee's pace limit, or our own rate limiter in front of it: try again later.
    #[error("rate_limited")]
    RateLimited {
        retry_after_ms: u64,
        /// True if our own limiter refused and nothing was sent.
        local: bool,
    },
    #[error("quota_spent")]
    QuotaSpent { until_ms: u64 },
    /// The anonymous clients' share of the day is spent until this Unix time: nothing was sent.
    #[error("public_share_spent")]
    PublicShareSpent { until_ms: u64 },
    #[error("timeout")]
    Timeout,
    /// No connection, or the connection broke before the answer was complete.
    #[error("unreachable")]
    Unreachable,
    /// An answer of a broken callee (5xx, or an undocumented status).
    #[error("upstream_error")]
    Upstream {
        status: u16,
        /// The time in the answer's Retry-After.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        retry_after_ms: Option<u64>,
    },
    /// The provider does not accept this request (400, 404, 413, 414, 422, 431): the request is at
    /// fault, not the provider.
    #[error("rejected")]
    Rejected { status: u16 },
    /// The provider sends the same answer for an unknown resource and when it is down.
    #[error("unknown_or_down")]
    UnknownOrDown { retry_after_ms: u64 },
    /// A 200 whose body has not the expected form. `detail` is the reason, without any content.
    #[error("malformed")]
    Malformed { detail: String },
    #[error("malformed")]
    AnswerTooLarge { max_bytes: usize },
    /// The provider has moved or removed this route (a template); its other routes still work.
    #[error("moved")]
    Moved { route: String },
    /// The provider refuses us: the configuration has to be corrected.
    #[error("refused")]
    Refused { detail: ProviderRefusalReason },
    #[error("wrong_book")]
    WrongBook,
    /// Our circuit breaker is open: nothing was sent. The next probe is allowed after this time.
    #[error("circuit_open")]
    CircuitOpen { retry_after_ms: u64 },
    /// The provider is not configured (no key), so it was not called.
    #[error("not_configured")]
    NotConfigured,
    /// The request's time was over before a call could be sent.
    #[error("deadline_exceeded")]
    DeadlineExceeded,
    /// Every provider that could have helped failed; `providers[]` of the answer has their
    /// outcomes.
    #[error("all_failed")]
    AllFailed { retry_after_ms: u64 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "lowercase")]
pub enum ProviderRefusalReason {
    #[error("key")]
    Key,
    #[error("host")]
    Host,
    /// The `User-Agent` of this software.
    #[error("client")]
    Client,
    /// The country from which the call was sent.
    #[error("location")]
    Location,
}

/// Why a request cannot be served: the client's fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RequestRejection {
    #[error("bad_request")]
    BadRequest { detail: String },
    /// A parameter is missing; `parameter` names it, or those of which one is needed.
    #[error("bad_request")]
    MissingParameter { parameter: String },
    /// No credentials, or wrong ones.
    #[error("unauthorized")]
    Unauthorized,
    /// The caller is known but not allowed. `detail` is the reason.
    #[error("forbidden")]
    Forbidden { detail: String },
    /// No such route, job or book. (A provider's "no such book" is [`FoundOrNotFound::NotFound`];
    /// only the router turns it into this.)
    #[error("not_found")]
    NotFound { detail: String },
    /// The path exists, the method does not. `allow` is the `Allow` header.
    #[error("method_not_allowed")]
    MethodNotAllowed { allow: String },
    /// The body or the list is over the limit (with its unit).
    #[error("too_large")]
    TooLarge { limit: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum InternalError {
    /// `detail` is logged and never in an answer.
    #[serde(rename = "internal")]
    #[error("internal")]
    Fault { detail: String },
    #[error("unavailable")]
    Unavailable { detail: String, retry_after_ms: u64 },
}

/// Reads a failure; one of a kind that this version does not know becomes `Unreachable`.
pub fn known_failure<'de, D, F>(deserializer: D) -> Result<F, D::Error>
where
    D: Deserializer<'de>,
    F: DeserializeOwned + From<ProviderFailure>,
{
    let failure = serde_json::from_value(serde_json::Value::deserialize(deserializer)?);
    Ok(failure.unwrap_or_else(|_| ProviderFailure::Unreachable.into()))
}

impl Failure {
    /// A fault of ours; `error` goes to the log.
    pub fn internal(error: impl ToString) -> Self {
        Self::Internal(InternalError::Fault { detail: error.to_string() })
    }

    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::Request(RequestRejection::BadRequest { detail: detail.into() })
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::Request(RequestRejection::NotFound { detail: detail.into() })
    }

    pub fn too_large(limit: impl Into<String>) -> Self {
        Self::Request(RequestRejection::TooLarge { limit: limit.into() })
    }

    pub fn unavailable(detail: impl Into<String>, retry_after_ms: u64) -> Self {
        Self::Internal(InternalError::Unavailable { detail: detail.into(), retry_after_ms })
    }

    /// The innermost failure, without the sibling around it.
    pub fn root_cause(&self) -> &Self {
        match self {
            Self::Sibling(sibling) => sibling.failure.root_cause(),
            own => own,
        }
    }

    /// The innermost failure, if it is a provider's.
    pub fn innermost_provider_failure(&self) -> Option<&ProviderFailure> {
        match self.root_cause() {
            Self::Provider(failure) => Some(failure),
            _ => None,
        }
    }
}

impl ProviderFailure {
    /// The failure of a status that is neither a success nor a rate limit.
    pub fn of_status(status: u16, retry_after_ms: Option<u64>) -> Self {
        match status {
            400 | 404 | 413 | 414 | 422 | 431 => Self::Rejected { status },
            status => Self::Upstream { status, retry_after_ms },
        }
    }

    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::Malformed { detail: detail.into() }
    }

    /// True if the failure is no fact about the provider: another request may be answered.
    pub fn is_about_the_question(&self) -> bool {
        matches!(self, Self::Rejected { .. } | Self::UnknownOrDown { .. })
    }
}

/// Keeps the position of the JSON error, without any content.
impl From<serde_json::Error> for ProviderFailure {
    fn from(error: serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        Self::malformed(format!("{:?} error at line {line} column {column}", error.classify()))
    }
}

impl From<SlotRefusal> for ProviderFailure {
    fn from(refusal: SlotRefusal) -> Self {
        match refusal {
            SlotRefusal::RateLimited { retry_after_ms } => {
                Self::RateLimited { retry_after_ms, local: true }
            }
            SlotRefusal::QuotaSpent { until_ms } => Self::QuotaSpent { until_ms },
            SlotRefusal::PublicShareSpent { until_ms } => Self::PublicShareSpent { until_ms },
        }
    }
}

impl From<SlotRefusal> for Failure {
    fn from(refusal: SlotRefusal) -> Self {
        Self::Provider(refusal.into())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::internal(error)
    }
}

impl From<MissingBinding> for Failure {
    fn from(error: MissingBinding) -> Self {
        Self::internal(error)
    }
}

#[cfg(test)]
mod tests;
