use proptest::prelude::*;

use super::*;
use crate::call_outcome::ProviderFailure;

const RETRY_SETTINGS: RetrySettings =
    RetrySettings { attempts: 3, base_ms: 100, cap_ms: 2_000, budget_share: 0.2, budget_least: 3 };

fn rate_limited(retry_after_ms: u64) -> Failure {
    Failure::Provider(ProviderFailure::RateLimited { retry_after_ms, local: false })
}

#[test]
fn the_pause_depends_on_attempts_deadline_and_failure() {
    for (failure, done, remaining_ms, unit, expected) in [
        (Failure::Provider(ProviderFailure::Unreachable), 1, 10_000, 0.0, Some(0)),
        (Failure::Provider(ProviderFailure::Unreachable), 1, 10_000, 0.99, Some(99)),
        (Failure::Provider(ProviderFailure::Unreachable), 2, 10_000, 0.99, Some(198)),
        (Failure::Provider(ProviderFailure::Unreachable), 3, 10_000, 0.5, None),
        (Failure::Provider(ProviderFailure::Unreachable), 1, 30, 0.5, None), // 50 + 20 do not fit
        (Failure::Provider(ProviderFailure::Unreachable), 1, 70, 0.5, Some(50)),
        (rate_limited(1_000), 1, 10_000, 0.5, Some(1_050)),
        (rate_limited(1_000), 1, 1_000, 0.5, None),
        (rate_limited(2_001), 1, 60_000, 0.5, None), // left to the caller
        (Failure::Provider(ProviderFailure::WrongBook), 1, 10_000, 0.5, None),
        (Failure::Provider(ProviderFailure::QuotaSpent { until_ms: 5 }), 1, 10_000, 0.5, None),
    ] {
        let pause = pause_before_retry_ms(&RETRY_SETTINGS, &failure, done, remaining_ms, 20, unit);
        assert_eq!(pause, expected, "{failure} after {done} with {remaining_ms} ms left");
    }
}

#[test]
fn an_outage_of_a_thousand_calls_stays_within_the_share() {
    // All in one second, and spread over minutes: the bound is on the number, not on the rate.
    for spacing_ms in [0, 7, 100, 1_000] {
        let mut budget = RetryBudget::default();
        let mut attempts = 0_u64;
        for call in 0..1_000_u64 {
            let now_ms = 1_000_000 + call * spacing_ms;
            budget.count_call(now_ms);
            attempts += 1;
            for _ in 1..RETRY_SETTINGS.attempts {
                if budget.try_retry(&RETRY_SETTINGS, now_ms) {
                    attempts += 1;
                }
            }
        }
        assert!(attempts <= 1_200, "{attempts} attempts at {spacing_ms} ms");
        assert!(attempts >= 1_150, "retries do take place: {attempts} at {spacing_ms} ms");
    }
}

#[test]
fn few_calls_still_have_a_small_minimum() {
    let mut budget = RetryBudget::default();
    budget.count_call(0);
    let granted = (0..10).filter(|_| budget.try_retry(&RETRY_SETTINGS, 0)).count();
    assert_eq!(granted, 3);
    assert!(!budget.try_retry(&RETRY_SETTINGS, 59_999));
    assert!(budget.try_retry(&RETRY_SETTINGS, 60_000), "the window no longer has them");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn jitter_stays_in_its_bounds_and_uses_them(done in 1_u32..40, unit in 0.0_f64..1.0) {
        let settings = RetrySettings { attempts: 100, ..RETRY_SETTINGS };
        let most = 2_000.min(100_u64.saturating_mul(1 << (done - 1).min(20)));
        let pause = pause_before_retry_ms(&settings, &Failure::Provider(ProviderFailure::Unreachable), done, u64::MAX / 2, 20, unit);
        prop_assert!(pause.is_some_and(|pause| pause < most));
        prop_assert_eq!(pause, Some((unit * most as f64) as u64));
    }

    /// Compares with a reference that keeps every event.
    #[test]
    fn the_budget_is_that_of_the_naive_reference(
        steps in prop::collection::vec((0_u64..5_000, any::<bool>()), 1..200),
    ) {
        let mut budget = RetryBudget::default();
        let (mut calls, mut retries): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
        let mut now_ms = 0;
        for (wait_ms, is_call) in steps {
            now_ms += wait_ms;
            let slot = now_ms / 1_000;
            let recent = |events: &[u64]| events.iter().filter(|e| **e + 60 > slot).count();
            if is_call {
                budget.count_call(now_ms);
                calls.push(slot);
            } else {
                let allowed = 3.max((recent(&calls) as f64 * 0.2) as usize);
                let expected = recent(&retries) < allowed;
                prop_assert_eq!(budget.try_retry(&RETRY_SETTINGS, now_ms), expected, "at {}", now_ms);
                if expected {
                    retries.push(slot);
                }
            }
        }
    }
}
