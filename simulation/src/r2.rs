//! R2: one bucket, consistent everywhere, one write of a key a second.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use proxy_core::cache::cache_store_port::TierError;

use crate::faults::PlatformFault;
use crate::simulation_context::SimulationContext;

const WRITE_INTERVAL_MS: u64 = 1_000;

/// A stored object.
#[derive(Clone, Debug)]
pub struct StoredObject {
    pub body: Rc<[u8]>,
    pub metadata: String,
    pub etag: String,
    pub uploaded_ms: u64,
}

#[derive(Default)]
pub struct SimBucket {
    objects: RefCell<BTreeMap<String, StoredObject>>,
    written_at_ms: RefCell<BTreeMap<String, u64>>,
}

impl SimBucket {
    /// The stored object, without an operation.
    pub fn stored_object(&self, key: &str) -> Option<StoredObject> {
        self.objects.borrow().get(key).cloned()
    }

    /// Deletes everything below a prefix, without an operation.
    pub fn delete_prefix(&self, prefix: &str) {
        self.objects.borrow_mut().retain(|key, _| !key.starts_with(prefix));
    }

    /// The keys below a prefix with their objects.
    pub async fn objects_below(
        &self,
        sim_context: &SimulationContext,
        prefix: &str,
    ) -> Result<Vec<(String, StoredObject)>, TierError> {
        self.begin_operation(sim_context, "r2 lists", 30, 200).await?;
        let objects = self.objects.borrow();
        let below =
            objects.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix));
        Ok(below.map(|(key, stored)| (key.clone(), stored.clone())).collect())
    }

    pub async fn get(
        &self,
        sim_context: &SimulationContext,
        key: &str,
    ) -> Result<Option<StoredObject>, TierError> {
        self.begin_operation(sim_context, "r2 reads", 15, 120).await?;
        Ok(self.stored_object(key))
    }

    /// Writes, unless the stored object was written at `unless_since_ms` or later; false if it was.
    pub async fn put(
        &self,
        sim_context: &SimulationContext,
        key: &str,
        (body, metadata): (&[u8], &str),
        unless_since_ms: Option<u64>,
    ) -> Result<bool, TierError> {
        self.begin_write(sim_context, key).await?;
        let newer =
            |since_ms| self.stored_object(key).is_some_and(|stored| stored.uploaded_ms >= since_ms);
        if unless_since_ms.is_some_and(newer) {
            sim_context.increment_counter("r2 writes refused for a newer one", 1);
            return Ok(false);
        }
        let stored = StoredObject {
            body: body.into(),
            metadata: metadata.to_owned(),
            // As at R2, equal bytes have equal tags.
            etag: format!(
                "{:x}",
                body.iter().fold(7_u64, |hash, byte| {
                    hash.wrapping_mul(0x0100_0000_01b3) ^ u64::from(*byte)
                })
            ),
            uploaded_ms: sim_context.now_ms(),
        };
        self.objects.borrow_mut().insert(key.to_owned(), stored);
        self.written_at_ms.borrow_mut().insert(key.to_owned(), sim_context.now_ms());
        sim_context.simulate_latency(1, 80).await;
        Ok(true)
    }

    pub async fn delete(
        &self,
        sim_context: &SimulationContext,
        key: &str,
    ) -> Result<(), TierError> {
        self.begin_operation(sim_context, "r2 deletes", 30, 200).await?;
        self.objects.borrow_mut().remove(key);
        Ok(())
    }

    async fn begin_write(
        &self,
        sim_context: &SimulationContext,
        key: &str,
    ) -> Result<(), TierError> {
        if sim_context.is_fault_active(PlatformFault::R2Slow) {
            sim_context.increment_counter("r2 writes slow", 1);
            sim_context.simulate_latency(1_000, 8_000).await;
        }
        self.begin_operation(sim_context, "r2 writes", 40, 250).await?;
        let last_ms = self.written_at_ms.borrow().get(key).copied().unwrap_or(0);
        if last_ms + WRITE_INTERVAL_MS > sim_context.now_ms() {
            sim_context.increment_counter("r2 writes too soon", 1);
            return Err(TierError::TooManyWrites);
        }
        Ok(())
    }

    async fn begin_operation(
        &self,
        sim_context: &SimulationContext,
        name: &str,
        least: u64,
        most: u64,
    ) -> Result<(), TierError> {
        sim_context.increment_counter(name, 1);
        sim_context.simulate_latency(least, most).await;
        if sim_context.is_fault_active(PlatformFault::R2Down) {
            sim_context.simulate_latency(1, 3_000).await;
            return Err(TierError::Broken);
        }
        Ok(())
    }
}
