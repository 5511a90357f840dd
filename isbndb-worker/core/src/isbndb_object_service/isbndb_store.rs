//! The storage port of the object: one state and the cache's rows.
use runtime::call_outcome::Failure;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheTableRow {
    pub key: String,
    /// The JSON of an `IsbndbCacheValue`.
    pub body: String,
    pub fresh_until_ms: u64,
    /// When the sweep may delete the row.
    pub keep_until_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteMode {
    Replace,
    /// Write only if no fresh row but an absence has the key (an absence is kept longer than it
    /// answers): a pointer must not replace a whole record.
    UnlessFresh {
        now_ms: u64,
    },
}

/// The storage failed; the write may or may not have happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("storage: {0}")]
pub struct IsbndbStoreError(pub String);

impl From<IsbndbStoreError> for Failure {
    fn from(error: IsbndbStoreError) -> Self {
        Self::internal(error)
    }
}

/// Storage of one object. Calls do not suspend: between two awaits the object sees its own writes,
/// and the platform's output gate sends nothing before they are on disk.
pub trait IsbndbStore: 'static {
    /// Reads a row, fresh or not.
    fn get(&self, key: &str) -> Result<Option<CacheTableRow>, IsbndbStoreError>;

    fn put(&self, rows: &[CacheTableRow], how: WriteMode) -> Result<(), IsbndbStoreError>;

    /// Deletes expired rows, then the rows that expire first while more than `max_bytes` are used.
    fn sweep(&self, now_ms: u64, max_bytes: u64) -> Result<(), IsbndbStoreError>;

    fn load_state(&self) -> Result<Option<String>, IsbndbStoreError>;

    fn save_state(&self, state: &str) -> Result<(), IsbndbStoreError>;
}
