//! The outcome of a call to a provider or a sibling Worker, and of a request to a Worker.
//!
//! "The provider has no such book" is a fact about the book and may be cached; a timeout is a fact
//! about eight seconds and may not. The types keep the two apart: [`Answer::NotFound`] is an
//! answer, every [`Failure`] is not.
//!
//! A failure has one of three subjects, each a type: [`ProviderFailure`] says why a call has no
//! answer and is data, kept for each item and each provider; [`RequestError`] is the client's
//! fault; [`InternalError`] is ours. What each means for the HTTP answer, the retry and the circuit
//! breaker stands in one table ([`Failure::facts`]); [`crate::problem`] writes it as a document.
//!
//! An error that a sibling Worker answered comes as [`Failure::Sibling`], with the sibling's name
//! and its own failure inside: match on [`Failure::root_cause`], which looks through it.

mod effects;
mod facts;

pub use effects::{BreakerEffect, FailureClass, RetryAdvice, RetryAfter};
pub use facts::{DEFAULT_RETRY_AFTER_MS, FailureFacts};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use crate::config::ConfigError;
use crate::rate_limit::SlotRefusal;
use ports::MissingBinding;

/// A provider's answer: found, or confirmed absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<T> {
    Found(T),
    NotFound,
}

pub type Outcome<T> = Result<Answer<T>, Failure>;

/// Why there is no answer. None of these says anything about the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(untagged)]
pub enum Failure {
    #[error(transparent)]
    Provider(#[from] ProviderFailure),
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error(transparent)]
    Internal(#[from] InternalError),
    /// A sibling Worker answered with an error of its own: it is passed on, not flattened.
    #[error(transparent)]
    Sibling(#[from] SiblingFailure),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename = "sibling")]
#[error("{failure}")]
pub struct SiblingFailure {
    pub service: String,
    pub failure: Box<Failure>,
}

/// Why a call to a provider, or to a sibling Worker, has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ProviderFailure {
    /// The other side's pace limit, or our own rate limiter in front of it: try again in a while.
    #[error("rate_limited")]
    RateLimited {
        retry_after_ms: u64,
        /// True if our own limiter refused and nothing was sent upstream.
        local: bool,
    },
    /// The day's quota is spent until then, Unix time.
    #[error("quota_spent")]
    QuotaSpent { until_ms: u64 },
    /// The share of the day that anonymous clients may use is spent until then: nothing was sent.
    #[error("public_share_spent")]
    PublicShareSpent { until_ms: u64 },
    #[error("timeout")]
    Timeout,
    /// No connection, or it broke before the answer was whole.
    #[error("unreachable")]
    Unreachable,
    /// An answer that says the other side is broken (5xx, or a status it never documents).
    #[error("upstream_error")]
    Upstream {
        status: u16,
        /// What its Retry-After requested.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        retry_after_ms: Option<u64>,
    },
    /// The provider does not take this question (400, 404, 413, 414, 422, 431): a word about the
    /// question, none about the provider.
    #[error("rejected")]
    Rejected { status: u16 },
    /// What a provider answers for a thing that it does not know, and when it is down.
    #[error("unknown_or_down")]
    UnknownOrDown { retry_after_ms: u64 },
    /// A 200 whose body is not what it should be. `detail` says why, without any content of it.
    #[error("malformed")]
    Malformed { detail: String },
    /// An answer over the size that we read.
    #[error("malformed")]
    AnswerTooLarge { max_bytes: usize },
    /// The provider has moved this route (a template) or taken it away: its other routes go on.
    #[error("moved")]
    Moved { route: String },
    /// The provider refuses us: a person has to mend the configuration.
    #[error("refused")]
    Refused { detail: RefusedPart },
    /// The book that came back is not the requested one.
    #[error("wrong_book")]
    WrongBook,
    /// Our circuit breaker is open: nothing was sent. The next probe is allowed after that time.
    #[error("circuit_open")]
    CircuitOpen { retry_after_ms: u64 },
    /// The provider is not configured (no key): it was not asked.
    #[error("not_configured")]
    NotConfigured,
    /// The request's own time was over before anything could be sent.
    #[error("deadline_exceeded")]
    DeadlineExceeded,
    /// Every provider that could have helped failed; `providers[]` of the answer says how.
    #[error("all_failed")]
    AllFailed { retry_after_ms: u64 },
}

/// What of ours a provider refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RefusedPart {
    Key,
    Host,
    /// The identification of this software.
    Client,
    /// The country that a call comes from.
    Location,
}

impl RefusedPart {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Host => "host",
            Self::Client => "client",
            Self::Location => "location",
        }
    }
}

/// Why a request cannot be served: the client's fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RequestError {
    #[error("bad_request")]
    BadRequest { detail: String },
    /// A parameter is missing; `parameter` names it, or those of which one is needed.
    #[error("bad_request")]
    MissingParameter { parameter: String },
    /// The caller did not authenticate, or with wrong credentials.
    #[error("unauthorized")]
    Unauthorized,
    /// The caller is known and may not. `detail` says which callers may.
    #[error("forbidden")]
    Forbidden { detail: String },
    /// The address names nothing: no such route, job, or book. (A book that a provider says it
    /// has not is [`Answer::NotFound`]; only the router turns that into this.)
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
    /// `detail` is for the log and never in an answer.
    #[serde(rename = "internal")]
    #[error("internal")]
    Fault { detail: String },
    /// A part of this system that the request needs is out.
    #[error("unavailable")]
    Unavailable { detail: String, retry_after_ms: u64 },
}

/// A failure of another version that cannot be read is no answer: what stands around it is read.
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
        Self::Request(RequestError::BadRequest { detail: detail.into() })
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::Request(RequestError::NotFound { detail: detail.into() })
    }

    /// The failure at the bottom: what a sibling said, without the name of the sibling.
    pub fn root_cause(&self) -> &Self {
        match self {
            Self::Sibling(sibling) => sibling.failure.root_cause(),
            own => own,
        }
    }

    /// The root, where it is about a provider.
    pub fn provider(&self) -> Option<&ProviderFailure> {
        match self.root_cause() {
            Self::Provider(failure) => Some(failure),
            _ => None,
        }
    }
}

impl ProviderFailure {
    /// What a status that is none of success, and none of a limit, means.
    pub fn of_status(status: u16, retry_after_ms: Option<u64>) -> Self {
        match status {
            400 | 404 | 413 | 414 | 422 | 431 => Self::Rejected { status },
            status => Self::Upstream { status, retry_after_ms },
        }
    }

    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::Malformed { detail: detail.into() }
    }

    /// True if it says nothing about the provider: another question may be answered.
    pub fn is_about_the_question(&self) -> bool {
        matches!(self, Self::Rejected { .. } | Self::UnknownOrDown { .. })
    }
}

/// Says where the JSON broke, without any of its content.
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
