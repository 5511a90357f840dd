//! Writes the cold tier and reads back what was written.

use bibliography::cache_key::CacheKey;
use runtime::cache_policy::Envelope;
use runtime::cache_policy::policy::envelope_for;

use crate::app::{App, Ports};
use crate::cache::write::{
    WriteResult, is_partial_or_empty, overwrite, store_cold, store_overflow_page,
};
use crate::search::merged_page::MergedPage;

/// The content of a key after a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreCheck {
    Entry(Envelope),
    /// Unknown: the tier failed.
    NotStored,
}

/// Stores a merged page under a key and reads its envelope back. Warming writes the cold tier only:
/// a real hit promotes.
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
        store_cold(ports, key, &merged_page.first, envelope, previous, times, now_ms).await;
    store_overflow_page(ports, key, &written, merged_page.overflow.as_deref()).await;
    let expected = match written {
        WriteResult::New(envelope) | WriteResult::Kept(envelope) => envelope,
        WriteResult::Failed => return StoreCheck::NotStored,
    };
    check_stored(app, key, &expected).await
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
    let envelope = Envelope { lent: true, fresh_until_ms: now_ms, ..envelope };
    for key in keys {
        // A tier that fails may hold something better.
        let there = ports.cold_head(key).await;
        if let Ok(there) = there
            && !there.is_some_and(|there| !there.lent && now_ms < there.stale_until_ms)
        {
            let _ = overwrite(ports, key, &merged_page.first, envelope.clone()).await;
        }
    }
}

/// Reads the facts of what was just written back.
pub(super) async fn check_stored<P: Ports>(
    app: &App<P>,
    key: &CacheKey,
    expected: &Envelope,
) -> StoreCheck {
    app.isolate_state.memory.borrow_mut().remove(key.as_str());
    match app.ports.cold_head(key).await {
        Ok(Some(seen)) if seen.etag == expected.etag => StoreCheck::Entry(seen),
        _ => StoreCheck::NotStored,
    }
}
