//! Fetches a micro-batch: first from the ISBNdb Worker, so that the wait for its pace is not part
//! of a request of the proxy, then from the proxy, which merges and stores the answers.

use futures::future::join_all;
use runtime::call_outcome::{Failure, ProviderFailure};
use runtime::wire_types::batch_search_types::{
    BatchItem, BatchItemOutcome, BatchItemResult, CacheMode, ItemQuery, LibraryBook,
};
use runtime::wire_types::provider_names::ISBNDB;

use super::ports::WarmerPorts;
use super::{WarmingEngine, sibling_requests};
use crate::ledger::backoff::{ItemFailureKind, item_failure_kind};
use crate::ledger::batch_provider_health::BatchProviderHealth;
use crate::ledger::batch_sizes::{BatchSizeSample, WarmingBatchKind};
use crate::ledger::ledger_item::{LedgerItem, WarmTarget};
use crate::ledger::ledger_store::{LedgerStore, StorageResult};

/// Books that are sent with their author; the others are looked up by ISBN.
const MAX_LINKED_BOOKS: usize = 40;

/// The result of one item: the proxy's result, or a failure and the callee that caused it.
pub(super) type ItemResult = Result<BatchItemResult, (Failure, String)>;

/// The results of a batch, before its items are completed.
#[derive(Default)]
pub(super) struct MicroBatchReport {
    pub(super) results: Vec<(String, ItemResult)>,
    pub(super) kind: WarmingBatchKind,
    pub(super) size_results: Vec<BatchSizeSample>,
    pub(super) provider_health: BatchProviderHealth,
    pub(super) binding_calls: u64,
    pub(super) upstream_calls: u64,
    pub(super) units: u64,
    pub(super) isbndb_has_no_key: bool,
}

impl MicroBatchReport {
    fn record_item_failure(&mut self, key: &str, failure: &Failure, provider: &str, now_ms: u64) {
        self.provider_health.record_failure(failure, provider, now_ms);
        self.results.push((key.to_owned(), Err((failure.clone(), provider.to_owned()))));
    }
}

fn is_not_configured(failure: &Failure) -> bool {
    matches!(failure.root_cause(), Failure::Provider(ProviderFailure::NotConfigured))
}

pub(super) fn batch_item(item: &LedgerItem) -> Option<BatchItem> {
    let query = match &item.target {
        WarmTarget::Author { name, .. } => {
            ItemQuery::Author { name: name.clone(), books: Vec::new() }
        }
        WarmTarget::Book { isbn, title, author } if item.is_by_isbn() => ItemQuery::Isbn {
            isbn: isbn.isbn13()?,
            title: title.clone(),
            author: author.clone(),
            repaired: isbn.is_repaired_isbn(),
        },
        WarmTarget::Book { title, author, .. } => {
            ItemQuery::Title { title: title.clone()?, author: author.clone() }
        }
    };
    Some(BatchItem { id: item.key.clone(), query })
}

impl<S: LedgerStore, O: WarmerPorts> WarmingEngine<'_, S, O> {
    /// Loads author pages into the ISBNdb Worker's cache, then sends the authors to the proxy.
    pub(super) async fn warm_authors(
        &self,
        number: u32,
        items: &[LedgerItem],
        mode: CacheMode,
        isbndb_has_no_key: bool,
        report: &mut MicroBatchReport,
    ) -> StorageResult<()> {
        let mut batch = Vec::new();
        let mut fetched = Vec::new();
        if !isbndb_has_no_key {
            let calls = items.iter().map(|item| async {
                match &item.target {
                    WarmTarget::Author { name, .. } => {
                        let bypass_cache = mode == CacheMode::Recheck;
                        sibling_requests::warm_author(
                            self.ports,
                            name,
                            self.settings.page_size,
                            bypass_cache,
                        )
                        .await
                    }
                    WarmTarget::Book { .. } => Ok(false),
                }
            });
            fetched = join_all(calls).await;
            report.binding_calls += items.len() as u64;
        }
        let now_ms = self.ports.now_ms();
        for (place, item) in items.iter().enumerate() {
            match fetched.get(place) {
                // Without a key only the other providers are queried; also for a name that the
                // ISBNdb Worker refuses, such as a very long one.
                Some(Err(failure)) if is_not_configured(failure) => report.isbndb_has_no_key = true,
                Some(Err(failure))
                    if item_failure_kind(failure, now_ms) == ItemFailureKind::Final => {}
                Some(Err(failure)) => {
                    report.record_item_failure(&item.key, failure, ISBNDB, now_ms);
                    continue;
                }
                Some(Ok(true)) => {
                    report.upstream_calls += 1;
                    report.units += 1;
                }
                Some(Ok(false)) | None => {}
            }
            let WarmTarget::Author { name, books } = &item.target else { continue };
            let books = self.author_books(number, books, mode)?;
            let query = ItemQuery::Author { name: name.clone(), books };
            batch.push(BatchItem { id: item.key.clone(), query });
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
    ) -> StorageResult<Vec<LibraryBook>> {
        let books = self.store.items_by_keys(number, keys)?.into_iter();
        let wanted = books.filter(|book| book.state.is_unfinished() || mode == CacheMode::Refresh);
        Ok(wanted
            .filter_map(|book| match book.target {
                WarmTarget::Book { isbn, title, .. } => Some(LibraryBook {
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

    /// Loads ISBNs into the ISBNdb Worker's cache; returns the keys of the answered items.
    pub(super) async fn prefetch_isbns(
        &self,
        items: &[LedgerItem],
        mode: CacheMode,
        report: &mut MicroBatchReport,
    ) -> Vec<String> {
        let numbers = items.iter().filter_map(|item| match &item.target {
            WarmTarget::Book { isbn, .. } => isbn.isbn13(),
            _ => None,
        });
        report.binding_calls += 1;
        let answer =
            sibling_requests::warm_books(self.ports, numbers.collect(), mode == CacheMode::Recheck)
                .await;
        let now_ms = self.ports.now_ms();
        let bulk = match answer {
            Ok(bulk) => bulk,
            // The ISBNdb Worker refuses such a bulk call: the proxy, which fetches what is missing,
            // gets the items at once.
            Err(failure) if item_failure_kind(&failure, now_ms) == ItemFailureKind::Final => {
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
            let WarmTarget::Book { isbn, .. } = &item.target else { continue };
            let Some(isbn) = isbn.isbn13() else { continue };
            match bulk.failed.iter().find(|failed| failed.isbn == isbn) {
                Some(failed) if is_not_configured(&failed.failure) => {
                    report.isbndb_has_no_key = true;
                    kept.push(item.key.clone());
                }
                Some(failed) => {
                    report.record_item_failure(&item.key, &failed.failure, ISBNDB, now_ms)
                }
                None => kept.push(item.key.clone()),
            }
        }
        // Failures of single ISBNs do not matter here: the ISBNdb Worker answered.
        report.provider_health.answered |= !kept.is_empty();
        report.provider_health.isbndb |= !kept.is_empty();
        kept
    }

    /// Sends books to the proxy, by ISBN or by title.
    pub(super) async fn compose(
        &self,
        items: &[LedgerItem],
        mode: CacheMode,
        report: &mut MicroBatchReport,
    ) {
        let batch = items.iter().filter_map(batch_item).collect();
        self.send(batch, mode, report).await;
    }

    /// Sends a batch. If it is refused as a whole, each item is sent alone, so that only a bad
    /// item fails.
    async fn send(&self, batch: Vec<BatchItem>, mode: CacheMode, report: &mut MicroBatchReport) {
        for item in self.send_once(batch, mode, report).await {
            self.send_once(vec![item], mode, report).await;
        }
    }

    /// Sends a batch; returns its items if they have to be sent one by one.
    async fn send_once(
        &self,
        batch: Vec<BatchItem>,
        mode: CacheMode,
        report: &mut MicroBatchReport,
    ) -> Vec<BatchItem> {
        if batch.is_empty() {
            return Vec::new();
        }
        report.binding_calls += 1;
        let answer = sibling_requests::send_batch(self.ports, mode, batch.clone()).await;
        report.size_results.extend(BatchSizeSample::of(batch.len(), &answer));
        let now_ms = self.ports.now_ms();
        match answer {
            Ok(results) => {
                for (item, result) in batch.iter().zip(results) {
                    if result.outcome == BatchItemOutcome::Deferred {
                        if batch.len() == 1 {
                            let failure = ProviderFailure::Timeout.into();
                            report.record_item_failure(
                                &item.id,
                                &failure,
                                "books-api-proxy",
                                now_ms,
                            );
                        }
                        continue;
                    }
                    let by_isbn = matches!(item.query, ItemQuery::Isbn { .. });
                    report.provider_health.record_outcome(&result.outcome, by_isbn, now_ms);
                    report.results.push((result.id.clone(), Ok(result)));
                }
            }
            Err(failure)
                if batch.len() > 1
                    && item_failure_kind(&failure, now_ms) == ItemFailureKind::Final =>
            {
                return batch;
            }
            Err(failure) => {
                for item in &batch {
                    report.record_item_failure(&item.id, &failure, "books-api-proxy", now_ms);
                }
            }
        }
        Vec::new()
    }
}
