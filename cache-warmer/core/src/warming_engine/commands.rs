//! The commands on a job.

use runtime::call_outcome::Failure;

use super::WarmingEngine;
use super::ports::WarmerPorts;
use crate::warming_ledger::job::{JobState, LibraryWarmingJob};
use crate::warming_ledger::warming_item::ItemState;
use crate::warming_ledger::warming_ledger_changes::WarmingLedgerChanges;
use crate::warming_ledger::warming_ledger_store::{StorageResult, WarmingLedgerStore};

/// Items that a retry changes in one change set.
const RETRY_PAGE_ITEMS: u32 = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobCommand {
    Pause,
    Resume,
    Cancel,
    /// Tries the failed and the unknown items again, or a file that could not be read.
    Retry,
}

impl<S: WarmingLedgerStore, O: WarmerPorts> WarmingEngine<'_, S, O> {
    /// Executes a command. Errors: the job's state does not allow it.
    pub(crate) fn apply_job_command(
        &self,
        mut job: LibraryWarmingJob,
        command: JobCommand,
    ) -> Result<LibraryWarmingJob, Failure> {
        let now_ms = self.ports.now_ms();
        let mut state = job.state;
        let refused = |why| Err(Failure::bad_request(why));
        match command {
            JobCommand::Pause if job.state.is_job_over() => return refused("the job is over"),
            JobCommand::Resume if job.state == JobState::Cancelled => {
                return refused("the job was cancelled: retry starts it again");
            }
            JobCommand::Cancel if job.state.is_job_over() && job.state != JobState::Failed => {
                return refused("the job is over");
            }
            JobCommand::Retry if job.state == JobState::Superseded => {
                return refused("a newer version of the file replaced it");
            }
            JobCommand::Pause => job.paused = true,
            JobCommand::Resume => {
                job.paused = false;
                if state == JobState::Planned {
                    job.dry_run = false;
                    state = JobState::Warming;
                }
            }
            JobCommand::Cancel => {
                job.cache_scan = None;
                job.fetched.clear();
                state = JobState::Cancelled;
            }
            JobCommand::Retry => return self.retry_failed_items(job, now_ms),
        }
        // The running step loses its lease, so that its results are dropped.
        job.set_state(state, now_ms);
        self.store.commit_changes(&[&job])?;
        Ok(job)
    }

    /// Makes a dry run of a job that is still read or planned: it has spent no units yet.
    pub(crate) fn hold_as_dry_run(&self, mut job: LibraryWarmingJob) -> StorageResult<()> {
        if job.dry_run || !matches!(job.state, JobState::Importing | JobState::Planning) {
            return Ok(());
        }
        job.dry_run = true;
        self.store.commit_changes(&[&job])
    }

    pub(crate) fn release_dry_run(&self, mut job: LibraryWarmingJob) -> StorageResult<()> {
        job.dry_run = false;
        if job.state == JobState::Planned {
            job.set_state(JobState::Warming, self.ports.now_ms());
        }
        self.store.commit_changes(&[&job])
    }

    /// Resets all failed items, page by page, each page with its counters. A retry that is
    /// interrupted can be requested again.
    fn retry_failed_items(
        &self,
        mut job: LibraryWarmingJob,
        now_ms: u64,
    ) -> Result<LibraryWarmingJob, Failure> {
        let unread = job.import.as_ref().is_none_or(|import| !import.done);
        if job.items.total == 0 && job.rows.rejected > 0 && !unread {
            // The file could not be used, so the only retry is to read it again.
            let encoding = job.encoding;
            return self.restart_import(job, encoding);
        }
        if unread {
            job.error = None;
            job.paused = false;
            job.set_state(JobState::Importing, now_ms);
            self.store.commit_changes(&[&job])?;
            return Ok(job);
        }
        let mut after = String::new();
        loop {
            let page = self.store.item_page(job.number, &after, RETRY_PAGE_ITEMS)?;
            let Some(last) = page.last() else { break };
            after = last.key.clone();
            let mut warming_ledger_changes = WarmingLedgerChanges::new(job);
            for item in page {
                if matches!(item.state, ItemState::Pending { .. } | ItemState::Done { .. }) {
                    continue;
                }
                warming_ledger_changes.put(Some(&item), item.restarted());
            }
            self.store.write_ledger_rows(warming_ledger_changes.ledger_rows()?)?;
            job = warming_ledger_changes.job;
        }
        job.paused = false;
        job.dry_run = false;
        job.set_state(JobState::Warming, now_ms);
        let mut meta = self.store.warmer_state()?;
        // A manual retry ends a cool-down. A spent day still ends at its reset.
        meta.quota_ms = 0;
        meta.backoff = None;
        self.store.commit_changes(&[&job, &meta])?;
        Ok(job)
    }
}
