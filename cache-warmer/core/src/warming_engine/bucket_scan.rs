//! Scans the bucket: new files, newer versions, files in the wrong place.

use bibliography::cache_key::COLD_PREFIX;

use super::WarmingEngine;
use super::ports::{BucketFileInfo, WarmerPorts};
use crate::warming_ledger::job::{JobState, LibraryWarmingJob};
use crate::warming_ledger::job_progress::ItemCounts;
use crate::warming_ledger::warming_ledger_store::{
    StorageResult, ToWarmingLedgerRow, WarmingLedgerStore,
};

pub(crate) const UPLOADS_PREFIX: &str = "uploads/";
pub(crate) const RESULTS: &str = "results/";
const MAX_OVER: usize = 30;

impl<S: WarmingLedgerStore, O: WarmerPorts> WarmingEngine<'_, S, O> {
    /// Makes a job of each new file under `uploads/`. Repeated or concurrent scans make no second
    /// job: the jobs are read after the list, and committed without an await in between.
    /// A dry run holds the new files back, or the file `only` alone.
    pub(crate) async fn scan_uploads(
        &self,
        dry_run: bool,
        only: Option<&str>,
    ) -> StorageResult<()> {
        let (files, more) = self.ports.list(UPLOADS_PREFIX).await?;
        let top = self.ports.top_level().await?;
        let now_ms = self.ports.now_ms();
        let mut meta = self.store.warmer_state()?;
        let before = self.store.load_all_jobs()?;
        let mut jobs = before.clone();
        for file in files.iter().filter(|file| is_library(&file.key)) {
            let dry_run = dry_run && only.is_none_or(|only| only == file.key);
            add_jobs(&mut jobs, file, &mut meta.last_job, dry_run, now_ms);
        }
        meta.warnings = warnings(&files, &top, more);
        meta.scanned_ms = now_ms;
        meta.scan_wanted = false;
        // A superseded job needs no items. If the delete is lost, the next scan repeats it: the
        // counters still show the items.
        for job in jobs.iter_mut().filter(|job| job.state == JobState::Superseded) {
            if job.items.total > 0 {
                self.store.delete_items(job.number)?;
                job.items = ItemCounts::default();
            }
        }
        let changed = jobs.iter().filter(|job| !before.contains(job));
        let rows = changed.map(LibraryWarmingJob::to_ledger_row).chain([meta.to_ledger_row()]);
        self.store.write_ledger_rows(rows.collect::<StorageResult<_>>()?)?;
        self.forget_old(&files, more)
    }

    /// Deletes the oldest superseded jobs, and failed jobs whose file is gone. A failed job whose
    /// file is still in the bucket is kept: without the job the file would be read again.
    fn forget_old(&self, files: &[BucketFileInfo], more: bool) -> StorageResult<()> {
        let jobs = self.store.load_all_jobs()?;
        let stands =
            |job: &LibraryWarmingJob| more || files.iter().any(|file| is_for_file(job, file));
        let over: Vec<u32> = jobs
            .iter()
            .filter(|job| {
                job.state == JobState::Superseded || job.state == JobState::Failed && !stands(job)
            })
            .map(|job| job.number)
            .collect();
        for number in over.iter().take(over.len().saturating_sub(MAX_OVER)) {
            self.store.delete_job(*number)?;
        }
        Ok(())
    }
}

/// A file under `uploads/` that may be a library. Its content decides on its kind, not its name.
/// Folders (keys that end with a slash) and hidden files are skipped.
fn is_library(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or_default();
    !name.is_empty() && !name.starts_with('.')
}

/// The job is for this content of the file.
fn is_for_file(job: &LibraryWarmingJob, file: &BucketFileInfo) -> bool {
    job.etag == file.etag && job.size_bytes == file.size_bytes
}

/// True if the folder is none of the warmer's own.
pub fn is_unrelated(folder: &str) -> bool {
    ![UPLOADS_PREFIX, RESULTS, COLD_PREFIX].contains(&folder)
}

/// Adds the job of one file.
fn add_jobs(
    jobs: &mut Vec<LibraryWarmingJob>,
    file: &BucketFileInfo,
    last_job: &mut u32,
    dry_run: bool,
    now_ms: u64,
) {
    let current = |job: &LibraryWarmingJob| job.state != JobState::Superseded;
    let same = |job: &LibraryWarmingJob| is_for_file(job, file);
    // 1. A job of the same key with other content is superseded, and so is a cancelled job if the
    // file was uploaded after the cancellation: a new upload starts a new job.
    for job in jobs.iter_mut().filter(|job| current(job)) {
        let replaced = match same(job) {
            true => job.state == JobState::Cancelled && file.uploaded_ms > job.changed_ms,
            false => job.file == file.key,
        };
        if replaced {
            job.set_state(JobState::Superseded, now_ms);
        }
    }
    // 2. Equal content is the same library, also under another name.
    if let Some(job) = jobs.iter_mut().find(|job| current(job) && same(job)) {
        if job.file != file.key && !job.aliases.contains(&file.key) {
            job.aliases.push(file.key.clone());
        }
        return;
    }
    // 3. A new library.
    *last_job += 1;
    let mut job = LibraryWarmingJob::new(*last_job, &file.key, &file.etag, file.size_bytes, now_ms);
    job.dry_run = dry_run;
    jobs.push(job);
}

fn warnings(files: &[BucketFileInfo], top: &[String], more: bool) -> Vec<String> {
    let astray = top.iter().filter(|key| {
        let lower = key.to_ascii_lowercase();
        [".csv", ".tsv", ".txt"].iter().any(|end| lower.ends_with(end))
    });
    let mut warnings: Vec<String> = astray
        .take(20)
        .map(|key| {
            let name = key.rsplit('/').next().unwrap_or(key);
            format!("{key} is not read: move it to {UPLOADS_PREFIX}{name}")
        })
        .collect();
    if more {
        warnings.push(format!(
            "{UPLOADS_PREFIX} holds more than {} files: the rest is not read",
            files.len()
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample_file_info(key: &str, etag: &str) -> BucketFileInfo {
        let (key, etag) = (key.to_owned(), etag.to_owned());
        BucketFileInfo { key, etag, size_bytes: 9, uploaded_ms: 1 }
    }

    fn states(jobs: &[LibraryWarmingJob]) -> Vec<(&str, JobState)> {
        jobs.iter().map(|job| (job.id.as_str(), job.state)).collect()
    }

    #[test]
    fn a_file_is_one_job_until_its_content_changes() {
        let (mut jobs, mut last) = (Vec::new(), 0);
        let mut look = |jobs: &mut Vec<LibraryWarmingJob>, key: &str, etag: &str| {
            add_jobs(jobs, &sample_file_info(key, etag), &mut last, false, 1);
        };
        look(&mut jobs, "uploads/My Books.csv", "v1");
        look(&mut jobs, "uploads/My Books.csv", "v1");
        look(&mut jobs, "uploads/copy.csv", "v1");
        assert_eq!(states(&jobs), [("my-books-1", JobState::Importing)]);
        assert_eq!(jobs[0].aliases, ["uploads/copy.csv"]);
        look(&mut jobs, "uploads/My Books.csv", "v2");
        assert_eq!(
            states(&jobs),
            [("my-books-1", JobState::Superseded), ("my-books-2", JobState::Importing)]
        );
        // The first content again: its job is superseded, so that a new job is made.
        look(&mut jobs, "uploads/My Books.csv", "v1");
        assert_eq!(jobs.len(), 3);
        assert_eq!(jobs[2].state, JobState::Importing);
    }

    #[test]
    fn a_misplaced_file_has_a_warning_with_the_fix() {
        let top = ["library.CSV".to_owned(), "cold/".to_owned(), "in/x.tsv".to_owned()];
        assert_eq!(
            warnings(&[], &top, false),
            [
                "library.CSV is not read: move it to uploads/library.CSV",
                "in/x.tsv is not read: move it to uploads/x.tsv"
            ]
        );
        assert!(!is_library("uploads/") && !is_library("uploads/.DS_Store"));
        assert!(is_library("uploads/a/b.csv"));
    }
}
