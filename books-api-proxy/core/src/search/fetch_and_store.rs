//! The fan-out: queries the providers, returns the merged answer, and stores it.

use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use bibliography::query::Query;
use futures::future::join;
use runtime::cache_policy::entry_lifetimes::{classify_freshness, new_entry_metadata};
use runtime::cache_policy::{EntryMetadata, Freshness};
use runtime::call_outcome::FoundOrNotFound;
use runtime::rate_limit::CallClass;
use runtime::wire_types::isbndb_worker_answers::CACHED_ANSWER_TTL_MS;

use super::answer_completeness::assess;
use super::merged_answer::MergedAnswer;
use super::parallel_provider_queries::ParallelProviderQueries;
use crate::cache::cache_store_port::CacheStores;
use crate::cache::tier_lookup::read_overflow_page;
use crate::cache::write::{CacheWriteResult, delete_entry, is_partial_or_empty};
use crate::flight::{AllProvidersFailed, FetchReason, FlightAnswerPages, SingleFlightRequest};
use crate::merge::MergedItems;
use crate::providers::ProviderFetchOptions;
use crate::search::provider_rules::live_providers;
use crate::search_context::{ProxyPorts, SearchContext};

/// Answers a flight.
///
/// 1. A refresh first checks whether another request stored a fresh entry meanwhile.
/// 2. All providers that may have the book are queried, until the answer is complete
///    (`provider_rules`) or the deadline is over.
/// 3. There may be one second round: a text that was taken for a title or an author, but not
///    answered as such, is searched as keywords; a query that every provider denies is widened.
/// 4. The answer is returned; storing it and waiting for late providers run in the background.
pub async fn fetch_and_store<P: ProxyPorts>(
    app: &SearchContext<P>,
    flight: SingleFlightRequest,
) -> Result<FlightAnswerPages, AllProvidersFailed> {
    let mut query = flight.question.query();
    let key = CacheKey::of(&query);
    let mut previous = flight.previous;
    if flight.mode == FetchReason::Refresh
        && let Ok(Some(opened)) = app.ports.cache_stores().cold_tier_get(&key).await
    {
        let metadata = opened.metadata;
        previous = Some(metadata.clone());
        if classify_freshness(&metadata, app.ports.now_ms()) == Freshness::Fresh
            && let Ok(bytes) = app.ports.cache_stores().read(opened.body).await
        {
            // If the copy fails, the next request is a hit in the cold tier.
            let body = P::Stores::stored_bytes(&bytes);
            let _ = app.entry_writer(&key).promote(&body, &metadata).await;
            delete_if_purged(app, &key).await;
            let overflow = read_overflow_page(app.ports.cache_stores(), &key, &metadata).await;
            return Ok(FlightAnswerPages {
                first: bytes.into(),
                overflow: overflow.map(Into::into),
                metadata,
                lacks_public_share: false,
            });
        }
    }
    let fetch_options = ProviderFetchOptions {
        class: match (flight.is_public, flight.mode) {
            // Also a refresh that an anonymous client caused.
            (true, _) => CallClass::Public,
            (false, FetchReason::Miss) => CallClass::Interactive,
            (false, FetchReason::Refresh) => CallClass::Background,
        },
        // A refresh needs an answer younger than the entry. Any answer in the ISBNdb Worker's cache
        // is, once the entry is older than that cache's TTL.
        bypass_cache: flight.mode == FetchReason::Refresh
            && previous.as_ref().is_some_and(|entry| {
                app.ports.now_ms().saturating_sub(entry.stored_at_ms) < CACHED_ANSWER_TTL_MS
            }),
    };
    let deadline_at_ms = app.ports.now_ms().saturating_add(app.config.search_deadline_ms);
    let mut parallel_provider_queries =
        query_providers(app, &query, fetch_options, deadline_at_ms).await;
    let mut merged_answer =
        merge_page(&query, &parallel_provider_queries, app.ports.now_ms(), false);
    let wider = flight.may_widen.then(|| merged_answer.wider_query(&query)).flatten();
    if let Some(wider) = wider {
        let second = query_providers(app, &wider, fetch_options, deadline_at_ms).await;
        let found = merge_page(&query, &second, app.ports.now_ms(), true);
        if found.count > 0 {
            (parallel_provider_queries, merged_answer) = (second, found);
        }
    // One second round at most, so no keywords after a wider question that finds nothing.
    } else if let Some(words) = merged_answer.keyword_query.clone() {
        let second = query_providers(app, &words, fetch_options, deadline_at_ms).await;
        let found = merge_page(&words, &second, app.ports.now_ms(), false);
        if merged_answer.is_replaced_by(&found) {
            (query, parallel_provider_queries, merged_answer) = (words, second, found);
        }
    }

    let now_ms = app.ports.now_ms();
    let completeness = &merged_answer.completeness;
    let lacks_public_share = completeness.lacks_public_share;
    let (answer, unit) = (merged_answer.cache_lifetime_factors(), app.ports.uniform());
    let metadata = new_entry_metadata(answer, previous.as_ref(), &app.config.times, now_ms, unit);
    // Without a book and the share, the client gets a 429 instead of an unconfirmed absence.
    let is_unconfirmed = lacks_public_share && metadata.count == 0;
    let result = if completeness.is_failure() || is_unconfirmed {
        let (failure, providers) = (completeness.failure.clone(), completeness.reports.clone());
        Err(AllProvidersFailed { failure, providers, lacks_public_share })
    } else {
        Ok(FlightAnswerPages {
            first: Rc::clone(&merged_answer.first),
            overflow: merged_answer.overflow.clone(),
            metadata: metadata.clone(),
            lacks_public_share,
        })
    };
    if lacks_public_share {
        // For anonymous clients alone, so it is not stored.
        return result;
    }
    let background_store =
        BackgroundStore { app: app.clone(), query, key, mode: flight.mode, previous };
    let work =
        background_store.store_first_and_late(parallel_provider_queries, merged_answer, metadata);
    app.ports.spawn(Box::pin(work));
    result
}

/// Queries the providers, and waits until the answer may be returned.
async fn query_providers<P: ProxyPorts>(
    app: &SearchContext<P>,
    query: &Query,
    fetch_options: ProviderFetchOptions,
    deadline_at_ms: u64,
) -> ParallelProviderQueries {
    let ask = |provider| (provider, app.ports.query_provider(provider, query, fetch_options));
    let mut parallel_provider_queries =
        ParallelProviderQueries::new(query.kind(), live_providers(query).into_iter().map(ask));
    parallel_provider_queries.wait_complete(&*app.ports, deadline_at_ms).await;
    parallel_provider_queries
}

struct BackgroundStore<P: ProxyPorts> {
    app: SearchContext<P>,
    query: Query,
    key: CacheKey,
    mode: FetchReason,
    previous: Option<EntryMetadata>,
}

impl<P: ProxyPorts> BackgroundStore<P> {
    async fn store_first_and_late(
        self,
        mut parallel_provider_queries: ParallelProviderQueries,
        merged_answer: MergedAnswer,
        metadata: EntryMetadata,
    ) {
        // Both at once: a slow write delays no provider call and no handling of its answer.
        let first = self.store_page(&merged_answer, metadata, None);
        let (first_write, was_pending) = join(first, parallel_provider_queries.wait_all()).await;
        if !was_pending {
            return;
        }
        let now_ms = self.app.ports.now_ms();
        let late =
            merge_page(&self.query, &parallel_provider_queries, now_ms, merged_answer.widened);
        // The page lists each provider's outcome, so an equal page says that nothing has changed.
        // What lacks the public share is for anonymous clients alone, so it is not stored.
        if late.first == merged_answer.first || late.completeness.lacks_public_share {
            return;
        }
        let (times, unit) = (&self.app.config.times, self.app.ports.uniform());
        let (inputs, previous) = (late.cache_lifetime_factors(), self.previous.as_ref());
        let metadata = new_entry_metadata(inputs, previous, times, now_ms, unit);
        // Replaces this flight's own entry even if the late provider failed: the new one is partial
        // then.
        let own_etag = match &first_write {
            CacheWriteResult::New(new) => Some(new.etag.as_str()),
            CacheWriteResult::Kept(_) | CacheWriteResult::NotStored => None,
        };
        self.store_page(&late, metadata, own_etag).await;
    }

    /// Stores an answer unless the entry was purged since the flight began. A purge during the
    /// write ran before the entry was there: the entry is deleted afterwards.
    async fn store_page(
        &self,
        merged_answer: &MergedAnswer,
        metadata: EntryMetadata,
        own_etag: Option<&str>,
    ) -> CacheWriteResult {
        if self.app.is_purged.get() {
            return CacheWriteResult::NotStored;
        }
        let written = self.write(merged_answer, metadata, own_etag).await;
        delete_if_purged(&self.app, &self.key).await;
        written
    }

    /// Stores an answer and returns the new content of the cold tier. `own_etag` is the tag of an
    /// earlier answer of this flight, which may be replaced.
    async fn write(
        &self,
        merged_answer: &MergedAnswer,
        metadata: EntryMetadata,
        own_etag: Option<&str>,
    ) -> CacheWriteResult {
        let writer = self.app.entry_writer(&self.key);
        // The ISBN was computed from a wrong check digit: its absence is not stored.
        if merged_answer.count == 0 && self.query.has_repaired_isbn() {
            return CacheWriteResult::NotStored;
        }
        if merged_answer.completeness.is_failure() {
            return match &self.previous {
                // Postponed, so that the next hit does not query the failed providers again.
                Some(old) if self.mode == FetchReason::Refresh => writer.postpone(old).await,
                _ => CacheWriteResult::NotStored,
            };
        }
        let page = &merged_answer.first;
        // A partial or empty answer must not replace what another request has written since.
        let others = match own_etag {
            Some(etag) if is_partial_or_empty(&metadata) => {
                let there = writer.stores.read_cold_metadata(&self.key).await.ok().flatten();
                there.filter(|there| there.etag != etag)
            }
            _ => None,
        };
        let written = if own_etag.is_some() && others.is_none() {
            writer.overwrite(page, metadata.clone()).await
        } else {
            let previous = others.as_ref().or(self.previous.as_ref());
            writer.store_entry(page, metadata.clone(), previous).await
        };
        writer.store_overflow_page(&written, merged_answer.overflow.as_deref()).await;
        let copied = match &written {
            // Replaces the stale copy in KV, which would be served and refreshed for up to an hour.
            CacheWriteResult::New(new) if self.mode == FetchReason::Refresh => Some(new),
            // The cold tier failed: KV holds the only copy.
            CacheWriteResult::NotStored => Some(&metadata),
            CacheWriteResult::New(_) | CacheWriteResult::Kept(_) => None,
        };
        if let Some(copied) = copied {
            // If this fails, the stale copy in KV is served and refreshed again, or there is none.
            let _ = writer.promote(&P::Stores::stored_bytes(page), copied).await;
        }
        self.app.isolate_state.memory.borrow_mut().remove(self.key.as_str());
        written
    }
}

async fn delete_if_purged<P: ProxyPorts>(app: &SearchContext<P>, key: &CacheKey) {
    if app.is_purged.get() {
        // If this fails, the purged entry stays until it expires: no caller waits any more.
        let _ = delete_entry(app.ports.cache_stores(), key).await;
    }
}

fn merge_page(
    query: &Query,
    parallel_provider_queries: &ParallelProviderQueries,
    now_ms: u64,
    widened: bool,
) -> MergedAnswer {
    let answers = &parallel_provider_queries.answers;
    let completeness = assess(query.kind(), answers, now_ms);
    let found = answers.values().flatten().filter_map(|outcome| match outcome {
        Ok(FoundOrNotFound::Found(records)) => Some(records.clone()),
        _ => None,
    });
    let records = MergedItems::of(found.flatten().collect());
    MergedAnswer::of(query, records, completeness, widened)
}
