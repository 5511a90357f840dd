//! The ledger's storage in the object's SQLite.
//!
//! One table, one row for each document, and one statement for each change set, since a statement
//! is atomic. The index holds open items only; completing an item removes it. So 1,000 items,
//! imported and completed, take some 3,500 row writes of the free plan's 100,000.

use serde::de::DeserializeOwned;
use warmer_core::ledger::item::{LedgerItem, REJECTED_FROM, RejectedRow, WarmStage};
use warmer_core::ledger::job::Job;
use warmer_core::ledger::meta::{BindingCheckHistory, LedgerMeta};
use warmer_core::ledger::rows::{BINDING_CHECKS_KEY, LEDGER_JOB, META, SEARCHES, job_key, row_of};
use warmer_core::ledger::search_warming::SearchWarming;
use warmer_core::ledger::store::{LedgerChange, LedgerStore, StorageError, StorageResult};
use worker::{SqlStorage, SqlStorageValue};

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS ledger (
  job INTEGER NOT NULL, key TEXT NOT NULL, stage INTEGER, due INTEGER, doc TEXT NOT NULL,
  PRIMARY KEY (job, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS open_items ON ledger (job, stage, due, key) WHERE due IS NOT NULL;
";
/// Bytes of one bound value: the platform takes 2 MB.
const MAX_BOUND_BYTES: usize = 1_900_000;

const UPSERT: &str = "
INSERT INTO ledger (job, key, stage, due, doc)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
  json_extract(value, '$[3]'), json_extract(value, '$[4]')
FROM json_each(?1) WHERE true
ON CONFLICT (job, key) DO UPDATE SET stage = excluded.stage, due = excluded.due, doc = excluded.doc";

pub(crate) struct SqlLedger {
    sql: SqlStorage,
}

struct LedgerRow {
    key: String,
    doc: String,
}

impl SqlLedger {
    /// Opens the storage; creates the table if it does not exist.
    pub(crate) fn open(sql: SqlStorage) -> StorageResult<Self> {
        let store = Self { sql };
        store.run(SCHEMA, Vec::new())?;
        Ok(store)
    }

    fn run(
        &self,
        statement: &str,
        values: Vec<SqlStorageValue>,
    ) -> StorageResult<worker::SqlCursor> {
        self.sql.exec(statement, values).map_err(|error| StorageError(error.to_string()))
    }

    fn rows(&self, statement: &str, values: Vec<SqlStorageValue>) -> StorageResult<Vec<LedgerRow>> {
        let mut rows = Vec::new();
        for row in self.run(statement, values)?.raw() {
            let mut row = row.map_err(|error| StorageError(error.to_string()))?.into_iter();
            match (row.next(), row.next()) {
                (Some(SqlStorageValue::String(key)), Some(SqlStorageValue::String(doc))) => {
                    rows.push(LedgerRow { key, doc });
                }
                _ => return Err(StorageError("a row has an unexpected form".to_owned())),
            }
        }
        Ok(rows)
    }

    /// A page of a job's rows before or after the key at which the rejected rows begin.
    fn rows_after(
        &self,
        job: u32,
        after: &str,
        side: &str,
        limit: u32,
    ) -> StorageResult<Vec<LedgerRow>> {
        let statement = format!(
            "SELECT key, doc FROM ledger WHERE job = ?1 AND key > ?2 AND key {side} ?3
             ORDER BY key LIMIT ?4"
        );
        let values = vec![
            sql_integer(job),
            SqlStorageValue::from(after),
            SqlStorageValue::from(REJECTED_FROM),
            sql_integer(limit),
        ];
        self.rows(&statement, values)
    }

    fn read_document<T: DeserializeOwned>(&self, key: &str) -> StorageResult<Option<T>> {
        let rows = self.rows(
            "SELECT key, doc FROM ledger WHERE job = ?1 AND key = ?2",
            vec![sql_integer(LEDGER_JOB), SqlStorageValue::from(key)],
        )?;
        rows.first().map(|row| read(row)).transpose()
    }
}

fn sql_integer(n: u32) -> SqlStorageValue {
    SqlStorageValue::Integer(i64::from(n))
}

fn millis(ms: u64) -> SqlStorageValue {
    SqlStorageValue::Integer(i64::try_from(ms).unwrap_or(i64::MAX >> 11))
}

fn read<T: DeserializeOwned>(row: &LedgerRow) -> StorageResult<T> {
    // Always from bytes: a second reader would double the code of every deserialiser.
    serde_json::from_slice(row.doc.as_bytes())
        .map_err(|error| StorageError(format!("{}: {error}", row.key)))
}

fn item(row: LedgerRow) -> StorageResult<LedgerItem> {
    let mut item: LedgerItem = read(&row)?;
    item.key = row.key;
    Ok(item)
}

impl LedgerStore for SqlLedger {
    fn meta(&self) -> StorageResult<LedgerMeta> {
        Ok(self.read_document(META)?.unwrap_or_default())
    }

    fn check_history(&self) -> StorageResult<BindingCheckHistory> {
        Ok(self.read_document(BINDING_CHECKS_KEY)?.unwrap_or_default())
    }

    fn search_warming(&self) -> StorageResult<SearchWarming> {
        Ok(self.read_document(SEARCHES)?.unwrap_or_default())
    }

    fn jobs(&self) -> StorageResult<Vec<Job>> {
        let rows = self.rows(
            "SELECT key, doc FROM ledger WHERE job = ?1 AND key >= 'job:' AND key < 'job;'
             ORDER BY key",
            vec![sql_integer(LEDGER_JOB)],
        )?;
        rows.iter().map(read).collect()
    }

    fn job(&self, number: u32) -> StorageResult<Option<Job>> {
        self.read_document(&job_key(number))
    }

    fn items(&self, job: u32, keys: &[String]) -> StorageResult<Vec<LedgerItem>> {
        let keys = serde_json::to_string(keys).map_err(|error| StorageError(error.to_string()))?;
        let rows = self.rows(
            // CROSS keeps the order of the join; without it every item of the job is read.
            "SELECT l.key AS key, l.doc AS doc FROM json_each(?2) AS wanted
             CROSS JOIN ledger AS l ON l.job = ?1 AND l.key = wanted.value",
            vec![sql_integer(job), SqlStorageValue::from(keys)],
        )?;
        rows.into_iter().map(item).collect()
    }

    fn due(
        &self,
        job: u32,
        stage: WarmStage,
        now_ms: u64,
        limit: u32,
    ) -> StorageResult<Vec<LedgerItem>> {
        let rows = self.rows(
            "SELECT key, doc FROM ledger
             WHERE job = ?1 AND stage = ?2 AND due IS NOT NULL AND due <= ?3
             ORDER BY due, key LIMIT ?4",
            vec![sql_integer(job), sql_integer(stage.number()), millis(now_ms), sql_integer(limit)],
        )?;
        rows.into_iter().map(item).collect()
    }

    fn next_due_ms(&self, job: u32) -> StorageResult<Option<u64>> {
        let mut earliest: Option<u64> = None;
        for stage in WarmStage::ALL {
            // One search in the index per stage: a MIN over all would read every open item.
            let cursor = self.run(
                "SELECT MIN(due) AS due FROM ledger
                 WHERE job = ?1 AND stage = ?2 AND due IS NOT NULL",
                vec![sql_integer(job), sql_integer(stage.number())],
            )?;
            let due = match cursor.raw().next() {
                Some(Ok(row)) => row.into_iter().next(),
                Some(Err(error)) => return Err(StorageError(error.to_string())),
                None => None,
            };
            if let Some(SqlStorageValue::Integer(due)) = due {
                let due = u64::try_from(due).unwrap_or_default();
                earliest = Some(earliest.map_or(due, |earliest| earliest.min(due)));
            }
        }
        Ok(earliest)
    }

    fn page(&self, job: u32, after: &str, limit: u32) -> StorageResult<Vec<LedgerItem>> {
        self.rows_after(job, after, "<", limit)?.into_iter().map(item).collect()
    }

    fn rejected(&self, job: u32, after: &str, limit: u32) -> StorageResult<Vec<RejectedRow>> {
        self.rows_after(job, after, ">=", limit)?.iter().map(read).collect()
    }

    fn commit(&self, changes: &[LedgerChange]) -> StorageResult<()> {
        let mut bound = String::from("[");
        for change in changes {
            let row = row_of(change)?;
            // Statements without an await in between are stored together. A change set that is too
            // large for one statement is written in order, its job last.
            if bound.len() + row.len() > MAX_BOUND_BYTES && bound.len() > 1 {
                bound.push(']');
                self.run(UPSERT, vec![SqlStorageValue::from(std::mem::take(&mut bound))])?;
                bound.push('[');
            }
            if bound.len() > 1 {
                bound.push(',');
            }
            bound.push_str(&row);
        }
        bound.push(']');
        self.run(UPSERT, vec![SqlStorageValue::from(bound)])?;
        Ok(())
    }

    fn delete_items(&self, job: u32) -> StorageResult<()> {
        self.run("DELETE FROM ledger WHERE job = ?1", vec![sql_integer(job)])?;
        Ok(())
    }

    fn delete_job(&self, job: u32) -> StorageResult<()> {
        self.delete_items(job)?;
        self.run(
            "DELETE FROM ledger WHERE job = ?1 AND key = ?2",
            vec![sql_integer(LEDGER_JOB), SqlStorageValue::from(job_key(job))],
        )?;
        Ok(())
    }
}
