//! The engine: small steps, each of which may be interrupted.
//!
//! # Flow of a step
//! 1. Choose one piece of work from the ledger (`choose`).
//! 2. Do it: read a slice of a file, scan the cache, warm a micro-batch, publish.
//! 3. Return when the next step is due.
//!
//! A step commits its results in one change set. A step that crashes before that is done again, and
//! finds its answers in the siblings' caches. Two steps commit before they call:
//! `warm_micro_batch` its lease, and `search_log_warming` the queries that it takes off the list,
//! which are then not searched again.

mod cache_scan;
mod fold_rows;
mod import;
mod library_row_book;
mod micro_batch;
mod micro_batch_warming;
mod preview;
mod publish;
mod quota_check;
mod search_log_warming;
mod sibling_worker_client;

pub(crate) mod binding_checks;
pub mod bucket_scan;
pub(crate) mod choose;
pub mod commands;
pub(crate) mod failures_csv;
pub(crate) mod operator_view;
pub mod ports;

#[cfg(test)]
mod tests;

use crate::settings::WarmerSettings;
use crate::warming_ledger::backoff::{WarmingBackoff, cool_down_ms};
use crate::warming_ledger::warmer_state::WarmerState;
use crate::warming_ledger::warming_ledger_changes::WarmingLedgerChanges;
use crate::warming_ledger::warming_ledger_store::{
    StorageResult, ToWarmingLedgerRow, WarmingLedgerStore,
};
use choose::{WarmingStep, choose_step};
use ports::WarmerPorts;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NextAlarm {
    Now,
    At(u64),
    /// No alarm: a request or a cron wakes the engine.
    Idle,
}

impl NextAlarm {
    /// The time until the alarm; `None` without an alarm.
    ///
    /// Never 0: workerd loses an alarm that is set to the millisecond of the running one, since
    /// its storage holds that time already and does not notify the scheduler. The clock does not
    /// advance while a step computes, so that 0 would set exactly that time.
    pub(crate) fn remaining_wait_ms(self, now_ms: u64) -> Option<u64> {
        match self {
            Self::Now => Some(1),
            Self::At(at_ms) => Some(at_ms.saturating_sub(now_ms).max(1)),
            Self::Idle => None,
        }
    }
}

pub(crate) struct WarmingEngine<'a, S, O> {
    pub(crate) store: &'a S,
    pub(crate) ports: &'a O,
    pub(crate) settings: &'a WarmerSettings,
}

impl<S: WarmingLedgerStore, O: WarmerPorts> WarmingEngine<'_, S, O> {
    pub(crate) async fn run_warming_step(&self) -> StorageResult<NextAlarm> {
        match choose_step(self.store, self.settings.library_rows_per_day, self.ports.now_ms())? {
            WarmingStep::ScanUploads => {
                if let Err(error) = self.scan_uploads(false, None).await {
                    self.cool_down(error.to_string())?;
                }
            }
            WarmingStep::Import(job) => self.import(job).await?,
            WarmingStep::CacheScan(job) => self.cache_scan(job).await?,
            WarmingStep::Warm(job, stage) => self.warm_micro_batch(job, stage).await?,
            WarmingStep::SearchWarming => self.warm_logged_searches().await?,
            WarmingStep::Finish(job) => self.finish_job(job)?,
            WarmingStep::Publish(job) => self.publish(job).await?,
            WarmingStep::Wait(due_ms) => {
                return Ok(due_ms.map_or(NextAlarm::Idle, NextAlarm::At));
            }
        }
        Ok(NextAlarm::Now)
    }

    /// Commits a step for a library and counts the written rows.
    fn commit_step(
        &self,
        mut warming_ledger_changes: WarmingLedgerChanges,
        mut meta: WarmerState,
    ) -> StorageResult<()> {
        let per_day = self.settings.library_rows_per_day;
        let is_last = meta.add_library_rows(
            warming_ledger_changes.written_rows(),
            per_day,
            self.ports.now_ms(),
        );
        warming_ledger_changes.job.unpublished |= is_last;
        let mut rows = warming_ledger_changes.ledger_rows()?;
        rows.push(meta.to_ledger_row()?);
        self.store.write_ledger_rows(rows)
    }

    /// Pauses all work after a failure of the storage or of a whole batch.
    fn cool_down(&self, reason: String) -> StorageResult<()> {
        let now_ms = self.ports.now_ms();
        let mut meta = self.store.warmer_state()?;
        let streak = meta.backoff.as_ref().map_or(0, |backoff| backoff.streak);
        let until_ms = now_ms + cool_down_ms(streak);
        self.ports.log("backoff", &reason, serde_json::json!({ "until_ms": until_ms }));
        meta.backoff = Some(WarmingBackoff { reason, until_ms, streak: streak.saturating_add(1) });
        self.store.commit_changes(&[&meta])
    }
}
