//! The port of the ledger's storage, and the documents that are committed through it.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::job::LibraryWarmingJob;
use super::search_log_warming::SearchLogWarmingState;
use super::warmer_state::{BindingCheckHistory, WarmerState};
use super::warming_item::{REJECTED_FROM, RejectedRow, WarmStage, WarmingItem};
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
pub struct WarmerStorageError(pub String);

impl From<WarmerStorageError> for Failure {
    fn from(error: WarmerStorageError) -> Self {
        Self::internal(error)
    }
}

pub type StorageResult<T> = Result<T, WarmerStorageError>;

/// A row of the ledger's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerTableRow {
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
pub struct KeyedLedgerDocument {
    pub key: String,
    pub document: String,
}

impl KeyedLedgerDocument {
    fn parse<T: DeserializeOwned>(&self) -> StorageResult<T> {
        // Always from bytes: a second reader would double the code of every deserialiser.
        serde_json::from_slice(self.document.as_bytes())
            .map_err(|error| WarmerStorageError(format!("storage: {}: {error}", self.key)))
    }

    /// The documents of the first rows, for a store that keeps its rows in memory.
    pub fn of_first_rows(rows: Vec<LedgerTableRow>, limit: u32) -> Vec<Self> {
        let rows = rows.into_iter().take(limit as usize);
        rows.map(|LedgerTableRow { key, document, .. }| Self { key, document }).collect()
    }
}

/// The ledger's storage: a table of documents, by job and key. Calls are synchronous, as with the
/// SQLite of a Durable Object.
pub trait WarmingLedgerStore {
    /// The documents with these keys, as far as they exist.
    fn documents_with_keys(
        &self,
        job: u32,
        keys: &[String],
    ) -> StorageResult<Vec<KeyedLedgerDocument>>;
    /// Documents in the order of their keys; both ends are excluded.
    fn documents_between(
        &self,
        job: u32,
        after: &str,
        before: &str,
        limit: u32,
    ) -> StorageResult<Vec<KeyedLedgerDocument>>;
    /// Documents of open items of a stage that are due, longest due first.
    fn due_documents(
        &self,
        job: u32,
        stage: WarmStage,
        now_ms: u64,
        limit: u32,
    ) -> StorageResult<Vec<KeyedLedgerDocument>>;
    fn next_due_ms(&self, job: u32) -> StorageResult<Option<u64>>;
    /// Writes rows: all of them or none.
    fn write_ledger_rows(&self, rows: Vec<LedgerTableRow>) -> StorageResult<()>;
    fn delete_row(&self, job: u32, key: &str) -> StorageResult<()>;
    /// Deletes all items and rejected rows of a job.
    fn delete_items(&self, job: u32) -> StorageResult<()>;

    fn warmer_state(&self) -> StorageResult<WarmerState> {
        Ok(ledger_document(self, META_KEY)?.unwrap_or_default())
    }

    fn check_history(&self) -> StorageResult<BindingCheckHistory> {
        Ok(ledger_document(self, BINDING_CHECKS_KEY)?.unwrap_or_default())
    }

    fn search_log_warming_state(&self) -> StorageResult<SearchLogWarmingState> {
        Ok(ledger_document(self, SEARCH_WARMING_KEY)?.unwrap_or_default())
    }

    fn load_all_jobs(&self) -> StorageResult<Vec<LibraryWarmingJob>> {
        let rows = self.documents_between(LEDGER_JOB, JOBS_FROM, JOBS_END, u32::MAX)?;
        rows.iter().map(KeyedLedgerDocument::parse).collect()
    }

    fn job(&self, number: u32) -> StorageResult<Option<LibraryWarmingJob>> {
        ledger_document(self, &job_key(number))
    }

    /// The items with these keys, as far as they exist.
    fn items_by_keys(&self, job: u32, keys: &[String]) -> StorageResult<Vec<WarmingItem>> {
        parse_items(self.documents_with_keys(job, keys)?)
    }

    /// Open items of a stage that are due, longest due first.
    fn due_items(
        &self,
        job: u32,
        stage: WarmStage,
        now_ms: u64,
        limit: u32,
    ) -> StorageResult<Vec<WarmingItem>> {
        parse_items(self.due_documents(job, stage, now_ms, limit)?)
    }

    /// Items in the order of their keys, after a key.
    fn item_page(&self, job: u32, after: &str, limit: u32) -> StorageResult<Vec<WarmingItem>> {
        parse_items(self.documents_between(job, after, REJECTED_FROM, limit)?)
    }

    /// Rejected rows in the order of their lines, after a key of a rejected row.
    fn rejected_rows(&self, job: u32, after: &str, limit: u32) -> StorageResult<Vec<RejectedRow>> {
        let rows = self.documents_between(job, after, REJECTED_END, limit)?;
        rows.iter().map(KeyedLedgerDocument::parse).collect()
    }

    /// Commits documents: all of them or none.
    fn commit_changes(&self, documents: &[&dyn ToWarmingLedgerRow]) -> StorageResult<()> {
        let rows = documents.iter().map(|document| document.to_ledger_row());
        self.write_ledger_rows(rows.collect::<StorageResult<_>>()?)
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

fn ledger_document<S: WarmingLedgerStore + ?Sized, T: DeserializeOwned>(
    store: &S,
    key: &str,
) -> StorageResult<Option<T>> {
    store
        .documents_with_keys(LEDGER_JOB, &[key.to_owned()])?
        .first()
        .map(KeyedLedgerDocument::parse)
        .transpose()
}

fn parse_items(rows: Vec<KeyedLedgerDocument>) -> StorageResult<Vec<WarmingItem>> {
    let item = |row: KeyedLedgerDocument| Ok(WarmingItem { key: row.key.clone(), ..row.parse()? });
    rows.into_iter().map(item).collect()
}

/// A document with a key of its own.
pub trait ToWarmingLedgerRow {
    fn to_ledger_row(&self) -> StorageResult<LedgerTableRow>;
}

impl ToWarmingLedgerRow for WarmerState {
    fn to_ledger_row(&self) -> StorageResult<LedgerTableRow> {
        document_row(LEDGER_JOB, META_KEY.to_owned(), self)
    }
}

impl ToWarmingLedgerRow for BindingCheckHistory {
    fn to_ledger_row(&self) -> StorageResult<LedgerTableRow> {
        document_row(LEDGER_JOB, BINDING_CHECKS_KEY.to_owned(), self)
    }
}

impl ToWarmingLedgerRow for SearchLogWarmingState {
    fn to_ledger_row(&self) -> StorageResult<LedgerTableRow> {
        document_row(LEDGER_JOB, SEARCH_WARMING_KEY.to_owned(), self)
    }
}

impl ToWarmingLedgerRow for LibraryWarmingJob {
    fn to_ledger_row(&self) -> StorageResult<LedgerTableRow> {
        document_row(LEDGER_JOB, job_key(self.number), self)
    }
}

impl WarmingItem {
    pub(crate) fn to_ledger_row(&self, job: u32) -> StorageResult<LedgerTableRow> {
        Ok(LedgerTableRow {
            stage: Some(self.stage.stage_number()),
            due_ms: self.due_ms(),
            ..document_row(job, self.key.clone(), self)?
        })
    }
}

impl RejectedRow {
    pub(crate) fn to_ledger_row(&self, job: u32) -> StorageResult<LedgerTableRow> {
        document_row(job, self.ledger_key(), self)
    }
}

fn document_row<T: Serialize>(job: u32, key: String, value: &T) -> StorageResult<LedgerTableRow> {
    let document = serde_json::to_string(value)
        .map_err(|error| WarmerStorageError(format!("storage: {key}: {error}")))?;
    Ok(LedgerTableRow { job, key, stage: None, due_ms: None, document })
}
