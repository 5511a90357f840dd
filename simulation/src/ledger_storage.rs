//! The warmer's ledger over the rows of an object, which the shell stores in SQL.

use serde::de::DeserializeOwned;
use warmer_core::ledger::item::{LedgerItem, REJECTED_FROM, RejectedRow, WarmStage};
use warmer_core::ledger::job::Job;
use warmer_core::ledger::meta::{BindingCheckHistory, LedgerMeta};
use warmer_core::ledger::rows::{BINDING_CHECKS_KEY, LEDGER_JOB, META, SEARCHES, job_key, row_of};
use warmer_core::ledger::search_warming::SearchWarming;
use warmer_core::ledger::store::{LedgerChange, LedgerStore, StorageError, StorageResult};

use crate::disk::{DiskRow, ObjectDisk};
use crate::storage::SimStorage;

/// Reads a row's document, as the shell does.
fn read<T: DeserializeOwned>(doc: &str) -> StorageResult<T> {
    serde_json::from_str(doc).map_err(|error| StorageError(error.to_string()))
}

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LedgerRow {
    /// When an open item is due.
    pub due_ms: u64,
    pub key: String,
    pub doc: String,
}

fn item_of(row: LedgerRow) -> StorageResult<LedgerItem> {
    let mut item: LedgerItem = read(&row.doc)?;
    item.key = row.key;
    Ok(item)
}

impl ObjectDisk {
    /// The rows of a job that `is_wanted` accepts by key, stage and due moment; each with its due
    /// moment, key and document.
    pub fn ledger_rows(
        &self,
        job: u32,
        is_wanted: impl Fn(&str, Option<(u64, u64)>) -> bool,
    ) -> Vec<LedgerRow> {
        let rows = self.rows().borrow();
        let range = rows.range((job, String::new())..(job + 1, String::new()));
        let wanted = range.filter_map(|((_, key), value)| match value {
            DiskRow::Ledger { open, doc } if is_wanted(key, *open) => {
                let due_ms = open.map_or(0, |(_, due_ms)| due_ms);
                Some(LedgerRow { due_ms, key: key.clone(), doc: doc.clone() })
            }
            _ => None,
        });
        wanted.collect()
    }

    fn read_document<T: DeserializeOwned>(&self, key: &str) -> StorageResult<Option<T>> {
        match self.get(LEDGER_JOB, key) {
            Some(DiskRow::Ledger { doc, .. }) => read(&doc).map(Some),
            _ => Ok(None),
        }
    }
}

impl LedgerStore for SimStorage {
    fn meta(&self) -> StorageResult<LedgerMeta> {
        Ok(self.disk.read_document(META)?.unwrap_or_default())
    }

    fn check_history(&self) -> StorageResult<BindingCheckHistory> {
        Ok(self.disk.read_document(BINDING_CHECKS_KEY)?.unwrap_or_default())
    }

    fn search_warming(&self) -> StorageResult<SearchWarming> {
        Ok(self.disk.read_document(SEARCHES)?.unwrap_or_default())
    }

    fn jobs(&self) -> StorageResult<Vec<Job>> {
        let rows = self.disk.ledger_rows(LEDGER_JOB, |key, _| key.starts_with("job:"));
        rows.iter().map(|row| read(&row.doc)).collect()
    }

    fn job(&self, number: u32) -> StorageResult<Option<Job>> {
        self.disk.read_document(&job_key(number))
    }

    fn items(&self, job: u32, keys: &[String]) -> StorageResult<Vec<LedgerItem>> {
        let found = keys.iter().filter_map(|key| match self.disk.get(job, key) {
            Some(DiskRow::Ledger { doc, .. }) => {
                Some(item_of(LedgerRow { due_ms: 0, key: key.clone(), doc }))
            }
            _ => None,
        });
        found.collect()
    }

    fn due(
        &self,
        job: u32,
        stage: WarmStage,
        now_ms: u64,
        limit: u32,
    ) -> StorageResult<Vec<LedgerItem>> {
        let stage = u64::from(stage.number());
        let is_due = |_: &str, open: Option<(u64, u64)>| {
            open.is_some_and(|(of, due_ms)| of == stage && due_ms <= now_ms)
        };
        let mut rows = self.disk.ledger_rows(job, is_due);
        rows.sort();
        rows.into_iter().take(limit as usize).map(item_of).collect()
    }

    fn next_due_ms(&self, job: u32) -> StorageResult<Option<u64>> {
        let rows = self.disk.rows().borrow();
        let range = rows.range((job, String::new())..(job + 1, String::new()));
        let due = range.filter_map(|(_, value)| match value {
            DiskRow::Ledger { open, .. } => open.map(|(_, due_ms)| due_ms),
            _ => None,
        });
        Ok(due.min())
    }

    fn page(&self, job: u32, after: &str, limit: u32) -> StorageResult<Vec<LedgerItem>> {
        let rows = self.disk.ledger_rows(job, |key, _| key > after && key < REJECTED_FROM);
        rows.into_iter().take(limit as usize).map(item_of).collect()
    }

    fn rejected(&self, job: u32, after: &str, limit: u32) -> StorageResult<Vec<RejectedRow>> {
        let rows = self.disk.ledger_rows(job, |key, _| key > after && key >= REJECTED_FROM);
        rows.iter().take(limit as usize).map(|row| read(&row.doc)).collect()
    }

    fn commit(&self, changes: &[LedgerChange]) -> StorageResult<()> {
        let rows = changes.iter().map(|change| {
            let (job, key, stage, due, doc): (u32, String, Option<u64>, Option<u64>, String) =
                read(&row_of(change)?)?;
            Ok(((job, key), Some(DiskRow::Ledger { open: stage.zip(due), doc })))
        });
        self.commit_rows(rows.collect::<StorageResult<_>>()?).map_err(StorageError)
    }

    fn delete_items(&self, job: u32) -> StorageResult<()> {
        let keys = self.disk.ledger_rows(job, |_, _| true).into_iter();
        self.commit_rows(keys.map(|row| ((job, row.key), None)).collect()).map_err(StorageError)
    }

    fn delete_job(&self, job: u32) -> StorageResult<()> {
        self.delete_items(job)?;
        self.commit_rows(vec![((LEDGER_JOB, job_key(job)), None)]).map_err(StorageError)
    }
}
