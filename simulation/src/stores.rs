//! The proxy's two tiers over the simulated KV and R2.

use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use proxy_core::cache::port::{
    CacheStores, READ_TIMEOUT_MS, StoreFailed, StoreRead, StoredPage, write_spaced,
};
use runtime::cache_policy::{EntryOutcome, Envelope};

use crate::faults::Planted;
use crate::place::Place;
use crate::plan::DAY_MS;
use crate::rules;
use crate::world::{SimHost, World};

/// The two tiers for a place.
pub struct SimStores {
    place: Rc<Place>,
    /// Operations begun so far.
    operations: Cell<u32>,
}

impl SimStores {
    #[must_use]
    pub fn new(place: &Rc<Place>) -> Self {
        Self { place: Rc::clone(place), operations: Cell::default() }
    }

    /// The world, after counting one more operation.
    fn operation(&self) -> &Rc<World> {
        self.operations.set(self.operations.get() + 1);
        &self.place.world
    }

    async fn timely<T>(
        &self,
        work: impl Future<Output = Result<T, StoreFailed>>,
    ) -> Result<T, StoreFailed> {
        let read = self.place.world.within(READ_TIMEOUT_MS.into(), work).await;
        read.unwrap_or(Err(StoreFailed::Broken))
    }

    async fn put(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        envelope: &Envelope,
        unless_since_ms: Option<u64>,
    ) -> Result<bool, StoreFailed> {
        let world = &self.place.world;
        let (mut envelope, mut bytes) = (envelope.clone(), Cow::Borrowed(bytes));
        if world.breaks(Planted::PartialIsKept) && envelope.partial {
            envelope.fresh_until_ms = world.now_ms() + 7 * DAY_MS;
        }
        if world.breaks(Planted::AbsenceStored) && world.chance(0.1) {
            envelope.outcome = EntryOutcome::None;
            bytes = Cow::Borrowed(br#"{"kind":"books#volumes","totalItems":0,"items":[]}"#);
        }
        if world.breaks(Planted::WrongBookStored) && world.chance(0.1) {
            let text = String::from_utf8_lossy(&bytes).replace("97803450", "97803460");
            bytes = Cow::Owned(text.into_bytes());
        }
        if world.breaks(Planted::EntriesLost) && world.chance(0.6) {
            return Ok(true);
        }
        let (name, text) = (key.cold(), envelope.encode());
        let put = async || {
            self.operation().bucket.put(world, &name, (&bytes, &text), unless_since_ms).await
        };
        let is_too_soon = |error: &StoreFailed| *error == StoreFailed::TooManyWrites;
        let stored = write_spaced(&SimHost(Rc::clone(&self.place)), is_too_soon, put).await;
        if stored == Ok(true) {
            rules::on_stored(world, key, &bytes, &envelope);
        }
        stored
    }
}

impl CacheStores for SimStores {
    type Body = Rc<[u8]>;

    fn len_bytes(body: &Self::Body) -> usize {
        body.len()
    }

    fn operations(&self) -> u32 {
        self.operations.get()
    }

    async fn hot_open(&self, key: &CacheKey) -> StoreRead<Self::Body> {
        let entry = self.operation().kv.get(&self.place, key.as_str()).await?;
        let opened = entry.and_then(|entry| {
            Some(StoredPage { envelope: Envelope::decode(&entry.metadata)?, body: entry.value })
        });
        Ok(opened)
    }

    async fn cold_open(&self, key: &CacheKey) -> StoreRead<Self::Body> {
        let world = self.operation();
        let stored = self.timely(world.bucket.get(world, &key.cold())).await?;
        if world.breaks(Planted::ColdEntryUnseen) {
            return Ok(None);
        }
        let opened = stored.and_then(|stored| {
            Some(StoredPage { envelope: Envelope::decode(&stored.metadata)?, body: stored.body })
        });
        Ok(opened)
    }

    async fn cold_head(&self, key: &CacheKey) -> Result<Option<Envelope>, StoreFailed> {
        Ok(self.cold_open(key).await?.map(|page| page.envelope))
    }

    async fn read(&self, body: Self::Body) -> Result<Vec<u8>, StoreFailed> {
        Ok(body.to_vec())
    }

    async fn hot_put(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        envelope: &Envelope,
        ttl_secs: u64,
    ) -> Result<(), StoreFailed> {
        let text = envelope.encode();
        let value = Some((bytes, text.as_str(), ttl_secs));
        self.operation().kv.put(&self.place, key.as_str(), value).await?;
        rules::on_stored(&self.place.world, key, bytes, envelope);
        Ok(())
    }

    async fn hot_copy(
        &self,
        key: &CacheKey,
        body: &Self::Body,
        envelope: &Envelope,
        ttl_secs: u64,
    ) -> Result<(), StoreFailed> {
        self.hot_put(key, body, envelope, ttl_secs).await
    }

    async fn cold_put(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        envelope: &Envelope,
    ) -> Result<(), StoreFailed> {
        self.put(key, bytes, envelope, None).await.map(drop)
    }

    async fn cold_put_unless_since(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        envelope: &Envelope,
        since_ms: u64,
    ) -> Result<bool, StoreFailed> {
        self.put(key, bytes, envelope, Some(since_ms)).await
    }

    async fn hot_delete(&self, key: &CacheKey) -> Result<(), StoreFailed> {
        if self.place.world.breaks(Planted::PurgeLeavesKv) {
            return Ok(());
        }
        self.operation().kv.put(&self.place, key.as_str(), None).await
    }

    async fn cold_delete(&self, key: &CacheKey) -> Result<(), StoreFailed> {
        self.operation().bucket.delete(&self.place.world, &key.cold()).await
    }
}
