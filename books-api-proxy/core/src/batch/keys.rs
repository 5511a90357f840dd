//! What a batch knows of the keys in the cold tier.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use futures::lock::Mutex;
use runtime::cache_policy::Envelope;

use crate::cache::port::Stores;

/// The content of a key after a write; none if the tier failed.
pub type StoreCheck = Option<Envelope>;

/// What a batch knows of a key.
#[derive(Clone, Debug)]
enum Known {
    /// What a look has seen.
    Seen(Option<Envelope>),
    /// The batch has stored another spelling's entry there.
    Lent,
    /// What the key holds since the batch has written it.
    Written(StoreCheck),
}

/// The keys of a batch: the tier is asked once for each, and refuses a second write within a second.
#[derive(Debug, Default)]
pub struct BatchKeys(RefCell<BTreeMap<CacheKey, Rc<Mutex<Option<Known>>>>>);

impl BatchKeys {
    fn slot(&self, key: &CacheKey) -> Rc<Mutex<Option<Known>>> {
        Rc::clone(self.0.borrow_mut().entry(key.clone()).or_default())
    }

    /// What the key holds.
    pub async fn envelope<S: Stores>(&self, stores: &S, key: &CacheKey) -> Option<Envelope> {
        let slot = self.slot(key);
        let mut known = slot.lock().await;
        match &*known {
            Some(Known::Seen(envelope) | Known::Written(envelope)) => envelope.clone(),
            Some(Known::Lent) => None,
            None => {
                let there = stores.cold_head(key).await.ok().flatten();
                *known = Some(Known::Seen(there.clone()));
                there
            }
        }
    }

    /// What the key holds, written by `work` unless the batch has written it.
    pub async fn write(
        &self,
        key: &CacheKey,
        work: impl Future<Output = StoreCheck>,
    ) -> StoreCheck {
        let slot = self.slot(key);
        let mut known = slot.lock().await;
        if let Some(Known::Written(written)) = &*known {
            return written.clone();
        }
        let written = work.await;
        *known = Some(Known::Written(written.clone()));
        written
    }

    /// Runs `work`, which may write the key, while no other work of the batch on it runs.
    pub async fn change<T>(&self, key: &CacheKey, work: impl Future<Output = T>) -> T {
        let slot = self.slot(key);
        let mut known = slot.lock().await;
        let done = work.await;
        *known = None;
        done
    }

    /// Stores another spelling's entry by `work`, unless the batch has written the key.
    pub async fn lend(&self, key: &CacheKey, work: impl Future<Output = ()>) {
        let slot = self.slot(key);
        let mut known = slot.lock().await;
        if !matches!(*known, Some(Known::Lent | Known::Written(_))) {
            work.await;
            *known = Some(Known::Lent);
        }
    }
}
