//! What each ISBNdb plan allows.
//!
//! Hosts, pace and bulk size are from ISBNdb's API documentation v2. Sources disagree about the
//! daily quotas, so these are defaults: `ISBNDB_DAILY_QUOTA` replaces them, and without it the
//! provider's report does (`ratelimit` headers, `GET /key`).

use runtime::rate_limit::{
    BACKGROUND_SLOT_WAIT_MS, INTERACTIVE_RESERVE_PERCENT_DEFAULT, INTERACTIVE_WAIT_MS,
    PUBLIC_SHARE_PERCENT_DEFAULT, QuotaTimeZone, RateLimits, RateWindow, guarded_interval_ms,
};

/// Most results of one query that the provider returns, over all pages.
pub const MAX_RESULTS: u32 = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsbndbPlanName {
    Basic,
    /// The host and pace of Basic, with small bulk calls.
    Academic,
    Premium,
    Pro,
    Enterprise,
}

impl IsbndbPlanName {
    pub const ALL: [Self; 5] =
        [Self::Basic, Self::Academic, Self::Premium, Self::Pro, Self::Enterprise];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Academic => "academic",
            Self::Premium => "premium",
            Self::Pro => "pro",
            Self::Enterprise => "enterprise",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plan| plan.as_str().eq_ignore_ascii_case(text.trim()))
    }
}

/// What a plan allows; a variable can override each number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IsbndbPlanLimits {
    pub name: IsbndbPlanName,
    /// Scheme and host, no slash at the end. Another plan's host refuses the key.
    pub base_url: String,
    /// Least interval between two calls on this plan.
    pub interval_ms: u64,
    pub calls_per_minute: u32,
    pub daily_units: u32,
    /// True if `ISBNDB_DAILY_QUOTA` set `daily_unit_limit`.
    pub daily_fixed: bool,
    pub bulk_size: u32,
    pub page_size: u32,
}

impl IsbndbPlanLimits {
    pub fn with_published_limits(name: IsbndbPlanName) -> Self {
        let (host, calls_per_second, daily_units, bulk_size) = match name {
            IsbndbPlanName::Basic => ("api2.isbndb.com", 1, 1_000, 100),
            IsbndbPlanName::Academic => ("api2.isbndb.com", 1, 2_000, 10),
            IsbndbPlanName::Premium => ("api.premium.isbndb.com", 3, 5_000, 1_000),
            IsbndbPlanName::Pro => ("api.pro.isbndb.com", 5, 15_000, 1_000),
            IsbndbPlanName::Enterprise => ("api.enterprise.isbndb.com", 10, 50_000, 1_000),
        };
        Self {
            name,
            base_url: format!("https://{host}"),
            interval_ms: 1_000_u64.div_ceil(calls_per_second),
            calls_per_minute: u32::try_from(calls_per_second * 60).unwrap_or(u32::MAX),
            daily_units,
            daily_fixed: false,
            bulk_size,
            page_size: 1_000,
        }
    }

    /// The rate limiter's limits: the slower of the plan's pace and `rate_limit_ms`.
    pub fn rate_limits(&self, rate_limit_ms: u64, pace_share_percent: u8) -> RateLimits {
        // Two Workers with one key (staging and production) divide its pace and its day.
        let share = u64::from(pace_share_percent.clamp(1, 100));
        let interval_ms = shared_interval_ms(self.interval_ms, pace_share_percent);
        let part =
            |number: u32| u32::try_from(u64::from(number) * share / 100).unwrap_or(u32::MAX).max(1);
        RateLimits {
            interval_ms: interval_ms.max(rate_limit_ms),
            window: Some(RateWindow { calls: part(self.calls_per_minute), span_ms: 60_000 }),
            daily_units: part(self.daily_units),
            // A share of a day holds only if the provider's report cannot raise it again.
            daily_fixed: self.daily_fixed || share < 100,
            day: QuotaTimeZone::Utc,
            interactive_reserve_percent: INTERACTIVE_RESERVE_PERCENT_DEFAULT,
            public_share_percent: PUBLIC_SHARE_PERCENT_DEFAULT,
            interactive_wait_ms: INTERACTIVE_WAIT_MS,
            background_wait_ms: BACKGROUND_SLOT_WAIT_MS,
        }
    }
}

/// The interval between two calls, guard included, of a Worker with this share of the pace.
pub fn shared_interval_ms(interval_ms: u64, share_percent: u8) -> u64 {
    (guarded_interval_ms(interval_ms) * 100).div_ceil(u64::from(share_percent.clamp(1, 100)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_without_regard_to_case() {
        for plan in IsbndbPlanName::ALL {
            assert_eq!(IsbndbPlanName::parse(&plan.as_str().to_uppercase()), Some(plan));
        }
        assert_eq!(IsbndbPlanName::parse("gold"), None);
    }

    #[test]
    fn the_pace_is_the_slower_of_plan_and_setting() {
        for (plan, rate_limit_ms, interval_ms) in [
            (IsbndbPlanName::Basic, 100, 1_030),
            (IsbndbPlanName::Basic, 1_500, 1_500),
            (IsbndbPlanName::Premium, 100, 345),
            (IsbndbPlanName::Pro, 100, 206),
            (IsbndbPlanName::Enterprise, 100, 103),
            (IsbndbPlanName::Enterprise, 250, 250),
        ] {
            let limits =
                IsbndbPlanLimits::with_published_limits(plan).rate_limits(rate_limit_ms, 100);
            assert_eq!(limits.interval_ms, interval_ms, "{plan:?}");
        }
    }

    #[test]
    fn a_share_divides_pace_and_day() {
        let limits =
            IsbndbPlanLimits::with_published_limits(IsbndbPlanName::Basic).rate_limits(100, 50);
        assert_eq!((limits.interval_ms, limits.daily_units), (2_060, 500));
        assert!(limits.daily_fixed);
    }
}
