//! The units of one provider day.

use crate::time::HOUR_MS;
use serde::{Deserialize, Serialize};

use super::RateLimits;
use super::day::DayBoundary;

/// What a provider says about the day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaReport {
    pub total: Option<u32>,
    pub left: u32,
    /// Time until the day that it speaks of ends, where it says so.
    pub reset_ms: Option<u64>,
}

/// Calls so close to midnight may be counted by the provider on the other side of it.
const DAY_EDGE_MS: u64 = 2_000;
/// A provider whose clock is behind ours still calls the old day spent shortly after our midnight.
const LATE_MIDNIGHT_MS: u64 = 10 * 60_000;
/// A report of a day that ends later than this after ours speaks of the next one.
const HALF_DAY_MS: u64 = 12 * HOUR_MS;
/// How long the provider's statement of the size of the day is taken for certain. A subscription
/// may change.
const STATED_FOR_MS: u64 = 6 * 3_600_000;

/// Units counted in the running day: our own attempts, and what others spent with the same key, as
/// the provider tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DailyQuota {
    day_began_at_ms: u64,
    day_ends_at_ms: u64,
    spent: u32,
    /// Of them those of public calls.
    pub(super) public: u32,
    /// What others spent with the same key.
    spent_elsewhere: u32,
    /// Units of calls that start at the edge of the day: they count in both.
    counted_in_both_days: u32,
    calls: u32,
    /// Set by a "daily quota exceeded" answer.
    blocked_until_ms: u64,
    /// Units a day in the provider's own words; outlives the day.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_total: Option<u32>,
    /// When the provider last stated that number itself; 0 where it is worked out from what is left.
    #[serde(skip_serializing_if = "is_zero")]
    stated_at_ms: u64,
    /// Units a day by the configuration under which it said so; 0 in an older state.
    configured: u32,
    /// When the provider last reported its count.
    reconciled_at_ms: u64,
}

impl DailyQuota {
    /// Begins a new day where the old one is over.
    pub fn start_day_if_over(&mut self, now_ms: u64, day: DayBoundary) {
        let ends_at_ms = day.end_after_ms(now_ms);
        // A clock that went back must not give the units back: only a later end is a new day.
        if ends_at_ms <= self.day_ends_at_ms {
            return;
        }
        // What was carried belongs to the day that begins where the old one ended.
        let follows = day.end_after_ms(self.day_ends_at_ms) == ends_at_ms;
        self.spent = if follows { self.counted_in_both_days } else { 0 };
        self.public = 0;
        self.spent_elsewhere = 0;
        self.counted_in_both_days = 0;
        self.calls = 0;
        self.day_began_at_ms = day.start_before_ms(now_ms);
        self.day_ends_at_ms = ends_at_ms;
    }

    pub fn count(&mut self, start_at_ms: u64, units: u32) {
        self.spent = self.spent.saturating_add(units);
        self.calls = self.calls.saturating_add(1);
        if self.at_edge(start_at_ms) {
            self.counted_in_both_days = self.counted_in_both_days.saturating_add(units);
        }
    }

    /// Takes back the units of a call that was not sent.
    pub fn refund(&mut self, start_at_ms: u64, units: u32) {
        // A permit of the day before that was not carried is forgotten already.
        if start_at_ms.saturating_add(DAY_EDGE_MS) < self.day_began_at_ms {
            return;
        }
        self.spent = self.spent.saturating_sub(units);
        self.calls = self.calls.saturating_sub(1);
        if self.at_edge(start_at_ms) {
            self.counted_in_both_days = self.counted_in_both_days.saturating_sub(units);
        }
    }

    fn at_edge(&self, start_at_ms: u64) -> bool {
        start_at_ms.saturating_add(DAY_EDGE_MS) >= self.day_ends_at_ms
    }

    /// What the provider said under another plan says nothing about this one.
    pub fn configure(&mut self, daily_units: u32) {
        if self.configured != daily_units && self.configured != 0 {
            if self.provider_total.take().is_none() {
                // Worked out against the size of the old plan: what a smaller one never had was not
                // spent by others.
                self.spent_elsewhere = self
                    .spent_elsewhere
                    .saturating_sub(self.configured.saturating_sub(daily_units));
            }
            self.stated_at_ms = 0;
            self.blocked_until_ms = 0;
        }
        self.configured = daily_units;
    }

    /// Units left today: the smaller of the key's remaining quota (all consumers) and the configured cap.
    pub fn left(&self, now_ms: u64, limits: &RateLimits) -> u32 {
        if now_ms < self.blocked_until_ms {
            return 0;
        }
        let of_key = self.left_of_key(limits);
        let own = limits.daily_units.saturating_sub(self.spent);
        if limits.daily_fixed { of_key.min(own) } else { of_key }
    }

    /// Units that the key has left by the last report and our own count since.
    fn left_of_key(&self, limits: &RateLimits) -> u32 {
        self.total(limits).saturating_sub(self.spent.saturating_add(self.spent_elsewhere))
    }

    /// Units of the day that a share is taken of. Where the provider has not stated its size, what
    /// it said is left counts: of a plan that is smaller than configured, a share of the configured
    /// one may be more than the whole.
    pub fn shared_units(&self, limits: &RateLimits) -> u32 {
        let daily = self.daily_units(limits);
        if self.is_stated() {
            return daily;
        }
        daily.min(self.spent.saturating_add(self.left_of_key(limits)))
    }

    /// Units a day as the provider states them, or as its count shows.
    pub fn provider_total(&self) -> Option<u32> {
        self.provider_total
    }

    /// Units that the provider counts and we did not send.
    pub fn spent_elsewhere(&self) -> u32 {
        self.spent_elsewhere
    }

    /// True if the size of the day is a guess that the provider's count does not bear out: worth
    /// asking for.
    pub fn is_doubtful(&self, limits: &RateLimits) -> bool {
        let unexplained = u64::from(self.spent_elsewhere) * 10 > u64::from(self.total(limits));
        !self.is_stated() && (unexplained || self.provider_total.is_some())
    }

    fn is_stated(&self) -> bool {
        self.stated_at_ms > 0 && self.reconciled_at_ms < self.stated_at_ms + STATED_FOR_MS
    }

    pub fn spent_by_us(&self) -> u32 {
        self.spent
    }

    /// Units that count toward [`DailyQuota::daily_units`].
    pub fn spent(&self, limits: &RateLimits) -> u32 {
        // What a person set is ours alone.
        let spent_elsewhere = if limits.daily_fixed { 0 } else { self.spent_elsewhere };
        self.spent.saturating_add(spent_elsewhere)
    }

    /// Units a day: what a person set, else what the provider said, else the plan's.
    pub fn daily_units(&self, limits: &RateLimits) -> u32 {
        let total = self.total(limits);
        if limits.daily_fixed { total.min(limits.daily_units) } else { total }
    }

    fn total(&self, limits: &RateLimits) -> u32 {
        self.provider_total.unwrap_or(limits.daily_units)
    }

    pub fn calls(&self) -> u32 {
        self.calls
    }

    /// When units return: the end of the day, or of a shorter block.
    pub fn returns_at_ms(&self, now_ms: u64) -> u64 {
        if now_ms < self.blocked_until_ms { self.blocked_until_ms } else { self.day_ends_at_ms }
    }

    /// When the provider last reported its count; 0 if never.
    pub fn reconciled_at_ms(&self) -> u64 {
        self.reconciled_at_ms
    }

    /// The provider says that the day is spent: nothing until the day ends, or until the moment it
    /// names. Returns when units come back.
    pub fn block(&mut self, now_ms: u64, retry_after_ms: Option<u64>) -> u64 {
        let until_ms = match retry_after_ms {
            // Its own word, but never past the next midnight by more than a skewed clock explains.
            Some(wait) => now_ms.saturating_add(wait).min(self.day_ends_at_ms + LATE_MIDNIGHT_MS),
            None if self.just_began(now_ms) => now_ms + LATE_MIDNIGHT_MS,
            None => self.day_ends_at_ms,
        };
        self.blocked_until_ms = self.blocked_until_ms.max(until_ms);
        self.blocked_until_ms
    }

    /// True while a provider may still be in the day before.
    pub fn just_began(&self, now_ms: u64) -> bool {
        now_ms < self.day_began_at_ms + LATE_MIDNIGHT_MS
    }

    /// An answer may be about the day before or, by a clock that is ahead, about the next one.
    fn is_about_today(&self, now_ms: u64, report: QuotaReport) -> bool {
        match report.reset_ms {
            Some(ms) => {
                let ends_at_ms = now_ms.saturating_add(ms);
                ends_at_ms > self.day_began_at_ms + LATE_MIDNIGHT_MS
                    && ends_at_ms < self.day_ends_at_ms + HALF_DAY_MS
            }
            None => !self.just_began(now_ms),
        }
    }

    /// Takes over the size of the day and not what is left of it: an answer of the same moment has
    /// received it in its header.
    pub fn take_total(&mut self, now_ms: u64, total: u32, limits: &RateLimits) {
        // Less than what is spent and left together is not believed.
        let left = self.left_of_key(limits);
        let total = total.max(self.spent.saturating_add(left));
        self.spent_elsewhere = total - self.spent.saturating_add(left);
        self.provider_total = Some(total);
        self.stated_at_ms = now_ms;
    }

    /// Takes over the provider's count. It never lowers that of our own attempts, nor, unless its
    /// call was alone on its way, that of others: an answer may be older than the calls sent since.
    /// Of our own count, `in_flight_units` may not be in its yet, and `completed_units` surely are.
    pub fn reconcile(
        &mut self,
        now_ms: u64,
        report: QuotaReport,
        in_flight_units: u32,
        completed_units: u32,
        limits: &RateLimits,
    ) {
        if !self.is_about_today(now_ms, report) {
            return;
        }
        self.reconciled_at_ms = now_ms;
        let own = self.spent.saturating_sub(in_flight_units);
        let seen = report.left.saturating_add(own.min(completed_units));
        let known = self.total(limits);
        let total = match report.total {
            // What is left counts, whatever else the provider says.
            Some(total) if total < report.left => seen,
            Some(total) => total,
            // Clearly more than the day has by our reckoning: the plan is larger than configured.
            // Clearly, because others may spend meanwhile.
            None if u64::from(seen) * 10 > u64::from(known) * 11 => seen,
            None => known,
        };
        if report.total.is_some() || total != known {
            self.provider_total = Some(total);
            self.stated_at_ms = if report.total.is_some() { now_ms } else { 0 };
        }
        // What was counted against a larger day that the key never had was not spent.
        self.spent_elsewhere = self.spent_elsewhere.saturating_sub(known.saturating_sub(total));
        let spent_elsewhere = total.saturating_sub(report.left).saturating_sub(own);
        // Of a call that was alone on its way, nothing of ours can be missing there.
        let exact = in_flight_units == 0 && completed_units == self.spent;
        self.spent_elsewhere =
            if exact { spent_elsewhere } else { self.spent_elsewhere.max(spent_elsewhere) };
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes one")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
