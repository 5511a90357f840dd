//! Progress to KV, results to R2, and the end of a job.

use super::WarmingEngine;
use super::bucket_scan::RESULTS;
use super::failures_csv::{self, FailuresCsv};
use super::ports::WarmerPorts;
use crate::warming_ledger::backoff::cool_down_ms;
use crate::warming_ledger::job::{JobState, LibraryWarmingJob};
use crate::warming_ledger::warming_ledger_store::{StorageResult, WarmingLedgerStore};

/// R2 takes parts of at least 5 MiB, all of one size but the last.
const PART_BYTES: usize = 5 * 1_048_576;

impl<S: WarmingLedgerStore, O: WarmerPorts> WarmingEngine<'_, S, O> {
    pub(super) fn finish_job(&self, number: u32) -> StorageResult<()> {
        let Some(mut job) = self.store.job(number)? else { return Ok(()) };
        job.set_state(JobState::Done, self.ports.now_ms());
        let fields = serde_json::json!({ "job": job.id, "items": job.items, "rows": job.rows });
        self.ports.log("job", "job is done", fields);
        self.store.commit_changes(&[&job])
    }

    /// Writes a job's documents. Each is complete, so that a failed write is repeated without harm.
    pub(super) async fn publish(&self, number: u32) -> StorageResult<()> {
        let Some(job) = self.store.job(number)? else { return Ok(()) };
        let now_ms = self.ports.now_ms();
        let meta = self.store.warmer_state()?;
        let document = self.job_document(&meta, &job)?;
        // A change during the write differs from these, and is published by the next write.
        let (state, changed_ms) = (job.state, job.changed_ms);
        let body = document.to_string().into_bytes();
        let mut written = match state.is_job_over() {
            true => self.write_results(&job, body.clone()).await,
            false => Ok(()),
        };
        let counted = !job.unpublished;
        let allowed = !counted || self.store.warmer_state()?.take_progress_write(now_ms);
        if written.is_ok() && allowed {
            written = self.ports.publish(&format!("progress:{}", job.id), body).await;
        }
        let Some(mut job) = self.store.job(number)? else { return Ok(()) };
        let now_ms = self.ports.now_ms();
        match written {
            Ok(()) => {
                job.published_ms = now_ms;
                job.publish_failures = 0;
                job.publish_retry_ms = 0;
                if job.state == state && job.changed_ms == changed_ms {
                    job.unpublished = false;
                }
            }
            Err(error) => {
                let fields = serde_json::json!({ "job": job.id, "error": error.to_string() });
                self.ports.log("publish", "progress could not be written", fields);
                job.publish_retry_ms = now_ms + cool_down_ms(job.publish_failures);
                job.publish_failures = job.publish_failures.saturating_add(1);
            }
        }
        let mut meta = self.store.warmer_state()?;
        if counted {
            meta.take_progress_write(now_ms);
        }
        self.store.commit_changes(&[&job, &meta])
    }

    async fn write_results(&self, job: &LibraryWarmingJob, document: Vec<u8>) -> StorageResult<()> {
        let mut failures = FailuresCsv::after_line(self.store, job, 0)?;
        let name = format!("{RESULTS}{}.json", job.id);
        self.ports.write(&name, "application/json", document).await?;
        let name = format!("{RESULTS}{}/failures.csv", job.id);
        let mut part = || failures.next_chunk(PART_BYTES);
        self.ports.write_parts(&name, failures_csv::CSV_TYPE, &mut part).await
    }
}
