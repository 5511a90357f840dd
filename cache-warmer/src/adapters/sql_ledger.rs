//! The ledger's storage in the object's SQLite.
//!
//! One table, one row for each document, and one statement for each change set, since a statement
//! is atomic. The index holds open items only; completing an item removes it. So 1,000 items,
//! imported and completed, take some 3,500 row writes of the free plan's 100,000.

use serde_json::json;
use warmer_core::warming_ledger::warming_item::WarmStage;
use warmer_core::warming_ledger::warming_ledger_store::{
    KeyedLedgerDocument, LedgerTableRow, StorageResult, WarmerStorageError, WarmingLedgerStore,
};
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

impl SqlLedger {
    /// Opens the storage; creates the table if it does not exist.
    pub(crate) fn open_storage(sql: SqlStorage) -> StorageResult<Self> {
        let store = Self { sql };
        store.execute_statement(SCHEMA, Vec::new())?;
        Ok(store)
    }

    fn execute_statement(
        &self,
        statement: &str,
        values: Vec<SqlStorageValue>,
    ) -> StorageResult<worker::SqlCursor> {
        self.sql.exec(statement, values).map_err(to_storage_error)
    }

    /// Writes the rows of a JSON list without its closing bracket.
    fn upsert(&self, mut rows: String) -> StorageResult<()> {
        rows.push(']');
        self.execute_statement(UPSERT, vec![SqlStorageValue::from(rows)]).map(drop)
    }

    fn select_documents(
        &self,
        statement: &str,
        values: Vec<SqlStorageValue>,
    ) -> StorageResult<Vec<KeyedLedgerDocument>> {
        let mut rows = Vec::new();
        for row in self.execute_statement(statement, values)?.raw() {
            let mut row = row.map_err(to_storage_error)?.into_iter();
            match (row.next(), row.next()) {
                (Some(SqlStorageValue::String(key)), Some(SqlStorageValue::String(document))) => {
                    rows.push(KeyedLedgerDocument { key, document });
                }
                _ => return Err(to_storage_error("a row has an unexpected form")),
            }
        }
        Ok(rows)
    }
}

fn to_storage_error(error: impl std::fmt::Display) -> WarmerStorageError {
    WarmerStorageError(format!("storage: {error}"))
}

fn sql_integer(n: u32) -> SqlStorageValue {
    SqlStorageValue::Integer(i64::from(n))
}

fn millis(ms: u64) -> SqlStorageValue {
    SqlStorageValue::Integer(i64::try_from(ms).unwrap_or(i64::MAX >> 11))
}

impl WarmingLedgerStore for SqlLedger {
    fn documents_with_keys(
        &self,
        job: u32,
        keys: &[String],
    ) -> StorageResult<Vec<KeyedLedgerDocument>> {
        if let [key] = keys {
            // Half the time of the join, and one row read in place of two.
            return self.select_documents(
                "SELECT key, doc FROM ledger WHERE job = ?1 AND key = ?2",
                vec![sql_integer(job), SqlStorageValue::from(key.as_str())],
            );
        }
        self.select_documents(
            // CROSS keeps the order of the join; without it every item of the job is read.
            "SELECT l.key AS key, l.doc AS doc FROM json_each(?2) AS wanted
             CROSS JOIN ledger AS l ON l.job = ?1 AND l.key = wanted.value",
            vec![sql_integer(job), SqlStorageValue::from(json!(keys).to_string())],
        )
    }

    fn documents_between(
        &self,
        job: u32,
        after: &str,
        before: &str,
        limit: u32,
    ) -> StorageResult<Vec<KeyedLedgerDocument>> {
        let [after, before] = [after, before].map(SqlStorageValue::from);
        self.select_documents(
            "SELECT key, doc FROM ledger WHERE job = ?1 AND key > ?2 AND key < ?3
             ORDER BY key LIMIT ?4",
            vec![sql_integer(job), after, before, sql_integer(limit)],
        )
    }

    fn due_documents(
        &self,
        job: u32,
        stage: WarmStage,
        now_ms: u64,
        limit: u32,
    ) -> StorageResult<Vec<KeyedLedgerDocument>> {
        self.select_documents(
            "SELECT key, doc FROM ledger
             WHERE job = ?1 AND stage = ?2 AND due IS NOT NULL AND due <= ?3
             ORDER BY due, key LIMIT ?4",
            vec![
                sql_integer(job),
                sql_integer(stage.stage_number()),
                millis(now_ms),
                sql_integer(limit),
            ],
        )
    }

    fn next_due_ms(&self, job: u32) -> StorageResult<Option<u64>> {
        let mut times = Vec::new();
        for stage in WarmStage::ALL {
            // One search in the index per stage: a MIN over all would read every open item.
            let cursor = self.execute_statement(
                "SELECT MIN(due) AS due FROM ledger
                 WHERE job = ?1 AND stage = ?2 AND due IS NOT NULL",
                vec![sql_integer(job), sql_integer(stage.stage_number())],
            )?;
            let row = cursor.raw().next().transpose().map_err(to_storage_error)?;
            if let Some(SqlStorageValue::Integer(due)) = row.into_iter().flatten().next() {
                times.push(u64::try_from(due).unwrap_or_default());
            }
        }
        Ok(times.into_iter().min())
    }

    fn write_ledger_rows(&self, rows: Vec<LedgerTableRow>) -> StorageResult<()> {
        let mut values = "[".to_owned();
        for LedgerTableRow { job, key, stage, due_ms, document } in rows {
            let row = json!([job, key, stage, due_ms, document]).to_string();
            // Statements without an await in between are stored together. A change set that is too
            // large for one statement is written in order: items, the job, the ledger's own row.
            if values.len() > 1 && values.len() + row.len() > MAX_BOUND_BYTES {
                self.upsert(std::mem::replace(&mut values, "[".to_owned()))?;
            }
            if values.len() > 1 {
                values.push(',');
            }
            values.push_str(&row);
        }
        self.upsert(values)
    }

    fn delete_row(&self, job: u32, key: &str) -> StorageResult<()> {
        let values = vec![sql_integer(job), SqlStorageValue::from(key)];
        self.execute_statement("DELETE FROM ledger WHERE job = ?1 AND key = ?2", values).map(drop)
    }

    fn delete_items(&self, job: u32) -> StorageResult<()> {
        let statement = "DELETE FROM ledger WHERE job = ?1";
        self.execute_statement(statement, vec![sql_integer(job)]).map(drop)
    }
}
