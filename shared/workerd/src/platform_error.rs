//! The platform's errors.

use runtime::call_outcome::Failure;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {kind}")]
pub struct PlatformError {
    /// The operation: `kv get`, `r2 put`, `service ISBNDB_WORKER`.
    pub operation: String,
    pub kind: PlatformErrorKind,
}

/// The reason as one word. The platform's own text is not kept: it may contain a stack, or a key
/// and so a person's search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlatformErrorKind {
    #[error("timeout")]
    Timeout,
    /// The free plan's daily limit of this operation is spent.
    #[error("day_spent")]
    DaySpent,
    /// More calls at once than the platform accepts, such as two writes of a key in a second.
    #[error("too_many_calls")]
    TooManyCalls,
    #[error("connection_lost")]
    ConnectionLost,
    #[error("failed")]
    Other,
}

impl PlatformErrorKind {
    fn of(text: &str) -> Self {
        const ERROR_PHRASES: [(&str, PlatformErrorKind); 11] = [
            ("for the day", PlatformErrorKind::DaySpent),
            ("daily", PlatformErrorKind::DaySpent),
            ("in durable objects free tier", PlatformErrorKind::DaySpent),
            ("429", PlatformErrorKind::TooManyCalls),
            ("concurrent request rate", PlatformErrorKind::TooManyCalls),
            ("too many requests", PlatformErrorKind::TooManyCalls),
            ("timeout", PlatformErrorKind::Timeout),
            ("timed out", PlatformErrorKind::Timeout),
            ("connection lost", PlatformErrorKind::ConnectionLost),
            ("disconnected", PlatformErrorKind::ConnectionLost),
            ("premature", PlatformErrorKind::ConnectionLost),
        ];
        let text = text.to_lowercase();
        ERROR_PHRASES
            .iter()
            .find(|(word, _)| text.contains(word))
            .map_or(Self::Other, |(_, kind)| *kind)
    }
}

impl PlatformError {
    pub(crate) fn new(operation: impl Into<String>, error: impl std::fmt::Display) -> Self {
        let kind = PlatformErrorKind::of(&error.to_string());
        Self { operation: operation.into(), kind }
    }
}

impl From<PlatformError> for Failure {
    fn from(error: PlatformError) -> Self {
        Self::internal(error)
    }
}

impl From<PlatformError> for worker::Error {
    fn from(error: PlatformError) -> Self {
        Self::RustError(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_one_word_and_never_its_text() {
        for (text, word) in [
            ("Error: KV put() limit exceeded for the day.\n    at put (worker.js:1)", "day_spent"),
            ("Exceeded allowed rows written in Durable Objects free tier.", "day_spent"),
            ("KV PUT failed: 429 Too Many Requests", "too_many_calls"),
            (
                "put: Reduce your concurrent request rate for the same object. (10058)",
                "too_many_calls",
            ),
            ("JsValue(Error: Network connection lost.)", "connection_lost"),
            ("the operation timed out", "timeout"),
            ("get v1/any/a-secret-question failed: 500", "failed"),
            ("", "failed"),
        ] {
            assert_eq!(PlatformError::new("kv put", text).to_string(), format!("kv put: {word}"));
        }
    }
}
