//! Counters of a job, stored in the same change set as the counted items.

use serde::{Deserialize, Serialize};

use super::ledger_item::{ItemState, LedgerItem, WarmTarget};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RowCounts {
    pub(crate) total: u64,
    pub(crate) valid: u64,
    pub(crate) repaired: u64,
    pub(crate) title_author: u64,
    pub(crate) rejected: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WarmTargetCounts {
    pub(crate) authors: u64,
    /// ISBNs that an author's page may hold.
    pub(crate) isbns_with_author: u64,
    pub(crate) isbns_alone: u64,
    /// Titles without an ISBN that an author's page may hold.
    pub(crate) titles_with_author: u64,
    pub(crate) titles_alone: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ItemCounts {
    pub(crate) total: u64,
    pub(crate) done: u64,
    pub(crate) pending: u64,
    pub(crate) deferred: u64,
    pub(crate) failed: u64,
    pub(crate) not_found: u64,
    pub(crate) remaining_work: WarmTargetCounts,
    /// The work of the whole library.
    pub(crate) all_work: WarmTargetCounts,
}

impl ItemCounts {
    fn counter_for_state(&mut self, state: &ItemState) -> &mut u64 {
        match state {
            ItemState::Pending { .. } => &mut self.pending,
            ItemState::Deferred { .. } => &mut self.deferred,
            ItemState::Done { .. } => &mut self.done,
            ItemState::NotFound { .. } => &mut self.not_found,
            ItemState::Failed { .. } => &mut self.failed,
        }
    }

    pub(crate) fn record_transition(&mut self, from: Option<&LedgerItem>, to: &LedgerItem) {
        if let Some(from) = from {
            let counter = self.counter_for_state(&from.state);
            *counter = counter.saturating_sub(1);
            let counter = work_slot(&mut self.all_work, from);
            *counter = counter.saturating_sub(1);
            if from.state.is_unfinished() {
                let counter = work_slot(&mut self.remaining_work, from);
                *counter = counter.saturating_sub(1);
            }
        } else {
            self.total += 1;
        }
        *self.counter_for_state(&to.state) += 1;
        *work_slot(&mut self.all_work, to) += 1;
        if to.state.is_unfinished() {
            *work_slot(&mut self.remaining_work, to) += 1;
        }
    }

    pub(crate) fn open_count(&self) -> u64 {
        self.pending + self.deferred
    }
}

fn work_slot<'a>(work: &'a mut WarmTargetCounts, item: &LedgerItem) -> &'a mut u64 {
    let WarmTarget::Book { author, .. } = &item.target else { return &mut work.authors };
    let along = author.is_some();
    match (item.is_by_isbn(), along) {
        (true, true) => &mut work.isbns_with_author,
        (true, false) => &mut work.isbns_alone,
        (false, true) => &mut work.titles_with_author,
        (false, false) => &mut work.titles_alone,
    }
}
