//! The kinds of answers that the table of facts gives about a failure.

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
pub enum RetryAdvice {
    /// It cannot, or another layer does it.
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

/// What a failure tells the circuit breaker about the one that was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerEffect {
    /// It answered as it should: it is alive. A 404, a 429 and a refused key are of this kind.
    Success,
    Failure,
    /// Nothing: it was not asked.
    None,
}
