//! A change set in the making: a job, its items and its counters, which always match.

use std::collections::BTreeMap;

use super::item::{ItemState, LedgerItem, RejectedRow};
use super::job::Job;
use super::meta::LedgerMeta;
use super::store::LedgerChange;

#[derive(Debug)]
pub(crate) struct ChangeSet {
    /// The job; [`ChangeSet::put`] keeps its counters.
    pub(crate) job: Job,
    items: BTreeMap<String, LedgerItem>,
    rejected: BTreeMap<String, RejectedRow>,
}

impl ChangeSet {
    pub(crate) fn new(job: Job) -> Self {
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

    pub(crate) fn reject(&mut self, rejected: RejectedRow) {
        self.job.list_rejected(&rejected);
        self.rejected.insert(rejected.key(), rejected);
    }

    /// Written rows: for each item one in the ledger and one in the index of open items.
    pub(crate) fn written_rows(&self) -> u64 {
        (self.items.len() * 2 + self.rejected.len()) as u64
    }

    pub(crate) fn into_changes(self, meta: Option<LedgerMeta>) -> Vec<LedgerChange> {
        let number = self.job.number;
        let items = self.items.into_values().map(|item| LedgerChange::Item(number, Box::new(item)));
        let rejected = self.rejected.into_values().map(|row| LedgerChange::Rejected(number, row));
        let mut changes: Vec<LedgerChange> = items.chain(rejected).collect();
        changes.push(self.job.into());
        changes.extend(meta.map(LedgerChange::from));
        changes
    }
}
