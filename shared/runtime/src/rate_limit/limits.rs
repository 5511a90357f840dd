//! What a provider allows, and how the classes of calls share it.

use super::call_class::CallClass;
use super::day_boundary::QuotaTimeZone;

/// Default share of the day reserved for interactive calls, in percent.
pub const INTERACTIVE_RESERVE_PERCENT_DEFAULT: u8 = 10;
/// Default share of the day for public calls, in percent.
pub const PUBLIC_SHARE_PERCENT_DEFAULT: u8 = 30;
/// How long an interactive call may wait for its slot.
pub const INTERACTIVE_WAIT_MS: u64 = 2_000;
/// How long a background call may wait for its slot.
pub const BACKGROUND_SLOT_WAIT_MS: u64 = 30_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateWindow {
    pub calls: u32,
    pub span_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// Least time between two calls, see [`guarded_interval_ms`].
    pub interval_ms: u64,
    /// Most calls in any time span of a given length.
    pub window: Option<RateWindow>,
    pub daily_units: u32,
    /// True if the daily units are configured: the provider's report may only lower them.
    pub daily_fixed: bool,
    pub day: QuotaTimeZone,
    /// Percent of the day that background calls may not use.
    pub interactive_reserve_percent: u8,
    pub public_share_percent: u8,
    pub interactive_wait_ms: u64,
    pub background_wait_ms: u64,
}

impl RateLimits {
    /// How long a call of this class may wait for its slot.
    pub fn max_wait_ms(&self, class: CallClass) -> u64 {
        match class {
            CallClass::Interactive | CallClass::Public => self.interactive_wait_ms,
            CallClass::Background => self.background_wait_ms,
        }
    }

    /// The mean interval between two calls that spacing and window allow together.
    pub fn mean_interval_ms(&self) -> u64 {
        let by_window = self.window.map_or(0, |w| w.span_ms.div_ceil(u64::from(w.calls.max(1))));
        self.interval_ms.max(by_window)
    }
}

/// A plan's spacing with a guard of 3 %.
///
/// Two calls sent exactly an interval apart arrive closer together if the first one was slower on
/// its way; the guard keeps the provider's own window at 97 % of its rate.
pub fn guarded_interval_ms(interval_ms: u64) -> u64 {
    interval_ms + (interval_ms * 3).div_ceil(100)
}
