//! What each failure means: class, retry, breaker, code. One table in the tests walks them all.

use super::Failure;

/// Whose fault a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureClass {
    /// The request cannot be served as it is.
    Caller,
    /// A provider, or a sibling on its behalf.
    Upstream,
    Ours,
}

/// Whether one more attempt of the same call can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It cannot, or another layer does it.
    Never,
    /// After a jittered pause.
    Backoff,
    /// Not before that many milliseconds.
    After(u64),
}

/// What a failure tells the circuit breaker about the one that was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerEffect {
    /// It answered as it should: it is alive. A 404, a 429 and a refused key are of this kind.
    Success,
    Failure,
    /// Nothing: it was not asked.
    None,
}

/// When to ask again, where nothing better is known.
pub const DEFAULT_RETRY_AFTER_MS: u64 = 5_000;

impl Failure {
    /// What a status that is none of success, and none of a limit, means.
    #[must_use]
    pub fn of_status(status: u16, retry_after_ms: Option<u64>) -> Self {
        match status {
            400 | 404 | 413 | 414 | 422 | 431 => Self::Rejected { status },
            status => Self::Upstream { status, retry_after_ms },
        }
    }

    /// True if it says nothing about the provider: another question may be answered.
    #[must_use]
    pub fn is_about_the_question(&self) -> bool {
        matches!(self.root(), Self::Rejected { .. } | Self::UnknownOrDown { .. })
    }

    /// The failure at the bottom: what a sibling said, without the name of the sibling.
    #[must_use]
    pub fn root(&self) -> &Self {
        match self {
            Self::Sibling { failure, .. } => failure.root(),
            own => own,
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub fn class(&self) -> FailureClass {
        match self.root() {
            Self::BadRequest { .. }
            | Self::Unauthorized
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::MethodNotAllowed { .. }
            | Self::TooLarge { .. } => FailureClass::Caller,
            Self::NotConfigured
            | Self::Internal { .. }
            | Self::DeadlineExceeded
            | Self::Unavailable { .. } => FailureClass::Ours,
            _ => FailureClass::Upstream,
        }
    }

    /// The stable code, for programs. It never changes once published.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.root() {
            Self::RateLimited { .. } => "RATE_LIMITED",
            Self::QuotaSpent { .. } => "QUOTA_EXHAUSTED",
            Self::Timeout => "UPSTREAM_TIMEOUT",
            Self::Unreachable => "UPSTREAM_UNREACHABLE",
            Self::Upstream { .. } => "UPSTREAM_ERROR",
            Self::Rejected { .. } => "UPSTREAM_REJECTED",
            Self::UnknownOrDown { .. } => "UNKNOWN_OR_DOWN",
            Self::Malformed { .. } => "UPSTREAM_MALFORMED",
            Self::Moved { .. } => "UPSTREAM_ROUTE_MOVED",
            Self::Refused { .. } => "UPSTREAM_REFUSED",
            Self::WrongBook => "WRONG_BOOK",
            Self::CircuitOpen { .. } => "CIRCUIT_OPEN",
            Self::NotConfigured => "NOT_CONFIGURED",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::AllFailed { .. } => "ALL_PROVIDERS_FAILED",
            Self::Unavailable { .. } => "SERVICE_UNAVAILABLE",
            Self::BadRequest { .. } => "BAD_REQUEST",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::Forbidden { .. } => "FORBIDDEN",
            Self::NotFound { .. } => "NOT_FOUND",
            Self::MethodNotAllowed { .. } => "METHOD_NOT_ALLOWED",
            Self::TooLarge { .. } => "TOO_LARGE",
            Self::Internal { .. } => "INTERNAL",
            // `root` has looked through it.
            Self::Sibling { .. } => "SIBLING",
        }
    }

    /// The HTTP status of the answer that carries it.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self.root() {
            Self::BadRequest { .. } => 400,
            Self::Unauthorized => 401,
            Self::Forbidden { .. } => 403,
            Self::NotFound { .. } => 404,
            Self::MethodNotAllowed { .. } => 405,
            Self::TooLarge { .. } => 413,
            Self::RateLimited { .. } | Self::QuotaSpent { .. } => 429,
            Self::Internal { .. } | Self::Sibling { .. } => 500,
            Self::Unreachable
            | Self::Upstream { .. }
            | Self::Rejected { .. }
            | Self::Malformed { .. }
            | Self::Moved { .. }
            | Self::Refused { .. }
            | Self::WrongBook => 502,
            Self::CircuitOpen { .. }
            | Self::UnknownOrDown { .. }
            | Self::NotConfigured
            | Self::AllFailed { .. }
            | Self::Unavailable { .. } => 503,
            Self::Timeout | Self::DeadlineExceeded => 504,
        }
    }

    /// Whether one more attempt can help, at the layer that called. What a sibling answered is
    /// never asked again here: the sibling has tried already, and two layers of three attempts
    /// would make nine.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::RateLimited { retry_after_ms, .. } => Retry::After(*retry_after_ms),
            Self::Upstream { retry_after_ms: Some(ms), .. } => Retry::After(*ms),
            Self::Upstream { status: 500..=599, .. } | Self::Unreachable => Retry::Backoff,
            // A time-out has taken the time of an attempt: three calls that hang, which open the
            // breaker, are to cost no more than three of those.
            _ => Retry::Never,
        }
    }

    /// When the same request may be made again: the Retry-After of an answer.
    #[must_use]
    pub fn retry_after_ms(&self, now_ms: u64) -> Option<u64> {
        match self.root() {
            Self::RateLimited { retry_after_ms, .. }
            | Self::CircuitOpen { retry_after_ms }
            | Self::UnknownOrDown { retry_after_ms }
            | Self::AllFailed { retry_after_ms }
            | Self::Unavailable { retry_after_ms, .. } => Some(*retry_after_ms),
            Self::QuotaSpent { until_ms } => Some(until_ms.saturating_sub(now_ms)),
            Self::Upstream { retry_after_ms, .. } => {
                Some(retry_after_ms.unwrap_or(DEFAULT_RETRY_AFTER_MS))
            }
            Self::Timeout | Self::Unreachable | Self::DeadlineExceeded => {
                Some(DEFAULT_RETRY_AFTER_MS)
            }
            _ => None,
        }
    }

    /// What it tells the breaker of the one that was called directly.
    #[must_use]
    pub fn breaker_effect(&self) -> BreakerEffect {
        match self {
            // Of what the other side says in words, only that it is broken counts: a 4xx is about
            // the question, a redirect about the route.
            Self::Upstream { status: 300..=499, .. } => BreakerEffect::None,
            Self::Timeout | Self::Unreachable | Self::Upstream { .. } | Self::Malformed { .. } => {
                BreakerEffect::Failure
            }
            // A sibling that answers with its own typed error is alive, unless it is the one that
            // is broken.
            Self::Sibling { failure, .. } => match **failure {
                Self::Internal { .. } => BreakerEffect::Failure,
                _ => BreakerEffect::Success,
            },
            Self::RateLimited { local: false, .. }
            | Self::QuotaSpent { .. }
            | Self::Refused { .. }
            | Self::WrongBook => BreakerEffect::Success,
            _ => BreakerEffect::None,
        }
    }
}
