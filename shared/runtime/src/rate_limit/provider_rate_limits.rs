//! What a provider allows, and the classes of calls that share it.

use serde::{Deserialize, Serialize};

use super::day_boundary::QuotaTimeZone;

/// How long an interactive call may wait for its slot.
pub const INTERACTIVE_WAIT_MS: u64 = 2_000;
/// How long a background call may wait for its slot.
pub const BACKGROUND_SLOT_WAIT_MS: u64 = 30_000;

/// In the order of priority: background calls use what is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallClass {
    #[default]
    Interactive,
    /// An anonymous client waits for the answer: public calls have a share of the day.
    Public,
    Background,
}

impl CallClass {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Background => "background",
            Self::Public => "public",
        }
    }

    /// Reads the header's value; an unknown one is interactive.
    pub fn from_header(value: Option<&str>) -> Self {
        match value {
            Some("background") => Self::Background,
            Some("public") => Self::Public,
            _ => Self::Interactive,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollingWindowLimit {
    pub calls: u32,
    pub span_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// Least time between two calls, see [`guarded_interval_ms`].
    pub interval_ms: u64,
    /// Most calls in any time span of a given length.
    pub window: Option<RollingWindowLimit>,
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

/// A share, from 0 to 1, as whole percent; at least 1 if it is above 0, so that a small
/// share is not taken for none.
#[must_use]
pub fn whole_percent(share: f64) -> u8 {
    let least = if share > 0.0 { 1.0 } else { 0.0 };
    // In 0..=100 by the clamp.
    (share * 100.0).round().clamp(least, 100.0) as u8
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
