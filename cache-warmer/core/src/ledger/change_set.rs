//! A change set in the making: a job, its items and its counters, which always match.

use std::collections::BTreeMap;

use super::job::WarmingJob;
use super::ledger_item::{ItemState, LedgerItem, RejectedRow};
use super::ledger_state::LedgerState;
use super::ledger_store::LedgerChange;

#[derive(Debug)]
pub(crate) struct LedgerChangeSet {
    /// The job; [`LedgerChangeSet::put`] keeps its counters.
    pub(crate) job: WarmingJob,
    items: BTreeMap<String, LedgerItem>,
    rejected: BTreeMap<String, RejectedRow>,
}

impl LedgerChangeSet {
    pub(crate) fn new(job: WarmingJob) -> Self {
        Self { job, items: BTreeMap::new(), rejected: BTreeMap::new() }
    }

    /// Replaces an item; `before` is its earlier state in the store or in this change set.
    pub(crate) fn put(&mut self, before: Option<&LedgerItem>, after: LedgerItem) {
        let before = self.items.get(&after.key).or(before);
        self.job.items.record_transition(before, &after);
        match &after.state {
            ItemState::Failed { why } | ItemState::NotFound { why } => {
                let why = why.clone();
                self.job.list_failure(&after, &why);
            }
            _ => self.job.unlist(&after),
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

    pub(crate) fn into_changes(self, meta: Option<LedgerState>) -> Vec<LedgerChange> {
        let number = self.job.number;
        let items = self.items.into_values().map(|item| LedgerChange::Item(number, Box::new(item)));
        let rejected = self.rejected.into_values().map(|row| LedgerChange::Rejected(number, row));
        let mut changes: Vec<LedgerChange> = items.chain(rejected).collect();
        changes.push(self.job.into());
        changes.extend(meta.map(LedgerChange::from));
        changes
    }
}
