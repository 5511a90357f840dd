//! A change set in the making: a job, its items and its counters, which always match.

use std::collections::BTreeMap;

use super::job::LibraryWarmingJob;
use super::warming_item::{RejectedRow, WarmingItem};
use super::warming_ledger_store::{LedgerTableRow, StorageResult, ToWarmingLedgerRow};

#[derive(Debug)]
pub(crate) struct WarmingLedgerChanges {
    /// The job; [`WarmingLedgerChanges::put`] keeps its counters.
    pub(crate) job: LibraryWarmingJob,
    items: BTreeMap<String, WarmingItem>,
    rejected: BTreeMap<String, RejectedRow>,
}

impl WarmingLedgerChanges {
    pub(crate) fn new(job: LibraryWarmingJob) -> Self {
        Self { job, items: BTreeMap::new(), rejected: BTreeMap::new() }
    }

    /// Replaces an item; `before` is its earlier state in the store or in this change set.
    pub(crate) fn put(&mut self, before: Option<&WarmingItem>, after: WarmingItem) {
        let before = self.items.get(&after.key).or(before);
        self.job.items.record_transition(before, &after);
        match after.state.failure_reason() {
            Some(why) => self.job.list_failure(&after, why),
            None => self.job.unlist(&after),
        }
        self.items.insert(after.key.clone(), after);
    }

    pub(crate) fn add_rejected_row(&mut self, rejected: RejectedRow) {
        self.job.list_rejected(&rejected);
        self.rejected.insert(rejected.ledger_key(), rejected);
    }

    /// Written rows: for each item one in the ledger and one in the index of open items.
    pub(crate) fn written_rows(&self) -> u64 {
        (self.items.len() * 2 + self.rejected.len()) as u64
    }

    pub(crate) fn ledger_rows(&self) -> StorageResult<Vec<LedgerTableRow>> {
        let items = self.items.values().map(|item| item.to_ledger_row(self.job.number));
        let rejected = self.rejected.values().map(|row| row.to_ledger_row(self.job.number));
        items.chain(rejected).chain([self.job.to_ledger_row()]).collect()
    }
}
