//! The warmer's ledger over the rows of an object, which the shell stores in SQL.

use warmer_core::warming_ledger::warming_item::WarmStage;
use warmer_core::warming_ledger::warming_ledger_store::{
    KeyedLedgerDocument, LedgerTableRow, StorageResult, WarmerStorageError, WarmingLedgerStore,
};

use crate::sim_disk::{SimObjectDisk, SimStorageRow};
use crate::sim_object_storage::SimObjectStorage;

impl SimObjectDisk {
    /// The rows of a job that `is_wanted` accepts by key, stage and due time, sorted by key.
    pub fn ledger_rows(
        &self,
        job: u32,
        is_wanted: impl Fn(&str, Option<(u32, u64)>) -> bool,
    ) -> Vec<LedgerTableRow> {
        let rows = self.disk_rows().borrow();
        let range = rows.range((job, String::new())..(job + 1, String::new()));
        let wanted = range.filter_map(|((_, key), value)| match value {
            SimStorageRow::Ledger { open, doc } if is_wanted(key, *open) => {
                let (stage, due_ms) = open.unzip();
                let (key, document) = (key.clone(), doc.clone());
                Some(LedgerTableRow { job, key, stage, due_ms, document })
            }
            _ => None,
        });
        wanted.collect()
    }
}

impl WarmingLedgerStore for SimObjectStorage {
    fn documents_with_keys(
        &self,
        job: u32,
        keys: &[String],
    ) -> StorageResult<Vec<KeyedLedgerDocument>> {
        let document = |key: &String| match self.disk.get(job, key)? {
            SimStorageRow::Ledger { doc, .. } => {
                Some(KeyedLedgerDocument { key: key.clone(), document: doc })
            }
            _ => None,
        };
        Ok(keys.iter().filter_map(document).collect())
    }

    fn documents_between(
        &self,
        job: u32,
        after: &str,
        before: &str,
        limit: u32,
    ) -> StorageResult<Vec<KeyedLedgerDocument>> {
        let rows = self.disk.ledger_rows(job, |key, _| key > after && key < before);
        Ok(KeyedLedgerDocument::of_first_rows(rows, limit))
    }

    fn due_documents(
        &self,
        job: u32,
        stage: WarmStage,
        now_ms: u64,
        limit: u32,
    ) -> StorageResult<Vec<KeyedLedgerDocument>> {
        let mut rows = self.disk.ledger_rows(job, |_, open| {
            open.is_some_and(|(of, due_ms)| of == stage.stage_number() && due_ms <= now_ms)
        });
        rows.sort_by_key(|row| row.due_ms);
        Ok(KeyedLedgerDocument::of_first_rows(rows, limit))
    }

    fn next_due_ms(&self, job: u32) -> StorageResult<Option<u64>> {
        let open = self.disk.ledger_rows(job, |_, open| open.is_some());
        Ok(open.into_iter().filter_map(|row| row.due_ms).min())
    }

    fn write_ledger_rows(&self, rows: Vec<LedgerTableRow>) -> StorageResult<()> {
        let rows = rows.into_iter().map(|LedgerTableRow { job, key, stage, due_ms, document }| {
            ((job, key), Some(SimStorageRow::Ledger { open: stage.zip(due_ms), doc: document }))
        });
        self.commit_storage_rows(rows.collect()).map_err(WarmerStorageError)
    }

    fn delete_row(&self, job: u32, key: &str) -> StorageResult<()> {
        self.commit_storage_rows(vec![((job, key.to_owned()), None)]).map_err(WarmerStorageError)
    }

    fn delete_items(&self, job: u32) -> StorageResult<()> {
        let rows = self.disk.ledger_rows(job, |_, _| true).into_iter();
        self.commit_storage_rows(rows.map(|row| ((job, row.key), None)).collect())
            .map_err(WarmerStorageError)
    }
}
