//! A ledger store in memory, with injected faults.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use testkit::Fault;

use super::item::{LedgerItem, RejectedRow, WarmStage};
use super::job::Job;
use super::meta::{BindingCheckHistory, LedgerMeta};
use super::search_warming::SearchWarming;
use super::store::{LedgerChange, LedgerStore, StorageError, StorageResult};

#[derive(Default)]
pub(crate) struct MemoryLedgerStore {
    meta: RefCell<LedgerMeta>,
    checks: RefCell<BindingCheckHistory>,
    search_warming: RefCell<SearchWarming>,
    jobs: RefCell<BTreeMap<u32, Job>>,
    items: RefCell<BTreeMap<(u32, String), LedgerItem>>,
    rejected: RefCell<BTreeMap<(u32, String), RejectedRow>>,
    /// A fault at the n-th commit from now, once.
    pub(crate) fault: Cell<Option<(u32, Fault)>>,
    pub(crate) commits: Cell<u32>,
    pub(crate) rows_written: Cell<u64>,
}

impl MemoryLedgerStore {
    fn take_fault(&self) -> Option<Fault> {
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

    pub(crate) fn all_items(&self, job: u32) -> Vec<LedgerItem> {
        self.items.borrow().iter().filter(|((n, _), _)| *n == job).map(|(_, i)| i.clone()).collect()
    }

    pub(crate) fn all_rejected(&self, job: u32) -> Vec<RejectedRow> {
        let rows = self.rejected.borrow();
        rows.iter().filter(|((n, _), _)| *n == job).map(|(_, row)| row.clone()).collect()
    }
}

impl LedgerStore for MemoryLedgerStore {
    fn meta(&self) -> StorageResult<LedgerMeta> {
        Ok(self.meta.borrow().clone())
    }

    fn check_history(&self) -> StorageResult<BindingCheckHistory> {
        Ok(self.checks.borrow().clone())
    }

    fn search_warming(&self) -> StorageResult<SearchWarming> {
        Ok(self.search_warming.borrow().clone())
    }

    fn jobs(&self) -> StorageResult<Vec<Job>> {
        Ok(self.jobs.borrow().values().cloned().collect())
    }

    fn job(&self, number: u32) -> StorageResult<Option<Job>> {
        Ok(self.jobs.borrow().get(&number).cloned())
    }

    fn items(&self, job: u32, keys: &[String]) -> StorageResult<Vec<LedgerItem>> {
        let items = self.items.borrow();
        Ok(keys.iter().filter_map(|key| items.get(&(job, key.clone())).cloned()).collect())
    }

    fn due(
        &self,
        job: u32,
        stage: WarmStage,
        now_ms: u64,
        limit: u32,
    ) -> StorageResult<Vec<LedgerItem>> {
        let mut due: Vec<LedgerItem> = self
            .all_items(job)
            .into_iter()
            .filter(|item| item.stage == stage && item.due_ms().is_some_and(|due| due <= now_ms))
            .collect();
        due.sort_by_key(|item| (item.due_ms(), item.key.clone()));
        due.truncate(limit as usize);
        Ok(due)
    }

    fn next_due_ms(&self, job: u32) -> StorageResult<Option<u64>> {
        Ok(self.all_items(job).iter().filter_map(LedgerItem::due_ms).min())
    }

    fn page(&self, job: u32, after: &str, limit: u32) -> StorageResult<Vec<LedgerItem>> {
        let items = self.all_items(job).into_iter().filter(|item| item.key.as_str() > after);
        Ok(items.take(limit as usize).collect())
    }

    fn rejected(&self, job: u32, after: &str, limit: u32) -> StorageResult<Vec<RejectedRow>> {
        let rows = self.all_rejected(job).into_iter().filter(|row| row.key().as_str() > after);
        Ok(rows.take(limit as usize).collect())
    }

    fn commit(&self, changes: &[LedgerChange]) -> StorageResult<()> {
        let fault = self.take_fault();
        if fault == Some(Fault::Lost) {
            return Err(StorageError("not stored".to_owned()));
        }
        self.rows_written.set(self.rows_written.get() + changes.len() as u64);
        for change in changes.iter().cloned() {
            match change {
                LedgerChange::Meta(meta) => *self.meta.borrow_mut() = *meta,
                LedgerChange::Checks(checks) => *self.checks.borrow_mut() = checks,
                LedgerChange::SearchWarming(search_warming) => {
                    *self.search_warming.borrow_mut() = *search_warming
                }
                LedgerChange::Job(job) => {
                    self.jobs.borrow_mut().insert(job.number, *job);
                }
                LedgerChange::Item(job, item) => {
                    self.items.borrow_mut().insert((job, item.key.clone()), *item);
                }
                LedgerChange::Rejected(job, row) => {
                    self.rejected.borrow_mut().insert((job, row.key()), row);
                }
            }
        }
        match fault {
            Some(Fault::AnswerLost) => Err(StorageError("answer lost".to_owned())),
            _ => Ok(()),
        }
    }

    fn delete_items(&self, job: u32) -> StorageResult<()> {
        self.items.borrow_mut().retain(|(n, _), _| *n != job);
        self.rejected.borrow_mut().retain(|(n, _), _| *n != job);
        Ok(())
    }

    fn delete_job(&self, job: u32) -> StorageResult<()> {
        self.jobs.borrow_mut().remove(&job);
        self.delete_items(job)
    }
}
