//! Imports one slice of a file into the ledger.
//!
//! The rows of a slice, the importer's state after it and the counters are one change set: a
//! slice whose step crashed is read again with the same result.

use std::collections::BTreeSet;

use runtime::call_outcome::Failure;

use super::WarmingEngine;
use super::fold_rows::{RowFold, keys_if_isbn_is_shared};
use super::library_row_book::{LibraryRowBook, isbn_ledger_key};
use super::ports::{RangeReadResult, WarmerPorts};
use crate::import::{
    LibraryFileRow, MIN_SLICE_BYTES, Slice, TextEncoding, check_size, parse_library_slice,
};
use crate::settings::{MAX_FILE_BYTES, SLICE_BYTES, SLICE_ROWS};
use crate::warming_ledger::backoff::cool_down_ms;
use crate::warming_ledger::job::{JobState, LibraryWarmingJob};
use crate::warming_ledger::job_progress::{CacheScanProgress, ItemCounts, RowCounts};
use crate::warming_ledger::warming_item::WarmingItem;
use crate::warming_ledger::warming_ledger_store::{StorageResult, WarmingLedgerStore};

impl<S: WarmingLedgerStore, O: WarmerPorts> WarmingEngine<'_, S, O> {
    pub(super) async fn import(&self, number: u32) -> StorageResult<()> {
        let Some(mut job) = self.importing(number)? else { return Ok(()) };
        if job.import.is_none() && job.read_bytes > 0 {
            // The stored state could not be read. Rows that are read again must not count twice.
            self.forget_import(&mut job, JobState::Importing, None)?;
            return self.store.commit_changes(&[&job]);
        }
        let state = job.state_of_import();
        let from = state.offset;
        if let Err(error) = check_size(job.size_bytes, MAX_FILE_BYTES) {
            return self.fail_import(job, &error.to_string());
        }
        let mut slice_byte_cursor = SLICE_BYTES;
        loop {
            let part = if from >= job.size_bytes {
                // All bytes were read, but the end of the file was not handled yet. R2 refuses a
                // range that begins at the end.
                Ok(RangeReadResult::Bytes(Vec::new()))
            } else {
                self.ports.read(&job.file, &job.etag, from, slice_byte_cursor).await
            };
            // The job may have been cancelled meanwhile, or started again in another encoding.
            let Some(mut job) = self.importing(number)? else { return Ok(()) };
            if job.state_of_import() != state {
                return Ok(());
            }
            let bytes = match part {
                Ok(RangeReadResult::Bytes(bytes)) => bytes,
                Ok(RangeReadResult::Replaced) => return self.replaced(job),
                Ok(RangeReadResult::Gone) => {
                    // With the tag cleared, a new upload of equal content is read from the start.
                    job.etag.clear();
                    return self.fail_import(job, "the file was removed while it was being read");
                }
                Err(error) => return self.read_later(job, &error.to_string()),
            };
            let to_end = from + bytes.len() as u64 >= job.size_bytes;
            match parse_library_slice(state.clone(), &bytes, to_end, SLICE_ROWS) {
                Ok(Slice { rows, state })
                    if rows.is_empty() && !state.done && state.offset == from =>
                {
                    if slice_byte_cursor >= MIN_SLICE_BYTES as u64 {
                        return self.fail_import(job, "a row has no end");
                    }
                    slice_byte_cursor = MIN_SLICE_BYTES as u64;
                }
                Ok(slice) => return self.commit_slice(job, slice),
                Err(error) => return self.fail_import(job, &error.to_string()),
            }
        }
    }

    /// R2 did not answer: only the import of this file waits.
    fn read_later(&self, mut job: LibraryWarmingJob, why: &str) -> StorageResult<()> {
        job.read_retry_ms = self.ports.now_ms() + cool_down_ms(job.read_failures);
        job.read_failures = job.read_failures.saturating_add(1);
        let fields = serde_json::json!({ "job": job.id, "until_ms": job.read_retry_ms });
        self.ports.log("import", why, fields);
        self.store.commit_changes(&[&job])
    }

    fn importing(&self, number: u32) -> StorageResult<Option<LibraryWarmingJob>> {
        Ok(self.store.job(number)?.filter(|job| job.state == JobState::Importing && !job.paused))
    }

    fn commit_slice(&self, job: LibraryWarmingJob, slice: Slice) -> StorageResult<()> {
        let Slice { rows, state } = slice;
        let (now_ms, done) = (self.ports.now_ms(), state.done);
        let known = self.existing_items(job.number, &rows)?;
        let mut fold = RowFold::new(job, known);
        rows.into_iter().for_each(|row| fold.fold_row(row));
        let mut warming_ledger_changes = fold.warming_ledger_changes;
        let job = &mut warming_ledger_changes.job;
        job.take_import(state);
        job.read_failures = 0;
        job.progressed_ms = now_ms;
        if done && job.rows.total == job.rows.rejected {
            let first = job.failures.first();
            let first = first.map(|row| format!("line {}: {}", row.line, row.reason));
            job.error = Some(format!(
                "none of its {} rows can be used (first {}); failures.csv names each",
                job.rows.total,
                first.unwrap_or_default()
            ));
            job.set_state(JobState::Failed, now_ms);
        } else if done {
            job.cache_scan = Some(CacheScanProgress::default());
            job.set_state(JobState::Planning, now_ms);
        }
        self.commit_step(warming_ledger_changes, self.store.warmer_state()?)
    }

    /// Items of earlier slices that these rows may belong to.
    fn existing_items(
        &self,
        number: u32,
        rows: &[LibraryFileRow],
    ) -> StorageResult<Vec<WarmingItem>> {
        let mut keys = BTreeSet::new();
        for row in rows {
            if let Some(wanted) = LibraryRowBook::of(&row.outcome) {
                keys.insert(wanted.id());
                keys.insert(LibraryRowBook { repaired: true, ..wanted }.id());
                keys.insert(wanted.title_author_key());
                keys.extend(wanted.isbn.map(isbn_ledger_key));
                keys.extend(wanted.author_id());
            }
        }
        let keys: Vec<String> = keys.into_iter().collect();
        let mut items = self.store.items_by_keys(number, &keys)?;
        let further: BTreeSet<String> = items.iter().flat_map(keys_if_isbn_is_shared).collect();
        let further: Vec<String> = further.into_iter().filter(|key| !keys.contains(key)).collect();
        if !further.is_empty() {
            items.extend(self.store.items_by_keys(number, &further)?);
        }
        Ok(items)
    }

    /// Fails a job whose file cannot be used; only the reason is kept. It may quote cells of the
    /// file, so it is shown to the operator and not logged.
    fn fail_import(&self, mut job: LibraryWarmingJob, why: &str) -> StorageResult<()> {
        let message = "the file cannot be read as a library; /status has the reason";
        self.ports.log("import", message, serde_json::json!({ "job": job.id, "file": job.file }));
        self.forget_import(&mut job, JobState::Failed, Some(why))?;
        self.store.commit_changes(&[&job])
    }

    /// Reads a file again from its start, in an encoding that the operator named or in the detected
    /// one. Errors: the job's state does not allow it.
    pub(crate) fn restart_import(
        &self,
        mut job: LibraryWarmingJob,
        encoding: Option<TextEncoding>,
    ) -> Result<LibraryWarmingJob, Failure> {
        if job.state == JobState::Superseded {
            return Err(Failure::bad_request("a newer version of the file replaced it"));
        }
        self.forget_import(&mut job, JobState::Importing, None)?;
        job.encoding = encoding;
        job.paused = false;
        job.cache_scan = None;
        job.fetched.clear();
        job.read_retry_ms = 0;
        self.store.commit_changes(&[&job])?;
        Ok(job)
    }

    /// Ends a job whose file was replaced during its import: the new version is a job of its own.
    fn replaced(&self, mut job: LibraryWarmingJob) -> StorageResult<()> {
        let why = "the file was replaced while it was being read";
        self.forget_import(&mut job, JobState::Superseded, Some(why))?;
        let mut meta = self.store.warmer_state()?;
        meta.scan_wanted = true;
        self.store.commit_changes(&[&job, &meta])
    }

    /// Deletes what a job read of its file. The job is not committed yet.
    fn forget_import(
        &self,
        job: &mut LibraryWarmingJob,
        state: JobState,
        error: Option<&str>,
    ) -> StorageResult<()> {
        self.store.delete_items(job.number)?;
        job.import = None;
        job.read_bytes = 0;
        job.rows = RowCounts::default();
        job.items = ItemCounts::default();
        job.authors = 0;
        job.failures.clear();
        job.author_failures.clear();
        job.error = error.map(str::to_owned);
        job.set_state(state, self.ports.now_ms());
        Ok(())
    }
}
