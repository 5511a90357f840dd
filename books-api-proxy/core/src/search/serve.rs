//! Answers a question from the cache, or else from the providers through a flight.

use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use runtime::cache_policy::memory::MemoryEntry;
use runtime::cache_policy::status_header::{CacheTier, ForwardOutcome, TierOutcome};
use runtime::cache_policy::{EntryMetadata, EntryOutcome, Freshness};
use runtime::outcome::Failure;
use runtime::wire_types::volume::ProviderReport;

use super::fetch_and_store::fetch_and_store;
use super::provider_rules::live_providers;
use crate::app::{App, CacheBody, MissAdmission, ProxyPorts};
use crate::cache::lookup::{CacheHit, PageBody, look_up};
use crate::cache::store_port::CacheStores;
use crate::config::PROVIDER_BUDGET_MS;
use crate::flight::{FlightPage, FlightReason, FlightRequest, FlightResult};
use crate::question::SearchQuestion;

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

pub struct SearchResponse<B> {
    pub envelope: EntryMetadata,
    pub body: PageBody<B>,
    pub x_cache: XCache,
    pub tier_log: Vec<(CacheTier, TierOutcome)>,
    pub forwarding: ForwardOutcome,
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
        Self { failure, providers: Vec::new(), tier_log: Vec::new() }
    }
}

/// Answers a question from memory, KV, R2 or the providers, in this order.
/// Errors: the miss was not admitted or no provider answered, and no entry may be served.
pub async fn answer_search<P: ProxyPorts>(
    app: &App<P>,
    question: &SearchQuestion,
    key: &CacheKey,
) -> Result<SearchResponse<CacheBody<P>>, SearchError> {
    let now_ms = app.ports.now_ms();
    let mut found = look_up(app.ports.stores(), &app.isolate_state.memory, key, now_ms).await;
    if let Some(hit) = found.hit {
        if hit.freshness == Freshness::Stale {
            refresh_in_background(app, question, key, &hit.envelope, now_ms);
        }
        copy_to_faster_tiers(app, question, key, &hit, now_ms);
        return Ok(SearchResponse {
            x_cache: XCache::of(hit.tier, hit.freshness),
            envelope: hit.envelope,
            body: PageBody::Stored(hit.body),
            tier_log: found.tier_log,
            forwarding: ForwardOutcome::default(),
            stale_reason: None,
        });
    }
    let fallback = found.fallback.take();
    miss(app, question, fallback, found.previous, found.tier_log).await
}

async fn miss<P: ProxyPorts>(
    app: &App<P>,
    question: &SearchQuestion,
    fallback: Option<CacheHit<CacheBody<P>>>,
    previous: Option<EntryMetadata>,
    tier_log: Vec<(CacheTier, TierOutcome)>,
) -> Result<SearchResponse<CacheBody<P>>, SearchError> {
    let flight_result = match app.ports.admit_miss().await {
        Ok(MissAdmission { is_public, may_widen }) => {
            let (question, mode, overflow) = (question.clone(), FlightReason::Miss, false);
            let flight = FlightRequest { question, mode, previous, overflow, may_widen, is_public };
            run_flight(app, &flight).await
        }
        Err(failure) => Err(failure.into()),
    };
    match (flight_result, fallback) {
        // The new result is empty and partial: the old entry with books is better.
        (Ok(flight_page), Some(old)) if is_unconfirmed_absence(&flight_page.envelope) => {
            Ok(stale_response(old, tier_log, "partial".to_owned()))
        }
        (Ok(FlightPage { page, envelope, collapsed }), _) => Ok(SearchResponse {
            envelope,
            body: PageBody::Bytes(page),
            x_cache: XCache::Miss,
            tier_log,
            // Cache-Status reports `stored` also for the few answers that the flight does not
            // store.
            forwarding: ForwardOutcome { stored: true, collapsed },
            stale_reason: None,
        }),
        (Err(all_failed), Some(old)) => {
            Ok(stale_response(old, tier_log, all_failed.failure.to_string()))
        }
        (Err(all_failed), None) => Err(SearchError {
            failure: all_failed.failure,
            providers: all_failed.providers,
            tier_log,
        }),
    }
}

/// No provider returned a match and at least one did not answer: the absence is unconfirmed.
pub fn is_unconfirmed_absence(envelope: &EntryMetadata) -> bool {
    envelope.partial && envelope.outcome == EntryOutcome::None
}

fn stale_response<B>(
    old: CacheHit<B>,
    tier_log: Vec<(CacheTier, TierOutcome)>,
    because: String,
) -> SearchResponse<B> {
    SearchResponse {
        x_cache: XCache::of(old.tier, old.freshness),
        envelope: old.envelope,
        body: PageBody::Stored(old.body),
        tier_log,
        forwarding: ForwardOutcome::default(),
        stale_reason: Some(because),
    }
}

/// Runs a flight in its flight object, or in this isolate if the object fails.
pub async fn run_flight<P: ProxyPorts>(app: &App<P>, flight: &FlightRequest) -> FlightResult {
    match app.ports.send_flight(flight).await {
        Ok(flight_result) => flight_result,
        Err(_) => fetch_and_store(app, flight.clone())
            .await
            .map(|fetched_answer| fetched_answer.caller_page(flight.overflow, false)),
    }
}

/// Starts a refresh once per isolate; the flight object joins those of several isolates.
fn refresh_in_background<P: ProxyPorts>(
    app: &App<P>,
    question: &SearchQuestion,
    key: &CacheKey,
    stale: &EntryMetadata,
    now_ms: u64,
) {
    let is_known = app.ports.is_known_caller();
    if !app.isolate_state.may_refresh(key.as_str(), is_known, now_ms) {
        return;
    }
    let (app, question, key) = (app.clone(), question.clone(), key.clone());
    let previous = Some(stale.clone());
    let ports = Rc::clone(&app.ports);
    ports.spawn(Box::pin(async move {
        let Ok(MissAdmission { is_public, .. }) = app.ports.admit_miss().await else {
            // The refresh was refused: forget it, so that an admitted caller may start one.
            app.isolate_state.refresh_refused(key.as_str(), is_known);
            return;
        };
        let may_widen = previous.as_ref().is_some_and(|previous| previous.widened);
        let (mode, overflow) = (FlightReason::Refresh, false);
        let flight = FlightRequest { question, mode, previous, overflow, may_widen, is_public };
        // After a failure the flight has postponed the entry's next refresh.
        let _ = run_flight(&app, &flight).await;
    }));
}

/// True while a late provider may still improve the entry: the flight object then rewrites it,
/// unseen by this isolate. An entry of a batch is never improved so.
fn may_improve(question: &SearchQuestion, envelope: &EntryMetadata, now_ms: u64) -> bool {
    let age_ms = now_ms.saturating_sub(envelope.stored_at_ms);
    age_ms < PROVIDER_BUDGET_MS + LATE_WRITE_MS
        && !envelope.warmed
        && envelope.providers.len() < live_providers(&question.query()).len()
}

/// The longest time for writing a late answer.
const LATE_WRITE_MS: u64 = 2_000;

fn copy_to_faster_tiers<P: ProxyPorts>(
    app: &App<P>,
    question: &SearchQuestion,
    key: &CacheKey,
    hit: &CacheHit<CacheBody<P>>,
    now_ms: u64,
) {
    // A copy of the entry would hide the improved one until the copy expires.
    if hit.tier == CacheTier::Memory || may_improve(question, &hit.envelope, now_ms) {
        return;
    }
    let copies = hit.tier == CacheTier::Cold
        && app.isolate_state.promotions.borrow_mut().should_promote(key.as_str(), now_ms);
    let mut memory = app.isolate_state.memory.borrow_mut();
    // Not kept in memory while it is copied to KV, so that the next hit reports HIT-KV-HOT.
    if !copies && memory.should_keep(key.as_str(), now_ms) {
        let (body, envelope) = (hit.body.clone(), hit.envelope.clone());
        let entry = MemoryEntry { len_bytes: P::Stores::len_bytes(&body), body, envelope };
        memory.put(key.as_str(), entry, now_ms);
    }
    if copies {
        let (app, key) = (app.clone(), key.clone());
        let (body, envelope) = (hit.body.clone(), hit.envelope.clone());
        let ports = Rc::clone(&app.ports);
        ports.spawn(Box::pin(async move {
            let copied = app.entry_writer(&key).promote(&body, &envelope).await;
            app.isolate_state.promotions.borrow_mut().record_copy(copied);
        }));
    }
}
