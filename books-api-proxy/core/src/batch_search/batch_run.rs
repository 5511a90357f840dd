//! Runs a batch.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;

use bibliography::isbn::Isbn13;
use futures::StreamExt;
use futures::future::{join, join_all, select};
use futures::stream::iter;
use runtime::cache_policy::EntryMetadata;
use runtime::call_outcome::Failure;
use runtime::rate_limit::CallClass;
use runtime::wire_types::batch_search_wire_types::{
    BatchItemOutcome, BatchItemQuery, BatchItemResult, BatchSearchAnswer, BatchSearchRequest,
    CacheMode, LibraryBookCacheEntries, MAX_BATCH_ITEMS,
};

use super::batch_cache_keys::BatchCacheKeys;
use super::batch_item_keys::KeyedBatchItem;
use super::batch_limits::BatchBudget;
use super::compose::{has_expected_book, records_of};
use super::library_book_entries::LinkedAnswer;
use super::provider_fetch::{FetchedRecords, mark_not_asked, other_providers};
use super::warm_entries::{PARALLEL_ITEMS, outcome_of};
use super::{BatchSearchRun, ItemAnswer, wrong_book_outcome};
use crate::provider_record::ProviderRecord;
use crate::providers::ProviderFetchOptions;
use crate::search::answer_completeness::FanOutCompleteness;
use crate::search::merged_answer::MergedAnswer;
use crate::search_context::{ProxyPorts, SearchContext};

/// Time reserved for sending the answer.
const ANSWER_MS: u64 = 1_000;

/// Answers a batch; a failed item does not affect the others. Items unfinished a second before the
/// deadline are deferred. `bypass_isbndb_cache`: a refresh bypasses the ISBNdb Worker's cache;
/// false for the warmer, which has just filled that cache and would pay for every book twice.
/// Errors: more items than a batch may hold.
pub async fn execute_batch<P: ProxyPorts>(
    app: &SearchContext<P>,
    request: BatchSearchRequest,
    bypass_isbndb_cache: bool,
) -> Result<BatchSearchAnswer, Failure> {
    if request.items.len() > MAX_BATCH_ITEMS {
        return Err(Failure::too_large(format!("{MAX_BATCH_ITEMS} items")));
    }
    let mode = request.cache;
    let bypass_cache = bypass_isbndb_cache && mode == CacheMode::Refresh;
    let fetch_policy = ProviderFetchOptions { class: CallClass::Background, bypass_cache };
    // The warmer fills the ISBNdb Worker's cache with authors and ISBNs, but not with texts.
    let text_policy = ProviderFetchOptions {
        bypass_cache: bypass_cache || mode == CacheMode::Recheck,
        ..fetch_policy
    };
    let items: Vec<KeyedBatchItem> = request.items.into_iter().map(KeyedBatchItem::new).collect();
    let limits = BatchBudget::new(&*app.ports);
    let keys = BatchCacheKeys::new(&limits);
    let batch =
        BatchSearchRun { app, mode, keys, is_single: items.len() == 1, fetch_policy, text_policy };
    let done = RefCell::default();
    {
        let work_ms = app.ports.time_left_ms().saturating_sub(ANSWER_MS);
        let time_is_up = pin!(app.ports.sleep(work_ms));
        select(pin!(batch.answer_all(&items, &done)), time_is_up).await;
    }
    let mut done = done.into_inner();
    let result_of = |(place, item): (usize, &KeyedBatchItem)| {
        let answer = done.remove(&place).unwrap_or(Err(BatchItemOutcome::Deferred));
        let (outcome, books) = answer.unwrap_or_else(|outcome| (outcome, Vec::new()));
        BatchItemResult { id: item.asked.id.clone(), key: item.key.to_string(), outcome, books }
    };
    Ok(BatchSearchAnswer { results: items.iter().enumerate().map(result_of).collect() })
}

impl<P: ProxyPorts> BatchSearchRun<'_, P> {
    /// Answers all items, each as soon as possible.
    async fn answer_all(
        &self,
        items: &[KeyedBatchItem],
        done: &RefCell<BTreeMap<usize, ItemAnswer>>,
    ) {
        // 1. Cached entries.
        let cached: Vec<_> = iter(items.iter().enumerate())
            .map(async |(place, item)| {
                let (previous, answer) = self.cached_answer(item).await;
                let is_open = answer.is_none();
                done.borrow_mut().extend(answer.map(|answer| (place, answer)));
                is_open.then_some((place, item, previous))
            })
            .buffered(PARALLEL_ITEMS)
            .collect()
            .await;
        let open: Vec<_> = cached.into_iter().flatten().collect();
        // 2. The others: all ISBNs in one bulk call, authors and texts one after the other, because
        //    an author's answer is large, and the pace allows no more.
        let isbns: BTreeSet<Isbn13> =
            open.iter().filter_map(|(_, item, _)| item.query.isbn13()).collect();
        let isbns: Vec<Isbn13> = isbns.into_iter().collect();
        let bulk = &self.fetch_editions(&isbns).await;
        // 3. Answers are stored while the next are fetched.
        iter(open)
            .then(async |(place, item, previous)| {
                (place, item, previous, self.fetch_item(item, bulk).await)
            })
            .map(async |(place, item, previous, fetched)| {
                let answer = match fetched {
                    Ok((records, merged_answer)) => {
                        self.store_answer(item, previous, &records, merged_answer).await
                    }
                    Err(outcome) => Err(outcome),
                };
                done.borrow_mut().insert(place, answer);
            })
            .buffer_unordered(PARALLEL_ITEMS)
            .collect()
            .await
    }

    /// The providers' answer to an item, or the item's outcome if there is none.
    async fn fetch_item(
        &self,
        item: &KeyedBatchItem,
        bulk: &BTreeMap<Isbn13, FetchedRecords>,
    ) -> Result<(Vec<ProviderRecord>, MergedAnswer), BatchItemOutcome> {
        let fetch_policy = self.policy_of(item);
        let fetched = match (&item.asked.query, item.query.isbn13()) {
            (BatchItemQuery::Author { .. }, _) => {
                self.take_search(item)?;
                self.fetch_author(item).await
            }
            (_, Some(isbn)) => bulk.get(&isbn).cloned().ok_or(BatchItemOutcome::Deferred)?,
            _ => {
                self.take_search(item)?;
                self.fetch_by_text(&item.query, fetch_policy).await
            }
        };
        let FetchedRecords { mut records, completeness, failure } = fetched;
        if records.is_empty()
            && let Some((provider, failure)) = failure
        {
            let provider = provider.name().to_owned();
            return Err(BatchItemOutcome::Failed { failure, provider });
        }
        let mut merged_answer = MergedAnswer::new(&item.query, records.clone(), completeness);
        if let Some(words) = merged_answer.keyword_query.clone() {
            self.take_search(item)?;
            let second = self.fetch_by_text(&words, fetch_policy).await;
            let found = MergedAnswer::new(&words, second.records.clone(), second.completeness);
            if merged_answer.is_replaced_by(&found) {
                (records, merged_answer) = (second.records, found);
            }
        }
        Ok((records, merged_answer))
    }

    fn take_search(&self, item: &KeyedBatchItem) -> Result<(), BatchItemOutcome> {
        let limits = self.keys.limits;
        // Nothing is fetched that could not be stored.
        let is_left = !limits.was_refused() && limits.take_search(other_providers(&item.query));
        is_left.then_some(()).ok_or(BatchItemOutcome::Deferred)
    }

    /// Stores an answer, and the entries of library books that it holds.
    async fn store_answer(
        &self,
        item: &KeyedBatchItem,
        previous: Option<EntryMetadata>,
        records: &[ProviderRecord],
        mut merged_answer: MergedAnswer,
    ) -> ItemAnswer {
        // The ISBN was computed from a wrong check digit: its absence is not stored.
        if merged_answer.count == 0 && item.query.has_repaired_isbn() {
            let fresh_until_ms = self.app.ports.now_ms();
            let partial = merged_answer.completeness.partial;
            return Err(BatchItemOutcome::NotFound { fresh_until_ms, was_cached: false, partial });
        }
        // Records of other editions do not confirm the ISBN.
        let own = item.query.isbn13().map(|isbn| records_of(isbn, records));
        if merged_answer.count > 0
            && !has_expected_book(item.title_to_match(), own.as_deref().unwrap_or(records))
        {
            return Err(wrong_book_outcome());
        }
        let left_out = self.providers_not_asked(&item.query, &merged_answer.completeness);
        if merged_answer.count == 0 && !left_out.is_empty() {
            let completeness = mark_not_asked(merged_answer.completeness, &left_out);
            merged_answer = MergedAnswer::new(&item.query, records.to_vec(), completeness);
        }
        let completeness = merged_answer.completeness.clone();
        let over = self.policy_of(item).bypass_cache;
        let entry = self.store_item_page(&item.key, &merged_answer, previous.as_ref(), over);
        let written = self.keys.write(&item.key, entry).await.ok_or(BatchItemOutcome::Deferred)?;
        let metadata = written.ok_or_else(|| BatchItemOutcome::Failed {
            failure: Failure::internal("the cold tier failed"),
            provider: "cache".to_owned(),
        })?;
        // Other books may answer the aliases: their negative is stored as partial.
        if merged_answer.count == 0 && !item.aliases.is_empty() {
            let open = FanOutCompleteness { partial: true, ..completeness.clone() };
            merged_answer = MergedAnswer::new(&item.query, Vec::new(), open);
        }
        // The aliases of a title with books are stored with its linked book.
        let aliases = item.aliases.iter().filter(|_| merged_answer.count == 0 || !item.is_title());
        let aliases = aliases
            .map(|key| self.keys.write(key, self.store_item_page(key, &merged_answer, None, over)));
        let nothing = item.linked_books.iter().map(|book| LibraryBookCacheEntries {
            id: book.id.clone(),
            ..LibraryBookCacheEntries::default()
        });
        let answer = LinkedAnswer {
            records,
            completeness: &completeness,
            is_for_title: item.is_title(),
            over,
        };
        let books = self.store_linked_books(&item.linked_books, &answer, nothing.collect());
        // An alias that cannot be stored is a later miss; the item does not fail.
        let (_, books) = join(join_all(aliases), books).await;
        if self.lacks_operations(item, &books) {
            return Err(BatchItemOutcome::Deferred);
        }
        Ok((outcome_of(&metadata, false), books))
    }
}
