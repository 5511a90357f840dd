//! The outcome of a call to a provider or a sibling Worker: one taxonomy from the provider client
//! to the cache writer and the HTTP answer.
//!
//! "The provider has no such book" is a fact about the book and may be cached; a timeout is a fact
//! about eight seconds and may not. The types keep the two apart: [`Answer::NotFound`] is an
//! answer, every [`Failure`] is not.
//!
//! A [`Failure`] answers four questions, each in one method: who caused it
//! ([`Failure::class`]), whether asking again can help and when ([`Failure::retry`],
//! [`Failure::retry_after_ms`]), what the circuit breaker makes of it ([`Failure::breaker_effect`])
//! and its stable code ([`Failure::code`]). [`crate::problem`] maps it to HTTP.
//!
//! An error that a sibling Worker answered comes as [`Failure::Sibling`], with the sibling's name
//! and its own failure inside: match on [`Failure::root`], which looks through it.

mod facts;

pub use facts::{BreakerEffect, DEFAULT_RETRY_AFTER_MS, FailureClass, Retry};

use serde::{Deserialize, Serialize};

use crate::rate_limit::Refusal;

/// A provider's answer: found, or confirmed absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<T> {
    Found(T),
    NotFound,
}

/// An answer, or why there is none.
pub type Outcome<T> = Result<Answer<T>, Failure>;

/// Why there is no answer. None of these says anything about the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Failure {
    /// The other side's pace limit, or our own rate limiter in front of it: try again in a while.
    #[error("rate_limited")]
    RateLimited {
        /// How long to wait.
        retry_after_ms: u64,
        /// True if our own limiter refused and nothing was sent upstream.
        local: bool,
    },
    /// The day's quota is spent.
    #[error("quota_spent")]
    QuotaSpent {
        /// When it returns, Unix time.
        until_ms: u64,
    },
    /// No answer within the deadline.
    #[error("timeout")]
    Timeout,
    /// No connection, or it broke before the answer was whole.
    #[error("unreachable")]
    Unreachable,
    /// An answer that says the other side is broken (5xx, or a status it never documents).
    #[error("upstream_error")]
    Upstream {
        /// The status it sent.
        status: u16,
        /// What its Retry-After requested.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        retry_after_ms: Option<u64>,
    },
    /// The provider does not take this question (400, 404, 413, 414, 422, 431): a word about the
    /// question, none about the provider.
    #[error("rejected")]
    Rejected {
        /// The status it sent.
        status: u16,
    },
    /// What a provider answers for a thing that it does not know, and when it is down.
    #[error("unknown_or_down")]
    UnknownOrDown {
        /// When asking again can help.
        retry_after_ms: u64,
    },
    /// A 200 whose body is not what it should be.
    #[error("malformed")]
    Malformed {
        /// What was wrong, without any content of the body.
        detail: String,
    },
    /// The provider has moved this route or taken it away: its other routes go on.
    #[error("moved")]
    Moved {
        /// Which route, as a template.
        route: String,
    },
    /// Key, plan host or client identification refused: a person has to mend the configuration.
    #[error("refused")]
    Refused {
        /// What was refused: `key`, `host`, `client`, `location`.
        detail: String,
    },
    /// The book that came back is not the requested one.
    #[error("wrong_book")]
    WrongBook,
    /// Our circuit breaker is open: nothing was sent.
    #[error("circuit_open")]
    CircuitOpen {
        /// When the next probe is allowed.
        retry_after_ms: u64,
    },
    /// The provider is not configured (no key): it was not asked.
    #[error("not_configured")]
    NotConfigured,
    /// The request's own time was over before anything could be sent.
    #[error("deadline_exceeded")]
    DeadlineExceeded,
    /// Every provider that could have helped failed; `providers[]` of the answer says how.
    #[error("all_failed")]
    AllFailed {
        /// When asking again can help.
        retry_after_ms: u64,
    },
    /// A part of this system that the request needs is out.
    #[error("unavailable")]
    Unavailable {
        detail: String,
        /// When asking again can help.
        retry_after_ms: u64,
    },
    /// A sibling Worker answered with an error of its own: it is passed on, not flattened.
    #[error("{failure}")]
    Sibling { service: String, failure: Box<Failure> },
    /// The request itself cannot be served: the caller's fault.
    #[error("bad_request")]
    BadRequest { detail: String },
    /// The caller did not authenticate, or with wrong credentials.
    #[error("unauthorized")]
    Unauthorized,
    /// The caller is known and may not.
    #[error("forbidden")]
    Forbidden {
        /// What is refused, and which callers may do it.
        detail: String,
    },
    /// The address names nothing: no such route, job, or book. (A book that a provider says it
    /// has not is [`Answer::NotFound`]; only the router turns that into this.)
    #[error("not_found")]
    NotFound {
        /// What was not found.
        detail: String,
    },
    /// The path exists, the method does not.
    #[error("method_not_allowed")]
    MethodNotAllowed {
        /// The `Allow` header.
        allow: String,
    },
    /// The body or the list is over the limit.
    #[error("too_large")]
    TooLarge {
        /// The limit with its unit.
        limit: String,
    },
    #[error("internal")]
    Internal {
        /// For the log; never in an answer.
        detail: String,
    },
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::RateLimited { retry_after_ms } => {
                Self::RateLimited { retry_after_ms, local: true }
            }
            Refusal::QuotaSpent { until_ms } => Self::QuotaSpent { until_ms },
        }
    }
}

#[cfg(test)]
mod tests;
