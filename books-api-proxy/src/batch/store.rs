//! Writing the cold tier and looking at what was written.

use shared::cache::policy::{envelope_for, freshness};
use shared::cache::{Envelope, Freshness};
use shared::key::CacheKey;

use crate::app::{App, Ports};
use crate::cache::port::StoreFailed;
use crate::cache::write::{Written, is_poor, store_cold, store_rest};
use crate::search::build::Built;

/// What was seen under a key after a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The entry that stands there.
    Entry(Envelope),
    /// Nothing that can be relied on.
    Nothing,
}

/// Stores a built answer under a key and reads its facts back. Warming writes the cold tier only:
/// a real hit promotes.
pub async fn store<P: Ports>(
    app: &App<P>,
    key: &CacheKey,
    built: &Built,
    previous: Option<&Envelope>,
) -> Seen {
    let (ports, times) = (&*app.ports, &app.config.times);
    let now_ms = ports.now_ms();
    let envelope = envelope_for(built.answer(), previous, times, now_ms, ports.unit());
    let written = store_cold(ports, key, &built.first, envelope, previous, times, now_ms).await;
    store_rest(ports, key, &written, built.rest.as_deref()).await;
    let expected = match written {
        Written::New(envelope) | Written::Kept(envelope) => envelope,
        Written::Failed => return Seen::Nothing,
    };
    looked_at(app, key, &expected).await
}

/// Stores what an author's answer says of one book. A search for the book itself may have stored
/// more, from more providers: what is whole and in the first half of its life stays, and is told
/// as seen.
pub async fn store_beside<P: Ports>(app: &App<P>, key: &CacheKey, built: &Built) -> Seen {
    let (ports, times) = (&*app.ports, &app.config.times);
    let now_ms = ports.now_ms();
    let envelope = envelope_for(built.answer(), None, times, now_ms, ports.unit());
    if is_poor(&envelope) {
        return store(app, key, built, None).await;
    }
    let since_ms = now_ms.saturating_sub(times.cold_ttl_ms / 2);
    // The condition travels with the write: looking first would cost a call a key.
    match ports.cold_put_unless_since(key, &built.first, &envelope, since_ms).await {
        Ok(true) => {
            let written = Written::New(envelope.clone());
            store_rest(ports, key, &written, built.rest.as_deref()).await;
            looked_at(app, key, &envelope).await
        }
        Ok(false) => match ports.cold_head(key).await {
            Ok(Some(there)) if is_young(&there, since_ms, now_ms) => Seen::Entry(there),
            _ => store(app, key, built, None).await,
        },
        Err(StoreFailed) => Seen::Nothing,
    }
}

fn is_young(envelope: &Envelope, since_ms: u64, now_ms: u64) -> bool {
    let fresh = freshness(envelope, now_ms) == Freshness::Fresh;
    fresh && !is_poor(envelope) && envelope.stored_at_ms >= since_ms
}

/// Reads the facts of what was just written back.
async fn looked_at<P: Ports>(app: &App<P>, key: &CacheKey, expected: &Envelope) -> Seen {
    app.remembered.memory.borrow_mut().remove(key.as_str());
    match app.ports.cold_head(key).await {
        Ok(Some(seen)) if seen.etag == expected.etag => Seen::Entry(seen),
        _ => Seen::Nothing,
    }
}
