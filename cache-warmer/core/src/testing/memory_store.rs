//! A ledger store in memory, with injected faults.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use testkit::InjectedStoreFault;

use crate::warming_ledger::warming_item::{REJECTED_FROM, RejectedRow, WarmStage, WarmingItem};
use crate::warming_ledger::warming_ledger_store::{
    KeyedLedgerDocument, LedgerTableRow, StorageResult, WarmerStorageError, WarmingLedgerStore,
};

#[derive(Default)]
pub(crate) struct MemoryWarmingLedger {
    rows: RefCell<BTreeMap<(u32, String), LedgerTableRow>>,
    /// A fault at the n-th commit from now, once.
    pub(crate) fault: Cell<Option<(u32, InjectedStoreFault)>>,
    pub(crate) commits: Cell<u32>,
    pub(crate) rows_written: Cell<u64>,
}

impl MemoryWarmingLedger {
    fn take_fault(&self) -> Option<InjectedStoreFault> {
        self.commits.set(self.commits.get() + 1);
        match self.fault.take() {
            Some((0, fault)) => Some(fault),
            Some((n, fault)) => {
                self.fault.set(Some((n - 1, fault)));
                None
            }
            None => None,
        }
    }

    /// The rows of a job in the order of their keys.
    fn rows_of_job(
        &self,
        job: u32,
        is_wanted: impl Fn(&LedgerTableRow) -> bool,
    ) -> Vec<LedgerTableRow> {
        let rows = self.rows.borrow();
        let of_job = rows.range((job, String::new())..(job + 1, String::new()));
        of_job.map(|(_, row)| row).filter(|row| is_wanted(row)).cloned().collect()
    }

    pub(crate) fn all_warming_items(&self, job: u32) -> Vec<WarmingItem> {
        self.item_page(job, "", u32::MAX).unwrap()
    }

    pub(crate) fn all_rejected(&self, job: u32) -> Vec<RejectedRow> {
        self.rejected_rows(job, REJECTED_FROM, u32::MAX).unwrap()
    }
}

impl WarmingLedgerStore for MemoryWarmingLedger {
    fn documents_with_keys(
        &self,
        job: u32,
        keys: &[String],
    ) -> StorageResult<Vec<KeyedLedgerDocument>> {
        let rows = self.rows.borrow();
        let found = keys.iter().filter_map(|key| rows.get(&(job, key.clone())).cloned());
        Ok(KeyedLedgerDocument::of_first_rows(found.collect(), u32::MAX))
    }

    fn documents_between(
        &self,
        job: u32,
        after: &str,
        before: &str,
        limit: u32,
    ) -> StorageResult<Vec<KeyedLedgerDocument>> {
        let is_between =
            |row: &LedgerTableRow| row.key.as_str() > after && row.key.as_str() < before;
        Ok(KeyedLedgerDocument::of_first_rows(self.rows_of_job(job, is_between), limit))
    }

    fn due_documents(
        &self,
        job: u32,
        stage: WarmStage,
        now_ms: u64,
        limit: u32,
    ) -> StorageResult<Vec<KeyedLedgerDocument>> {
        let mut due = self.rows_of_job(job, |row| {
            row.stage == Some(stage.stage_number())
                && row.due_ms.is_some_and(|due_ms| due_ms <= now_ms)
        });
        due.sort_by_key(|row| row.due_ms);
        Ok(KeyedLedgerDocument::of_first_rows(due, limit))
    }

    fn next_due_ms(&self, job: u32) -> StorageResult<Option<u64>> {
        Ok(self.rows_of_job(job, |_| true).iter().filter_map(|row| row.due_ms).min())
    }

    fn write_ledger_rows(&self, rows: Vec<LedgerTableRow>) -> StorageResult<()> {
        let fault = self.take_fault();
        if fault == Some(InjectedStoreFault::Lost) {
            return Err(WarmerStorageError("not stored".to_owned()));
        }
        self.rows_written.set(self.rows_written.get() + rows.len() as u64);
        let rows = rows.into_iter().map(|row| ((row.job, row.key.clone()), row));
        self.rows.borrow_mut().extend(rows);
        match fault {
            Some(InjectedStoreFault::AnswerLost) => {
                Err(WarmerStorageError("answer lost".to_owned()))
            }
            _ => Ok(()),
        }
    }

    fn delete_row(&self, job: u32, key: &str) -> StorageResult<()> {
        self.rows.borrow_mut().remove(&(job, key.to_owned()));
        Ok(())
    }

    fn delete_items(&self, job: u32) -> StorageResult<()> {
        self.rows.borrow_mut().retain(|(of, _), _| *of != job);
        Ok(())
    }
}
