//! The learned pace, if the provider allows less than the configured one.
//!
//! A key of a smaller plan than configured gets a 429 for every second call, and each 429 costs a
//! unit. The provider states its pace in `ratelimit-policy`; without that header, refusals that
//! recur after a few accepted calls show that the pace is too fast.

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::isbndb_api::subscription_plan::{IsbndbPlanLimits, IsbndbPlanName};
use runtime::time::DAY_MS;

/// So many refusals in a row, each after a few accepted calls, halve the pace.
const STRIKES: u32 = 3;
/// After so many accepted calls the pace is right, and the refusal had another reason.
const GOOD_CALLS: u32 = 20;
/// A learned pace is forgotten after this time, so that it can rise again.
const FOUND_FOR_MS: u64 = DAY_MS;

/// What was learned of the pace. It is part of the stored state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FoundPace {
    /// Interval between two calls; `None` if the configured one holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    interval_ms: Option<u64>,
    found_at_ms: u64,
    strikes: u32,
    accepted: u32,
    configured: u64,
}

impl FoundPace {
    /// A new configuration discards what was learned under the old one.
    pub fn reset_if_config_changed(&mut self, configured: u64) {
        if self.configured != configured {
            *self = Self { configured, ..Self::default() };
        }
    }

    /// Interval between two calls, if it is longer than the configured one.
    pub fn slowed_interval_ms(&self, config: &Config, now_ms: u64) -> Option<u64> {
        let holds = now_ms < self.found_at_ms.saturating_add(FOUND_FOR_MS);
        self.interval_ms.filter(|ms| holds && *ms > config.limits.interval_ms)
    }

    pub fn record_acceptance(&mut self) {
        self.accepted = self.accepted.saturating_add(1);
    }

    /// Counts the first refusal of the pace since the last pause.
    pub fn record_refusal(&mut self, config: &Config, now_ms: u64) {
        match std::mem::take(&mut self.accepted) {
            // The day may be spent: the first generation answers alike for that.
            0 => return,
            1..GOOD_CALLS => self.strikes += 1,
            _ => self.strikes = 1,
        }
        if self.strikes < STRIKES {
            return;
        }
        self.strikes = 0;
        let now = self.slowed_interval_ms(config, now_ms).unwrap_or(config.limits.interval_ms);
        // No plan is slower than Basic.
        let longest_operations_ms = config.with_share_ms(
            IsbndbPlanLimits::with_published_limits(IsbndbPlanName::Basic).interval_ms,
        );
        self.interval_ms = Some(now.saturating_mul(2).min(longest_operations_ms));
        self.found_at_ms = now_ms;
    }

    /// Takes over the mean interval between two calls that the provider states.
    pub fn stated(&mut self, config: &Config, interval_ms: u64, now_ms: u64) {
        let stated_ms = config.with_share_ms(interval_ms);
        let configured_ms = config.limits.mean_interval_ms();
        // A difference of up to a tenth is the guard and rounding.
        self.interval_ms = (stated_ms * 10 > configured_ms * 11).then_some(stated_ms);
        self.found_at_ms = now_ms;
        self.strikes = 0;
    }
}
