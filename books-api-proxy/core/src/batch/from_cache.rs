//! Answers items from the cache.

use runtime::cache_policy::{EntryMetadata, EntryOutcome};
use runtime::outcome::{Failure, ProviderFailure};
use runtime::wire_types::batch::{BatchItemOutcome, BatchItemResult, CacheMode, ItemQuery};

use super::compose::has_expected_book;
use super::item::KeyedItem;
use super::limits::Reserved;
use super::linked_books::LinkedAnswer;
use super::warm_entries::{is_warm, outcome_of};
use super::{BatchRun, batch_result, wrong_book};
use crate::app::{App, ProxyPorts};
use crate::search::answer_completeness::Completeness;

impl<P: ProxyPorts> BatchRun<'_, P> {
    /// The envelope of the item's key, and the item's result if no provider is needed.
    pub(super) async fn cached_result(
        &self,
        item: &KeyedItem,
    ) -> (Option<EntryMetadata>, Option<BatchItemResult>) {
        let deferred = || Some(batch_result(item, BatchItemOutcome::Deferred, Vec::new()));
        if item.asked.query == ItemQuery::Unknown {
            return (None, deferred());
        }
        if item.query.is_empty() {
            let failure = Failure::bad_request("query: is empty or only punctuation");
            let outcome = BatchItemOutcome::Failed { failure, provider: "proxy".to_owned() };
            return (None, Some(batch_result(item, outcome, Vec::new())));
        }
        let Some(reserved) = self.keys.limits.reserve(item.most_looks()).await else {
            return (None, deferred());
        };
        let previous = self.keys.read_metadata(self.app.ports.stores(), &item.key).await;
        let counts = |envelope: &&EntryMetadata| {
            is_warm(envelope, self.app.ports.now_ms())
                && !(self.mode == CacheMode::Recheck && envelope.outcome == EntryOutcome::None)
        };
        let warm = previous.as_ref().filter(counts);
        let answer = match (self.mode, warm) {
            (CacheMode::Unknown, _) => deferred(),
            (CacheMode::Refresh, _) | (CacheMode::Default | CacheMode::Recheck, None) => None,
            (CacheMode::OnlyIfCached, None) => {
                let books = self.cached_statuses(item).await;
                Some(batch_result(item, BatchItemOutcome::Miss, books))
            }
            (CacheMode::OnlyIfCached, Some(envelope)) => {
                Some(self.report_cached(item, envelope).await)
            }
            (CacheMode::Default | CacheMode::Recheck, Some(envelope)) => {
                Some(self.composed_result(item, envelope, reserved).await)
            }
        };
        (previous, answer)
    }

    /// The result of a warm entry. The entry of a repaired ISBN may be another book's.
    async fn report_cached(&self, item: &KeyedItem, envelope: &EntryMetadata) -> BatchItemResult {
        let expected_book = item.title_to_match();
        if envelope.outcome == EntryOutcome::Found
            && expected_book.is_some()
            && !has_expected_book(expected_book, &self.stored_records(&item.key).await)
        {
            return batch_result(item, wrong_book(), Vec::new());
        }
        let books = self.cached_statuses(item).await;
        batch_result(item, outcome_of(envelope, true), books)
    }

    /// The result of a warm entry, from which missing entries of linked books are composed.
    async fn composed_result(
        &self,
        item: &KeyedItem,
        envelope: &EntryMetadata,
        reserved: Reserved<'_>,
    ) -> BatchItemResult {
        let mut books = self.cached_statuses(item).await;
        let lacking =
            item.linked_books.iter().zip(&books).any(|(book, seen)| book.has_missing_entry(seen));
        let expected_book = item.title_to_match();
        if envelope.outcome == EntryOutcome::Found && (lacking || expected_book.is_some()) {
            let stored = self.stored_records(&item.key).await;
            if !has_expected_book(expected_book, &stored) {
                return batch_result(item, wrong_book(), Vec::new());
            }
            if lacking {
                // The look-up is over: free its operations before waiting for more.
                drop(reserved);
                let answer = LinkedAnswer {
                    records: &stored,
                    completeness: &completeness_of(self.app, envelope),
                    is_for_title: item.is_title(),
                    over: false,
                };
                books = self.store_linked_books(&item.linked_books, &answer, books).await;
                if self.lacks_operations(item, &books) {
                    return batch_result(item, BatchItemOutcome::Deferred, Vec::new());
                }
            }
        }
        batch_result(item, outcome_of(envelope, true), books)
    }
}

/// The completeness of a stored entry. An entry composed from a partial one expires with it.
fn completeness_of<P: ProxyPorts>(app: &App<P>, envelope: &EntryMetadata) -> Completeness {
    let report = |name: &String| runtime::wire_types::volume::ProviderReport {
        name: name.clone(),
        outcome: "found".to_owned(),
        count: envelope.count,
    };
    let until_ms = envelope.partial.then_some(envelope.fresh_until_ms);
    let left_ms = envelope.fresh_until_ms.saturating_sub(app.ports.now_ms());
    let is_short = left_ms < app.config.times.partial_ttl_ms;
    Completeness {
        lacks_public_share: false,
        reports: envelope.providers.iter().map(report).collect(),
        answered: envelope.providers.clone(),
        partial: envelope.partial,
        incomplete_until_ms: until_ms.filter(|_| !is_short),
        again_after_ms: None,
        open_for_ms: until_ms.filter(|_| is_short).map(|_| left_ms),
        failure: Failure::Provider(ProviderFailure::AllFailed { retry_after_ms: left_ms }),
    }
}
