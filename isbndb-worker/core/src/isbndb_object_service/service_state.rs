//! The stored state: rate limiter, refusal, counters. One row, written before each send.

use std::hash::{DefaultHasher, Hash, Hasher};

use runtime::call_outcome::{ProviderFailure, ProviderRefusalReason};
use runtime::lenient;
use runtime::rate_limit::{MovedProviderRoutePauses, QuotaTimeZone, RateLimiter, RateLimiterState};
use runtime::secret::Secret;
use serde::{Deserialize, Serialize};

use super::book_cache::DailyRowWrites;
use super::learned_bulk_size::LearnedBulkSize;
use super::learned_pace::FoundPace;
use super::plan_mismatch::{PlanMismatch, find_plan_mismatch};
use crate::config::Config;
use crate::isbndb_api::response_classification::PAUSE_DEFAULT_MS;

/// Longest pause after "too fast" answers that state no time.
const PAUSE_MAX_MS: u64 = 600_000;

/// The stored form. New fields get a default, so that an older state stays readable.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct StoredState<Limiter = RateLimiterState, Facts = StoredFacts> {
    limiter: Limiter,
    rows: DailyRowWrites,
    #[serde(flatten)]
    facts: Facts,
}

/// What is stored besides the state of the limiter and the count of written rows.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredFacts {
    /// A refusal in a later version's form is dropped: the next call meets it again.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::default_if_unreadable"
    )]
    refusal: Option<KeyRefusal>,
    pauses: u32,
    pub swept_at_ms: u64,
    pub usage_asked_at_ms: u64,
    /// When a call last got its slot with a readable key.
    pub key_sent_at_ms: u64,
    pub bulk_size: LearnedBulkSize,
    pace: FoundPace,
    /// A hash of the mismatch that was logged last; 0 if there was none.
    named_mismatch: u64,
    pub moved: MovedProviderRoutePauses,
}

/// A refusal of this key on this host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct KeyRefusal {
    detail: ProviderRefusalReason,
    /// A hash of key, host and plan: with another fingerprint the key is tried again.
    fingerprint: u64,
    /// End of the day: one call a day tries a refused key, because a renewed subscription changes
    /// nothing in our configuration.
    day_ends_at_ms: u64,
}

pub struct ServiceState {
    pub limiter: RateLimiter,
    pub facts: StoredFacts,
}

impl ServiceState {
    /// Reads the stored state, or begins with a new one if there is none.
    pub fn restore(stored: Option<&str>, config: &Config, now_ms: u64) -> (Self, DailyRowWrites) {
        let read = stored.map(|text| serde_json::from_slice::<StoredState>(text.as_bytes()));
        let lost = matches!(read, Some(Err(_)));
        let StoredState { limiter, rows, mut facts } =
            read.and_then(Result::ok).unwrap_or_default();
        let Config { plan, limits, .. } = config;
        let (plan_name, base_url) = (plan.name.as_str(), &plan.base_url);
        facts.bulk_size.reset_if_config_changed(hash_of(&(plan_name, base_url, plan.bulk_size)));
        facts.pace.reset_if_config_changed(hash_of(&(
            plan_name,
            base_url,
            limits.mean_interval_ms(),
        )));
        let mut state = Self { limiter: RateLimiter::new(limits.clone(), limiter), facts };
        if lost {
            // The spent units cannot be read: count the whole day as spent.
            state.limiter.mark_day_spent(now_ms, None);
        }
        state.keep_pace(config, now_ms);
        (state, rows)
    }

    pub fn to_text(&self, rows: DailyRowWrites) -> String {
        let stored = StoredState { limiter: self.limiter.state(), rows, facts: &self.facts };
        // Plain numbers and texts always serialise; an empty text would be read as a lost state.
        serde_json::to_string(&stored).unwrap_or_default()
    }

    /// What the provider refused, if it refused this key and configuration.
    pub fn refused_part(
        &self,
        key: &Secret,
        config: &Config,
        now_ms: u64,
    ) -> Option<ProviderRefusalReason> {
        let refusal = self.facts.refusal.as_ref()?;
        let same = refusal.fingerprint == fingerprint(key, config);
        (same && now_ms < refusal.day_ends_at_ms).then_some(refusal.detail)
    }

    pub fn record_refusal(
        &mut self,
        detail: ProviderRefusalReason,
        key: &Secret,
        config: &Config,
        now_ms: u64,
    ) -> ProviderFailure {
        self.facts.refusal = Some(KeyRefusal {
            detail,
            fingerprint: fingerprint(key, config),
            day_ends_at_ms: QuotaTimeZone::Utc.next_midnight_ms(now_ms),
        });
        ProviderFailure::Refused { detail }
    }

    /// After an answer that refuses neither the key nor the pace.
    pub fn clear_key_refusal(&mut self) {
        self.facts.refusal = None;
        self.facts.pauses = 0;
        self.facts.pace.record_acceptance();
    }

    /// Takes over the pace that an answer states, if it is slower than the configured one.
    pub fn pace_stated(&mut self, interval_ms: Option<u64>, config: &Config, now_ms: u64) {
        if let Some(interval_ms) = interval_ms {
            self.facts.pace.stated(config, interval_ms, now_ms);
        }
        self.keep_pace(config, now_ms);
    }

    fn keep_pace(&mut self, config: &Config, now_ms: u64) {
        let slower_ms = self.facts.pace.slowed_interval_ms(config, now_ms);
        self.limiter.set_interval_ms(slower_ms.unwrap_or(config.limits.interval_ms));
    }

    pub fn plan_mismatch(&self, config: &Config, now_ms: u64) -> Option<PlanMismatch> {
        find_plan_mismatch(
            config,
            &self.limiter,
            self.facts.pace.slowed_interval_ms(config, now_ms),
        )
    }

    /// The mismatch, if it was not logged yet.
    pub fn unnamed_mismatch(&mut self, config: &Config, now_ms: u64) -> Option<PlanMismatch> {
        let found = self.plan_mismatch(config, now_ms);
        // Counts change with each call: they are no part of the hash.
        let slower_ms = self.facts.pace.slowed_interval_ms(config, now_ms);
        let known = self.limiter.daily_quota().provider_total.is_some();
        let plan = (config.plan.name.as_str(), config.plan.daily_units);
        let named =
            found.as_ref().map_or(0, |found| hash_of(&(plan, found.allows_less, known, slower_ms)));
        let is_new = std::mem::replace(&mut self.facts.named_mismatch, named) != named;
        found.filter(|_| is_new)
    }

    /// Pauses after a "too fast". Without a stated time each pause is longer than the last.
    pub fn note_rate_limited(
        &mut self,
        retry_after_ms: Option<u64>,
        config: &Config,
        now_ms: u64,
    ) -> ProviderFailure {
        // Calls in flight at the start of the pause are part of the same burst.
        if !self.limiter.is_paused(now_ms) {
            self.facts.pauses = self.facts.pauses.saturating_add(1);
            self.facts.pace.record_refusal(config, now_ms);
            self.keep_pace(config, now_ms);
        }
        let doublings = self.facts.pauses.saturating_sub(1).min(16);
        let grown = PAUSE_DEFAULT_MS.saturating_mul(1 << doublings).min(PAUSE_MAX_MS);
        let pause_ms = retry_after_ms.unwrap_or(grown);
        self.limiter.pause_until(now_ms.saturating_add(pause_ms));
        ProviderFailure::RateLimited { retry_after_ms: pause_ms, local: false }
    }
}

/// A hash of key, host and plan that does not reveal the key.
fn fingerprint(key: &Secret, config: &Config) -> u64 {
    hash_of(&(key.expose(), &config.plan.base_url, config.plan.name.as_str()))
}

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
