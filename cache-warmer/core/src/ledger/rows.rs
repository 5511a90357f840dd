//! The form of the ledger's changes as rows of its table.

use serde_json::json;

use super::store::{LedgerChange, StorageError, StorageResult};

/// Documents that belong to no job have this number; jobs count from 1.
pub const LEDGER_JOB: u32 = 0;
/// Key of the document of `LedgerMeta`.
pub const META: &str = "meta";
pub const BINDING_CHECKS_KEY: &str = "checks";
/// Key of the document on logged searches.
pub const SEARCHES: &str = "searches";

pub fn job_key(number: u32) -> String {
    format!("job:{number:010}")
}

/// The row of a change: job, key, stage, due time, document.
pub fn row_of(change: &LedgerChange) -> StorageResult<String> {
    let text = |result: serde_json::Result<String>| {
        result.map_err(|error| StorageError(error.to_string()))
    };
    Ok(match change {
        LedgerChange::Meta(meta) => {
            json!([LEDGER_JOB, META, null, null, text(serde_json::to_string(meta))?])
        }
        LedgerChange::Checks(checks) => {
            json!([
                LEDGER_JOB,
                BINDING_CHECKS_KEY,
                null,
                null,
                text(serde_json::to_string(checks))?
            ])
        }
        LedgerChange::SearchWarming(search_warming) => {
            json!([LEDGER_JOB, SEARCHES, null, null, text(serde_json::to_string(search_warming))?])
        }
        LedgerChange::Job(job) => {
            let doc = text(serde_json::to_string(job))?;
            json!([LEDGER_JOB, job_key(job.number), null, null, doc])
        }
        LedgerChange::Item(job, item) => {
            let doc = text(serde_json::to_string(item))?;
            json!([job, item.key, item.stage.number(), item.due_ms(), doc])
        }
        LedgerChange::Rejected(job, row) => {
            json!([job, row.key(), null, null, text(serde_json::to_string(row))?])
        }
    }
    .to_string())
}
