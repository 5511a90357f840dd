//! The storage of an object for its code: text by key for the proxy's objects, rows of the cache
//! and one state for the ISBNdb Worker's.

use std::rc::Rc;

use isbndb_core::isbndb_object_service::isbndb_store as isbndb;
use proxy_core::platform::DurableStorage;
use runtime::call_outcome::Failure;

use crate::faults::PlantedFault;
use crate::sim_disk::{DiskRowKey, SimObjectDisk, SimStorageRow};
use crate::world::SimWorld;

/// The storage for one start of an object.
#[derive(Clone)]
pub struct SimObjectStorage {
    pub world: Rc<SimWorld>,
    pub owner: String,
    pub disk: Rc<SimObjectDisk>,
}

impl SimObjectStorage {
    /// Writes rows as one change; `None` deletes.
    ///
    /// # Errors
    /// As [`SimObjectDisk::commit_storage_rows`].
    pub fn commit_storage_rows(
        &self,
        mut rows: Vec<(DiskRowKey, Option<SimStorageRow>)>,
    ) -> Result<(), String> {
        let is_count = |(key, _): &(DiskRowKey, Option<SimStorageRow>)| {
            [STATE, "limiter"].contains(&key.1.as_str())
        };
        if self.world.has_planted_fault(PlantedFault::CountNotStored) && rows.iter().all(is_count) {
            return Ok(());
        }
        if self.world.has_planted_fault(PlantedFault::RowLost) && rows.len() > 20 {
            rows.remove(0);
        }
        self.disk.commit_storage_rows(&*self.world, &self.owner, rows).map_err(str::to_owned)
    }

    fn stored_text(&self, key: &str) -> Option<String> {
        match self.disk.get(0, key) {
            Some(SimStorageRow::Text(text)) => Some(text),
            _ => None,
        }
    }
}

impl DurableStorage for SimObjectStorage {
    async fn get(&self, key: &str) -> Result<Option<String>, Failure> {
        if self.world.has_planted_fault(PlantedFault::CountForgotten) && key == "limiter" {
            return Ok(None);
        }
        Ok(self.stored_text(key))
    }

    async fn put(&self, key: &str, text: String) -> Result<(), Failure> {
        self.commit_storage_rows(vec![((0, key.to_owned()), Some(SimStorageRow::Text(text)))])
            .map_err(Failure::internal)
    }

    async fn delete(&self, key: &str) -> Result<(), Failure> {
        self.commit_storage_rows(vec![((0, key.to_owned()), None)]).map_err(Failure::internal)
    }

    async fn has_alarm(&self) -> Result<bool, Failure> {
        Ok(self.disk.alarm_ms().is_some())
    }

    async fn set_alarm(&self, after_ms: u64) -> Result<(), Failure> {
        let at_ms = self.world.now_ms() + after_ms;
        let set = self.disk.set_alarm(&*self.world, &self.owner, at_ms);
        set.map_err(Failure::internal)
    }
}

const STATE: &str = "state";

impl isbndb::IsbndbStore for SimObjectStorage {
    fn get(&self, key: &str) -> Result<Option<isbndb::CacheTableRow>, isbndb::IsbndbStoreError> {
        Ok(match self.disk.get(1, key) {
            Some(SimStorageRow::Isbndb(row)) => Some(row),
            _ => None,
        })
    }

    fn put(
        &self,
        rows: &[isbndb::CacheTableRow],
        how: isbndb::WriteMode,
    ) -> Result<(), isbndb::IsbndbStoreError> {
        let stays = |row: &isbndb::CacheTableRow| match (how, self.disk.get(1, &row.key)) {
            (isbndb::WriteMode::UnlessFresh { now_ms }, Some(SimStorageRow::Isbndb(old))) => {
                old.fresh_until_ms > now_ms && old.fresh_until_ms == old.keep_until_ms
            }
            _ => false,
        };
        let written = rows.iter().filter(|row| !stays(row));
        let written =
            written.map(|row| ((1, row.key.clone()), Some(SimStorageRow::Isbndb(row.clone()))));
        self.commit_storage_rows(written.collect()).map_err(isbndb::IsbndbStoreError)
    }

    fn sweep(&self, now_ms: u64, _max_bytes: u64) -> Result<(), isbndb::IsbndbStoreError> {
        let deleted = |row: &SimStorageRow| match row {
            SimStorageRow::Isbndb(row) if row.keep_until_ms <= now_ms => {
                Some(((1, row.key.clone()), None))
            }
            _ => None,
        };
        let old: Vec<_> = self.disk.disk_rows().borrow().values().filter_map(deleted).collect();
        self.commit_storage_rows(old).map_err(isbndb::IsbndbStoreError)
    }

    fn load_state(&self) -> Result<Option<String>, isbndb::IsbndbStoreError> {
        Ok(self.stored_text(STATE))
    }

    fn save_state(&self, state: &str) -> Result<(), isbndb::IsbndbStoreError> {
        let row = ((0, STATE.to_owned()), Some(SimStorageRow::Text(state.to_owned())));
        self.commit_storage_rows(vec![row]).map_err(isbndb::IsbndbStoreError)
    }
}
