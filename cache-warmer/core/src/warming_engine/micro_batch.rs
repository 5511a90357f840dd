//! Fetches a micro-batch: first from the ISBNdb Worker, so that the wait for its pace is not part
//! of a request of the proxy, then from the proxy, which merges and stores the answers.

use std::collections::VecDeque;

use futures::future::join_all;
use runtime::call_outcome::{Failure, ProviderFailure};
use runtime::wire_types::batch_search_wire_types::{
    BatchItemOutcome, BatchItemQuery, BatchItemResult, BatchSearchItem, CacheMode,
    LibraryBookByAuthor,
};
use runtime::wire_types::provider_names::ISBNDB;

use super::WarmingEngine;
use super::ports::WarmerPorts;
use super::sibling_worker_client::{self, failed_result};
use crate::warming_ledger::backoff::{ItemFailureEffect, item_failure_effect};
use crate::warming_ledger::batch_provider_health::BatchProviderHealth;
use crate::warming_ledger::learned_batch_sizes::{BatchSizeOutcome, WarmingBatchKind};
use crate::warming_ledger::warming_item::{WarmTarget, WarmingItem};
use crate::warming_ledger::warming_ledger_store::{StorageResult, WarmingLedgerStore};

/// Books that are sent with their author; the others are looked up by ISBN.
const MAX_LINKED_BOOKS: usize = 40;

/// The results of a batch, before its items are completed.
#[derive(Default)]
pub(super) struct MicroBatchReport {
    pub(super) results: Vec<BatchItemResult>,
    pub(super) kind: WarmingBatchKind,
    pub(super) size_results: Vec<BatchSizeOutcome>,
    pub(super) provider_health: BatchProviderHealth,
    pub(super) binding_calls: u64,
    pub(super) upstream_calls: u64,
    pub(super) units: u64,
    pub(super) isbndb_has_no_key: bool,
    /// Keys of the items that go to the proxy next.
    pub(super) fetched: Vec<String>,
}

impl MicroBatchReport {
    fn record_item_failure(&mut self, key: &str, failure: &Failure, provider: &str, now_ms: u64) {
        self.provider_health.record_failure(failure, provider, now_ms);
        self.results.push(failed_result(key.to_owned(), failure.clone(), provider));
    }
}

fn is_not_configured(failure: &Failure) -> bool {
    matches!(failure.root_cause(), Failure::Provider(ProviderFailure::NotConfigured))
}

pub(super) fn batch_item_of_warming_item(item: &WarmingItem) -> Option<BatchSearchItem> {
    let query = match &item.target {
        WarmTarget::Author { name, .. } => {
            BatchItemQuery::Author { name: name.clone(), books: Vec::new() }
        }
        WarmTarget::Book { isbn, title, author } if item.is_by_isbn() => BatchItemQuery::Isbn {
            isbn: isbn.isbn13()?,
            title: title.clone(),
            author: author.clone(),
            repaired: isbn.is_repaired_isbn(),
        },
        WarmTarget::Book { title, author, .. } => {
            BatchItemQuery::Title { title: title.clone()?, author: author.clone() }
        }
    };
    Some(BatchSearchItem { id: item.key.clone(), query })
}

impl<S: WarmingLedgerStore, O: WarmerPorts> WarmingEngine<'_, S, O> {
    /// Loads author pages into the ISBNdb Worker's cache, then sends the authors to the proxy.
    pub(super) async fn warm_authors(
        &self,
        number: u32,
        items: &[WarmingItem],
        mode: CacheMode,
        isbndb_has_no_key: bool,
        report: &mut MicroBatchReport,
    ) -> StorageResult<()> {
        let authors: Vec<_> = items
            .iter()
            .filter_map(|item| match &item.target {
                WarmTarget::Author { name, books } => Some((&item.key, name, books)),
                WarmTarget::Book { .. } => None,
            })
            .collect();
        let (bypass_cache, page_size) = (mode == CacheMode::Recheck, self.settings.page_size);
        let mut fetched = Vec::new();
        if !isbndb_has_no_key {
            fetched = join_all(authors.iter().map(|(_, name, _)| {
                sibling_worker_client::warm_author(self.ports, name, page_size, bypass_cache)
            }))
            .await;
            report.binding_calls += items.len() as u64;
        }
        let now_ms = self.ports.now_ms();
        let mut batch = Vec::new();
        for (place, (key, name, books)) in authors.into_iter().enumerate() {
            match fetched.get(place) {
                // Without a key only the other providers are queried; also for a name that the
                // ISBNdb Worker refuses, such as a very long one.
                Some(Err(failure)) if is_not_configured(failure) => report.isbndb_has_no_key = true,
                Some(Err(failure))
                    if item_failure_effect(failure, now_ms) == ItemFailureEffect::Final => {}
                Some(Err(failure)) => {
                    report.record_item_failure(key, failure, ISBNDB, now_ms);
                    continue;
                }
                Some(Ok(true)) => {
                    report.upstream_calls += 1;
                    report.units += 1;
                }
                Some(Ok(false)) | None => {}
            }
            let books = self.author_books(number, books, mode)?;
            let query = BatchItemQuery::Author { name: name.clone(), books };
            batch.push(BatchSearchItem { id: key.clone(), query });
        }
        self.send(batch, mode, report).await;
        Ok(())
    }

    /// The open books of an author, in the form of the proxy's batch.
    fn author_books(
        &self,
        number: u32,
        keys: &[String],
        mode: CacheMode,
    ) -> StorageResult<Vec<LibraryBookByAuthor>> {
        let books = self.store.items_by_keys(number, keys)?.into_iter();
        let wanted = books.filter(|book| book.state.is_unfinished() || mode == CacheMode::Refresh);
        Ok(wanted
            .filter_map(|book| match book.target {
                WarmTarget::Book { isbn, title, .. } => Some(LibraryBookByAuthor {
                    id: book.key,
                    // A book with a rejected ISBN is searched by its title.
                    isbn: isbn.isbn13(),
                    title: title.unwrap_or_default(),
                    repaired: isbn.is_repaired_isbn(),
                }),
                WarmTarget::Author { .. } => None,
            })
            .filter(|book| book.isbn.is_some() || !book.title.is_empty())
            .take(MAX_LINKED_BOOKS)
            .collect())
    }

    /// Loads ISBNs into the ISBNdb Worker's cache; returns the keys of the items that go to the
    /// proxy next.
    pub(super) async fn prefetch_isbns(
        &self,
        items: &[WarmingItem],
        mode: CacheMode,
        report: &mut MicroBatchReport,
    ) -> Vec<String> {
        let isbns = items.iter().filter_map(|item| item.target.isbn13()).collect();
        report.binding_calls += 1;
        let bypass_cache = mode == CacheMode::Recheck;
        let answer = sibling_worker_client::warm_books(self.ports, isbns, bypass_cache).await;
        let now_ms = self.ports.now_ms();
        let bulk = match answer {
            Ok(bulk) => bulk,
            // The ISBNdb Worker refuses such a bulk call: the proxy, which fetches what is missing,
            // gets the items at once.
            Err(failure) if item_failure_effect(&failure, now_ms) == ItemFailureEffect::Final => {
                return items.iter().map(|item| item.key.clone()).collect();
            }
            Err(failure) => {
                for item in items {
                    report.record_item_failure(&item.key, &failure, ISBNDB, now_ms);
                }
                return Vec::new();
            }
        };
        report.upstream_calls += u64::from(bulk.upstream_calls);
        report.units += u64::from(bulk.units);
        let mut kept = Vec::new();
        for item in items {
            let Some(isbn) = item.target.isbn13() else { continue };
            let failed = bulk.failed.iter().find(|failed| failed.isbn == isbn);
            let failure = failed.map(|failed| &failed.failure);
            let has_no_key = failure.is_some_and(is_not_configured);
            report.isbndb_has_no_key |= has_no_key;
            match failure.filter(|_| !has_no_key) {
                Some(failure) => report.record_item_failure(&item.key, failure, ISBNDB, now_ms),
                None => kept.push(item.key.clone()),
            }
        }
        // Failures of single ISBNs do not matter here: the ISBNdb Worker answered.
        report.provider_health.answered |= !kept.is_empty();
        report.provider_health.isbndb |= !kept.is_empty();
        kept
    }

    /// Sends items to the proxy. A batch that is refused as a whole is sent item by item, so that
    /// only a bad item fails.
    pub(super) async fn send(
        &self,
        batch: Vec<BatchSearchItem>,
        mode: CacheMode,
        report: &mut MicroBatchReport,
    ) {
        const PROXY: &str = "books-api-proxy";
        let mut batches = VecDeque::from([batch]);
        while let Some(batch) = batches.pop_front() {
            if batch.is_empty() {
                continue;
            }
            report.binding_calls += 1;
            let answer = sibling_worker_client::send_batch(self.ports, mode, batch.clone()).await;
            report.size_results.extend(BatchSizeOutcome::of(batch.len(), &answer));
            let now_ms = self.ports.now_ms();
            let is_single = batch.len() == 1;
            match answer {
                Ok(results) => {
                    for (item, result) in batch.iter().zip(results) {
                        if result.outcome != BatchItemOutcome::Deferred {
                            let by_isbn = matches!(item.query, BatchItemQuery::Isbn { .. });
                            report.provider_health.record_outcome(&result.outcome, by_isbn, now_ms);
                            report.results.push(result);
                        } else if is_single {
                            let failure = ProviderFailure::Timeout.into();
                            report.record_item_failure(&item.id, &failure, PROXY, now_ms);
                        }
                    }
                }
                Err(failure)
                    if !is_single
                        && item_failure_effect(&failure, now_ms) == ItemFailureEffect::Final =>
                {
                    batches.extend(batch.into_iter().map(|item| vec![item]));
                }
                Err(failure) => {
                    for item in &batch {
                        report.record_item_failure(&item.id, &failure, PROXY, now_ms);
                    }
                }
            }
        }
    }
}
