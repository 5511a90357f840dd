//! Where the object keeps what must outlive it: one state and the cache's rows.
use runtime::outcome::Failure;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheRow {
    pub key: String,
    /// JSON of our own.
    pub body: String,
    pub fresh_until_ms: u64,
    /// When the sweep may take it.
    pub keep_until_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteMode {
    Replace,
    /// Only where nothing fresh stands but an absence, which is kept for longer than it answers: a
    /// pointer must not take a whole record's place.
    UnlessFresh {
        now_ms: u64,
    },
}

/// The storage failed; what was to be written may or may not be there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("storage: {0}")]
pub struct StoreError(pub String);

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::internal(error)
    }
}

/// Storage of one object. Calls do not suspend: between two awaits the object sees its own writes,
/// and nothing is sent before they are on disk (the platform's output gate).
pub trait IsbndbStore {
    /// Reads a row, fresh or not.
    fn get(&self, key: &str) -> Result<Option<CacheRow>, StoreError>;

    fn put(&self, rows: &[CacheRow], how: WriteMode) -> Result<(), StoreError>;

    /// Deletes what is past its time, and the rows that expire first while more than `max_bytes`
    /// are used. Returns how many went.
    fn sweep(&self, now_ms: u64, max_bytes: u64) -> Result<u64, StoreError>;

    fn load_state(&self) -> Result<Option<String>, StoreError>;

    fn save_state(&self, state: &str) -> Result<(), StoreError>;
}
