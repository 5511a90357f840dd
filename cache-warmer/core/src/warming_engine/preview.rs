//! The preview of a file: what its first bytes would become. It stores nothing and searches for no
//! book.

use runtime::call_outcome::Failure;
use serde_json::{Value, json};

use super::fold_rows::RowFold;
use super::ports::WarmerPorts;
use super::{WarmingEngine, sibling_worker_client};
use crate::forecast::forecast_job;
use crate::import::{
    ImportCheckpoint, ImportError, LibraryFileRow, RowImportOutcome, TextEncoding, check_size,
    parse_library_slice,
};
use crate::settings::MAX_FILE_BYTES;
use crate::warming_ledger::job::{JobState, LibraryWarmingJob};
use crate::warming_ledger::job_progress::WarmTargetCounts;
use crate::warming_ledger::warming_ledger_store::WarmingLedgerStore;

/// Most rows of a preview: 100 ms of CPU at the importer's pace.
const MAX_ROWS: usize = 5_000;
const ROWS_SHOWN: usize = 8;

/// The work of a whole file, extrapolated from its first part.
fn projected(work: &WarmTargetCounts, read_bytes: u64, size_bytes: u64) -> WarmTargetCounts {
    let scale = |count: u64| count.saturating_mul(size_bytes) / read_bytes;
    WarmTargetCounts {
        authors: scale(work.authors),
        isbns_with_author: scale(work.isbns_with_author),
        isbns_alone: scale(work.isbns_alone),
        titles_with_author: scale(work.titles_with_author),
        titles_alone: scale(work.titles_alone),
    }
}

impl<S: WarmingLedgerStore, O: WarmerPorts> WarmingEngine<'_, S, O> {
    /// How a file is read, and what its warming would cost if no entry were warm.
    /// Errors: the file is no library.
    pub(crate) async fn preview(
        &self,
        bytes: &[u8],
        size_bytes: u64,
        encoding: Option<TextEncoding>,
    ) -> Result<Value, Failure> {
        let refused = |error: ImportError| Failure::bad_request(error.to_string());
        let size_bytes = size_bytes.max(bytes.len() as u64);
        check_size(size_bytes, MAX_FILE_BYTES).map_err(refused)?;
        let to_end = bytes.len() as u64 == size_bytes;
        let slice = parse_library_slice(ImportCheckpoint::new(encoding), bytes, to_end, MAX_ROWS);
        let slice = slice.map_err(refused)?;
        let usable =
            |row: &&LibraryFileRow| !matches!(row.outcome, RowImportOutcome::Rejected { .. });
        let first_rows: Vec<LibraryFileRow> =
            slice.rows.iter().filter(usable).take(ROWS_SHOWN).cloned().collect();
        // The rows are folded as a job would fold them.
        let job = LibraryWarmingJob { size_bytes, ..LibraryWarmingJob::default() };
        let mut fold = RowFold::new(job, Vec::new());
        slice.rows.into_iter().for_each(|row| fold.fold_row(row));
        let mut job = fold.warming_ledger_changes.job;
        let complete = slice.state.done || slice.state.offset >= size_bytes;
        job.take_import(slice.state);
        job.state = JobState::Planned;
        if !complete {
            let (read, size) = (job.read_bytes.max(1), size_bytes);
            job.items.remaining_work = projected(&job.items.remaining_work, read, size);
            job.items.all_work = projected(&job.items.all_work, read, size);
        }
        let mut meta = self.store.warmer_state()?;
        if meta.quota.is_none() {
            // The ledger has no quota before the first job; to read it uses one unit at most.
            meta.quota = sibling_worker_client::fetch_quota(self.ports).await.ok();
        }
        Ok(json!({
            "complete": complete,
            "readBytes": job.read_bytes,
            "sizeBytes": job.size_bytes,
            "format": job.format,
            "reading": job.import.as_ref().and_then(ImportCheckpoint::file_reading_report),
            "rows": job.rows,
            "items": job.items.total,
            "authors": job.authors,
            "firstRows": first_rows,
            "failures": job.failures,
            "plan": forecast_job(&job, &meta, self.settings, self.ports.now_ms()),
        }))
    }
}
