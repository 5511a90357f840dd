//! A question answered from the cache, or from the providers where the cache has nothing.

use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use runtime::api::volume::ProviderReport;
use runtime::cache_policy::memory::MemoryEntry;
use runtime::cache_policy::status::{Forwarding, Tier, TierOutcome};
use runtime::cache_policy::{EntryOutcome, Envelope, Freshness};
use runtime::outcome::Failure;

use super::lead::lead;
use super::plan::{Provider, most_calls};
use super::question::Question;
use crate::app::{App, Ports};
use crate::cache::lookup::{Hit, HitBody, look_up};
use crate::cache::write::promote_stored;
use crate::config::PROVIDER_TIMEOUT_MS;
use crate::flight::{Flight, Landed, Landing, Mode, NobodyAnswered};

/// The `X-Cache` words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XCache {
    /// From the isolate's memory.
    HitMemory,
    /// From KV.
    HitKvHot,
    /// From R2.
    HitR2Cold,
    /// Past its time.
    Stale,
    /// From the providers.
    Miss,
}

impl XCache {
    /// The header's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HitMemory => "HIT-MEMORY",
            Self::HitKvHot => "HIT-KV-HOT",
            Self::HitR2Cold => "HIT-R2-COLD",
            Self::Stale => "STALE",
            Self::Miss => "MISS",
        }
    }

    /// Of an entry that a tier gave.
    pub(super) fn of(tier: Tier, freshness: Freshness) -> Self {
        match (freshness, tier) {
            (Freshness::Stale | Freshness::Fallback | Freshness::Gone, _) => Self::Stale,
            (_, Tier::Memory) => Self::HitMemory,
            (_, Tier::Hot) => Self::HitKvHot,
            (_, Tier::Cold) => Self::HitR2Cold,
        }
    }
}

/// A stored page to be served.
pub struct Served<B> {
    /// Its facts.
    pub envelope: Envelope,
    /// Its bytes.
    pub body: HitBody<B>,
    /// Where it came from.
    pub x_cache: XCache,
    /// What each tier said.
    pub trail: Vec<(Tier, TierOutcome)>,
    /// How it went on to the providers.
    pub forwarding: Forwarding,
    /// Why an old entry is served although it was asked for again.
    pub stale_because: Option<String>,
}

/// Nothing can be served.
#[derive(Clone, Debug)]
pub struct Unserved {
    /// Why.
    pub failure: Failure,
    /// What each provider came to, where they were asked.
    pub providers: Vec<ProviderReport>,
    /// What each tier said.
    pub trail: Vec<(Tier, TierOutcome)>,
}

impl From<Failure> for Unserved {
    fn from(failure: Failure) -> Self {
        Self { failure, providers: Vec::new(), trail: Vec::new() }
    }
}

/// Answers a question: memory, KV, R2, and then the providers.
///
/// # Errors
/// The caller may not cause a miss, or nobody answered and nothing is stored.
pub async fn serve<P: Ports>(
    app: &App<P>,
    question: &Question,
    key: &CacheKey,
) -> Result<Served<P::Body>, Unserved> {
    let now_ms = app.ports.now_ms();
    let mut found = look_up(&*app.ports, &app.remembered.memory, key, now_ms).await;
    if let Some(hit) = found.hit {
        if hit.freshness == Freshness::Stale {
            refresh_behind(app, question, key, &hit.envelope, now_ms);
        }
        keep_copies(app, key, &hit, now_ms);
        return Ok(Served {
            x_cache: XCache::of(hit.tier, hit.freshness),
            envelope: hit.envelope,
            body: HitBody::Opened(hit.body),
            trail: found.trail,
            forwarding: Forwarding::default(),
            stale_because: None,
        });
    }
    let fallback = found.fallback.take();
    miss(app, question, fallback, found.previous, found.trail).await
}

async fn miss<P: Ports>(
    app: &App<P>,
    question: &Question,
    fallback: Option<Hit<P::Body>>,
    previous: Option<Envelope>,
    trail: Vec<(Tier, TierOutcome)>,
) -> Result<Served<P::Body>, Unserved> {
    let flight = Flight { question: question.clone(), mode: Mode::Miss, previous, rest: false };
    let landing = match app.ports.admit_miss(most_calls(&question.query())).await {
        Ok(()) => land(app, &flight).await,
        Err(failure) => Err(NobodyAnswered { failure, providers: Vec::new() }),
    };
    match (landing, fallback) {
        // It lacks somebody and has nothing: the books that are there say more.
        (Ok(landed), Some(old)) if is_open(&landed.envelope) => {
            Ok(fallen_back(old, trail, "partial".to_owned()))
        }
        (Ok(Landed { page, envelope, collapsed }), _) => Ok(Served {
            envelope,
            body: HitBody::Bytes(page),
            x_cache: XCache::Miss,
            trail,
            forwarding: Forwarding { stored: true, collapsed },
            stale_because: None,
        }),
        (Err(nobody), Some(old)) => Ok(fallen_back(old, trail, nobody.failure.to_string())),
        (Err(nobody), None) => {
            Err(Unserved { failure: nobody.failure, providers: nobody.providers, trail })
        }
    }
}

/// No provider has it, and one that was asked said nothing.
#[must_use]
pub fn is_open(envelope: &Envelope) -> bool {
    envelope.partial && envelope.outcome == EntryOutcome::None
}

fn fallen_back<B>(old: Hit<B>, trail: Vec<(Tier, TierOutcome)>, because: String) -> Served<B> {
    Served {
        x_cache: XCache::of(old.tier, old.freshness),
        envelope: old.envelope,
        body: HitBody::Opened(old.body),
        trail,
        forwarding: Forwarding::default(),
        stale_because: Some(because),
    }
}

/// Through the flight object; on our own where that fails.
pub async fn land<P: Ports>(app: &App<P>, flight: &Flight) -> Landing {
    match app.ports.fly(flight).await {
        Ok(landing) => landing,
        Err(_) => lead(app, flight.clone()).await.map(|flown| flown.landed(flight.rest, false)),
    }
}

/// One refresh in the background; the isolate starts it once, the flight object joins the rest.
fn refresh_behind<P: Ports>(
    app: &App<P>,
    question: &Question,
    key: &CacheKey,
    stale: &Envelope,
    now_ms: u64,
) {
    if !app.remembered.may_refresh(key.as_str(), now_ms) {
        return;
    }
    let (app, question, previous) = (app.clone(), question.clone(), Some(stale.clone()));
    let ports = Rc::clone(&app.ports);
    ports.spawn(Box::pin(async move {
        let flight = Flight { question, mode: Mode::Refresh, previous, rest: false };
        // What a failure means is written by whoever led the flight.
        let _ = land(&app, &flight).await;
    }));
}

/// A provider that is late may still improve it, in the flight object, out of this isolate's sight.
fn may_improve(envelope: &Envelope, now_ms: u64) -> bool {
    let age_ms = now_ms.saturating_sub(envelope.stored_at_ms);
    envelope.providers.len() < Provider::ALL.len() && age_ms < PROVIDER_TIMEOUT_MS
}

/// Copies a hit to the tiers in front of the one it was found in.
fn keep_copies<P: Ports>(app: &App<P>, key: &CacheKey, hit: &Hit<P::Body>, now_ms: u64) {
    if hit.tier == Tier::Memory {
        return;
    }
    let mut memory = app.remembered.memory.borrow_mut();
    if !may_improve(&hit.envelope, now_ms) && memory.wants(key.as_str(), now_ms) {
        let (body, envelope) = (hit.body.clone(), hit.envelope.clone());
        let entry = MemoryEntry { len_bytes: P::len_bytes(&body), body, envelope };
        memory.put(key.as_str(), entry, now_ms);
    }
    if hit.tier == Tier::Cold {
        let (app, key) = (app.clone(), key.clone());
        let (body, envelope) = (hit.body.clone(), hit.envelope.clone());
        let ports = Rc::clone(&app.ports);
        ports.spawn(Box::pin(async move {
            let times = &app.config.times;
            promote_stored(&*app.ports, &key, &body, &envelope, times, now_ms).await;
        }));
    }
}
