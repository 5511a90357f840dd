//! The entries of library books, stored beside the answer that holds them.

use bibliography::cache_key::CacheKey;
use runtime::api::batch::BookSeen;
use runtime::cache_policy::policy::{envelope_for, freshness};
use runtime::cache_policy::{Envelope, Freshness};

use super::compose::{edition, is_wrong, titled};
use super::item::Along;
use super::store::{Seen, lend, looked_at, store};
use crate::app::{App, Ports};
use crate::cache::port::StoreFailed;
use crate::cache::write::{Written, is_poor, store_rest};
use crate::candidate::Candidate;
use crate::search::build::Built;
use crate::search::judge::Verdict;

/// Stores the entries of a library book that the records hold; what was seen before stays seen.
/// `over` all that stands there: where a person forced it.
pub async fn store_along<P: Ports>(
    app: &App<P>,
    along: &Along,
    records: &[Candidate],
    verdict: &Verdict,
    before: &BookSeen,
    over: bool,
) -> BookSeen {
    let mut seen = before.clone();
    let stored = async |key: &CacheKey, built: &Built, over: bool| {
        let seen = match over {
            true => store(app, key, built, None).await,
            false => store_beside(app, key, built).await,
        };
        matches!(seen, Seen::Entry(_))
    };
    if !seen.isbn
        && let (Some(built), Some(key)) = (edition(along, records, verdict), along.isbn_key())
    {
        // What stands under a number that has to be confirmed may be another book.
        seen.isbn = stored(&key, &built, over || along.confirm).await;
    }
    seen.wrong = !seen.isbn && (seen.wrong || is_wrong(along, records));
    if !seen.title
        && let Some(built) = titled(along, records, verdict)
    {
        let mut all = true;
        for key in along.title_keys() {
            all &= stored(&key, &built, over).await;
        }
        lend(app, &along.lent_keys(), &built).await;
        seen.title = all;
    }
    seen
}

/// Stores what an author's answer says of one book. A search for the book itself may have stored
/// more, from more providers: what is whole and in the first half of its life stays, and is told
/// as seen.
async fn store_beside<P: Ports>(app: &App<P>, key: &CacheKey, built: &Built) -> Seen {
    let (ports, times) = (&*app.ports, &app.config.times);
    let now_ms = ports.now_ms();
    let envelope = Envelope {
        warmed: true,
        ..envelope_for(built.answer(), None, times, now_ms, ports.unit())
    };
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
