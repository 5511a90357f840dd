//! The storage of an object: what it wrote is there for itself at once, and on disk a little later. A
//! crash before that takes it back.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use isbndb_core::service::store as isbndb;
use proxy_core::platform::{ObjectStorage, StorageFailed};
use serde::de::DeserializeOwned;
use warmer_core::ledger::item::{Item, REJECTED_FROM, Rejected, Stage};
use warmer_core::ledger::job::Job;
use warmer_core::ledger::meta::{Checks, Meta};
use warmer_core::ledger::rows::{CHECKS, META, NO_JOB, SEARCHES, job_key, row_of};
use warmer_core::ledger::search_log::SearchWarming;
use warmer_core::ledger::store::{Change, Store, StoreError, StoreResult};

use crate::faults::{Fault, Planted};
use crate::object;
use crate::world::World;

/// A row of any of the objects.
#[derive(Clone, Debug)]
pub enum Value {
    Text(String),
    Isbndb(isbndb::Row),
    /// A document of the ledger; of an open item also its stage and when it is due.
    Ledger {
        open: Option<(u64, u64)>,
        doc: String,
    },
    Alarm(u64),
}

type Key = (u32, String);

/// The key of the alarm among the rows.
fn alarm_key() -> Key {
    (u32::MAX, "alarm".to_owned())
}

/// The storage of one object; it outlives every start of it.
#[derive(Default)]
pub struct Disk {
    rows: RefCell<BTreeMap<Key, Value>>,
    /// What stood there before the writes that are not confirmed.
    undo: RefCell<Vec<(Key, Option<Value>)>>,
    confirmed_at_ms: Cell<u64>,
}

/// Why a write failed.
pub const WRITE_FAILED: &str = "the storage failed";

impl Disk {
    /// How long until the last write is on disk, where it is not yet.
    #[must_use]
    pub fn unconfirmed_ms(&self, now_ms: u64) -> Option<u64> {
        self.confirmed_at_ms.get().checked_sub(now_ms).filter(|wait_ms| *wait_ms > 0)
    }

    /// The end of a start: what is not on disk is gone.
    pub fn crash(&self, now_ms: u64) {
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

    fn begin_write(&self, world: &Rc<World>, owner: &str) -> Result<(), &'static str> {
        if world.is_on(Fault::StorageDown) && world.chance(0.5) {
            return Err(WRITE_FAILED);
        }
        let now_ms = world.now_ms();
        if self.unconfirmed_ms(now_ms).is_none() {
            self.undo.borrow_mut().clear();
            let takes_ms = world.pick(2, 12);
            self.confirmed_at_ms.set(now_ms + takes_ms);
            if world.is_on(Fault::CrashAtCommit) && world.chance(0.03) {
                object::kill_later(
                    world,
                    owner,
                    if world.chance(0.5) { takes_ms - 1 } else { takes_ms },
                );
            }
        }
        Ok(())
    }

    /// Writes rows as one change; `None` deletes.
    ///
    /// # Errors
    /// Nothing is written, or it is and the answer is lost.
    pub fn write(
        &self,
        world: &Rc<World>,
        owner: &str,
        rows: Vec<(Key, Option<Value>)>,
    ) -> Result<(), &'static str> {
        self.begin_write(world, owner)?;
        world.count_of_day("rows written", rows.len() as u64);
        for (key, value) in rows {
            let mut all = self.rows.borrow_mut();
            let before = match value {
                Some(value) => all.insert(key.clone(), value),
                None => all.remove(&key),
            };
            self.undo.borrow_mut().push((key, before));
        }
        match world.is_on(Fault::StorageAnswerLost) && world.chance(0.3) {
            true => Err(WRITE_FAILED),
            false => Ok(()),
        }
    }

    pub fn get(&self, job: u32, key: &str) -> Option<Value> {
        self.rows.borrow().get(&(job, key.to_owned())).cloned()
    }

    #[must_use]
    pub fn alarm_ms(&self) -> Option<u64> {
        let (job, key) = alarm_key();
        match self.get(job, &key) {
            Some(Value::Alarm(at_ms)) => Some(at_ms),
            _ => None,
        }
    }

    /// The alarm begins: the platform forgets it, by itself and at once.
    pub fn take_alarm(&self) {
        self.rows.borrow_mut().remove(&alarm_key());
    }

    /// The platform sets the alarm again that failed.
    pub fn restore_alarm(&self, at_ms: u64) {
        self.rows.borrow_mut().insert(alarm_key(), Value::Alarm(at_ms));
    }

    /// Sets the alarm, which is a write like any other.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn set_alarm(
        &self,
        world: &Rc<World>,
        owner: &str,
        at_ms: u64,
    ) -> Result<(), &'static str> {
        if world.breaks(Planted::AlarmNotSet) && at_ms > world.now_ms() {
            return Ok(());
        }
        let written = self.write(world, owner, vec![(alarm_key(), Some(Value::Alarm(at_ms)))]);
        object::ring_at(world, owner, at_ms);
        written
    }
}

/// The storage as one start of an object sees it.
#[derive(Clone)]
pub struct Storage {
    pub world: Rc<World>,
    pub owner: String,
    pub disk: Rc<Disk>,
}

impl Storage {
    fn write(&self, mut rows: Vec<(Key, Option<Value>)>) -> Result<(), String> {
        let is_count =
            |(key, _): &(Key, Option<Value>)| [STATE, "limiter"].contains(&key.1.as_str());
        if self.world.breaks(Planted::CountNotStored) && rows.iter().all(is_count) {
            return Ok(());
        }
        if self.world.breaks(Planted::RowLost) && rows.len() > 20 {
            rows.remove(0);
        }
        self.disk.write(&self.world, &self.owner, rows).map_err(str::to_owned)
    }
}

impl ObjectStorage for Storage {
    async fn get(&self, key: &str) -> Result<Option<String>, StorageFailed> {
        if self.world.breaks(Planted::CountForgotten) && key == "limiter" {
            return Ok(None);
        }
        Ok(match self.disk.get(0, key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        })
    }

    async fn put(&self, key: &str, text: String) -> Result<(), StorageFailed> {
        self.write(vec![((0, key.to_owned()), Some(Value::Text(text)))]).map_err(StorageFailed)
    }

    async fn delete(&self, key: &str) -> Result<(), StorageFailed> {
        self.write(vec![((0, key.to_owned()), None)]).map_err(StorageFailed)
    }

    async fn has_alarm(&self) -> Result<bool, StorageFailed> {
        Ok(self.disk.alarm_ms().is_some())
    }

    async fn set_alarm(&self, after_ms: u64) -> Result<(), StorageFailed> {
        let at_ms = self.world.now_ms() + after_ms;
        let set = self.disk.set_alarm(&self.world, &self.owner, at_ms);
        set.map_err(|error| StorageFailed(error.to_owned()))
    }
}

const STATE: &str = "state";

impl isbndb::Store for Storage {
    fn get(&self, key: &str) -> Result<Option<isbndb::Row>, isbndb::StoreError> {
        Ok(match self.disk.get(1, key) {
            Some(Value::Isbndb(row)) => Some(row),
            _ => None,
        })
    }

    fn put(&self, rows: &[isbndb::Row], how: isbndb::Put) -> Result<(), isbndb::StoreError> {
        let stays = |row: &isbndb::Row| match (how, self.disk.get(1, &row.key)) {
            (isbndb::Put::UnlessFresh { now_ms }, Some(Value::Isbndb(old))) => {
                old.fresh_until_ms > now_ms && old.fresh_until_ms == old.keep_until_ms
            }
            _ => false,
        };
        let written = rows.iter().filter(|row| !stays(row));
        let written = written.map(|row| ((1, row.key.clone()), Some(Value::Isbndb(row.clone()))));
        self.write(written.collect()).map_err(isbndb::StoreError)
    }

    fn sweep(&self, now_ms: u64, _max_bytes: u64) -> Result<u64, isbndb::StoreError> {
        let rows = self.disk.rows.borrow();
        let old: Vec<String> = rows
            .values()
            .filter_map(|value| match value {
                Value::Isbndb(row) if row.keep_until_ms <= now_ms => Some(row.key.clone()),
                _ => None,
            })
            .collect();
        drop(rows);
        let count = old.len() as u64;
        self.write(old.into_iter().map(|key| ((1, key), None)).collect())
            .map_err(isbndb::StoreError)?;
        Ok(count)
    }

    fn load_state(&self) -> Result<Option<String>, isbndb::StoreError> {
        Ok(match self.disk.get(0, STATE) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        })
    }

    fn save_state(&self, state: &str) -> Result<(), isbndb::StoreError> {
        let row = ((0, STATE.to_owned()), Some(Value::Text(state.to_owned())));
        self.write(vec![row]).map_err(isbndb::StoreError)
    }
}

/// Reads a row's document, as the shell does.
fn read<T: DeserializeOwned>(doc: &str) -> StoreResult<T> {
    serde_json::from_str(doc).map_err(|error| StoreError(error.to_string()))
}

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LedgerRow {
    /// When an open item is due.
    pub due_ms: u64,
    pub key: String,
    pub doc: String,
}

fn item_of(row: LedgerRow) -> StoreResult<Item> {
    let mut item: Item = read(&row.doc)?;
    item.key = row.key;
    Ok(item)
}

impl Disk {
    /// The rows of a job that are wanted by key, stage and due moment; each with its due moment, key and
    /// document.
    pub fn ledger_rows(
        &self,
        job: u32,
        is_wanted: impl Fn(&str, Option<(u64, u64)>) -> bool,
    ) -> Vec<LedgerRow> {
        let rows = self.rows.borrow();
        let range = rows.range((job, String::new())..(job + 1, String::new()));
        let wanted = range.filter_map(|((_, key), value)| match value {
            Value::Ledger { open, doc } if is_wanted(key, *open) => {
                let due_ms = open.map_or(0, |(_, due_ms)| due_ms);
                Some(LedgerRow { due_ms, key: key.clone(), doc: doc.clone() })
            }
            _ => None,
        });
        wanted.collect()
    }

    fn own<T: DeserializeOwned>(&self, key: &str) -> StoreResult<Option<T>> {
        match self.get(NO_JOB, key) {
            Some(Value::Ledger { doc, .. }) => read(&doc).map(Some),
            _ => Ok(None),
        }
    }
}

impl Store for Storage {
    fn meta(&self) -> StoreResult<Meta> {
        Ok(self.disk.own(META)?.unwrap_or_default())
    }

    fn checks(&self) -> StoreResult<Checks> {
        Ok(self.disk.own(CHECKS)?.unwrap_or_default())
    }

    fn search_warming(&self) -> StoreResult<SearchWarming> {
        Ok(self.disk.own(SEARCHES)?.unwrap_or_default())
    }

    fn jobs(&self) -> StoreResult<Vec<Job>> {
        let rows = self.disk.ledger_rows(NO_JOB, |key, _| key.starts_with("job:"));
        rows.iter().map(|row| read(&row.doc)).collect()
    }

    fn job(&self, number: u32) -> StoreResult<Option<Job>> {
        self.disk.own(&job_key(number))
    }

    fn items(&self, job: u32, keys: &[String]) -> StoreResult<Vec<Item>> {
        let found = keys.iter().filter_map(|key| match self.disk.get(job, key) {
            Some(Value::Ledger { doc, .. }) => {
                Some(item_of(LedgerRow { due_ms: 0, key: key.clone(), doc }))
            }
            _ => None,
        });
        found.collect()
    }

    fn due(&self, job: u32, stage: Stage, now_ms: u64, limit: u32) -> StoreResult<Vec<Item>> {
        let stage = u64::from(stage.number());
        let is_due = |_: &str, open: Option<(u64, u64)>| {
            open.is_some_and(|(of, due_ms)| of == stage && due_ms <= now_ms)
        };
        let mut rows = self.disk.ledger_rows(job, is_due);
        rows.sort();
        rows.into_iter().take(limit as usize).map(item_of).collect()
    }

    fn next_due_ms(&self, job: u32) -> StoreResult<Option<u64>> {
        let rows = self.disk.rows.borrow();
        let range = rows.range((job, String::new())..(job + 1, String::new()));
        let due = range.filter_map(|(_, value)| match value {
            Value::Ledger { open, .. } => open.map(|(_, due_ms)| due_ms),
            _ => None,
        });
        Ok(due.min())
    }

    fn page(&self, job: u32, after: &str, limit: u32) -> StoreResult<Vec<Item>> {
        let rows = self.disk.ledger_rows(job, |key, _| key > after && key < REJECTED_FROM);
        rows.into_iter().take(limit as usize).map(item_of).collect()
    }

    fn rejected(&self, job: u32, after: &str, limit: u32) -> StoreResult<Vec<Rejected>> {
        let rows = self.disk.ledger_rows(job, |key, _| key > after && key >= REJECTED_FROM);
        rows.iter().take(limit as usize).map(|row| read(&row.doc)).collect()
    }

    fn commit(&self, changes: &[Change]) -> StoreResult<()> {
        let rows = changes.iter().map(|change| {
            let (job, key, stage, due, doc): (u32, String, Option<u64>, Option<u64>, String) =
                read(&row_of(change)?)?;
            Ok(((job, key), Some(Value::Ledger { open: stage.zip(due), doc })))
        });
        self.write(rows.collect::<StoreResult<_>>()?).map_err(StoreError)
    }

    fn purge(&self, job: u32) -> StoreResult<()> {
        let keys = self.disk.ledger_rows(job, |_, _| true).into_iter();
        self.write(keys.map(|row| ((job, row.key), None)).collect()).map_err(StoreError)
    }

    fn forget(&self, job: u32) -> StoreResult<()> {
        self.purge(job)?;
        self.write(vec![((NO_JOB, job_key(job)), None)]).map_err(StoreError)
    }
}
