//! What the platform answers in place of a result.

use runtime::outcome::Failure;

/// A call into the platform that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {detail}")]
pub struct PlatformError {
    /// What was tried: `kv get`, `r2 put`, `service ISBNDB_WORKER`.
    pub operation: String,
    /// What the platform said: for the log, not for an answer.
    pub detail: String,
}

impl PlatformError {
    pub(crate) fn new(operation: impl Into<String>, error: impl std::fmt::Display) -> Self {
        Self { operation: operation.into(), detail: error.to_string() }
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
