//! When no call is made: a provider is down, limits its pace, or its daily quota is spent.

use runtime::call_outcome::{Failure, ProviderFailure, RequestRejection};
use runtime::time::DAY_MS;
use serde::{Deserialize, Serialize};

/// First cool-down after a batch without an answer; each further one is twice as long.
const FIRST_COOL_DOWN_MS: u64 = 2_000;
/// Longest cool-down: the heartbeat's own interval.
const MAX_COOL_DOWN_MS: u64 = 900_000;
/// Wait after a refused key or host, which the operator has to correct.
const REFUSED_MS: u64 = 3_600_000;
/// Wait for a route that a provider has moved; its other routes are still called.
const MOVED_MS: u64 = 900_000;
/// Shortest wait, so that "now" does not become a busy loop.
const MIN_WAIT_MS: u64 = 50;
/// Longest wait that is taken from a callee's answer.
const MAX_WAIT_MS: u64 = 2 * DAY_MS;

/// Until its end only importing, publishing and finishing go on; then one item is a probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WarmingBackoff {
    /// The displayed reason, such as `isbndb: quota_spent`.
    pub(crate) reason: String,
    pub(crate) until_ms: u64,
    pub(crate) streak: u32,
}

impl WarmingBackoff {
    pub(crate) fn new(reason: String, until_ms: u64) -> Self {
        Self { reason, until_ms, streak: 0 }
    }
}

/// The length of cool-down number `streak`, from 0. Without jitter, so that its end can be shown.
pub(crate) fn cool_down_ms(streak: u32) -> u64 {
    FIRST_COOL_DOWN_MS.saturating_mul(1 << streak.min(20)).min(MAX_COOL_DOWN_MS)
}

/// What a failure means for its item and for the work that waits behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ItemFailureEffect {
    /// No answer. Only the results of the other items show whether the item is the cause.
    NoAnswer,
    Until(u64),
    /// The provider answered with another book: the ISBN is wrong.
    WrongBook,
    /// Each retry would fail alike.
    Final,
}

pub(crate) fn item_failure_effect(failure: &Failure, now_ms: u64) -> ItemFailureEffect {
    let wait_ms = match failure.root_cause() {
        Failure::Provider(ProviderFailure::WrongBook) => return ItemFailureEffect::WrongBook,
        // The operator has to correct the configuration.
        Failure::Provider(ProviderFailure::Refused { .. } | ProviderFailure::NotConfigured)
        | Failure::Request(RequestRejection::Unauthorized | RequestRejection::Forbidden { .. }) => {
            REFUSED_MS
        }
        Failure::Provider(ProviderFailure::Moved { .. }) => MOVED_MS,
        Failure::Provider(
            ProviderFailure::RateLimited { .. }
            | ProviderFailure::QuotaSpent { .. }
            | ProviderFailure::CircuitOpen { .. }
            | ProviderFailure::Upstream { retry_after_ms: Some(_), .. },
        ) => {
            let wait_ms = failure.retry_after_ms(now_ms).unwrap_or_default();
            wait_ms.clamp(MIN_WAIT_MS, MAX_WAIT_MS)
        }
        Failure::Request(
            RequestRejection::BadRequest { .. }
            | RequestRejection::MissingParameter { .. }
            | RequestRejection::TooLarge { .. },
        ) => return ItemFailureEffect::Final,
        _ => return ItemFailureEffect::NoAnswer,
    };
    ItemFailureEffect::Until(now_ms + wait_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::call_outcome::ProviderRefusalReason;

    #[test]
    fn cool_downs_double_up_to_the_heartbeat() {
        let waits: Vec<u64> = (0..12).map(cool_down_ms).collect();
        assert_eq!(&waits[..4], &[2_000, 4_000, 8_000, 16_000]);
        assert_eq!(waits[11], 900_000);
        assert_eq!(cool_down_ms(u32::MAX), 900_000);
    }

    #[test]
    fn every_failure_has_its_effect() {
        let now = 1_000;
        for (failure, class) in [
            (
                Failure::Provider(ProviderFailure::RateLimited {
                    retry_after_ms: 500,
                    local: true,
                }),
                ItemFailureEffect::Until(1_500),
            ),
            (
                Failure::Provider(ProviderFailure::RateLimited { retry_after_ms: 0, local: true }),
                ItemFailureEffect::Until(1_050),
            ),
            (
                Failure::Provider(ProviderFailure::QuotaSpent { until_ms: 9_000 }),
                ItemFailureEffect::Until(9_000),
            ),
            (
                Failure::Provider(ProviderFailure::QuotaSpent { until_ms: 5 }),
                ItemFailureEffect::Until(1_050),
            ),
            (
                Failure::Provider(ProviderFailure::QuotaSpent { until_ms: u64::MAX }),
                ItemFailureEffect::Until(now + MAX_WAIT_MS),
            ),
            (
                Failure::Provider(ProviderFailure::CircuitOpen { retry_after_ms: 60_000 }),
                ItemFailureEffect::Until(61_000),
            ),
            (Failure::Provider(ProviderFailure::Timeout), ItemFailureEffect::NoAnswer),
            (Failure::Provider(ProviderFailure::Unreachable), ItemFailureEffect::NoAnswer),
            (
                Failure::Provider(ProviderFailure::Upstream { status: 500, retry_after_ms: None }),
                ItemFailureEffect::NoAnswer,
            ),
            (
                Failure::Provider(ProviderFailure::Upstream {
                    status: 503,
                    retry_after_ms: Some(7_000),
                }),
                ItemFailureEffect::Until(8_000),
            ),
            (
                Failure::Provider(ProviderFailure::Refused { detail: ProviderRefusalReason::Key }),
                ItemFailureEffect::Until(now + REFUSED_MS),
            ),
            (
                Failure::Provider(ProviderFailure::NotConfigured),
                ItemFailureEffect::Until(now + REFUSED_MS),
            ),
            (
                Failure::Provider(ProviderFailure::Moved { route: "x".into() }),
                ItemFailureEffect::Until(now + MOVED_MS),
            ),
            (
                Failure::Provider(ProviderFailure::Malformed { detail: "x".into() }),
                ItemFailureEffect::NoAnswer,
            ),
            (Failure::internal("x"), ItemFailureEffect::NoAnswer),
            (Failure::Provider(ProviderFailure::WrongBook), ItemFailureEffect::WrongBook),
            (Failure::bad_request("x"), ItemFailureEffect::Final),
        ] {
            assert_eq!(item_failure_effect(&failure, now), class, "{failure:?}");
        }
    }
}
