//! The table of failures: HTTP status, code, texts, retry and breaker effect of each.

use std::borrow::Cow;

use super::effects::{BreakerEffect, FailureOrigin, RetryAdvice, RetryAfter};
use super::{Failure, InternalError, ProviderFailure, RequestError};

/// The Retry-After of a failure that has no better one.
pub const DEFAULT_RETRY_AFTER_MS: u64 = 5_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureDescription<'a> {
    /// The HTTP status of an answer with this failure.
    pub status: u16,
    /// The stable code, for programs. It never changes once published.
    pub code: &'static str,
    pub title: &'static str,
    pub detail: Cow<'a, str>,
    /// What a person can do about it.
    pub suggestion: &'static str,
    pub class: FailureOrigin,
    /// Whether the layer that made the call retries it.
    pub retry: RetryAdvice,
    pub retry_after: RetryAfter,
    /// The effect on the breaker of the direct callee.
    pub breaker: BreakerEffect,
}

impl FailureDescription<'_> {
    /// A row with the defaults of a provider that is not retried now.
    fn with_defaults(status: u16, code: &'static str, title: &'static str) -> Self {
        Self {
            status,
            code,
            title,
            detail: Cow::Borrowed(title),
            suggestion: "Retry later; /health names what is down.",
            class: FailureOrigin::Upstream,
            retry: RetryAdvice::Never,
            retry_after: RetryAfter::Unknown,
            breaker: BreakerEffect::None,
        }
    }

    fn caller_error(status: u16, code: &'static str, title: &'static str) -> Self {
        Self { class: FailureOrigin::Caller, ..Self::with_defaults(status, code, title) }
    }
}

impl Failure {
    pub fn describe(&self) -> FailureDescription<'_> {
        match self {
            Self::Provider(failure) => failure.describe(),
            Self::Request(error) => error.describe(),
            Self::Internal(error) => error.describe(),
            // The sibling has retried already, and two layers of three attempts would make nine. A
            // sibling that answers with a typed error works, unless the error is its own fault.
            Self::Sibling(sibling) => FailureDescription {
                retry: RetryAdvice::Never,
                breaker: match *sibling.failure {
                    Self::Internal(InternalError::Fault { .. }) => BreakerEffect::Failure,
                    _ => BreakerEffect::Success,
                },
                ..sibling.failure.describe()
            },
        }
    }

    /// The Retry-After of an answer with this failure.
    pub fn retry_after_ms(&self, now_ms: u64) -> Option<u64> {
        match self.describe().retry_after {
            RetryAfter::Unknown => None,
            RetryAfter::Ms(ms) => Some(ms),
            RetryAfter::Until(until_ms) => Some(until_ms.saturating_sub(now_ms)),
        }
    }
}

impl ProviderFailure {
    pub fn describe(&self) -> FailureDescription<'_> {
        use BreakerEffect::{Failure, None, Success};
        let row = FailureDescription::with_defaults;
        match self {
            Self::RateLimited { retry_after_ms, local } => FailureDescription {
                suggestion: "Ask again after the time in Retry-After.",
                retry: RetryAdvice::After(*retry_after_ms),
                retry_after: RetryAfter::Ms(*retry_after_ms),
                breaker: if *local { None } else { Success },
                ..row(
                    429,
                    "RATE_LIMITED",
                    match local {
                        true => "Our own rate limit is reached",
                        false => "The provider's rate limit is reached",
                    },
                )
            },
            Self::QuotaSpent { until_ms } => FailureDescription {
                suggestion: "Wait for the provider's new day, or raise the plan. Cached answers still work.",
                retry_after: RetryAfter::Until(*until_ms),
                breaker: Success,
                ..row(429, "QUOTA_EXHAUSTED", "The provider's quota for the day is spent")
            },
            Self::PublicShareSpent { until_ms } => FailureDescription {
                suggestion: "Ask again tomorrow, or for what is cached already.",
                retry_after: RetryAfter::Until(*until_ms),
                ..row(
                    429,
                    "PUBLIC_SHARE_EXHAUSTED",
                    "The day's share of anonymous clients is spent",
                )
            },
            // Not retried: the attempt took its whole time, and three hanging calls, which open the
            // breaker, must not take longer than three attempts.
            Self::Timeout => FailureDescription {
                retry_after: RetryAfter::Ms(DEFAULT_RETRY_AFTER_MS),
                breaker: Failure,
                ..row(504, "UPSTREAM_TIMEOUT", "No answer in time")
            },
            Self::Unreachable => FailureDescription {
                retry: RetryAdvice::Backoff,
                retry_after: RetryAfter::Ms(DEFAULT_RETRY_AFTER_MS),
                breaker: Failure,
                ..row(502, "UPSTREAM_UNREACHABLE", "The other side cannot be reached")
            },
            Self::Upstream { status, retry_after_ms } => FailureDescription {
                detail: format!("The status is {status}").into(),
                retry: match (retry_after_ms, status) {
                    (Some(ms), _) => RetryAdvice::After(*ms),
                    (_, 500..=599) => RetryAdvice::Backoff,
                    _ => RetryAdvice::Never,
                },
                retry_after: RetryAfter::Ms(retry_after_ms.unwrap_or(DEFAULT_RETRY_AFTER_MS)),
                // Only a 5xx means that the callee is broken: a 4xx is about the request, a
                // redirect about the route.
                breaker: if (300..500).contains(status) { None } else { Failure },
                ..row(502, "UPSTREAM_ERROR", "The other side answered with an error")
            },
            Self::Rejected { status } => FailureDescription {
                detail: format!("The status is {status}").into(),
                ..row(502, "UPSTREAM_REJECTED", "The provider rejects this request")
            },
            Self::UnknownOrDown { retry_after_ms } => FailureDescription {
                retry_after: RetryAfter::Ms(*retry_after_ms),
                ..row(
                    503,
                    "UNKNOWN_OR_DOWN",
                    "The provider does not know it or is down: it answers the same in either case",
                )
            },
            Self::Malformed { detail } => FailureDescription {
                detail: detail.into(),
                breaker: Failure,
                ..row(502, "UPSTREAM_MALFORMED", "The other side's answer cannot be read")
            },
            Self::AnswerTooLarge { max_bytes } => FailureDescription {
                detail: format!("the answer is over {max_bytes} bytes").into(),
                breaker: Failure,
                ..row(502, "UPSTREAM_MALFORMED", "The other side's answer cannot be read")
            },
            Self::Moved { route } => FailureDescription {
                detail: format!("The route {route} is gone").into(),
                suggestion: "Look for an update of this software; /health names the routes that have moved.",
                ..row(502, "UPSTREAM_ROUTE_MOVED", "The provider has moved this route")
            },
            Self::Refused { detail } => FailureDescription {
                detail: format!("The provider refuses the {}", detail.as_str()).into(),
                suggestion: "Check the provider's key, plan and host in the secrets and vars; /health says which.",
                breaker: Success,
                ..row(502, "UPSTREAM_REFUSED", "The provider refuses us")
            },
            Self::WrongBook => FailureDescription {
                suggestion: "Check the ISBN against title and author.",
                breaker: Success,
                ..row(502, "WRONG_BOOK", "The provider returned another book")
            },
            Self::CircuitOpen { retry_after_ms } => FailureDescription {
                suggestion: "Wait: a probe is sent after the cool-down.",
                retry_after: RetryAfter::Ms(*retry_after_ms),
                ..row(503, "CIRCUIT_OPEN", "Not called: the circuit breaker is open")
            },
            Self::NotConfigured => FailureDescription {
                suggestion: "Set the provider's key; /health says which one is missing.",
                class: FailureOrigin::Ours,
                ..row(503, "NOT_CONFIGURED", "The provider is not configured")
            },
            Self::DeadlineExceeded => FailureDescription {
                class: FailureOrigin::Ours,
                retry_after: RetryAfter::Ms(DEFAULT_RETRY_AFTER_MS),
                ..row(504, "DEADLINE_EXCEEDED", "The time of this request is over")
            },
            Self::AllFailed { retry_after_ms } => FailureDescription {
                retry_after: RetryAfter::Ms(*retry_after_ms),
                ..row(503, "ALL_PROVIDERS_FAILED", "No provider could answer")
            },
        }
    }
}

impl RequestError {
    pub fn describe(&self) -> FailureDescription<'_> {
        let row = FailureDescription::caller_error;
        const CHANGE: &str = "Correct the request: `detail` names the parameter or limit.";
        match self {
            Self::BadRequest { detail } => FailureDescription {
                detail: detail.into(),
                suggestion: CHANGE,
                ..row(400, "BAD_REQUEST", "The request cannot be served")
            },
            Self::MissingParameter { parameter } => FailureDescription {
                detail: format!("{parameter}: is required").into(),
                suggestion: CHANGE,
                ..row(400, "BAD_REQUEST", "The request cannot be served")
            },
            Self::Unauthorized => FailureDescription {
                suggestion: "Send the admin token as `Authorization: Bearer …`.",
                ..row(401, "UNAUTHORIZED", "A token is needed")
            },
            Self::Forbidden { detail } => FailureDescription {
                detail: detail.into(),
                suggestion: "Send a valid token, or call from a Worker that is allowed.",
                ..row(403, "FORBIDDEN", "Not allowed")
            },
            Self::NotFound { detail } => FailureDescription {
                detail: detail.into(),
                suggestion: "Check the address; / of the proxy and docs/WARMER.md list the routes.",
                ..row(404, "NOT_FOUND", "Not found")
            },
            Self::MethodNotAllowed { allow } => FailureDescription {
                detail: format!("This path answers {allow}").into(),
                suggestion: "Use a method that Allow names.",
                ..row(405, "METHOD_NOT_ALLOWED", "Method not allowed")
            },
            Self::TooLarge { limit } => FailureDescription {
                detail: format!("At most {limit}").into(),
                suggestion: CHANGE,
                ..row(413, "TOO_LARGE", "Too large")
            },
        }
    }
}

impl InternalError {
    pub fn describe(&self) -> FailureDescription<'_> {
        let row = |status, code, title| FailureDescription {
            class: FailureOrigin::Ours,
            ..FailureDescription::with_defaults(status, code, title)
        };
        match self {
            Self::Fault { .. } => FailureDescription {
                suggestion: "Retry; if the error stays, search the logs for this request id.",
                ..row(500, "INTERNAL", "An internal error occurred")
            },
            Self::Unavailable { detail, retry_after_ms } => FailureDescription {
                detail: detail.into(),
                retry_after: RetryAfter::Ms(*retry_after_ms),
                ..row(503, "SERVICE_UNAVAILABLE", "A required part is unavailable")
            },
        }
    }
}
