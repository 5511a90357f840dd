//! The units of one provider day.

use crate::lenient::is_default;
use crate::time::HOUR_MS;
use serde::{Deserialize, Serialize};

use super::RateLimits;
use super::day_boundary::QuotaTimeZone;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProviderReportedQuota {
    pub total: Option<u32>,
    pub left: u32,
    /// Time until the reported day ends, if the provider states it.
    pub reset_ms: Option<u64>,
}

/// Calls so close to midnight may count in the provider's other day.
const DAY_EDGE_MS: u64 = 2_000;
/// A provider with a slow clock still reports the old day as spent for so long after midnight.
const LATE_MIDNIGHT_MS: u64 = 10 * 60_000;
/// A report of a day that ends so much later than ours is about the next day.
const HALF_DAY_MS: u64 = 12 * HOUR_MS;
/// How long the provider's statement of the day's size counts as certain: a subscription may
/// change.
const STATED_FOR_MS: u64 = 6 * 3_600_000;

/// Units counted in the running day: our own attempts, and what the provider reports of others with
/// the same key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DailyQuota {
    day_began_at_ms: u64,
    day_ends_at_ms: u64,
    /// Units of our own attempts.
    pub(super) spent: u32,
    /// The part of `spent` that public calls took.
    pub(super) public: u32,
    /// Units that the provider counts but we did not send.
    pub spent_elsewhere: u32,
    /// Units of calls at the edge of the day, which count in both days.
    counted_in_both_days: u32,
    /// Set by a "daily quota exceeded" answer.
    blocked_until_ms: u64,
    /// Units a day, stated by the provider or derived from its count; kept after the day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_total: Option<u32>,
    /// When the provider last stated that number; 0 if it is derived from the units left.
    #[serde(skip_serializing_if = "is_default")]
    stated_at_ms: u64,
    /// Configured units a day at the time of that report; 0 in an older state.
    configured: u32,
    /// When the provider last reported its count; 0 if never.
    pub reconciled_at_ms: u64,
}

impl DailyQuota {
    /// Begins a new day if the old one is over.
    pub fn start_day_if_over(&mut self, now_ms: u64, day: QuotaTimeZone) {
        let ends_at_ms = day.next_midnight_ms(now_ms);
        // A clock that went back must not return the units: only a later end is a new day.
        if ends_at_ms <= self.day_ends_at_ms {
            return;
        }
        // Units counted in both days belong to the next day only if no day lies between.
        let follows = day.next_midnight_ms(self.day_ends_at_ms) == ends_at_ms;
        self.spent = if follows { self.counted_in_both_days } else { 0 };
        self.public = 0;
        self.spent_elsewhere = 0;
        self.counted_in_both_days = 0;
        self.day_began_at_ms = day.start_before_ms(now_ms);
        self.day_ends_at_ms = ends_at_ms;
    }

    pub fn count_call_units(&mut self, start_at_ms: u64, units: u32) {
        self.spent = self.spent.saturating_add(units);
        if self.at_edge(start_at_ms) {
            self.counted_in_both_days = self.counted_in_both_days.saturating_add(units);
        }
    }

    /// Takes back the units of a call that was not sent. Its part of the public share stays spent.
    pub fn refund(&mut self, start_at_ms: u64, units: u32) {
        // A permit of an earlier day whose units were not carried over no longer counts.
        if start_at_ms.saturating_add(DAY_EDGE_MS) < self.day_began_at_ms {
            return;
        }
        self.spent = self.spent.saturating_sub(units);
        if self.at_edge(start_at_ms) {
            self.counted_in_both_days = self.counted_in_both_days.saturating_sub(units);
        }
    }

    fn at_edge(&self, start_at_ms: u64) -> bool {
        start_at_ms.saturating_add(DAY_EDGE_MS) >= self.day_ends_at_ms
    }

    /// Drops what the provider reported under another plan.
    pub fn set_configured_units(&mut self, daily_units: u32) {
        if self.configured != daily_units && self.configured != 0 {
            if self.provider_total.take().is_none() {
                // Derived from the old plan's size: units that the smaller plan never had were not
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

    pub fn spent(&self) -> u32 {
        self.spent
    }

    /// Units left today of the key; with a configured quota, at most that less our own count.
    pub fn units_left(&self, now_ms: u64, limits: &RateLimits) -> u32 {
        if now_ms < self.blocked_until_ms {
            return 0;
        }
        let of_key = self.left_of_key(limits);
        let own = limits.daily_units.saturating_sub(self.spent);
        if limits.daily_fixed { of_key.min(own) } else { of_key }
    }

    /// The key's units left, by the last report and our own count since.
    fn left_of_key(&self, limits: &RateLimits) -> u32 {
        self.total_units(limits).saturating_sub(self.spent.saturating_add(self.spent_elsewhere))
    }

    /// The units of which a share is taken. Without a stated size, at most what the reports show:
    /// of a plan smaller than the configured one, a share of the configured day may exceed the
    /// whole.
    pub fn units_to_share(&self, limits: &RateLimits) -> u32 {
        let daily = self.daily_unit_limit(limits);
        if self.is_stated() {
            return daily;
        }
        daily.min(self.spent.saturating_add(self.left_of_key(limits)))
    }

    /// True if the size of the day is assumed and the provider's count does not match it: the size
    /// should be requested.
    pub fn is_doubtful(&self, limits: &RateLimits) -> bool {
        let unexplained =
            u64::from(self.spent_elsewhere) * 10 > u64::from(self.total_units(limits));
        !self.is_stated() && (unexplained || self.provider_total.is_some())
    }

    fn is_stated(&self) -> bool {
        self.stated_at_ms > 0 && self.reconciled_at_ms < self.stated_at_ms + STATED_FOR_MS
    }

    /// Units that count toward [`DailyQuota::daily_unit_limit`]; own attempts only if these are
    /// configured.
    pub fn spent_units(&self, limits: &RateLimits) -> u32 {
        // A configured quota limits our own units only.
        let spent_elsewhere = if limits.daily_fixed { 0 } else { self.spent_elsewhere };
        self.spent.saturating_add(spent_elsewhere)
    }

    /// Units a day: the provider's number, else the plan's; at most a configured one.
    pub fn daily_unit_limit(&self, limits: &RateLimits) -> u32 {
        let total = self.total_units(limits);
        if limits.daily_fixed { total.min(limits.daily_units) } else { total }
    }

    fn total_units(&self, limits: &RateLimits) -> u32 {
        self.provider_total.unwrap_or(limits.daily_units)
    }

    /// When units return: the end of the day, or of a shorter block.
    pub fn returns_at_ms(&self, now_ms: u64) -> u64 {
        if now_ms < self.blocked_until_ms { self.blocked_until_ms } else { self.day_ends_at_ms }
    }

    /// The provider answered that the day is spent: no call until the day ends, or until the time
    /// that it states. Returns when units come back.
    pub fn block_day(&mut self, now_ms: u64, retry_after_ms: Option<u64>) -> u64 {
        let until_ms = match retry_after_ms {
            // The stated time, at most the next midnight with the tolerance for a slow clock.
            Some(wait) => now_ms.saturating_add(wait).min(self.day_ends_at_ms + LATE_MIDNIGHT_MS),
            None if self.just_began(now_ms) => now_ms + LATE_MIDNIGHT_MS,
            None => self.day_ends_at_ms,
        };
        self.blocked_until_ms = self.blocked_until_ms.max(until_ms);
        self.blocked_until_ms
    }

    /// True while a provider may still be in the previous day.
    pub fn just_began(&self, now_ms: u64) -> bool {
        now_ms < self.day_began_at_ms + LATE_MIDNIGHT_MS
    }

    /// False for a report about the previous day or, if the provider's clock is fast, the next one.
    fn is_about_today(&self, now_ms: u64, report: ProviderReportedQuota) -> bool {
        match report.reset_ms {
            Some(ms) => {
                let ends_at_ms = now_ms.saturating_add(ms);
                ends_at_ms > self.day_began_at_ms + LATE_MIDNIGHT_MS
                    && ends_at_ms < self.day_ends_at_ms + HALF_DAY_MS
            }
            None => !self.just_began(now_ms),
        }
    }

    /// Takes over the size of the day, not the units left: those are in the header of an answer.
    pub fn take_total(&mut self, now_ms: u64, total: u32, limits: &RateLimits) {
        // A size below the units spent and left is ignored.
        let left = self.left_of_key(limits);
        let total = total.max(self.spent.saturating_add(left));
        self.spent_elsewhere = total - self.spent.saturating_add(left);
        self.provider_total = Some(total);
        self.stated_at_ms = now_ms;
    }

    /// Takes over the provider's count. It never lowers the count of our own attempts. It lowers
    /// that of others only if no other call ran meanwhile, because an answer may be older than
    /// later calls. Of our own count the report has at least `completed_units`, and may lack
    /// `in_flight_units`.
    pub fn reconcile_with_provider(
        &mut self,
        now_ms: u64,
        report: ProviderReportedQuota,
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
        let known = self.total_units(limits);
        let total = match report.total {
            // Contradictory: the units left count.
            Some(total) if total < report.left => seen,
            Some(total) => total,
            // The report shows more units than the day has: the plan is larger than configured. Ten
            // percent more, because others may spend meanwhile.
            None if u64::from(seen) * 10 > u64::from(known) * 11 => seen,
            None => known,
        };
        if report.total.is_some() || total != known {
            self.provider_total = Some(total);
            self.stated_at_ms = if report.total.is_some() { now_ms } else { 0 };
        }
        // Units assumed spent by others in a larger day, which the key never had, were not spent.
        self.spent_elsewhere = self.spent_elsewhere.saturating_sub(known.saturating_sub(total));
        let spent_elsewhere = total.saturating_sub(report.left).saturating_sub(own);
        // No other call ran, so the report includes all of our units.
        let exact = in_flight_units == 0 && completed_units == self.spent;
        self.spent_elsewhere =
            if exact { spent_elsewhere } else { self.spent_elsewhere.max(spent_elsewhere) };
    }
}
