//! The types of the columns in the table of failures.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureOrigin {
    /// The client: the request cannot be served as it is.
    Caller,
    /// A provider, or a sibling that called it.
    Upstream,
    Ours,
}

/// Whether one more attempt of the same call can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAdvice {
    /// No, or another layer retries.
    Never,
    Backoff,
    After(u64),
}

/// When the same request may be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
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
