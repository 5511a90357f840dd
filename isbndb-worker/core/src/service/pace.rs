//! The pace that the provider was found to allow, where it is slower than the configured one.
//!
//! A key on a smaller plan than configured answers every second call with a 429, and each costs a
//! unit. The provider states its pace in `ratelimit-policy`; where it does not, refusals that come
//! again after a few accepted calls show it.

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::isbndb::plan::{IsbndbPlan, PlanName};
use runtime::time::DAY_MS;

/// Refusals in a row, each after a few accepted calls, that halve the pace.
const STRIKES: u32 = 3;
/// So many accepted calls say that the pace is right, and the refusal had another reason.
const GOOD_CALLS: u32 = 20;
/// A pace that was found out is forgotten after that time, so that it can grow again.
const FOUND_FOR_MS: u64 = DAY_MS;

/// What is known of the pace. Survives the object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FoundPace {
    /// Time between two calls; none if the configured one holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    interval_ms: Option<u64>,
    found_at_ms: u64,
    strikes: u32,
    accepted: u32,
    configured: u64,
}

impl FoundPace {
    /// What was found under another configuration says nothing about this one.
    pub fn configure(&mut self, configured: u64) {
        if self.configured != configured {
            *self = Self { configured, ..Self::default() };
        }
    }

    /// Time between two calls, where it is longer than configured.
    pub fn slower_ms(&self, config: &Config, now_ms: u64) -> Option<u64> {
        let holds = now_ms < self.found_at_ms.saturating_add(FOUND_FOR_MS);
        self.interval_ms.filter(|ms| holds && *ms > config.limits.interval_ms)
    }

    pub fn accepted(&mut self) {
        self.accepted = self.accepted.saturating_add(1);
    }

    /// The provider refused the pace, for the first time since the last pause.
    pub fn refused(&mut self, config: &Config, now_ms: u64) {
        match std::mem::take(&mut self.accepted) {
            // It may be the day that is spent, which the first generation answers alike.
            0 => return,
            1..GOOD_CALLS => self.strikes += 1,
            _ => self.strikes = 1,
        }
        if self.strikes < STRIKES {
            return;
        }
        self.strikes = 0;
        let now = self.slower_ms(config, now_ms).unwrap_or(config.limits.interval_ms);
        // No plan is slower than the smallest one.
        let most_ms = config.with_share_ms(IsbndbPlan::documented(PlanName::Basic).interval_ms);
        self.interval_ms = Some(now.saturating_mul(2).min(most_ms));
        self.found_at_ms = now_ms;
    }

    /// The provider states the mean time between two calls.
    pub fn stated(&mut self, config: &Config, interval_ms: u64, now_ms: u64) {
        let stated_ms = config.with_share_ms(interval_ms);
        let configured_ms = config.limits.mean_interval_ms();
        // A tenth is the guard and rounding.
        self.interval_ms = (stated_ms * 10 > configured_ms * 11).then_some(stated_ms);
        self.found_at_ms = now_ms;
        self.strikes = 0;
    }
}
