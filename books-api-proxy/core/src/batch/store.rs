//! Writes the cold tier, each key once a batch.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use futures::StreamExt;
use futures::lock::Mutex;
use futures::stream::iter;
use runtime::cache_policy::Envelope;
use runtime::cache_policy::policy::envelope_for;

use super::cached::PARALLEL;
use crate::app::{App, Ports};
use crate::cache::port::Stores;
use crate::cache::write::{
    WriteResult, is_partial_or_empty, overwrite, store_cold, store_overflow_page,
};
use crate::search::merged_page::MergedPage;

/// The content of a key after a write; none if the tier failed.
pub type StoreCheck = Option<Envelope>;

/// The keys that a batch has written. The tier refuses a second write within a second.
#[derive(Debug, Default)]
pub struct WrittenKeys(RefCell<BTreeMap<CacheKey, Rc<Mutex<Option<StoreCheck>>>>>);

impl WrittenKeys {
    /// What the key holds, written by `work` unless the batch has written it.
    pub async fn write(
        &self,
        key: &CacheKey,
        work: impl Future<Output = StoreCheck>,
    ) -> StoreCheck {
        let slot = Rc::clone(self.0.borrow_mut().entry(key.clone()).or_default());
        let mut written = slot.lock().await;
        match &*written {
            Some(written) => written.clone(),
            None => written.insert(work.await).clone(),
        }
    }
}

/// Stores a merged page under a key. Warming writes the cold tier only: a real hit promotes.
pub async fn store<P: Ports>(
    app: &App<P>,
    key: &CacheKey,
    merged_page: &MergedPage,
    previous: Option<&Envelope>,
) -> StoreCheck {
    let (ports, times) = (&*app.ports, &app.config.times);
    let now_ms = ports.now_ms();
    let envelope = Envelope {
        warmed: true,
        ..envelope_for(merged_page.answer(), previous, times, now_ms, ports.unit())
    };
    let written =
        store_cold(ports.stores(), key, &merged_page.first, envelope, previous, times, now_ms)
            .await;
    store_overflow_page(ports.stores(), key, &written, merged_page.overflow.as_deref()).await;
    app.isolate_state.memory.borrow_mut().remove(key.as_str());
    match written {
        // The tier is strongly consistent: it holds what it has accepted.
        WriteResult::New(envelope) => Some(envelope),
        WriteResult::Kept(kept) => {
            let there = ports.stores().cold_head(key).await.ok().flatten();
            there.filter(|there| there.etag == kept.etag)
        }
        WriteResult::Failed => None,
    }
}

/// Stores a complete answer under other spellings that have no entry of their own. It is stale from
/// the beginning: its first use causes the search itself.
pub async fn copy_missing_fields<P: Ports>(
    app: &App<P>,
    keys: &[CacheKey],
    merged_page: &MergedPage,
) {
    let (ports, times) = (&*app.ports, &app.config.times);
    let now_ms = ports.now_ms();
    let envelope = envelope_for(merged_page.answer(), None, times, now_ms, ports.unit());
    if is_partial_or_empty(&envelope) {
        return;
    }
    let envelope = &Envelope { lent: true, fresh_until_ms: now_ms, ..envelope };
    let copies = iter(keys.iter().map(async |key| {
        // A tier that fails may hold something better.
        let there = ports.stores().cold_head(key).await;
        if let Ok(there) = there
            && !there.is_some_and(|there| !there.lent && now_ms < there.stale_until_ms)
        {
            let _ = overwrite(ports.stores(), key, &merged_page.first, envelope.clone()).await;
        }
    }));
    copies.buffer_unordered(PARALLEL).collect().await
}
