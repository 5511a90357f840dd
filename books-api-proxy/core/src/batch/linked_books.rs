//! The entries of library books, stored together with the answer that holds them.

use bibliography::cache_key::CacheKey;
use runtime::api::batch::LinkedBookStatus;
use runtime::cache_policy::policy::{envelope_for, freshness};
use runtime::cache_policy::{Envelope, Freshness};

use super::compose::{by_title, edition, is_wrong};
use super::item::LinkedBook;
use super::store::{StoreCheck, check_stored, copy_missing_fields, store};
use crate::app::{App, Ports};
use crate::cache::port::StoreFailed;
use crate::cache::write::{WriteResult, is_partial_or_empty, store_overflow_page};
use crate::candidate::Candidate;
use crate::search::completeness::Completeness;
use crate::search::merged_page::MergedPage;

/// Stores the entries of a library book that the records allow; entries seen before stay seen.
/// `over`: replaces any stored entry, for a forced refresh.
pub async fn store_linked_book<P: Ports>(
    app: &App<P>,
    linked_book: &LinkedBook,
    records: &[Candidate],
    completeness: &Completeness,
    before: &LinkedBookStatus,
    over: bool,
) -> LinkedBookStatus {
    let mut seen = before.clone();
    let stored = async |key: &CacheKey, merged_page: &MergedPage, over: bool| {
        let seen = match over {
            true => store(app, key, merged_page, None).await,
            false => store_unless_recent(app, key, merged_page).await,
        };
        matches!(seen, StoreCheck::Entry(_))
    };
    if !seen.isbn
        && let (Some(merged_page), Some(key)) =
            (edition(linked_book, records, completeness), linked_book.isbn_key())
    {
        // The entry under an unconfirmed ISBN may be another book's.
        seen.isbn = stored(&key, &merged_page, over || linked_book.repaired).await;
    }
    seen.wrong = !seen.isbn && (seen.wrong || is_wrong(linked_book, records));
    if !seen.title
        && let Some(merged_page) = by_title(linked_book, records, completeness)
    {
        let mut all = true;
        for key in linked_book.title_keys() {
            all &= stored(&key, &merged_page, over).await;
        }
        copy_missing_fields(app, &linked_book.lent_keys(), &merged_page).await;
        seen.title = all;
    }
    seen
}

/// Stores what an author's answer says of one book. A search for the book itself may have stored
/// more, from more providers: a complete entry in the first half of its life stays, and is reported
/// as seen.
async fn store_unless_recent<P: Ports>(
    app: &App<P>,
    key: &CacheKey,
    merged_page: &MergedPage,
) -> StoreCheck {
    let (ports, times) = (&*app.ports, &app.config.times);
    let now_ms = ports.now_ms();
    let envelope = Envelope {
        warmed: true,
        ..envelope_for(merged_page.answer(), None, times, now_ms, ports.unit())
    };
    if is_partial_or_empty(&envelope) {
        return store(app, key, merged_page, None).await;
    }
    let since_ms = now_ms.saturating_sub(times.cold_ttl_ms / 2);
    // The write is conditional: reading first would cost a call per key.
    match ports.cold_put_unless_since(key, &merged_page.first, &envelope, since_ms).await {
        Ok(true) => {
            let written = WriteResult::New(envelope.clone());
            store_overflow_page(ports, key, &written, merged_page.overflow.as_deref()).await;
            check_stored(app, key, &envelope).await
        }
        Ok(false) => match ports.cold_head(key).await {
            Ok(Some(there)) if is_young(&there, since_ms, now_ms) => StoreCheck::Entry(there),
            _ => store(app, key, merged_page, None).await,
        },
        Err(StoreFailed) => StoreCheck::NotStored,
    }
}

fn is_young(envelope: &Envelope, since_ms: u64, now_ms: u64) -> bool {
    let fresh = freshness(envelope, now_ms) == Freshness::Fresh;
    fresh && !is_partial_or_empty(envelope) && envelope.stored_at_ms >= since_ms
}
