//! The storage of an object: a write is visible to the object at once, and on disk a little later.
//! A crash before that undoes the write.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use isbndb_core::isbndb_object_service::isbndb_store as isbndb;

use crate::faults::{PlantedFault, PlatformFault};
use crate::simulation_context::SimulationContext;

/// What a write causes outside the storage.
pub trait DiskEvents {
    fn sim_context(&self) -> &SimulationContext;
    /// The object crashes after a time.
    fn crash_later(&self, owner: &str, after_ms: u64);
    fn alarm_is_set(&self, owner: &str, at_ms: u64);
}

/// A row of any of the objects.
#[derive(Clone, Debug)]
pub enum SimStorageRow {
    Text(String),
    Isbndb(isbndb::CacheTableRow),
    /// A document of the ledger; for an open item also its stage and when it is due.
    Ledger {
        open: Option<(u32, u64)>,
        doc: String,
    },
    Alarm(u64),
}

/// The job of the ledger (other uses have numbers of their own), and the key within it.
pub type DiskRowKey = (u32, String);

/// The key of the alarm among the rows.
fn alarm_key() -> DiskRowKey {
    (u32::MAX, "alarm".to_owned())
}

/// The storage of one object; it outlives every start of it.
#[derive(Default)]
pub struct SimObjectDisk {
    rows: RefCell<BTreeMap<DiskRowKey, SimStorageRow>>,
    /// The values before the writes that are not on disk yet.
    undo: RefCell<Vec<(DiskRowKey, Option<SimStorageRow>)>>,
    confirmed_at_ms: Cell<u64>,
}

/// The error of a failed write.
const WRITE_FAILED: &str = "the storage failed";

impl SimObjectDisk {
    /// The time until the last write is on disk; `None` if it is.
    #[must_use]
    pub fn unconfirmed_ms(&self, now_ms: u64) -> Option<u64> {
        self.confirmed_at_ms.get().checked_sub(now_ms).filter(|wait_ms| *wait_ms > 0)
    }

    /// The end of a start: writes that are not on disk are undone.
    pub fn undo_unconfirmed(&self, now_ms: u64) {
        if self.unconfirmed_ms(now_ms).is_some() {
            let undo = std::mem::take(&mut *self.undo.borrow_mut());
            let mut rows = self.rows.borrow_mut();
            for (key, before) in undo.into_iter().rev() {
                match before {
                    Some(value) => rows.insert(key, value),
                    None => rows.remove(&key),
                };
            }
        }
        self.confirmed_at_ms.set(0);
    }

    fn begin_write(&self, events: &dyn DiskEvents, owner: &str) -> Result<(), &'static str> {
        let sim_context = events.sim_context();
        if sim_context.is_fault_active(PlatformFault::StorageDown) && sim_context.chance(0.5) {
            return Err(WRITE_FAILED);
        }
        let now_ms = sim_context.now_ms();
        if self.unconfirmed_ms(now_ms).is_none() {
            self.undo.borrow_mut().clear();
            let takes_ms = sim_context.random_between(2, 12);
            self.confirmed_at_ms.set(now_ms + takes_ms);
            if sim_context.is_fault_active(PlatformFault::CrashAtCommit) && sim_context.chance(0.1)
            {
                events.crash_later(
                    owner,
                    if sim_context.chance(0.5) { takes_ms - 1 } else { takes_ms },
                );
            }
        }
        Ok(())
    }

    /// Writes rows as one change; `None` deletes.
    ///
    /// # Errors
    /// Nothing is written, or the write succeeds and its answer is lost.
    pub fn commit_storage_rows(
        &self,
        events: &dyn DiskEvents,
        owner: &str,
        rows: Vec<(DiskRowKey, Option<SimStorageRow>)>,
    ) -> Result<(), &'static str> {
        self.begin_write(events, owner)?;
        let sim_context = events.sim_context();
        // An open item of the ledger is in an index too.
        let is_indexed = |(_, value): &(DiskRowKey, Option<SimStorageRow>)| {
            matches!(value, Some(SimStorageRow::Ledger { open: Some(_), .. }))
        };
        let indexed = rows.iter().filter(|row| is_indexed(row)).count();
        sim_context.count_of_day("rows written", (rows.len() + indexed) as u64);
        for (key, value) in rows {
            let mut all = self.rows.borrow_mut();
            let before = match value {
                Some(value) => all.insert(key.clone(), value),
                None => all.remove(&key),
            };
            self.undo.borrow_mut().push((key, before));
        }
        match sim_context.is_fault_active(PlatformFault::StorageAnswerLost)
            && sim_context.chance(0.3)
        {
            true => Err(WRITE_FAILED),
            false => Ok(()),
        }
    }

    /// All rows, in the order of their keys.
    #[must_use]
    pub const fn disk_rows(&self) -> &RefCell<BTreeMap<DiskRowKey, SimStorageRow>> {
        &self.rows
    }

    pub fn get(&self, job: u32, key: &str) -> Option<SimStorageRow> {
        self.rows.borrow().get(&(job, key.to_owned())).cloned()
    }

    #[must_use]
    pub fn alarm_ms(&self) -> Option<u64> {
        let (job, key) = alarm_key();
        match self.get(job, &key) {
            Some(SimStorageRow::Alarm(at_ms)) => Some(at_ms),
            _ => None,
        }
    }

    /// The alarm begins: the platform deletes it, at once on disk.
    pub fn take_alarm(&self) {
        self.rows.borrow_mut().remove(&alarm_key());
    }

    /// The platform sets a failed alarm again.
    pub fn restore_alarm(&self, at_ms: u64) {
        self.rows.borrow_mut().insert(alarm_key(), SimStorageRow::Alarm(at_ms));
    }

    /// Sets the alarm, which is a write like any other.
    ///
    /// # Errors
    /// As [`Self::commit_storage_rows`].
    pub fn set_alarm(
        &self,
        events: &dyn DiskEvents,
        owner: &str,
        at_ms: u64,
    ) -> Result<(), &'static str> {
        let sim_context = events.sim_context();
        let at_ms = if sim_context.has_planted_fault(PlantedFault::AlarmAtOnce) {
            sim_context.now_ms() + 1
        } else {
            at_ms
        };
        let written = self.commit_storage_rows(
            events,
            owner,
            vec![(alarm_key(), Some(SimStorageRow::Alarm(at_ms)))],
        );
        events.alarm_is_set(owner, at_ms);
        written
    }
}
