//! Runs a batch.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;

use bibliography::cache_key::CacheKey;
use bibliography::isbn::Isbn13;
use futures::StreamExt;
use futures::future::{join, join_all, select};
use futures::stream::iter;
use runtime::api::batch::{
    BatchAnswer, BatchItem, BatchOutcome, BatchQuery, BatchRequest, BatchResult, CacheMode,
    LinkedBookStatus, MAX_BATCH_ITEMS,
};
use runtime::cache_policy::Envelope;
use runtime::outcome::{Failure, ProviderFailure, RequestError};
use runtime::rate_limit::CallClass;

use super::cached::{PARALLEL, outcome_of};
use super::compose::{is_confirmed, records_of};
use super::fetch::{Fetched, author, editions, mark_not_asked, not_asked, other_providers, text};
use super::item::{KeyedItem, LinkedBook};
use super::keys::BatchKeys;
use super::limits::BatchLimits;
use super::linked_books::{LinkedAnswer, store_linked_books};
use super::port::BulkPorts;
use super::store::{delete_copy, store};
use crate::app::App;
use crate::candidate::Candidate;
use crate::provider::Provider;
use crate::providers::FetchPolicy;
use crate::search::completeness::Completeness;
use crate::search::merged_page::MergedPage;

pub(super) struct Batch<'a, P: BulkPorts> {
    pub(super) app: &'a App<P>,
    pub(super) mode: CacheMode,
    pub(super) keys: BatchKeys<'a, P>,
    /// True for a batch of one item.
    is_single: bool,
    fetch_policy: FetchPolicy,
    text_policy: FetchPolicy,
}

/// The providers' answer to an item.
struct Answered {
    records: Vec<Candidate>,
    completeness: Completeness,
    merged_page: MergedPage,
}

/// Answers a batch; a failed item does not affect the others. Items unfinished a second before the
/// deadline are deferred. `bypass_isbndb_cache`: a refresh bypasses the ISBNdb Worker's cache;
/// false for the warmer, which has just filled that cache and would pay for every book twice.
///
/// # Errors
/// More items than a batch may hold.
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
    // The warmer fills the ISBNdb Worker's cache with authors and ISBNs, but not with texts.
    let text_policy =
        FetchPolicy { bypass_cache: bypass_cache || mode == CacheMode::Recheck, ..fetch_policy };
    let items: Vec<KeyedItem> = request.items.into_iter().map(KeyedItem::new).collect();
    let limits = BatchLimits::new(&*app.ports);
    let keys = BatchKeys::new(&limits);
    let batch = Batch { app, mode, keys, is_single: items.len() == 1, fetch_policy, text_policy };
    let done = RefCell::default();
    {
        let time_is_up = pin!(app.ports.sleep(limits.work_ms()));
        select(pin!(batch.answer_all(&items, &done)), time_is_up).await;
    }
    let mut done = done.into_inner();
    let result_of = |(place, item): (usize, &KeyedItem)| {
        done.remove(&place).unwrap_or_else(|| result(item, BatchOutcome::Deferred, Vec::new()))
    };
    Ok(BatchAnswer { results: items.iter().enumerate().map(result_of).collect() })
}

pub(super) fn result(
    item: &KeyedItem,
    outcome: BatchOutcome,
    books: Vec<LinkedBookStatus>,
) -> BatchResult {
    let BatchItem { id, .. } = &item.asked;
    BatchResult { id: id.clone(), key: item.key.to_string(), outcome, books }
}

pub(super) fn wrong_book() -> BatchOutcome {
    let provider = Provider::Isbndb.name().to_owned();
    BatchOutcome::Failed { failure: Failure::Provider(ProviderFailure::WrongBook), provider }
}

impl<P: BulkPorts> Batch<'_, P> {
    /// Answers all items, each as soon as possible.
    async fn answer_all(&self, items: &[KeyedItem], done: &RefCell<BTreeMap<usize, BatchResult>>) {
        // 1. Cached entries.
        let cached: Vec<_> = iter(items.iter().enumerate())
            .map(async |(place, item)| {
                let (previous, result) = self.cached_result(item).await;
                let is_open = result.is_none();
                done.borrow_mut().extend(result.map(|result| (place, result)));
                is_open.then_some((place, item, previous))
            })
            .buffered(PARALLEL)
            .collect()
            .await;
        let open: Vec<_> = cached.into_iter().flatten().collect();
        // 2. The others: all ISBNs in one bulk call, authors and texts one after the other, because
        //    an author's answer is large, and the pace allows no more.
        let isbns: BTreeSet<Isbn13> =
            open.iter().filter_map(|(_, item, _)| item.query.isbn13()).collect();
        let isbns: Vec<Isbn13> = isbns.into_iter().collect();
        let bulk = &editions(self.app, &isbns, self.keys.limits, self.fetch_policy).await;
        // 3. Answers are stored while the next are fetched.
        iter(open)
            .then(async |(place, item, previous)| {
                (place, item, previous, self.fetched(item, bulk).await)
            })
            .map(async |(place, item, previous, fetched)| {
                let result = match fetched {
                    Ok(answered) => self.stored(item, previous, answered).await,
                    Err(outcome) => result(item, outcome, Vec::new()),
                };
                done.borrow_mut().insert(place, result);
            })
            .buffer_unordered(PARALLEL)
            .collect()
            .await
    }

    fn policy_of(&self, item: &KeyedItem) -> FetchPolicy {
        if item.is_text() { self.text_policy } else { self.fetch_policy }
    }

    /// The providers' answer to an item, or the item's outcome if there is none.
    async fn fetched(
        &self,
        item: &KeyedItem,
        bulk: &BTreeMap<Isbn13, Fetched>,
    ) -> Result<Answered, BatchOutcome> {
        let (app, fetch_policy) = (self.app, self.policy_of(item));
        let fetched = match (&item.asked.query, item.query.isbn13()) {
            (BatchQuery::Author { .. }, _) => {
                self.take_search(item)?;
                author(app, &item.query, &item.linked_books, self.keys.limits, fetch_policy).await
            }
            (_, Some(isbn)) => bulk.get(&isbn).cloned().ok_or(BatchOutcome::Deferred)?,
            _ => {
                self.take_search(item)?;
                text(app, &item.query, fetch_policy).await
            }
        };
        let Fetched { mut records, mut completeness, failure } = fetched;
        if records.is_empty()
            && let Some((provider, failure)) = failure
        {
            let provider = provider.name().to_owned();
            return Err(BatchOutcome::Failed { failure, provider });
        }
        let mut merged_page = MergedPage::new(&item.query, records.clone(), completeness.clone());
        if let Some(words) = merged_page.keyword_query.clone() {
            self.take_search(item)?;
            let second = text(app, &words, fetch_policy).await;
            let found =
                MergedPage::new(&words, second.records.clone(), second.completeness.clone());
            if merged_page.is_replaced_by(&found) {
                (records, completeness, merged_page) = (second.records, second.completeness, found);
            }
        }
        Ok(Answered { records, completeness, merged_page })
    }

    fn take_search(&self, item: &KeyedItem) -> Result<(), BatchOutcome> {
        let limits = self.keys.limits;
        // Nothing is fetched that could not be stored.
        let is_left = !limits.was_refused() && limits.take_search(other_providers(&item.query));
        if is_left { Ok(()) } else { Err(BatchOutcome::Deferred) }
    }

    /// Stores an answer, and the entries of library books that it holds.
    async fn stored(
        &self,
        item: &KeyedItem,
        previous: Option<Envelope>,
        answered: Answered,
    ) -> BatchResult {
        let (app, ports) = (self.app, &*self.app.ports);
        let Answered { records, mut completeness, mut merged_page } = answered;
        // The ISBN was computed from a wrong check digit: its absence is not stored.
        if merged_page.count == 0 && item.query.is_repaired() {
            let (fresh_until_ms, partial) = (ports.now_ms(), completeness.partial);
            let none = BatchOutcome::NotFound { fresh_until_ms, was_cached: false, partial };
            return result(item, none, Vec::new());
        }
        // Records of other editions do not confirm the ISBN.
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
        let over = self.policy_of(item).bypass_cache;
        let put = async |key: &CacheKey, page: &MergedPage, previous: Option<&Envelope>| {
            let stored = store(app, key, page, previous).await;
            if over {
                delete_copy(ports.stores(), key).await;
            }
            stored
        };
        let entry = put(&item.key, &merged_page, previous.as_ref());
        let envelope = match self.keys.write(&item.key, entry).await {
            Some(Some(envelope)) => envelope,
            Some(None) => return result(item, internal("the cold tier failed"), Vec::new()),
            None => return result(item, BatchOutcome::Deferred, Vec::new()),
        };
        // Other books may answer the aliases: their negative is stored as partial.
        if merged_page.count == 0 && !item.aliases.is_empty() {
            let open = Completeness { partial: true, ..completeness.clone() };
            merged_page = MergedPage::new(&item.query, Vec::new(), open);
        }
        // The aliases of a title with books are stored with its linked book.
        let aliases = item.aliases.iter().filter(|_| merged_page.count == 0 || !item.is_title());
        let aliases = aliases.map(|key| self.keys.write(key, put(key, &merged_page, None)));
        let nothing = |book: &LinkedBook| LinkedBookStatus {
            id: book.id.clone(),
            isbn: false,
            title: false,
            wrong: false,
        };
        let before = item.linked_books.iter().map(nothing).collect();
        let answer = LinkedAnswer {
            records: &records,
            completeness: &completeness,
            is_for_title: item.is_title(),
            over,
            batch_keys: &self.keys,
        };
        let books = store_linked_books(app, &item.linked_books, &answer, before);
        // An alias that cannot be stored is a later miss; the item does not fail.
        let (_, books) = join(join_all(aliases), books).await;
        if self.lacks_operations(item, &books) {
            return result(item, BatchOutcome::Deferred, Vec::new());
        }
        result(item, outcome_of(&envelope, false), books)
    }

    /// Whether an item's books may lack entries because the operations ran out: a later batch then
    /// completes the item. A batch of one item is not deferred, since a retry would do no more.
    pub(super) fn lacks_operations(&self, item: &KeyedItem, books: &[LinkedBookStatus]) -> bool {
        let is_open = |(book, seen): (&LinkedBook, &LinkedBookStatus)| book.is_open(seen);
        self.keys.limits.was_refused()
            && !self.is_single
            && item.linked_books.iter().zip(books).any(is_open)
    }
}

fn internal(detail: &str) -> BatchOutcome {
    let failure = Failure::internal(detail);
    BatchOutcome::Failed { failure, provider: "cache".to_owned() }
}
