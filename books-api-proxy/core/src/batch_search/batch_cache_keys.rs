//! The keys of a batch: each is read once and written once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use futures::lock::Mutex;
use runtime::cache_policy::EntryMetadata;

use super::batch_limits::{BatchBudget, OPERATIONS_OF_KEY};
use crate::cache::cache_store_port::CacheStores;
use crate::search_context::ProxyPorts;

/// The entry of a key after a write; None if the tier failed.
pub type MetadataAfterWrite = Option<EntryMetadata>;

/// The known content of a key.
#[derive(Clone, Debug)]
enum BatchCacheKeyState {
    Seen(Option<EntryMetadata>),
    /// The batch has lent the key another spelling's entry.
    Lent,
    /// The batch has written the key.
    Written(MetadataAfterWrite),
}

/// The keys of a batch. Their content is kept: R2 refuses a second write of a key within a second.
pub struct BatchCacheKeys<'a, P> {
    known: RefCell<BTreeMap<CacheKey, Rc<Mutex<Option<BatchCacheKeyState>>>>>,
    pub limits: &'a BatchBudget<'a, P>,
}

impl<'a, P: ProxyPorts> BatchCacheKeys<'a, P> {
    pub fn new(limits: &'a BatchBudget<'a, P>) -> Self {
        Self { known: RefCell::default(), limits }
    }

    fn key_lock(&self, key: &CacheKey) -> Rc<Mutex<Option<BatchCacheKeyState>>> {
        Rc::clone(self.known.borrow_mut().entry(key.clone()).or_default())
    }

    /// Runs `work` with the lock of a key; None if too few operations are left. They are reserved
    /// before the lock is taken, so that no holder of a lock waits for operations.
    async fn with_lock<T>(
        &self,
        key: &CacheKey,
        work: impl AsyncFnOnce(&mut Option<BatchCacheKeyState>) -> T,
    ) -> Option<T> {
        let _reserved = self.limits.reserve(OPERATIONS_OF_KEY).await?;
        let lock = self.key_lock(key);
        let mut known = lock.lock().await;
        Some(work(&mut known).await)
    }

    /// The entry of a key, read with operations that the caller has reserved.
    pub async fn read_metadata(&self, stores: &P::Stores, key: &CacheKey) -> Option<EntryMetadata> {
        let lock = self.key_lock(key);
        let mut known = lock.lock().await;
        match &*known {
            Some(BatchCacheKeyState::Seen(metadata) | BatchCacheKeyState::Written(metadata)) => {
                metadata.clone()
            }
            Some(BatchCacheKeyState::Lent) => None,
            None if !self.limits.may_operate() => None,
            None => {
                let there = stores.read_cold_metadata(key).await.ok().flatten();
                *known = Some(BatchCacheKeyState::Seen(there.clone()));
                there
            }
        }
    }

    /// The entry that the batch has written; None if it has written none.
    pub async fn written_entry(&self, key: &CacheKey) -> Option<MetadataAfterWrite> {
        match &*self.key_lock(key).lock().await {
            Some(BatchCacheKeyState::Written(written)) => Some(written.clone()),
            _ => None,
        }
    }

    /// Writes the key by `work`, unless the batch has written it, and returns its entry.
    pub async fn write(
        &self,
        key: &CacheKey,
        work: impl Future<Output = MetadataAfterWrite>,
    ) -> Option<MetadataAfterWrite> {
        self.with_lock(key, async |known| {
            if let Some(BatchCacheKeyState::Written(written)) = known {
                return written.clone();
            }
            let written = work.await;
            *known = Some(BatchCacheKeyState::Written(written.clone()));
            written
        })
        .await
    }

    /// Runs `work`, which may write the key; its content is unknown afterwards.
    pub async fn with_write_lock<T>(
        &self,
        key: &CacheKey,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        self.with_lock(key, async |known| {
            let done = work.await;
            *known = None;
            done
        })
        .await
    }

    /// Lends the key another spelling's entry by `work`, unless the batch has written the key.
    pub async fn lend(&self, key: &CacheKey, work: impl Future<Output = ()>) {
        self.with_lock(key, async |known| {
            if !matches!(known, Some(BatchCacheKeyState::Lent | BatchCacheKeyState::Written(_))) {
                work.await;
                *known = Some(BatchCacheKeyState::Lent);
            }
        })
        .await;
    }
}
