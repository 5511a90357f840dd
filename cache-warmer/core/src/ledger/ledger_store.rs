//! The port of the ledger's storage, and the changes that are committed through it.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::job::WarmingJob;
use super::ledger_item::{LedgerItem, REJECTED_FROM, RejectedRow, WarmStage};
use super::ledger_state::{BindingCheckHistory, LedgerState};
use super::logged_search_warming::SearchWarmingState;
use runtime::call_outcome::Failure;

/// Documents that belong to no job have this number; jobs count from 1.
const LEDGER_JOB: u32 = 0;
const META_KEY: &str = "meta";
const BINDING_CHECKS_KEY: &str = "checks";
const SEARCH_WARMING_KEY: &str = "searches";
/// The keys of all jobs are between these.
const JOBS_FROM: &str = "job:";
const JOBS_END: &str = "job;";
/// The keys of rejected rows are before this one.
const REJECTED_END: &str = "z;";

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
    Meta(Box<LedgerState>),
    Checks(BindingCheckHistory),
    SearchWarming(Box<SearchWarmingState>),
    Job(Box<WarmingJob>),
    Item(u32, Box<LedgerItem>),
    Rejected(u32, RejectedRow),
}

impl From<WarmingJob> for LedgerChange {
    fn from(job: WarmingJob) -> Self {
        Self::Job(Box::new(job))
    }
}

impl From<LedgerState> for LedgerChange {
    fn from(meta: LedgerState) -> Self {
        Self::Meta(Box::new(meta))
    }
}

/// A row of the ledger's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    pub job: u32,
    pub key: String,
    /// The stage of an item, as its number.
    pub stage: Option<u32>,
    /// When an open item is due.
    pub due_ms: Option<u64>,
    pub document: String,
}

/// The key of a row and its document, as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDocument {
    pub key: String,
    pub document: String,
}

/// The ledger's storage: a table of documents, by job and key. Calls are synchronous, as with the
/// SQLite of a Durable Object.
pub trait LedgerStore {
    fn ledger_row_json(&self, job: u32, key: &str) -> StorageResult<Option<String>>;
    /// The documents with these keys, as far as they exist.
    fn documents(&self, job: u32, keys: &[String]) -> StorageResult<Vec<StoredDocument>>;
    /// Documents in the order of their keys; both ends are excluded.
    fn documents_between(
        &self,
        job: u32,
        after: &str,
        before: &str,
        limit: u32,
    ) -> StorageResult<Vec<StoredDocument>>;
    /// Documents of open items of a stage that are due, longest due first.
    fn due_documents(
        &self,
        job: u32,
        stage: WarmStage,
        now_ms: u64,
        limit: u32,
    ) -> StorageResult<Vec<StoredDocument>>;
    fn next_due_ms(&self, job: u32) -> StorageResult<Option<u64>>;
    /// Writes rows: all of them or none.
    fn write_rows(&self, rows: Vec<LedgerRow>) -> StorageResult<()>;
    fn delete_row(&self, job: u32, key: &str) -> StorageResult<()>;
    /// Deletes all items and rejected rows of a job.
    fn delete_items(&self, job: u32) -> StorageResult<()>;

    fn ledger_state(&self) -> StorageResult<LedgerState> {
        Ok(ledger_document(self, META_KEY)?.unwrap_or_default())
    }

    fn check_history(&self) -> StorageResult<BindingCheckHistory> {
        Ok(ledger_document(self, BINDING_CHECKS_KEY)?.unwrap_or_default())
    }

    fn search_warming_state(&self) -> StorageResult<SearchWarmingState> {
        Ok(ledger_document(self, SEARCH_WARMING_KEY)?.unwrap_or_default())
    }

    fn jobs(&self) -> StorageResult<Vec<WarmingJob>> {
        let rows = self.documents_between(LEDGER_JOB, JOBS_FROM, JOBS_END, u32::MAX)?;
        rows.iter().map(|row| parse_document(&row.key, &row.document)).collect()
    }

    fn job(&self, number: u32) -> StorageResult<Option<WarmingJob>> {
        ledger_document(self, &job_key(number))
    }

    /// The items with these keys, as far as they exist.
    fn items_by_keys(&self, job: u32, keys: &[String]) -> StorageResult<Vec<LedgerItem>> {
        parse_items(self.documents(job, keys)?)
    }

    /// Open items of a stage that are due, longest due first.
    fn due_items(
        &self,
        job: u32,
        stage: WarmStage,
        now_ms: u64,
        limit: u32,
    ) -> StorageResult<Vec<LedgerItem>> {
        parse_items(self.due_documents(job, stage, now_ms, limit)?)
    }

    /// Items in the order of their keys, after a key.
    fn item_page(&self, job: u32, after: &str, limit: u32) -> StorageResult<Vec<LedgerItem>> {
        parse_items(self.documents_between(job, after, REJECTED_FROM, limit)?)
    }

    /// Rejected rows in the order of their lines, after a key of a rejected row.
    fn rejected_rows(&self, job: u32, after: &str, limit: u32) -> StorageResult<Vec<RejectedRow>> {
        let rows = self.documents_between(job, after, REJECTED_END, limit)?;
        rows.iter().map(|row| parse_document(&row.key, &row.document)).collect()
    }

    /// Commits a change set: all of it or nothing.
    fn commit_changes(&self, changes: &[LedgerChange]) -> StorageResult<()> {
        self.write_rows(changes.iter().map(row_of).collect::<StorageResult<_>>()?)
    }

    /// Deletes a job with its items and rejected rows.
    fn delete_job(&self, job: u32) -> StorageResult<()> {
        self.delete_items(job)?;
        self.delete_row(LEDGER_JOB, &job_key(job))
    }
}

fn job_key(number: u32) -> String {
    format!("{JOBS_FROM}{number:010}")
}

fn ledger_document<S: LedgerStore + ?Sized, T: DeserializeOwned>(
    store: &S,
    key: &str,
) -> StorageResult<Option<T>> {
    let document = store.ledger_row_json(LEDGER_JOB, key)?;
    document.map(|document| parse_document(key, &document)).transpose()
}

fn parse_document<T: DeserializeOwned>(key: &str, document: &str) -> StorageResult<T> {
    // Always from bytes: a second reader would double the code of every deserialiser.
    serde_json::from_slice(document.as_bytes())
        .map_err(|error| StorageError(format!("storage: {key}: {error}")))
}

fn parse_items(rows: Vec<StoredDocument>) -> StorageResult<Vec<LedgerItem>> {
    let item = |StoredDocument { key, document }| {
        let item: LedgerItem = parse_document(&key, &document)?;
        Ok(LedgerItem { key, ..item })
    };
    rows.into_iter().map(item).collect()
}

fn row_of(change: &LedgerChange) -> StorageResult<LedgerRow> {
    match change {
        LedgerChange::Meta(meta) => document_row(LEDGER_JOB, META_KEY.to_owned(), meta),
        LedgerChange::Checks(checks) => {
            document_row(LEDGER_JOB, BINDING_CHECKS_KEY.to_owned(), checks)
        }
        LedgerChange::SearchWarming(search_warming) => {
            document_row(LEDGER_JOB, SEARCH_WARMING_KEY.to_owned(), search_warming)
        }
        LedgerChange::Job(job) => document_row(LEDGER_JOB, job_key(job.number), job),
        LedgerChange::Item(job, item) => Ok(LedgerRow {
            stage: Some(item.stage.stage_number()),
            due_ms: item.due_ms(),
            ..document_row(*job, item.key.clone(), item)?
        }),
        LedgerChange::Rejected(job, row) => document_row(*job, row.ledger_key(), row),
    }
}

fn document_row<T: Serialize>(job: u32, key: String, value: &T) -> StorageResult<LedgerRow> {
    let document = serde_json::to_string(value)
        .map_err(|error| StorageError(format!("storage: {key}: {error}")))?;
    Ok(LedgerRow { job, key, stage: None, due_ms: None, document })
}
