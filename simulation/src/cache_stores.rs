//! The proxy's two tiers over the simulated KV and R2.

use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use proxy_core::cache::cache_store_port::{
    CacheStores, READ_TIMEOUT_MS, StoreReadResult, TierCacheEntry, TierError, write_spaced,
};
use runtime::cache_policy::{AnswerBookPresence, EntryMetadata};

use crate::faults::PlantedFault;
use crate::invariant_checks;
use crate::scenario::DAY_MS;
use crate::sim_instance::{SimInstance, SimSystemPorts};
use crate::world::SimWorld;

/// The two tiers for an instance.
pub struct SimStores {
    instance: Rc<SimInstance>,
    /// Operations begun so far.
    operations: Cell<u32>,
}

impl SimStores {
    #[must_use]
    pub fn new(instance: &Rc<SimInstance>) -> Self {
        Self { instance: Rc::clone(instance), operations: Cell::default() }
    }

    /// The world, after counting one more operation.
    fn count_operation(&self) -> &Rc<SimWorld> {
        self.operations.set(self.operations.get() + 1);
        &self.instance.world
    }
}

fn tier_entry(metadata: &str, body: Rc<[u8]>) -> Option<TierCacheEntry<Rc<[u8]>>> {
    Some(TierCacheEntry { metadata: EntryMetadata::decode(metadata)?, body })
}

impl CacheStores for SimStores {
    type CacheBodyHandle = Rc<[u8]>;

    fn len_bytes(body: &Self::CacheBodyHandle) -> usize {
        body.len()
    }

    fn stored_bytes(bytes: &[u8]) -> Self::CacheBodyHandle {
        bytes.into()
    }

    fn operation_count(&self) -> u32 {
        self.operations.get()
    }

    async fn hot_tier_get(&self, key: &CacheKey) -> StoreReadResult<Self::CacheBodyHandle> {
        let world = self.count_operation();
        let entry = world.kv.get(world, self.instance.location, key.as_str()).await?;
        Ok(entry.and_then(|entry| tier_entry(&entry.metadata, entry.value)))
    }

    async fn cold_tier_get(&self, key: &CacheKey) -> StoreReadResult<Self::CacheBodyHandle> {
        let world = self.count_operation();
        let name = key.cold_tier_object_name();
        let read = world.with_timeout(READ_TIMEOUT_MS.into(), world.bucket.get(world, &name));
        let stored = read.await.unwrap_or(Err(TierError::Broken))?;
        if world.has_planted_fault(PlantedFault::ColdEntryUnseen) {
            return Ok(None);
        }
        Ok(stored.and_then(|stored| tier_entry(&stored.metadata, stored.body)))
    }

    async fn read_cold_metadata(&self, key: &CacheKey) -> Result<Option<EntryMetadata>, TierError> {
        Ok(self.cold_tier_get(key).await?.map(|page| page.metadata))
    }

    async fn read(&self, body: Self::CacheBodyHandle) -> Result<Vec<u8>, TierError> {
        Ok(body.to_vec())
    }

    async fn hot_put(
        &self,
        key: &CacheKey,
        body: &Self::CacheBodyHandle,
        metadata: &EntryMetadata,
        ttl_secs: u64,
    ) -> Result<(), TierError> {
        let text = metadata.encode();
        let value = Some((&body[..], text.as_str(), ttl_secs));
        self.count_operation()
            .kv
            .put(&self.instance.world, self.instance.location, key.as_str(), value)
            .await?;
        invariant_checks::on_stored(&self.instance.world, key, body, metadata);
        Ok(())
    }

    async fn cold_put(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        metadata: &EntryMetadata,
        unless_since_ms: Option<u64>,
    ) -> Result<bool, TierError> {
        let world = &self.instance.world;
        let (mut metadata, mut bytes) = (metadata.clone(), Cow::Borrowed(bytes));
        if world.has_planted_fault(PlantedFault::PartialIsKept) && metadata.partial {
            metadata.fresh_until_ms = world.now_ms() + 7 * DAY_MS;
        }
        if world.has_planted_fault(PlantedFault::AbsenceStored) && world.chance(0.1) {
            metadata.outcome = AnswerBookPresence::None;
            bytes = Cow::Borrowed(br#"{"kind":"books#volumes","totalItems":0,"items":[]}"#);
        }
        if world.has_planted_fault(PlantedFault::WrongBookStored) && world.chance(0.1) {
            let text = String::from_utf8_lossy(&bytes).replace("97803450", "97803460");
            bytes = Cow::Owned(text.into_bytes());
        }
        if world.has_planted_fault(PlantedFault::EntriesLost) && world.chance(0.6) {
            return Ok(true);
        }
        let (name, text) = (key.cold_tier_object_name(), metadata.encode());
        let put = async || {
            self.count_operation().bucket.put(world, &name, (&bytes, &text), unless_since_ms).await
        };
        let is_too_soon = |error: &TierError| *error == TierError::TooManyWrites;
        let stored =
            write_spaced(&SimSystemPorts(Rc::clone(&self.instance)), is_too_soon, put).await;
        if stored == Ok(true) {
            invariant_checks::on_stored(world, key, &bytes, &metadata);
        }
        stored
    }

    async fn hot_delete(&self, key: &CacheKey) -> Result<(), TierError> {
        if self.instance.world.has_planted_fault(PlantedFault::PurgeLeavesKv) {
            return Ok(());
        }
        self.count_operation()
            .kv
            .put(&self.instance.world, self.instance.location, key.as_str(), None)
            .await
    }

    async fn cold_delete(&self, key: &CacheKey) -> Result<(), TierError> {
        self.count_operation()
            .bucket
            .delete(&self.instance.world, &key.cold_tier_object_name())
            .await
    }
}
