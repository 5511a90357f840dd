//! Workers KV: a location repeats its last read of a key, even an absence, for up to a minute, but
//! sees its own writes at once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use proxy_core::cache::cache_store_port::TierError;

use crate::faults::{PlantedFault, PlatformFault};
use crate::simulation_context::SimulationContext;

/// How long a location may serve a value that it read before.
const STALE_MS: u64 = 60_000;
const WRITE_INTERVAL_MS: u64 = 1_000;
/// Writes a day on the free plan.
pub const WRITES_A_DAY: u64 = 1_000;

/// A value with its metadata and its end of life.
#[derive(Clone, Debug)]
pub struct KvValue {
    pub value: Rc<[u8]>,
    pub metadata: String,
    expires_at_ms: u64,
}

type CachedRead = (u64, Option<KvValue>);

#[derive(Default)]
pub struct Kv {
    entries: RefCell<BTreeMap<String, KvValue>>,
    /// What a location read last, and until when it serves that again.
    seen: RefCell<BTreeMap<(u32, String), CachedRead>>,
    written_at_ms: RefCell<BTreeMap<String, u64>>,
}

impl Kv {
    /// Deletes everything, everywhere and at once.
    pub fn clear(&self) {
        self.entries.borrow_mut().clear();
        self.seen.borrow_mut().clear();
    }

    /// The stored value of a key, without an operation.
    pub fn stored_value(&self, now_ms: u64, key: &str) -> Option<KvValue> {
        self.entries.borrow().get(key).filter(|entry| entry.expires_at_ms > now_ms).cloned()
    }

    pub async fn get(
        &self,
        sim_context: &SimulationContext,
        location: u32,
        key: &str,
    ) -> Result<Option<KvValue>, TierError> {
        sim_context.increment_counter("kv reads", 1);
        sim_context.simulate_latency(3, 40).await;
        assert!(!sim_context.has_planted_fault(PlantedFault::ReadPanics), "planted");
        if sim_context.is_fault_active(PlatformFault::KvDown) {
            sim_context.simulate_latency(1, 2_000).await;
            return Err(TierError::Broken);
        }
        let now_ms = sim_context.now_ms();
        let read_key = (location, key.to_owned());
        let seen = self.seen.borrow().get(&read_key).cloned();
        if let Some((_, entry)) = seen.filter(|(until_ms, _)| *until_ms > now_ms) {
            let there = self.stored_value(now_ms, key).map(|entry| entry.value);
            match &entry {
                None if there.is_some() => {
                    sim_context.increment_counter("kv absences after a write", 1)
                }
                Some(old) if there.is_none_or(|new| !Rc::ptr_eq(&old.value, &new)) => {
                    sim_context.increment_counter("kv values after a change", 1);
                }
                _ => {}
            }
            return Ok(entry.filter(|entry| entry.expires_at_ms > now_ms));
        }
        let entry = self.stored_value(now_ms, key);
        self.seen.borrow_mut().insert(read_key, (now_ms + STALE_MS, entry.clone()));
        Ok(entry)
    }

    /// Writes; deletes if there is no value.
    pub async fn put(
        &self,
        sim_context: &SimulationContext,
        location: u32,
        key: &str,
        value: Option<(&[u8], &str, u64)>,
    ) -> Result<(), TierError> {
        sim_context.simulate_latency(20, 150).await;
        self.check_write_limits(sim_context, key)?;
        let now_ms = sim_context.now_ms();
        let entry = value.map(|(value, metadata, ttl_secs)| KvValue {
            value: value.into(),
            metadata: metadata.to_owned(),
            expires_at_ms: now_ms.saturating_add(ttl_secs.saturating_mul(1_000)),
        });
        match entry.clone() {
            Some(entry) => self.entries.borrow_mut().insert(key.to_owned(), entry),
            None => self.entries.borrow_mut().remove(key),
        };
        let read_key = (location, key.to_owned());
        self.seen.borrow_mut().insert(read_key, (now_ms + STALE_MS, entry));
        sim_context.simulate_latency(1, 60).await;
        Ok(())
    }

    fn check_write_limits(
        &self,
        sim_context: &SimulationContext,
        key: &str,
    ) -> Result<(), TierError> {
        let now_ms = sim_context.now_ms();
        if sim_context.is_fault_active(PlatformFault::KvDown) {
            return Err(TierError::Broken);
        }
        if sim_context.is_fault_active(PlatformFault::KvDaySpent) {
            sim_context.increment_counter("kv writes after the day", 1);
            return Err(TierError::DaySpent);
        }
        let last_ms = self.written_at_ms.borrow().get(key).copied().unwrap_or(0);
        if last_ms + WRITE_INTERVAL_MS > now_ms {
            sim_context.increment_counter("kv writes too soon", 1);
            return Err(TierError::TooManyWrites);
        }
        if sim_context.count_of_day("kv writes", 1) > WRITES_A_DAY {
            return Err(TierError::DaySpent);
        }
        self.written_at_ms.borrow_mut().insert(key.to_owned(), now_ms);
        Ok(())
    }
}
