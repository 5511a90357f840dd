//! Changes of the ledger as rows of its table.

use serde_json::json;

use super::store::{LedgerChange, StoreError, StoreResult};

/// Rows of the ledger itself stand under this number; jobs count from 1.
pub const NO_JOB: u32 = 0;
/// Key of what the ledger knows beside its jobs.
pub const META: &str = "meta";
pub const CHECKS: &str = "checks";
/// Key of what is known of the searches of others.
pub const SEARCHES: &str = "searches";

pub fn job_key(number: u32) -> String {
    format!("job:{number:010}")
}

/// A change as the row it becomes: job, key, stage, due, document.
pub fn row_of(change: &LedgerChange) -> StoreResult<String> {
    let text =
        |result: serde_json::Result<String>| result.map_err(|error| StoreError(error.to_string()));
    Ok(match change {
        LedgerChange::Meta(meta) => {
            json!([NO_JOB, META, null, null, text(serde_json::to_string(meta))?])
        }
        LedgerChange::Checks(checks) => {
            json!([NO_JOB, CHECKS, null, null, text(serde_json::to_string(checks))?])
        }
        LedgerChange::SearchWarming(search_warming) => {
            json!([NO_JOB, SEARCHES, null, null, text(serde_json::to_string(search_warming))?])
        }
        LedgerChange::Job(job) => {
            let doc = text(serde_json::to_string(job))?;
            json!([NO_JOB, job_key(job.number), null, null, doc])
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
