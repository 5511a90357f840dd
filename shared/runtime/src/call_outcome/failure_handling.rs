//! The table of failures: HTTP status, code, texts, retry and breaker effect of each.

use std::borrow::Cow;

use super::{Failure, InternalError, ProviderFailure, RequestRejection};

/// The Retry-After of a failure that has no better one.
pub const DEFAULT_RETRY_AFTER_MS: u64 = 5_000;

/// Whether one more attempt of the same call can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextAttemptAdvice {
    /// No, or another layer retries.
    Never,
    Backoff,
    After(u64),
}

/// When the same request may be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarliestRetry {
    Unknown,
    Ms(u64),
    Until(u64),
}

/// The effect of a failure on the callee's breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerEffect {
    /// The callee works: it answered as documented. A 404, a 429 and a refused key are of this
    /// kind.
    Success,
    Failure,
    /// No effect: nothing was learned about the callee.
    None,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailureHandling {
    pub status: u16,
    /// The stable code, for programs. It never changes once published.
    pub code: &'static str,
    pub title: &'static str,
    /// What a person can do about it.
    pub suggestion: &'static str,
    /// Whether the layer that made the call retries it.
    pub retry: NextAttemptAdvice,
    pub retry_after: EarliestRetry,
    /// The effect on the breaker of the direct callee.
    pub breaker: BreakerEffect,
}

impl FailureHandling {
    fn retried(self, retry: NextAttemptAdvice) -> Self {
        Self { retry, ..self }
    }
}

/// The row of a failure that is not retried.
fn failure_table_row(
    status: u16,
    code: &'static str,
    title: &'static str,
    suggestion: &'static str,
    breaker: BreakerEffect,
    retry_after: EarliestRetry,
) -> FailureHandling {
    let retry = NextAttemptAdvice::Never;
    FailureHandling { status, code, title, suggestion, retry, retry_after, breaker }
}

const RETRY_LATER_ADVICE: &str = "Retry later; /health names what is down.";

impl Failure {
    pub fn error_reply_and_retry_rules(&self) -> FailureHandling {
        match self {
            Self::Provider(failure) => failure.error_reply_and_retry_rules(),
            Self::Request(error) => error.error_reply_and_retry_rules(),
            Self::Internal(error) => error.error_reply_and_retry_rules(),
            // The sibling has retried already, and two layers of three attempts would make nine. A
            // sibling that answers with a typed error works, unless the error is its own fault.
            Self::Sibling(sibling) => FailureHandling {
                retry: NextAttemptAdvice::Never,
                breaker: match *sibling.failure {
                    Self::Internal(InternalError::Fault { .. }) => BreakerEffect::Failure,
                    _ => BreakerEffect::Success,
                },
                ..sibling.failure.error_reply_and_retry_rules()
            },
        }
    }

    /// What is known of this one failure; else the title of its kind.
    pub fn detail(&self) -> Cow<'_, str> {
        use {InternalError as I, ProviderFailure as P, RequestRejection as R};
        match self.root_cause() {
            Self::Provider(P::Upstream { status, .. } | P::Rejected { status }) => {
                format!("The status is {status}").into()
            }
            Self::Provider(P::AnswerTooLarge { max_bytes }) => {
                format!("the answer is over {max_bytes} bytes").into()
            }
            Self::Provider(P::Moved { route }) => format!("The route {route} is gone").into(),
            Self::Provider(P::Refused { detail }) => {
                format!("The provider refuses the {detail}").into()
            }
            Self::Request(R::MissingParameter { parameter }) => {
                format!("{parameter}: is required").into()
            }
            Self::Request(R::MethodNotAllowed { allow }) => {
                format!("This path answers {allow}").into()
            }
            Self::Request(R::TooLarge { limit }) => format!("At most {limit}").into(),
            Self::Provider(P::Malformed { detail })
            | Self::Request(
                R::BadRequest { detail } | R::Forbidden { detail } | R::NotFound { detail },
            )
            | Self::Internal(I::Unavailable { detail, .. }) => detail.into(),
            other => other.error_reply_and_retry_rules().title.into(),
        }
    }

    /// The Retry-After of an answer with this failure.
    pub fn retry_after_ms(&self, now_ms: u64) -> Option<u64> {
        match self.error_reply_and_retry_rules().retry_after {
            EarliestRetry::Unknown => None,
            EarliestRetry::Ms(ms) => Some(ms),
            EarliestRetry::Until(until_ms) => Some(until_ms.saturating_sub(now_ms)),
        }
    }
}

impl ProviderFailure {
    #[rustfmt::skip]
    fn error_reply_and_retry_rules(&self) -> FailureHandling {
        use BreakerEffect::{Failure, None, Success};
        use EarliestRetry::{Ms, Unknown, Until};
        const DEFAULT: EarliestRetry = Ms(DEFAULT_RETRY_AFTER_MS);
        const ASK_AGAIN: &str = "Ask again after the time in Retry-After.";
        match self {
            Self::RateLimited { retry_after_ms: ms, local: true } =>
                failure_table_row(429, "RATE_LIMITED", "Our own rate limit is reached", ASK_AGAIN, None, Ms(*ms))
                    .retried(NextAttemptAdvice::After(*ms)),
            Self::RateLimited { retry_after_ms: ms, local: false } =>
                failure_table_row(429, "RATE_LIMITED", "The provider's rate limit is reached", ASK_AGAIN,
                    Success, Ms(*ms)).retried(NextAttemptAdvice::After(*ms)),
            Self::QuotaSpent { until_ms } =>
                failure_table_row(429, "QUOTA_EXHAUSTED", "The provider's quota for the day is spent",
                    "Wait for the provider's new day, or raise the plan. \
                     Cached answers still work.", Success, Until(*until_ms)),
            Self::PublicShareSpent { until_ms } =>
                failure_table_row(429, "PUBLIC_SHARE_EXHAUSTED", "The day's share of anonymous clients is spent",
                    "Ask again tomorrow, or for what is cached already.", None, Until(*until_ms)),
            // Not retried: the attempt took its whole time, and three hanging calls, which open the
            // breaker, must not take longer than three attempts.
            Self::Timeout =>
                failure_table_row(504, "UPSTREAM_TIMEOUT", "No answer in time", RETRY_LATER_ADVICE, Failure, DEFAULT),
            Self::Unreachable =>
                failure_table_row(502, "UPSTREAM_UNREACHABLE", "The other side cannot be reached", RETRY_LATER_ADVICE,
                    Failure, DEFAULT).retried(NextAttemptAdvice::Backoff),
            Self::Upstream { status, retry_after_ms } =>
                failure_table_row(502, "UPSTREAM_ERROR", "The other side answered with an error", RETRY_LATER_ADVICE,
                    // Only a 5xx means that the callee is broken: a 4xx is about the request, a
                    // redirect about the route.
                    if (300..500).contains(status) { None } else { Failure },
                    retry_after_ms.map_or(DEFAULT, Ms),
                ).retried(match (retry_after_ms, status) {
                    (Some(ms), _) => NextAttemptAdvice::After(*ms),
                    (_, 500..=599) => NextAttemptAdvice::Backoff,
                    _ => NextAttemptAdvice::Never,
                }),
            Self::Rejected { .. } =>
                failure_table_row(502, "UPSTREAM_REJECTED", "The provider rejects this request", RETRY_LATER_ADVICE,
                    None, Unknown),
            Self::UnknownOrDown { retry_after_ms } =>
                failure_table_row(503, "UNKNOWN_OR_DOWN",
                    "The provider does not know it or is down: it answers the same in either case",
                    RETRY_LATER_ADVICE, None, Ms(*retry_after_ms)),
            Self::Malformed { .. } | Self::AnswerTooLarge { .. } =>
                failure_table_row(502, "UPSTREAM_MALFORMED", "The other side's answer cannot be read", RETRY_LATER_ADVICE,
                    Failure, Unknown),
            Self::Moved { .. } =>
                failure_table_row(502, "UPSTREAM_ROUTE_MOVED", "The provider has moved this route",
                    "Look for an update of this software; \
                     /health names the routes that have moved.", None, Unknown),
            Self::Refused { .. } =>
                failure_table_row(502, "UPSTREAM_REFUSED", "The provider refuses us",
                    "Check the provider's key, plan and host in the secrets and vars; \
                     /health says which.", Success, Unknown),
            Self::WrongBook =>
                failure_table_row(502, "WRONG_BOOK", "The provider returned another book",
                    "Check the ISBN against title and author.", Success, Unknown),
            Self::CircuitOpen { retry_after_ms } =>
                failure_table_row(503, "CIRCUIT_OPEN", "Not called: the circuit breaker is open",
                    "Wait: a probe is sent after the cool-down.", None, Ms(*retry_after_ms)),
            Self::NotConfigured =>
                failure_table_row(503, "NOT_CONFIGURED", "The provider is not configured",
                    "Set the provider's key; /health says which one is missing.", None, Unknown),
            Self::DeadlineExceeded =>
                failure_table_row(504, "DEADLINE_EXCEEDED", "The time of this request is over", RETRY_LATER_ADVICE,
                    None, DEFAULT),
            Self::AllFailed { retry_after_ms } =>
                failure_table_row(503, "ALL_PROVIDERS_FAILED", "No provider could answer", RETRY_LATER_ADVICE,
                    None, Ms(*retry_after_ms)),
        }
    }
}

impl RequestRejection {
    #[rustfmt::skip]
    fn error_reply_and_retry_rules(&self) -> FailureHandling {
        const CHANGE: &str = "Correct the request: `detail` names the parameter or limit.";
        let (status, code, title, suggestion) = match self {
            Self::BadRequest { .. } | Self::MissingParameter { .. } =>
                (400, "BAD_REQUEST", "The request cannot be served", CHANGE),
            Self::Unauthorized =>
                (401, "UNAUTHORIZED", "A token is needed",
                 "Send the admin token as `Authorization: Bearer …`."),
            Self::Forbidden { .. } =>
                (403, "FORBIDDEN", "Not allowed",
                 "Send a valid token, or call from a Worker that is allowed."),
            Self::NotFound { .. } =>
                (404, "NOT_FOUND", "Not found",
                 "Check the address; / of the proxy and docs/WARMER.md list the routes."),
            Self::MethodNotAllowed { .. } =>
                (405, "METHOD_NOT_ALLOWED", "Method not allowed", "Use a method that Allow names."),
            Self::TooLarge { .. } => (413, "TOO_LARGE", "Too large", CHANGE),
        };
        failure_table_row(status, code, title, suggestion, BreakerEffect::None, EarliestRetry::Unknown)
    }
}

impl InternalError {
    #[rustfmt::skip]
    fn error_reply_and_retry_rules(&self) -> FailureHandling {
        use BreakerEffect::None;
        match self {
            Self::Fault { .. } =>
                failure_table_row(500, "INTERNAL", "An internal error occurred",
                    "Retry; if the error stays, search the logs for this request id.",
                    None, EarliestRetry::Unknown),
            Self::Unavailable { retry_after_ms, .. } =>
                failure_table_row(503, "SERVICE_UNAVAILABLE", "A required part is unavailable", RETRY_LATER_ADVICE,
                    None, EarliestRetry::Ms(*retry_after_ms)),
        }
    }
}
