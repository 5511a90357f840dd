//! Global pace and quota of Google Books and Open Library: one object for each limit.
//! `runtime::rate_limit` decides.

pub mod limiter_client;

use runtime::call_outcome::{ProviderFailure, known_failure};
use runtime::lenient;
use runtime::rate_limit::{
    CallClass, INTERACTIVE_WAIT_MS, QuotaTimeZone, RateLimits, RollingWindowLimit,
    guarded_interval_ms, whole_percent,
};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::provider::Provider;

/// A limit, and the name of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimiterName {
    /// The first Google key, and the second if both share one quota.
    Google,
    /// The second Google key, if it has its own quota.
    GoogleSecond,
    /// The Google key kept for ISBN look-ups.
    GoogleIsbn,
    OpenLibrary,
}

impl LimiterName {
    /// The limiter that `/health` shows for a provider. ISBNdb's limiter is in the ISBNdb Worker.
    pub fn of(provider: Provider) -> Option<Self> {
        match provider {
            Provider::Isbndb => None,
            Provider::GoogleBooks => Some(Self::Google),
            Provider::OpenLibrary => Some(Self::OpenLibrary),
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::GoogleSecond => "google-second",
            Self::GoogleIsbn => "google-isbn",
            Self::OpenLibrary => "open-library",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AcquireRequest {
    pub limiter: LimiterName,
    #[serde(default, deserialize_with = "lenient::default_if_unreadable")]
    pub class: CallClass,
    pub units: u32,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub route: Option<String>,
}

impl AcquireRequest {
    /// For one call. With a route, it is refused while that route has moved.
    pub fn one_unit(limiter: LimiterName, class: CallClass, route: Option<&str>) -> Self {
        Self { limiter, class, units: 1, route: route.map(str::to_owned) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Granted {
    pub wait_ms: u64,
    /// True if this call probes whether a moved route answers again.
    #[serde(default)]
    pub probe: bool,
}

/// `POST /answered`: a moved route answers again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteAnswered {
    pub limiter: LimiterName,
    pub route: String,
}

/// `POST /report`: a provider's failure that concerns the next calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailureReport {
    pub limiter: LimiterName,
    #[serde(deserialize_with = "known_failure")]
    pub failure: ProviderFailure,
}

/// `POST /state`: for health, metrics, and calls without a readable key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LimiterReading {
    /// Units a day; 0 if unlimited.
    pub daily_limit: u32,
    pub spent: u32,
    /// Units an interactive call could still use.
    pub left: u32,
    pub resets_at_ms: u64,
    /// About the start of the last call; 0 without one. `/health` leaves it out.
    #[serde(skip_serializing_if = "lenient::is_default")]
    pub last_call_ms: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub moved_routes: Vec<String>,
}

const PROVIDER_BACKGROUND_WAIT_MS: u64 = 20_000;
const UNBOUNDED: u32 = u32::MAX;

/// The limits of a provider.
///
/// Google: its documented requests a day, and about 100 a minute. Open Library: three a second with
/// a contact in the User-Agent, one without, and 180 a minute in all.
pub fn rate_limits_of(limiter: LimiterName, config: &Config) -> RateLimits {
    let google = RateLimits {
        interval_ms: config.rate_limit_ms,
        window: Some(RollingWindowLimit { calls: config.google_calls_per_minute, span_ms: 60_000 }),
        daily_units: config.google_daily_quota,
        daily_fixed: true,
        day: QuotaTimeZone::Pacific,
        interactive_reserve_percent: 100 - whole_percent(config.google_warm_share),
        public_share_percent: whole_percent(config.public_share),
        interactive_wait_ms: INTERACTIVE_WAIT_MS,
        background_wait_ms: PROVIDER_BACKGROUND_WAIT_MS,
    };
    match limiter {
        LimiterName::Google | LimiterName::GoogleSecond | LimiterName::GoogleIsbn => google,
        LimiterName::OpenLibrary => {
            let policy_ms = if config.open_library_contact.is_some() { 334 } else { 1_000 };
            let own_ms = config.open_library_interval_ms;
            let policy_window = RollingWindowLimit { calls: 175, span_ms: 60_000 };
            RateLimits {
                interval_ms: own_ms
                    .unwrap_or_else(|| guarded_interval_ms(policy_ms).max(config.rate_limit_ms)),
                window: own_ms.is_none().then_some(policy_window),
                daily_units: UNBOUNDED,
                day: QuotaTimeZone::Utc,
                interactive_reserve_percent: 0,
                ..google
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use runtime::rate_limit::{RateLimiter, RateLimiterState, SlotRefusal};

    use super::*;

    fn config(contact: &'static str) -> Config {
        Config::from_vars(move |name| (name == "OPEN_LIBRARY_CONTACT").then(|| contact.to_owned()))
            .unwrap()
    }

    #[test]
    fn warming_leaves_half_of_google_s_day_to_clients() {
        let limits = RateLimits {
            interval_ms: 0,
            window: None,
            ..rate_limits_of(LimiterName::Google, &config(""))
        };
        let mut limiter = RateLimiter::new(limits, RateLimiterState::default());
        assert_eq!(limiter.units_left(0, CallClass::Background), 500);
        assert_eq!(limiter.units_left(0, CallClass::Interactive), 1_000);
    }

    #[test]
    fn open_library_is_faster_with_a_contact() {
        assert_eq!(
            rate_limits_of(LimiterName::OpenLibrary, &config("me@example.org")).interval_ms,
            345
        );
        assert_eq!(rate_limits_of(LimiterName::OpenLibrary, &config("")).interval_ms, 1_030);
    }

    #[test]
    fn anonymous_clients_have_their_share_of_a_day() {
        let unpaced =
            |name| RateLimits { interval_ms: 0, window: None, ..rate_limits_of(name, &config("")) };
        let mut google =
            RateLimiter::new(unpaced(LimiterName::Google), RateLimiterState::default());
        for _ in 0..300 {
            assert!(google.reserve_start_time_and_units(5, CallClass::Public, 1).is_ok());
        }
        let refused = google.reserve_start_time_and_units(5, CallClass::Public, 1);
        assert!(matches!(refused, Err(SlotRefusal::PublicShareSpent { .. })), "{refused:?}");
        assert_eq!(google.units_left(5, CallClass::Interactive), 700);
        // Open Library has no daily quota; a public share of 0 still excludes anonymous clients.
        for (share, is_asked) in [("0.3", true), ("0.004", true), ("0", false)] {
            let vars = |name: &str| (name == "PUBLIC_SHARE").then(|| share.to_owned());
            let limits =
                rate_limits_of(LimiterName::OpenLibrary, &Config::from_vars(vars).unwrap());
            let mut library = RateLimiter::new(limits, RateLimiterState::default());
            assert_eq!(
                library.reserve_start_time_and_units(5, CallClass::Public, 1).is_ok(),
                is_asked
            );
        }
        for (share, reserve_percent) in [("0", 100), ("0.004", 99), ("0.5", 50), ("1", 0)] {
            let vars = |name: &str| (name == "GOOGLE_WARM_SHARE").then(|| share.to_owned());
            let limits = rate_limits_of(LimiterName::Google, &Config::from_vars(vars).unwrap());
            assert_eq!(limits.interactive_reserve_percent, reserve_percent, "{share}");
        }
    }
}
