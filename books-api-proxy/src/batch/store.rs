//! Writing the cold tier and looking at what was written.

use bibliography::cache_key::CacheKey;
use runtime::cache_policy::Envelope;
use runtime::cache_policy::policy::envelope_for;

use crate::app::{App, Ports};
use crate::cache::write::{Written, is_poor, overwrite, store_cold, store_rest};
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
    let envelope = Envelope {
        warmed: true,
        ..envelope_for(built.answer(), previous, times, now_ms, ports.unit())
    };
    let written = store_cold(ports, key, &built.first, envelope, previous, times, now_ms).await;
    store_rest(ports, key, &written, built.rest.as_deref()).await;
    let expected = match written {
        Written::New(envelope) | Written::Kept(envelope) => envelope,
        Written::Failed => return Seen::Nothing,
    };
    looked_at(app, key, &expected).await
}

/// Stores a whole answer under other spellings, where nothing of their own stands. It is stale from
/// the beginning: who uses it causes the question itself to be asked.
pub async fn lend<P: Ports>(app: &App<P>, keys: &[CacheKey], built: &Built) {
    let (ports, times) = (&*app.ports, &app.config.times);
    let now_ms = ports.now_ms();
    let envelope = envelope_for(built.answer(), None, times, now_ms, ports.unit());
    if is_poor(&envelope) {
        return;
    }
    let envelope = Envelope { lent: true, fresh_until_ms: now_ms, ..envelope };
    for key in keys {
        // A tier that fails may hold something better.
        let there = ports.cold_head(key).await;
        if let Ok(there) = there
            && !there.is_some_and(|there| !there.lent && now_ms < there.stale_until_ms)
        {
            let _ = overwrite(ports, key, &built.first, envelope.clone()).await;
        }
    }
}

/// Reads the facts of what was just written back.
pub(super) async fn looked_at<P: Ports>(app: &App<P>, key: &CacheKey, expected: &Envelope) -> Seen {
    app.remembered.memory.borrow_mut().remove(key.as_str());
    match app.ports.cold_head(key).await {
        Ok(Some(seen)) if seen.etag == expected.etag => Seen::Entry(seen),
        _ => Seen::Nothing,
    }
}
