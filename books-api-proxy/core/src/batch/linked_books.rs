//! The entries of library books, stored together with the answer that holds them.

use std::collections::BTreeMap;

use bibliography::cache_key::CacheKey;
use bibliography::query::Query;
use futures::stream::iter;
use futures::{StreamExt, join};
use runtime::api::batch::LinkedBookStatus;
use runtime::cache_policy::policy::{envelope_for, freshness};
use runtime::cache_policy::{EntryOutcome, Envelope, Freshness};

use super::cached::{PARALLEL, is_warm, volumes};
use super::compose::{edition, is_titled, is_wrong};
use super::item::{LinkedBook, TitleSearch};
use super::keys::{BatchKeys, StoreCheck};
use super::port::BulkPorts;
use super::store::{delete_copy, lend_to_spellings, store};
use crate::app::{App, Ports};
use crate::cache::port::Stores;
use crate::cache::write::{WriteResult, is_partial_or_empty, store_overflow_page};
use crate::candidate::Candidate;
use crate::merge::candidates_of;
use crate::search::completeness::Completeness;
use crate::search::merged_page::MergedPage;

/// An answer that may hold books of the library.
pub struct Answer<'a, P> {
    pub records: &'a [Candidate],
    pub completeness: &'a Completeness,
    /// True if a search by title and author gave it: the whole of it answers that search.
    pub is_for_title: bool,
    /// Replaces any stored entry, for a forced refresh.
    pub over: bool,
    pub batch_keys: &'a BatchKeys<'a, P>,
}

/// Stores the entries of library books that the answer allows; entries seen before stay seen.
pub async fn store_linked_books<P: BulkPorts>(
    app: &App<P>,
    linked_books: &[LinkedBook],
    answer: &Answer<'_, P>,
    before: Vec<LinkedBookStatus>,
) -> Vec<LinkedBookStatus> {
    let untitled = linked_books.iter().zip(&before).filter(|(_, seen)| !seen.title);
    let untitled: Vec<&LinkedBook> = untitled.map(|(book, _)| book).collect();
    // A key that several books answer is written once, with all of them.
    let mut searches: BTreeMap<&CacheKey, (&TitleSearch, Vec<&LinkedBook>)> = BTreeMap::new();
    for book in &untitled {
        let holds_it = answer.records.iter().any(|record| is_titled(book, record));
        for search in &book.title_searches {
            if holds_it || (answer.is_for_title && !search.is_short) {
                searches.entry(&search.key).or_insert((search, Vec::new())).1.push(book);
            }
        }
    }
    let books = linked_books.iter().zip(before);
    let editions = iter(books.map(|(book, before)| store_edition(app, book, answer, before)));
    let titles = iter(searches.iter().map(async |(key, (search, books))| {
        let work = store_by_title(app, search, books, answer);
        (*key, answer.batch_keys.change(key, work).await.unwrap_or_default())
    }));
    let (mut seen, stored): (Vec<LinkedBookStatus>, BTreeMap<&CacheKey, bool>) =
        join!(editions.buffered(PARALLEL).collect(), titles.buffered(PARALLEL).collect());
    // After the books' own keys: one of those is not lent.
    let spellings = untitled.iter().map(|book| store_spelling_without_signs(app, book, answer));
    iter(spellings).buffer_unordered(PARALLEL).collect::<()>().await;
    for (book, seen) in linked_books.iter().zip(&mut seen) {
        let mut keys = book.title_searches.iter().map(|search| &search.key).peekable();
        let has_keys = keys.peek().is_some();
        seen.title |= has_keys && keys.all(|key| stored.get(key).copied().unwrap_or_default());
    }
    seen
}

async fn store_edition<P: BulkPorts>(
    app: &App<P>,
    book: &LinkedBook,
    answer: &Answer<'_, P>,
    before: LinkedBookStatus,
) -> LinkedBookStatus {
    let mut seen = before;
    if !seen.isbn
        && let (Some(merged_page), Some(key)) =
            (edition(book, answer.records, answer.completeness), book.isbn_key())
    {
        // The entry under an unconfirmed ISBN may be another book's.
        let stored = async {
            match answer.over || book.repaired {
                true => store(app, &key, &merged_page, None).await,
                false => store_unless_recent(app, &key, &merged_page).await,
            }
        };
        seen.isbn = answer.batch_keys.write(&key, stored).await.flatten().is_some();
    }
    seen.wrong = !seen.isbn && (seen.wrong || is_wrong(book, answer.records));
    seen
}

/// Stores the entry of a search that some books answer. Other books that a batch stored there
/// answer it as well: they stay.
async fn store_by_title<P: BulkPorts>(
    app: &App<P>,
    TitleSearch { key, query, is_short }: &TitleSearch,
    books: &[&LinkedBook],
    answer: &Answer<'_, P>,
) -> bool {
    let ports = &*app.ports;
    let is_one = |record: &Candidate| books.iter().any(|book| is_titled(book, record));
    let whole = answer.is_for_title && !is_short;
    let records: Vec<Candidate> =
        answer.records.iter().filter(|record| whole || is_one(record)).cloned().collect();
    let merged = |records| MergedPage::new(query, records, answer.completeness.clone());
    let mut merged_page = merged(records.clone());
    if merged_page.count == 0 {
        return false;
    }
    if !answer.over
        && let Some(stored) = put_unless_since(app, key, &merged_page, 1).await
    {
        return stored.is_some();
    }
    let now_ms = ports.now_ms();
    let since_ms = now_ms.saturating_sub(app.config.times.cold_ttl_ms / 2);
    let there = ports.stores().cold_head(key).await.ok().flatten();
    let found = there.filter(|there| there.outcome == EntryOutcome::Found);
    if let Some(there) = found.filter(|there| is_warm(there, now_ms)) {
        let is_recent = !answer.over && is_young(&there, since_ms, now_ms);
        // A search for it may have stored more, from more providers.
        if is_recent && !there.warmed {
            return true;
        }
        if there.warmed {
            let (own, others): (Vec<_>, Vec<_>) = volumes(app, key)
                .await
                .into_iter()
                .partition(|volume| candidates_of(std::slice::from_ref(volume)).iter().any(is_one));
            let holds = |book: &&LinkedBook| candidates_of(&own).iter().any(|r| is_titled(book, r));
            if is_recent && books.iter().all(holds) {
                return true;
            }
            if !others.is_empty() {
                merged_page = merged([records, candidates_of(&others)].concat());
            }
        }
    }
    let stored = store(app, key, &merged_page, None).await;
    if answer.over {
        delete_copy(ports.stores(), key).await;
    }
    stored.is_some()
}

/// Another spelling's entry is only lent: see `keys_without_signs`.
async fn store_spelling_without_signs<P: BulkPorts>(
    app: &App<P>,
    book: &LinkedBook,
    answer: &Answer<'_, P>,
) {
    let keys = book.lent_keys();
    let Some((title, author)) = book.title_and_author.as_ref().filter(|_| !keys.is_empty()) else {
        return;
    };
    let records = answer.records.iter().filter(|record| is_titled(book, record)).cloned();
    let query = Query::advanced(Some(title), author.as_deref());
    let merged_page = MergedPage::new(&query, records.collect(), answer.completeness.clone());
    if merged_page.count > 0 {
        lend_to_spellings(app, &keys, &merged_page, answer.batch_keys).await;
    }
}

/// Stores what an author's answer says of one book. A search for the book itself may have stored
/// more, from more providers: a complete entry in the first half of its life stays, and is reported
/// as seen.
async fn store_unless_recent<P: Ports>(
    app: &App<P>,
    key: &CacheKey,
    merged_page: &MergedPage,
) -> StoreCheck {
    let now_ms = app.ports.now_ms();
    let since_ms = now_ms.saturating_sub(app.config.times.cold_ttl_ms / 2);
    if let Some(stored) = put_unless_since(app, key, merged_page, since_ms).await {
        return stored;
    }
    match app.ports.stores().cold_head(key).await {
        Ok(Some(there)) if is_young(&there, since_ms, now_ms) => Some(there),
        _ => store(app, key, merged_page, None).await,
    }
}

/// Stores a complete answer, unless there is an entry that was stored since then: none if there is,
/// and for a partial answer.
async fn put_unless_since<P: Ports>(
    app: &App<P>,
    key: &CacheKey,
    merged_page: &MergedPage,
    since_ms: u64,
) -> Option<StoreCheck> {
    let (ports, times) = (&*app.ports, &app.config.times);
    let envelope = Envelope {
        warmed: true,
        ..envelope_for(merged_page.answer(), None, times, ports.now_ms(), ports.unit())
    };
    if is_partial_or_empty(&envelope) {
        return None;
    }
    // The write is conditional: reading first would cost a call per key.
    match ports.stores().cold_put_unless_since(key, &merged_page.first, &envelope, since_ms).await {
        Ok(true) => {
            let written = WriteResult::New(envelope.clone());
            store_overflow_page(ports.stores(), key, &written, merged_page.overflow.as_deref())
                .await;
            app.isolate_state.memory.borrow_mut().remove(key.as_str());
            Some(Some(envelope))
        }
        Ok(false) => None,
        Err(_) => Some(None),
    }
}

fn is_young(envelope: &Envelope, since_ms: u64, now_ms: u64) -> bool {
    let fresh = freshness(envelope, now_ms) == Freshness::Fresh;
    fresh && !is_partial_or_empty(envelope) && envelope.stored_at_ms >= since_ms
}
