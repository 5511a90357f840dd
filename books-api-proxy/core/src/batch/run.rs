//! The batch from end to end.

use std::collections::{BTreeMap, BTreeSet};

use bibliography::isbn::Isbn13;
use futures::StreamExt;
use futures::future::join_all;
use futures::stream::iter;
use runtime::api::batch::{
    BatchAnswer, BatchItem, BatchOutcome, BatchQuery, BatchRequest, BatchResult, CacheMode,
    LinkedBookStatus, MAX_BATCH_ITEMS,
};
use runtime::cache_policy::{EntryOutcome, Envelope};
use runtime::outcome::{Failure, ProviderFailure, RequestError};
use runtime::rate_limit::CallClass;

use super::cached::{PARALLEL, all_seen, is_warm, outcome_of, records, stored_envelope};
use super::compose::{is_confirmed, records_of};
use super::fetch::{Fetched, IsbndbPageBudget, author, editions, mark_not_asked, not_asked, text};
use super::item::{KeyedItem, LinkedBook};
use super::linked_books::{Answer, store_linked_books};
use super::port::BulkPorts;
use super::store::{WrittenKeys, store};
use crate::app::App;
use crate::cache::port::Stores;
use crate::provider::Provider;
use crate::providers::FetchPolicy;
use crate::search::completeness::Completeness;
use crate::search::merged_page::MergedPage;

/// Answers a batch; each item fails by itself. `bypass_isbndb_cache`: a refresh goes past the ISBNdb Worker's own
/// cache, too; not for a caller that has just filled that, and would pay for every book twice.
pub async fn run<P: BulkPorts>(
    app: &App<P>,
    request: BatchRequest,
    bypass_isbndb_cache: bool,
) -> Result<BatchAnswer, Failure> {
    if request.items.len() > MAX_BATCH_ITEMS {
        return Err(Failure::Request(RequestError::TooLarge {
            limit: format!("{MAX_BATCH_ITEMS} items"),
        }));
    }
    let mode = request.cache;
    let bypass_cache = bypass_isbndb_cache && mode == CacheMode::Refresh;
    let fetch_policy = FetchPolicy { class: CallClass::Background, bypass_cache };
    // The caller has just fetched authors and ISBNs from the ISBNdb Worker; texts it has not.
    let text_terms =
        FetchPolicy { bypass_cache: bypass_cache || mode == CacheMode::Recheck, ..fetch_policy };
    let items: Vec<KeyedItem> = request.items.into_iter().map(KeyedItem::new).collect();
    let written = WrittenKeys::default();
    // 1. Cached entries.
    let cached: Vec<(Option<Envelope>, Option<BatchResult>)> =
        iter(items.iter().map(|item| from_cache(app, item, mode, &written)))
            .buffered(PARALLEL)
            .collect()
            .await;
    // 2. Missing ones; all ISBNs in one bulk call.
    let open = items.iter().zip(&cached).filter(|(_, (_, result))| result.is_none());
    let isbns: BTreeSet<Isbn13> = open.filter_map(|(item, _)| item.query.isbn13()).collect();
    let isbns: Vec<Isbn13> = isbns.into_iter().collect();
    let bulk = editions(app, &isbns, fetch_policy).await;
    // 3. The answers of ISBNs are here and only have to be stored: all at once. The others go one after
    // the other: an author's answer is large, and the pace allows no more anyway.
    let budget = IsbndbPageBudget::default();
    let answered = async |item: &KeyedItem, (previous, result)| match result {
        Some(result) => result,
        None => {
            let fetch_policy = if item.is_text() { text_terms } else { fetch_policy };
            fetched(app, item, previous, &bulk, (&budget, &written), fetch_policy).await
        }
    };
    let mut keys = BTreeSet::new();
    let (at_once, in_turn): (Vec<_>, Vec<_>) = (items.iter().zip(cached).enumerate())
        .partition(|(_, (item, _))| item.query.isbn13().is_some() && keys.insert(&item.key));
    let mut results: Vec<(usize, BatchResult)> = iter(at_once)
        .map(async |(place, (item, cached))| (place, answered(item, cached).await))
        .buffer_unordered(PARALLEL)
        .collect()
        .await;
    for (place, (item, cached)) in in_turn {
        results.push((place, answered(item, cached).await));
    }
    results.sort_by_key(|(place, _)| *place);
    Ok(BatchAnswer { results: results.into_iter().map(|(_, result)| result).collect() })
}

fn result(item: &KeyedItem, outcome: BatchOutcome, books: Vec<LinkedBookStatus>) -> BatchResult {
    let BatchItem { id, .. } = &item.asked;
    BatchResult { id: id.clone(), key: item.key.to_string(), outcome, books }
}

/// The item's result if the cache has one, and the known envelope of its key.
async fn from_cache<P: BulkPorts>(
    app: &App<P>,
    item: &KeyedItem,
    mode: CacheMode,
    written: &WrittenKeys,
) -> (Option<Envelope>, Option<BatchResult>) {
    if item.query.is_empty() {
        let failure = Failure::bad_request("query: nothing to ask for");
        let outcome = BatchOutcome::Failed { failure, provider: "proxy".to_owned() };
        return (None, Some(result(item, outcome, Vec::new())));
    }
    let previous = stored_envelope(app, &item.key).await;
    let counts = |envelope: &&Envelope| {
        is_warm(envelope, app.ports.now_ms())
            && !(mode == CacheMode::Recheck && envelope.outcome == EntryOutcome::None)
    };
    let warm = previous.as_ref().filter(counts);
    let answer = match (mode, warm) {
        (CacheMode::Refresh, _) | (CacheMode::Default | CacheMode::Recheck, None) => None,
        (CacheMode::OnlyIfCached, None) => {
            Some(result(item, BatchOutcome::Miss, all_seen(app, item).await))
        }
        (CacheMode::OnlyIfCached, Some(envelope)) => Some(report_cached(app, item, envelope).await),
        (CacheMode::Default | CacheMode::Recheck, Some(envelope)) => {
            Some(from_entry(app, item, envelope, written).await)
        }
    };
    (previous, answer)
}

/// A warm entry as stored. A repaired ISBN may lead to another book's entry.
async fn report_cached<P: BulkPorts>(
    app: &App<P>,
    item: &KeyedItem,
    envelope: &Envelope,
) -> BatchResult {
    let expected_book = item.expected_book();
    if envelope.outcome == EntryOutcome::Found
        && expected_book.is_some()
        && !is_confirmed(expected_book, &records(app, &item.key).await)
    {
        return result(item, wrong_book(), Vec::new());
    }
    result(item, outcome_of(envelope, true), all_seen(app, item).await)
}

/// A warm entry: entries of linked books that are missing are composed from it without a call.
async fn from_entry<P: BulkPorts>(
    app: &App<P>,
    item: &KeyedItem,
    envelope: &Envelope,
    written: &WrittenKeys,
) -> BatchResult {
    let mut books = all_seen(app, item).await;
    let lacking = item.linked_books.iter().zip(&books).any(|(book, seen)| {
        (book.isbn.is_some() && !seen.isbn) || (book.title_and_author.is_some() && !seen.title)
    });
    let expected_book = item.expected_book();
    if envelope.outcome == EntryOutcome::Found && (lacking || expected_book.is_some()) {
        let stored = records(app, &item.key).await;
        if !is_confirmed(expected_book, &stored) {
            return result(item, wrong_book(), Vec::new());
        }
        if lacking {
            let answer = Answer {
                records: &stored,
                completeness: &completeness_of(app, envelope),
                is_for_title: item.is_title(),
                over: false,
                written,
            };
            books = store_linked_books(app, &item.linked_books, &answer, books).await;
        }
    }
    result(item, outcome_of(envelope, true), books)
}

fn wrong_book() -> BatchOutcome {
    let provider = Provider::Isbndb.name().to_owned();
    BatchOutcome::Failed { failure: Failure::Provider(ProviderFailure::WrongBook), provider }
}

/// The completeness of a stored entry. An entry composed from a partial one is kept as
/// long as that.
fn completeness_of<P: BulkPorts>(app: &App<P>, envelope: &Envelope) -> Completeness {
    let report = |name: &String| runtime::api::volume::ProviderReport {
        name: name.clone(),
        outcome: "found".to_owned(),
        count: envelope.count,
    };
    let until_ms = envelope.partial.then_some(envelope.fresh_until_ms);
    let left_ms = envelope.fresh_until_ms.saturating_sub(app.ports.now_ms());
    let is_short = left_ms < app.config.times.partial_ttl_ms;
    Completeness {
        lacks_share: false,
        reports: envelope.providers.iter().map(report).collect(),
        answered: envelope.providers.clone(),
        partial: envelope.partial,
        incomplete_until_ms: until_ms.filter(|_| !is_short),
        again_after_ms: None,
        open_for_ms: until_ms.filter(|_| is_short).map(|_| left_ms),
        failure: Failure::Provider(ProviderFailure::AllFailed { retry_after_ms: left_ms }),
    }
}

async fn fetched<P: BulkPorts>(
    app: &App<P>,
    item: &KeyedItem,
    previous: Option<Envelope>,
    bulk: &BTreeMap<Isbn13, Fetched>,
    (budget, written): (&IsbndbPageBudget, &WrittenKeys),
    fetch_policy: FetchPolicy,
) -> BatchResult {
    let fetched = match (&item.asked.query, item.query.isbn13()) {
        (BatchQuery::Author { .. }, _) => {
            author(app, &item.query, &item.linked_books, budget, fetch_policy).await
        }
        (_, Some(isbn)) => match bulk.get(&isbn) {
            Some(fetched) => fetched.clone(),
            None => return result(item, internal("no answer for the number"), Vec::new()),
        },
        _ => text(app, &item.query, fetch_policy).await,
    };
    let Fetched { mut records, mut completeness, failure } = fetched;
    if records.is_empty()
        && let Some((provider, failure)) = failure
    {
        let provider = provider.name().to_owned();
        return result(item, BatchOutcome::Failed { failure, provider }, Vec::new());
    }
    let mut merged_page = MergedPage::new(&item.query, records.clone(), completeness.clone());
    if let Some(words) = merged_page.keyword_query.clone() {
        let second = text(app, &words, fetch_policy).await;
        let found = MergedPage::new(&words, second.records.clone(), second.completeness.clone());
        if merged_page.is_replaced_by(&found) {
            (records, completeness, merged_page) = (second.records, second.completeness, found);
        }
    }
    // That a guessed number is unknown says nothing about what was typed: nothing is stored.
    if merged_page.count == 0 && item.query.is_repaired() {
        let (fresh_until_ms, partial) = (app.ports.now_ms(), completeness.partial);
        let none = BatchOutcome::NotFound { fresh_until_ms, was_cached: false, partial };
        return result(item, none, Vec::new());
    }
    // Records of other editions are dropped: they do not answer the item.
    let own = item.query.isbn13().map(|isbn| records_of(isbn, &records));
    if merged_page.count > 0
        && !is_confirmed(item.expected_book(), own.as_deref().unwrap_or(&records))
    {
        return result(item, wrong_book(), Vec::new());
    }
    let left_out = not_asked(app, &item.query, &completeness);
    if merged_page.count == 0 && !left_out.is_empty() {
        completeness = mark_not_asked(completeness, &left_out);
        merged_page = MergedPage::new(&item.query, records.clone(), completeness.clone());
    }
    let entry = store(app, &item.key, &merged_page, previous.as_ref());
    let Some(envelope) = written.write(&item.key, entry).await else {
        return result(item, internal("the cold tier failed"), Vec::new());
    };
    // Aliases of a book or an author may match more books. That there is none of
    // this name is no fact about them: it is stored like any partial answer.
    if merged_page.count == 0 && !item.aliases.is_empty() {
        let open = Completeness { partial: true, ..completeness.clone() };
        merged_page = MergedPage::new(&item.query, Vec::new(), open);
    }
    let over = fetch_policy.bypass_cache;
    if over {
        // A copy of the old entry in KV would hide the new one from the client that forced it.
        let keys = std::iter::once(&item.key).chain(&item.aliases);
        join_all(keys.map(|key| app.ports.stores().hot_delete(key))).await;
    }
    // The entries of a title that was found are those of its book.
    let aliases = item.aliases.iter().filter(|_| merged_page.count == 0 || !item.is_title());
    let stored = aliases.map(|key| written.write(key, store(app, key, &merged_page, None)));
    // An alias that fails is a later miss, not a failed item.
    join_all(stored).await;
    let nothing = |book: &LinkedBook| LinkedBookStatus {
        id: book.id.clone(),
        isbn: false,
        title: false,
        wrong: false,
    };
    let before = item.linked_books.iter().map(nothing).collect();
    let is_for_title = item.is_title();
    let (records, completeness) = (&records, &completeness);
    let answer = Answer { records, completeness, is_for_title, over, written };
    let books = store_linked_books(app, &item.linked_books, &answer, before).await;
    result(item, outcome_of(&envelope, false), books)
}

fn internal(detail: &str) -> BatchOutcome {
    let failure = Failure::internal(detail);
    BatchOutcome::Failed { failure, provider: "cache".to_owned() }
}
