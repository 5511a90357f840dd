//! The object's SQLite behind [`IsbndbStore`].

use isbndb_core::isbndb_object_service::isbndb_store::{
    CacheTableRow, IsbndbStore, IsbndbStoreError, WriteMode,
};
use worker::{SqlStorage, SqlStorageValue};

/// Rows in one statement: a row has four values, and the platform binds at most a hundred.
const ROWS_A_STATEMENT: usize = 24;
/// Rows that one round of the sweep deletes when space is short.
const SWEEP_ROWS: i64 = 1_000;
const SWEEP_ROUNDS: u32 = 50;

/// Tables without a row id: a key that is its own index counts as one row written, not two.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS entries (
        key TEXT PRIMARY KEY, body TEXT NOT NULL,
        fresh_until_ms INTEGER NOT NULL, keep_until_ms INTEGER NOT NULL
    ) WITHOUT ROWID;";

#[derive(Clone, Debug)]
pub struct SqlStore(SqlStorage);

impl SqlStore {
    /// Opens the storage; missing tables are created.
    pub fn open_storage(sql: SqlStorage) -> Result<Self, IsbndbStoreError> {
        sql.exec(SCHEMA, None).map_err(to_store_error)?;
        Ok(Self(sql))
    }

    fn execute_write_query(
        &self,
        query: &str,
        values: Vec<SqlStorageValue>,
    ) -> Result<u64, IsbndbStoreError> {
        let cursor = self.0.exec(query, values).map_err(to_store_error)?;
        u64::try_from(cursor.rows_written()).map_err(|error| IsbndbStoreError(error.to_string()))
    }

    fn first_row(
        &self,
        query: &str,
        values: Vec<SqlStorageValue>,
    ) -> Result<Option<Vec<SqlStorageValue>>, IsbndbStoreError> {
        let cursor = self.0.exec(query, values).map_err(to_store_error)?;
        cursor.raw().next().transpose().map_err(to_store_error)
    }
}

fn to_store_error(error: worker::Error) -> IsbndbStoreError {
    IsbndbStoreError(error.to_string())
}

fn sql_integer(value: u64) -> SqlStorageValue {
    SqlStorageValue::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}

/// SQLite's integers arrive as integers or, from JavaScript, as floats.
fn integer_from_sql(value: &SqlStorageValue) -> u64 {
    match value {
        SqlStorageValue::Integer(number) => u64::try_from(*number).unwrap_or(0),
        // Milliseconds since 1970 are whole numbers far below 2^53.
        SqlStorageValue::Float(number) => *number as u64,
        _ => 0,
    }
}

impl IsbndbStore for SqlStore {
    fn get(&self, key: &str) -> Result<Option<CacheTableRow>, IsbndbStoreError> {
        let query = "SELECT body, fresh_until_ms, keep_until_ms FROM entries WHERE key = ?";
        let values = self.first_row(query, vec![SqlStorageValue::from(key)])?;
        Ok(match values.as_deref() {
            Some([SqlStorageValue::String(body), fresh_until, keep_until]) => Some(CacheTableRow {
                key: key.to_owned(),
                body: body.clone(),
                fresh_until_ms: integer_from_sql(fresh_until),
                keep_until_ms: integer_from_sql(keep_until),
            }),
            _ => None,
        })
    }

    fn put(&self, rows: &[CacheTableRow], how: WriteMode) -> Result<(), IsbndbStoreError> {
        for part in rows.chunks(ROWS_A_STATEMENT) {
            let places = vec!["(?, ?, ?, ?)"; part.len()].join(", ");
            let mut values: Vec<SqlStorageValue> = part
                .iter()
                .flat_map(|row| {
                    [
                        SqlStorageValue::from(row.key.as_str()),
                        SqlStorageValue::from(row.body.as_str()),
                        sql_integer(row.fresh_until_ms),
                        sql_integer(row.keep_until_ms),
                    ]
                })
                .collect();
            let condition = match how {
                WriteMode::Replace => "",
                WriteMode::UnlessFresh { now_ms } => {
                    values.push(sql_integer(now_ms));
                    " WHERE entries.fresh_until_ms <= ? \
                      OR entries.fresh_until_ms < entries.keep_until_ms"
                }
            };
            let query = format!(
                "INSERT INTO entries (key, body, fresh_until_ms, keep_until_ms) VALUES {places} \
                 ON CONFLICT (key) DO UPDATE SET body = excluded.body, \
                 fresh_until_ms = excluded.fresh_until_ms, \
                 keep_until_ms = excluded.keep_until_ms{condition}"
            );
            self.execute_write_query(&query, values)?;
        }
        Ok(())
    }

    fn sweep(&self, now_ms: u64, max_bytes: u64) -> Result<(), IsbndbStoreError> {
        let over = "DELETE FROM entries WHERE keep_until_ms <= ?";
        self.execute_write_query(over, vec![sql_integer(now_ms)])?;
        let oldest = "DELETE FROM entries WHERE key IN \
                      (SELECT key FROM entries ORDER BY fresh_until_ms LIMIT ?)";
        for _ in 0..SWEEP_ROUNDS {
            if self.0.database_size() as u64 <= max_bytes
                || self.execute_write_query(oldest, vec![SqlStorageValue::Integer(SWEEP_ROWS)])?
                    == 0
            {
                break;
            }
        }
        Ok(())
    }

    fn load_state(&self) -> Result<Option<String>, IsbndbStoreError> {
        let values = self.first_row("SELECT body FROM state WHERE name = 'service'", Vec::new())?;
        Ok(match values.as_deref() {
            Some([SqlStorageValue::String(body), ..]) => Some(body.clone()),
            _ => None,
        })
    }

    fn save_state(&self, state: &str) -> Result<(), IsbndbStoreError> {
        let query = "INSERT INTO state (name, body) VALUES ('service', ?) \
                     ON CONFLICT (name) DO UPDATE SET body = excluded.body";
        self.execute_write_query(query, vec![SqlStorageValue::from(state)]).map(|_| ())
    }
}
