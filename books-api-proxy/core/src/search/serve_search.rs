//! Answers a question from the cache, or else from the providers through a flight.

use bibliography::cache_key::CacheKey;
use runtime::cache_policy::memory_tier::MemoryTierEntry;
use runtime::cache_policy::status_header::{CacheForwarding, CacheTier, TierOutcome};
use runtime::cache_policy::{AnswerBookPresence, EntryMetadata, Freshness};
use runtime::call_outcome::Failure;
use runtime::wire_types::volume::ProviderReport;

use super::fetch_and_store::fetch_and_store;
use super::provider_rules::live_providers;
use crate::cache::cache_store_port::CacheStores;
use crate::cache::tier_lookup::{AnswerBody, CacheHit, Lookup, look_up_in_tiers};
use crate::config::PROVIDER_BUDGET_MS;
use crate::flight::{
    AllProvidersFailed, FetchReason, FlightPage, FlightPageResult, SingleFlightRequest,
};
use crate::search_context::{AdmittedMiss, CacheBody, ProxyPorts, SearchContext};
use crate::search_question::SearchQuestion;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XCache {
    HitMemory,
    HitKvHot,
    HitR2Cold,
    Stale,
    Miss,
}

impl XCache {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HitMemory => "HIT-MEMORY",
            Self::HitKvHot => "HIT-KV-HOT",
            Self::HitR2Cold => "HIT-R2-COLD",
            Self::Stale => "STALE",
            Self::Miss => "MISS",
        }
    }

    pub(super) fn of(tier: CacheTier, freshness: Freshness) -> Self {
        match (freshness, tier) {
            // No entry that is `Gone` is served.
            (Freshness::Stale | Freshness::Fallback | Freshness::Gone, _) => Self::Stale,
            (_, CacheTier::Memory) => Self::HitMemory,
            (_, CacheTier::Hot) => Self::HitKvHot,
            (_, CacheTier::Cold) => Self::HitR2Cold,
        }
    }
}

pub struct SearchPageWithOrigin<B> {
    pub origin: ResponseOrigin,
    pub body: AnswerBody<B>,
}

/// The metadata of the page's entry, and where the page is from.
pub struct ResponseOrigin {
    pub metadata: EntryMetadata,
    pub x_cache: XCache,
    pub tier_log: Vec<(CacheTier, TierOutcome)>,
    pub forwarding: CacheForwarding,
    /// Why a stale entry is served after a failed or partial fetch.
    pub stale_reason: Option<String>,
}

#[derive(Clone, Debug)]
pub struct SearchError {
    pub failure: Failure,
    /// The outcome of each provider, if they were queried.
    pub providers: Vec<ProviderReport>,
    pub tier_log: Vec<(CacheTier, TierOutcome)>,
}

impl From<Failure> for SearchError {
    fn from(failure: Failure) -> Self {
        AllProvidersFailed::from(failure).into()
    }
}

impl From<AllProvidersFailed> for SearchError {
    fn from(AllProvidersFailed { failure, providers, .. }: AllProvidersFailed) -> Self {
        Self { failure, providers, tier_log: Vec::new() }
    }
}

pub struct SearchRun<'a, P: ProxyPorts> {
    pub app: &'a SearchContext<P>,
    pub question: &'a SearchQuestion,
    pub key: &'a CacheKey,
}

impl<P: ProxyPorts> SearchRun<'_, P> {
    /// Answers the question from memory, KV, R2 or the providers, in this order.
    /// Errors: the miss was not admitted or no provider answered, and no entry may be served.
    pub async fn answer_search(&self) -> Result<SearchPageWithOrigin<CacheBody<P>>, SearchError> {
        let Self { app, key, .. } = self;
        let now_ms = app.ports.now_ms();
        let (stores, memory) = (app.ports.cache_stores(), &app.isolate_state.memory);
        let mut found = look_up_in_tiers(stores, memory, key, now_ms).await;
        let Some(hit) = found.hit.take() else { return self.serve_miss(found).await };
        if hit.freshness == Freshness::Stale {
            self.refresh_in_background(&hit.metadata, now_ms);
        }
        self.copy_to_faster_tiers(&hit, now_ms);
        Ok(stored_response(hit, found.tier_log, None))
    }

    async fn serve_miss(
        &self,
        Lookup { fallback, previous, tier_log, .. }: Lookup<CacheBody<P>>,
    ) -> Result<SearchPageWithOrigin<CacheBody<P>>, SearchError> {
        let flight_result = match self.app.ports.admit_miss().await {
            Ok(admission) => {
                let flight = self.flight_request(FetchReason::Miss, previous, admission);
                run_flight(self.app, &flight).await
            }
            // Refused: no provider was queried.
            Err(failure) => Err(failure.into()),
        };
        match (flight_result, fallback) {
            // The new result is empty and partial: the old entry with books is better.
            (Ok(flight_page), Some(old)) if is_unconfirmed_absence(&flight_page.metadata) => {
                Ok(stored_response(old, tier_log, Some("partial".to_owned())))
            }
            (Ok(FlightPage { page, metadata, collapsed }), _) => {
                let origin = ResponseOrigin {
                    metadata,
                    x_cache: XCache::Miss,
                    tier_log,
                    // Cache-Status reports `stored` also for the few answers that the flight does
                    // not store.
                    forwarding: CacheForwarding { stored: true, collapsed },
                    stale_reason: None,
                };
                Ok(SearchPageWithOrigin { origin, body: AnswerBody::Bytes(page) })
            }
            (Err(all_failed), Some(old)) => {
                Ok(stored_response(old, tier_log, Some(all_failed.failure.to_string())))
            }
            (Err(all_failed), None) => Err(SearchError { tier_log, ..all_failed.into() }),
        }
    }

    pub fn flight_request(
        &self,
        mode: FetchReason,
        previous: Option<EntryMetadata>,
        AdmittedMiss { is_public, may_widen }: AdmittedMiss,
    ) -> SingleFlightRequest {
        let question = self.question.clone();
        SingleFlightRequest { question, mode, previous, overflow: false, may_widen, is_public }
    }

    /// Starts a refresh at most every 30 s per key and isolate; a known caller also starts one
    /// after an anonymous one's. The flight object joins those of several isolates.
    fn refresh_in_background(&self, stale: &EntryMetadata, now_ms: u64) {
        let caller_is_known = self.app.ports.is_known_caller();
        if !self.app.isolate_state.may_refresh(self.key.as_str(), caller_is_known, now_ms) {
            return;
        }
        let (app, question, key) = (self.app.clone(), self.question.clone(), self.key.clone());
        let stale = stale.clone();
        self.app.ports.spawn(Box::pin(async move {
            let Ok(admission) = app.ports.admit_miss().await else {
                // The refresh was refused: forget it, so that an admitted caller may start one.
                app.isolate_state.refresh_refused(key.as_str(), caller_is_known);
                return;
            };
            let search = SearchRun { app: &app, question: &question, key: &key };
            let flight = SingleFlightRequest {
                // Widened only if the stale answer was.
                may_widen: stale.widened && admission.may_widen,
                ..search.flight_request(FetchReason::Refresh, Some(stale), admission)
            };
            // After a failure the flight has postponed the entry's next refresh.
            let _ = run_flight(&app, &flight).await;
        }));
    }

    fn copy_to_faster_tiers(&self, hit: &CacheHit<CacheBody<P>>, now_ms: u64) {
        let Self { app, question, key } = self;
        if hit.tier == CacheTier::Memory {
            return;
        }
        // A copy of the entry would hide the improved or refreshed one until the copy expires.
        if hit.freshness == Freshness::Stale || may_improve(question, &hit.metadata, now_ms) {
            return;
        }
        let copies = hit.tier == CacheTier::Cold
            && app.isolate_state.promotions.borrow_mut().should_promote(key.as_str(), now_ms);
        if copies {
            let (app, key) = ((*app).clone(), (*key).clone());
            let (body, metadata) = (hit.body.clone(), hit.metadata.clone());
            self.app.ports.spawn(Box::pin(async move {
                let copied = app.entry_writer(&key).promote(&body, &metadata).await;
                app.isolate_state.promotions.borrow_mut().record_copy(copied);
            }));
            // Not kept in memory while it is copied to KV: `cargo xtask deploy` measures a hit in
            // KV.
            return;
        }
        let mut memory = app.isolate_state.memory.borrow_mut();
        if memory.should_keep(key.as_str(), now_ms) {
            let (body, metadata) = (hit.body.clone(), hit.metadata.clone());
            let entry = MemoryTierEntry { len_bytes: P::Stores::len_bytes(&body), body, metadata };
            memory.put(key.as_str(), entry, now_ms);
        }
    }
}

/// No provider returned a match and at least one did not answer: the absence is unconfirmed.
pub fn is_unconfirmed_absence(metadata: &EntryMetadata) -> bool {
    metadata.partial && metadata.outcome == AnswerBookPresence::None
}

fn stored_response<B>(
    hit: CacheHit<B>,
    tier_log: Vec<(CacheTier, TierOutcome)>,
    stale_reason: Option<String>,
) -> SearchPageWithOrigin<B> {
    let origin = ResponseOrigin {
        x_cache: XCache::of(hit.tier, hit.freshness),
        metadata: hit.metadata,
        tier_log,
        forwarding: CacheForwarding::default(),
        stale_reason,
    };
    SearchPageWithOrigin { origin, body: AnswerBody::Stored(hit.body) }
}

/// Runs a flight in its flight object, or in this isolate if the object fails.
pub async fn run_flight<P: ProxyPorts>(
    app: &SearchContext<P>,
    flight: &SingleFlightRequest,
) -> FlightPageResult {
    if let Ok(flight_result) = app.ports.send_flight(flight).await {
        return flight_result;
    }
    let answer = fetch_and_store(app, flight.clone()).await?;
    Ok(answer.caller_page(flight.overflow, false))
}

/// True while a late provider may still improve the entry: the flight object then rewrites it,
/// unseen by this isolate. An entry of a batch is never improved so.
fn may_improve(question: &SearchQuestion, metadata: &EntryMetadata, now_ms: u64) -> bool {
    let age_ms = now_ms.saturating_sub(metadata.stored_at_ms);
    age_ms < PROVIDER_BUDGET_MS + LATE_WRITE_MS
        && !metadata.warmed
        && metadata.providers.len() < live_providers(&question.query()).len()
}

/// The longest time for writing a late answer.
const LATE_WRITE_MS: u64 = 2_000;
