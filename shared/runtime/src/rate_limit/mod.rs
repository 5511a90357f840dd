//! Pace and quota toward one provider, as a pure state machine.
//!
//! A provider limits calls a second and a minute, and units a day. [`RateLimiter`] is the one place
//! that gives out send slots and counts units. A unit is taken with the permit, before anything is
//! sent, because a failed attempt counts too. Time is passed in; the owner of a rate limiter stores
//! [`RateLimiterState`] before it sends.

pub mod call_pacer;
pub mod daily_quota;
pub mod day_boundary;
pub mod moved_provider_route_pauses;
pub mod provider_rate_limits;
pub mod ratelimit_headers;
pub mod wait_queue;

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use call_pacer::CallPacer;
pub use daily_quota::{DailyQuota, ProviderReportedQuota};
pub use day_boundary::QuotaTimeZone;
pub use moved_provider_route_pauses::{MovedProviderRoutePauses, ProviderRouteAvailability};
pub use provider_rate_limits::{
    BACKGROUND_SLOT_WAIT_MS, CallClass, INTERACTIVE_WAIT_MS, RateLimits, RollingWindowLimit,
    guarded_interval_ms, whole_percent,
};
pub use ratelimit_headers::RateReport;
pub use wait_queue::{PriorityWaitQueue, QueueTicket, SlotWaiterAction};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotPermit {
    /// The call may not be sent before this moment.
    pub start_at_ms: u64,
    pub units: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotRefusal {
    /// The pace: the slot is later than the class may wait.
    RateLimited {
        /// Time until a call of this class gets a slot.
        retry_after_ms: u64,
    },
    QuotaSpent {
        until_ms: u64,
    },
    /// The day has units left, but public calls have used their share.
    PublicShareSpent {
        until_ms: u64,
    },
}

/// What has to survive a crash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RateLimiterState {
    pub pace: CallPacer,
    pub daily_quota: DailyQuota,
}

#[derive(Clone, Debug)]
pub struct RateLimiter {
    limits: RateLimits,
    state: RateLimiterState,
    /// True until the first call, which opens a connection and arrives late (see
    /// [`CallPacer::reserve_slot`]).
    fresh: bool,
}

impl RateLimiter {
    /// A rate limiter that continues from a stored (or an empty) state.
    pub fn new(limits: RateLimits, mut state: RateLimiterState) -> Self {
        state.daily_quota.set_configured_units(limits.daily_units);
        Self { limits, state, fresh: true }
    }

    /// What the owner stores before the next send.
    pub fn state(&self) -> &RateLimiterState {
        &self.state
    }

    pub fn rate_limits(&self) -> &RateLimits {
        &self.limits
    }

    pub fn next_start_at_ms(&self, now_ms: u64) -> u64 {
        self.state.pace.next_start_at_ms(now_ms, self.limits.window)
    }

    /// Takes a slot and the units of one call, or refuses. A permit is counted at once.
    pub fn reserve_start_time_and_units(
        &mut self,
        now_ms: u64,
        class: CallClass,
        units: u32,
    ) -> Result<SlotPermit, SlotRefusal> {
        self.check_quota(now_ms, class, units)?;
        let start_at_ms = self.next_start_at_ms(now_ms);
        let wait_ms = start_at_ms.saturating_sub(now_ms);
        if wait_ms > self.limits.max_wait_ms(class) {
            return Err(SlotRefusal::RateLimited { retry_after_ms: wait_ms });
        }
        self.state.daily_quota.count_call_units(start_at_ms, units);
        if class == CallClass::Public {
            let public = &mut self.state.daily_quota.public;
            *public = public.saturating_add(units);
        }
        self.state.pace.reserve_slot(start_at_ms, &self.limits, std::mem::take(&mut self.fresh));
        Ok(SlotPermit { start_at_ms, units })
    }

    /// A call with a permit is sent now. Timers fire late, never early. A slot that was given
    /// meanwhile keeps its time.
    pub fn record_start(&mut self, now_ms: u64) {
        self.state.pace.record_start(now_ms, &self.limits);
    }

    /// Whether the day has the units, without taking them.
    /// Errors: [`SlotRefusal::QuotaSpent`] or [`SlotRefusal::PublicShareSpent`], with the time at
    /// which units return.
    pub fn check_quota(
        &mut self,
        now_ms: u64,
        class: CallClass,
        units: u32,
    ) -> Result<(), SlotRefusal> {
        if self.units_left(now_ms, class) >= units {
            return Ok(());
        }
        if class == CallClass::Public && self.units_left(now_ms, CallClass::Interactive) >= units {
            return Err(SlotRefusal::PublicShareSpent { until_ms: self.day_ends_at_ms(now_ms) });
        }
        Err(SlotRefusal::QuotaSpent { until_ms: self.state.daily_quota.returns_at_ms(now_ms) })
    }

    /// Units a call of this class could still use today.
    pub fn units_left(&mut self, now_ms: u64, class: CallClass) -> u32 {
        let (quota, limits) = self.update_day_and_get_quota(now_ms);
        let left = quota.units_left(now_ms, limits);
        match class {
            CallClass::Interactive => left,
            CallClass::Background => {
                let percent = self.limits.interactive_reserve_percent;
                left.saturating_sub(self.percent_of_day(percent, u64::div_ceil))
            }
            CallClass::Public => {
                // Rounded down: a share below one unit allows no call.
                let share =
                    self.percent_of_day(self.limits.public_share_percent, |part, by| part / by);
                left.min(share.saturating_sub(self.state.daily_quota.public))
            }
        }
    }

    pub fn daily_unit_limit(&self) -> u32 {
        self.state.daily_quota.daily_unit_limit(&self.limits)
    }

    fn percent_of_day(&self, percent: u8, divide: impl Fn(u64, u64) -> u64) -> u32 {
        // Fewer than `daily_unit_limit` while the size of the day is uncertain.
        let to_share = self.state.daily_quota.units_to_share(&self.limits);
        let part = u64::from(to_share) * u64::from(percent.min(100));
        u32::try_from(divide(part, 100)).unwrap_or(u32::MAX)
    }

    /// Today's units that count toward `daily_unit_limit`: those of other programs with the key
    /// too, unless a quota is configured.
    pub fn spent_units(&mut self, now_ms: u64) -> u32 {
        let (quota, limits) = self.update_day_and_get_quota(now_ms);
        quota.spent_units(limits)
    }

    /// About the start of the last call, as [`CallPacer::last_start_ms`].
    pub fn last_call_ms(&self) -> u64 {
        self.state.pace.last_start_ms()
    }

    pub fn day_ends_at_ms(&self, now_ms: u64) -> u64 {
        self.limits.day.next_midnight_ms(now_ms)
    }

    /// When units return: the end of the day, or of a block that the provider requested.
    pub fn returns_at_ms(&mut self, now_ms: u64) -> u64 {
        self.update_day_and_get_quota(now_ms).0.returns_at_ms(now_ms)
    }

    /// Gives back the units of an unused permit. The slot stays used.
    pub fn refund(&mut self, now_ms: u64, permit: SlotPermit) {
        self.update_day_and_get_quota(now_ms).0.refund(permit.start_at_ms, permit.units);
    }

    /// The provider refused the pace: no call before that moment.
    pub fn pause_until(&mut self, until_ms: u64) {
        self.state.pace.pause_until(until_ms);
    }

    /// True while calls wait because the provider refused the pace.
    pub fn is_paused(&self, now_ms: u64) -> bool {
        self.state.pace.is_paused(now_ms)
    }

    /// The provider answered that the day is spent. `retry_after_ms` is the time that it states.
    /// Returns when units come back.
    pub fn mark_day_spent(&mut self, now_ms: u64, retry_after_ms: Option<u64>) -> u64 {
        self.update_day_and_get_quota(now_ms).0.block_day(now_ms, retry_after_ms)
    }

    pub fn daily_quota(&self) -> &DailyQuota {
        &self.state.daily_quota
    }

    /// Takes over the size of the day: see [`DailyQuota::take_total`].
    pub fn take_total(&mut self, now_ms: u64, total: u32) {
        let (quota, limits) = self.update_day_and_get_quota(now_ms);
        quota.take_total(now_ms, total, limits);
    }

    /// Sets the spacing of calls: the configured one, or the one that the provider allows.
    pub fn set_interval_ms(&mut self, interval_ms: u64) {
        // The next call keeps the new distance from the last one too.
        self.state.pace.put_off(interval_ms.saturating_sub(self.limits.interval_ms));
        self.limits.interval_ms = interval_ms;
    }

    /// True in the first ten minutes: the provider may still be in the previous day.
    pub fn day_just_began(&mut self, now_ms: u64) -> bool {
        self.update_day_and_get_quota(now_ms).0.just_began(now_ms)
    }

    /// Takes over the provider's report of the day: see [`DailyQuota::reconcile_with_provider`].
    pub fn reconcile_with_provider(
        &mut self,
        now_ms: u64,
        report: ProviderReportedQuota,
        in_flight_units: u32,
        completed_units: u32,
    ) {
        let (quota, limits) = self.update_day_and_get_quota(now_ms);
        quota.reconcile_with_provider(now_ms, report, in_flight_units, completed_units, limits);
    }

    pub fn own_units(&mut self, now_ms: u64) -> u32 {
        self.update_day_and_get_quota(now_ms).0.spent
    }

    /// The quota of the running day, and the limits; a new day begins if the old one is over.
    fn update_day_and_get_quota(&mut self, now_ms: u64) -> (&mut DailyQuota, &RateLimits) {
        let Self { limits, state: RateLimiterState { daily_quota, .. }, .. } = self;
        daily_quota.start_day_if_over(now_ms, limits.day);
        (daily_quota, limits)
    }
}
