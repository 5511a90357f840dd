//! The port of the ledger's storage, and the changes that are committed through it.

use super::item::{LedgerItem, RejectedRow, WarmStage};
use super::job::Job;
use super::meta::{BindingCheckHistory, LedgerMeta};
use super::search_warming::SearchWarming;
use runtime::outcome::Failure;

/// The ledger, R2 or KV failed, and why. Only a read shows whether a write took effect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StorageError(pub String);

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        Self::internal(error)
    }
}

pub type StorageResult<T> = Result<T, StorageError>;

#[derive(Clone, Debug, PartialEq)]
pub enum LedgerChange {
    Meta(Box<LedgerMeta>),
    Checks(BindingCheckHistory),
    SearchWarming(Box<SearchWarming>),
    Job(Box<Job>),
    Item(u32, Box<LedgerItem>),
    Rejected(u32, RejectedRow),
}

impl From<Job> for LedgerChange {
    fn from(job: Job) -> Self {
        Self::Job(Box::new(job))
    }
}

impl From<LedgerMeta> for LedgerChange {
    fn from(meta: LedgerMeta) -> Self {
        Self::Meta(Box::new(meta))
    }
}

/// The ledger's storage. Calls are synchronous, as with the SQLite of a Durable Object.
pub trait LedgerStore {
    fn meta(&self) -> StorageResult<LedgerMeta>;
    fn check_history(&self) -> StorageResult<BindingCheckHistory>;
    fn search_warming(&self) -> StorageResult<SearchWarming>;
    fn jobs(&self) -> StorageResult<Vec<Job>>;
    fn job(&self, number: u32) -> StorageResult<Option<Job>>;
    /// The items with these keys, as far as they exist.
    fn items(&self, job: u32, keys: &[String]) -> StorageResult<Vec<LedgerItem>>;
    /// Open items of a stage that are due, longest due first.
    fn due(
        &self,
        job: u32,
        stage: WarmStage,
        now_ms: u64,
        limit: u32,
    ) -> StorageResult<Vec<LedgerItem>>;
    fn next_due_ms(&self, job: u32) -> StorageResult<Option<u64>>;
    /// Items in the order of their keys, after a key.
    fn page(&self, job: u32, after: &str, limit: u32) -> StorageResult<Vec<LedgerItem>>;
    /// Rejected rows in the order of their lines, after a key.
    fn rejected(&self, job: u32, after: &str, limit: u32) -> StorageResult<Vec<RejectedRow>>;
    /// Commits a change set: all of it or nothing.
    fn commit(&self, changes: &[LedgerChange]) -> StorageResult<()>;
    /// Deletes all items and rejected rows of a job.
    fn delete_items(&self, job: u32) -> StorageResult<()>;
    /// Deletes a job with its items and rejected rows.
    fn delete_job(&self, job: u32) -> StorageResult<()>;
}
