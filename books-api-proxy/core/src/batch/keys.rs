//! What a batch knows of the keys in the cold tier.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use futures::lock::Mutex;
use runtime::cache_policy::Envelope;

use super::limits::{BatchLimits, OPERATIONS_OF_KEY};
use super::port::BulkPorts;
use crate::cache::port::CacheStores;

/// The content of a key after a write; none if the tier failed.
pub type StoredEnvelope = Option<Envelope>;

/// What a batch knows of a key.
#[derive(Clone, Debug)]
enum KnownEntry {
    Seen(Option<Envelope>),
    /// The batch has stored another spelling's entry there.
    Lent,
    /// What the key holds since the batch has written it.
    Written(StoredEnvelope),
}

/// The keys of a batch: the tier is asked once for each, and refuses a second write within a second.
pub struct BatchKeys<'a, P> {
    known: RefCell<BTreeMap<CacheKey, Rc<Mutex<Option<KnownEntry>>>>>,
    pub limits: &'a BatchLimits<'a, P>,
}

impl<'a, P: BulkPorts> BatchKeys<'a, P> {
    pub fn new(limits: &'a BatchLimits<'a, P>) -> Self {
        Self { known: RefCell::default(), limits }
    }

    fn lock(&self, key: &CacheKey) -> Rc<Mutex<Option<KnownEntry>>> {
        Rc::clone(self.known.borrow_mut().entry(key.clone()).or_default())
    }

    /// Runs `work` on a key while no other work of the batch on it runs; none if the operations for it are not left.
    /// They are reserved before the key is: work that holds a key never waits.
    async fn with_lock<T>(
        &self,
        key: &CacheKey,
        work: impl AsyncFnOnce(&mut Option<KnownEntry>) -> T,
    ) -> Option<T> {
        let _reserved = self.limits.reserve(OPERATIONS_OF_KEY).await?;
        let lock = self.lock(key);
        let mut known = lock.lock().await;
        Some(work(&mut known).await)
    }

    /// What the key holds, within operations that were reserved.
    pub async fn envelope(&self, stores: &P::Stores, key: &CacheKey) -> Option<Envelope> {
        let lock = self.lock(key);
        let mut known = lock.lock().await;
        match &*known {
            Some(KnownEntry::Seen(envelope) | KnownEntry::Written(envelope)) => envelope.clone(),
            Some(KnownEntry::Lent) => None,
            None if !self.limits.may_operate() => None,
            None => {
                let there = stores.cold_head(key).await.ok().flatten();
                *known = Some(KnownEntry::Seen(there.clone()));
                there
            }
        }
    }

    /// What the batch has written under the key; none if it has not.
    pub async fn written(&self, key: &CacheKey) -> Option<StoredEnvelope> {
        match &*self.lock(key).lock().await {
            Some(KnownEntry::Written(written)) => Some(written.clone()),
            _ => None,
        }
    }

    /// What the key holds, written by `work` unless the batch has written it.
    pub async fn write(
        &self,
        key: &CacheKey,
        work: impl Future<Output = StoredEnvelope>,
    ) -> Option<StoredEnvelope> {
        self.with_lock(key, async |known| {
            if let Some(KnownEntry::Written(written)) = known {
                return written.clone();
            }
            let written = work.await;
            *known = Some(KnownEntry::Written(written.clone()));
            written
        })
        .await
    }

    /// Runs `work`, which may write the key.
    pub async fn change<T>(&self, key: &CacheKey, work: impl Future<Output = T>) -> Option<T> {
        self.with_lock(key, async |known| {
            let done = work.await;
            *known = None;
            done
        })
        .await
    }

    /// Stores another spelling's entry by `work`, unless the batch has written the key.
    pub async fn lend(&self, key: &CacheKey, work: impl Future<Output = ()>) {
        self.with_lock(key, async |known| {
            if !matches!(known, Some(KnownEntry::Lent | KnownEntry::Written(_))) {
                work.await;
                *known = Some(KnownEntry::Lent);
            }
        })
        .await;
    }
}
