//! Answers items from the cache.

use runtime::cache_policy::{AnswerBookPresence, EntryMetadata};
use runtime::call_outcome::{Failure, ProviderFailure};
use runtime::wire_types::batch_search_wire_types::{BatchItemOutcome, BatchItemQuery, CacheMode};
use runtime::wire_types::volume::ProviderReport;

use super::batch_item_keys::KeyedBatchItem;
use super::batch_limits::Reserved;
use super::compose::has_expected_book;
use super::library_book_entries::LinkedAnswer;
use super::warm_entries::{is_warm, outcome_of};
use super::{BatchSearchRun, ItemAnswer, wrong_book_outcome};
use crate::search::answer_completeness::FanOutCompleteness;
use crate::search_context::ProxyPorts;

impl<P: ProxyPorts> BatchSearchRun<'_, P> {
    /// The metadata of the item's key, and the item's answer if no provider is needed.
    pub(super) async fn cached_answer(
        &self,
        item: &KeyedBatchItem,
    ) -> (Option<EntryMetadata>, Option<ItemAnswer>) {
        if item.asked.query == BatchItemQuery::Unknown {
            return (None, Some(Err(BatchItemOutcome::Deferred)));
        }
        if item.query.is_empty() {
            let failure = Failure::bad_request("query: is empty or only punctuation");
            let provider = "proxy".to_owned();
            return (None, Some(Err(BatchItemOutcome::Failed { failure, provider })));
        }
        let Some(reserved) = self.keys.limits.reserve(item.most_looks()).await else {
            return (None, Some(Err(BatchItemOutcome::Deferred)));
        };
        let previous = self.keys.read_metadata(self.app.ports.cache_stores(), &item.key).await;
        let counts = |metadata: &&EntryMetadata| {
            is_warm(metadata, self.app.ports.now_ms())
                && !(self.mode == CacheMode::Recheck
                    && metadata.outcome == AnswerBookPresence::None)
        };
        let answer = match (self.mode, previous.as_ref().filter(counts)) {
            (CacheMode::Unknown, _) => Some(Err(BatchItemOutcome::Deferred)),
            (CacheMode::Refresh, _) | (CacheMode::Default | CacheMode::Recheck, None) => None,
            (CacheMode::OnlyIfCached, None) => {
                Some(Ok((BatchItemOutcome::Miss, self.cached_statuses(item).await)))
            }
            (CacheMode::OnlyIfCached, Some(metadata)) => {
                Some(self.report_cached(item, metadata).await)
            }
            (CacheMode::Default | CacheMode::Recheck, Some(metadata)) => {
                Some(self.composed_result(item, metadata, reserved).await)
            }
        };
        (previous, answer)
    }

    /// The result of a warm entry. The entry of a repaired ISBN may be another book's.
    async fn report_cached(&self, item: &KeyedBatchItem, metadata: &EntryMetadata) -> ItemAnswer {
        let expected_book = item.title_to_match();
        if metadata.outcome == AnswerBookPresence::Found
            && expected_book.is_some()
            && !has_expected_book(expected_book, &self.stored_records(&item.key).await)
        {
            return Err(wrong_book_outcome());
        }
        Ok((outcome_of(metadata, true), self.cached_statuses(item).await))
    }

    /// The result of a warm entry, from which missing entries of linked books are composed.
    async fn composed_result(
        &self,
        item: &KeyedBatchItem,
        metadata: &EntryMetadata,
        reserved: Reserved<'_>,
    ) -> ItemAnswer {
        let mut books = self.cached_statuses(item).await;
        let lacking = item.has_missing_entry(&books);
        let expected_book = item.title_to_match();
        if metadata.outcome == AnswerBookPresence::Found && (lacking || expected_book.is_some()) {
            let stored = self.stored_records(&item.key).await;
            if !has_expected_book(expected_book, &stored) {
                return Err(wrong_book_outcome());
            }
            if lacking {
                // The look-up is over: free its operations before waiting for more.
                drop(reserved);
                let answer = LinkedAnswer {
                    records: &stored,
                    completeness: &self.completeness_of(metadata),
                    is_for_title: item.is_title(),
                    over: false,
                };
                books = self.store_linked_books(&item.linked_books, &answer, books).await;
                if self.lacks_operations(item, &books) {
                    return Err(BatchItemOutcome::Deferred);
                }
            }
        }
        Ok((outcome_of(metadata, true), books))
    }

    /// The completeness of a stored entry. An entry composed from a partial one expires with it.
    fn completeness_of(&self, metadata: &EntryMetadata) -> FanOutCompleteness {
        let report = |name: &String| ProviderReport {
            name: name.clone(),
            outcome: "found".to_owned(),
            count: metadata.count,
        };
        let until_ms = metadata.partial.then_some(metadata.fresh_until_ms);
        let left_ms = metadata.fresh_until_ms.saturating_sub(self.app.ports.now_ms());
        let is_short = left_ms < self.app.config.times.partial_ttl_ms;
        FanOutCompleteness {
            lacks_public_share: false,
            reports: metadata.providers.iter().map(report).collect(),
            answered: metadata.providers.clone(),
            partial: metadata.partial,
            incomplete_until_ms: until_ms.filter(|_| !is_short),
            again_after_ms: None,
            open_for_ms: until_ms.filter(|_| is_short).map(|_| left_ms),
            failure: Failure::Provider(ProviderFailure::AllFailed { retry_after_ms: left_ms }),
        }
    }
}
