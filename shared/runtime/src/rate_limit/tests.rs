use crate::time::HOUR_MS;
use proptest::prelude::*;

use super::*;
use CallClass::{Background, Interactive, Public};

/// 2026-11-21 07:00 UTC.
const TEST_NOW_MS: u64 = 1_795_244_400_000;

pub(super) fn test_rate_limits(interval_ms: u64, daily_units: u32) -> RateLimits {
    RateLimits {
        interval_ms,
        window: Some(RollingWindowLimit { calls: 60, span_ms: 60_000 }),
        daily_units,
        daily_fixed: false,
        day: QuotaTimeZone::Utc,
        interactive_reserve_percent: 10,
        public_share_percent: 30,
        interactive_wait_ms: INTERACTIVE_WAIT_MS,
        background_wait_ms: BACKGROUND_SLOT_WAIT_MS,
    }
}

fn limiter(daily_units: u32) -> RateLimiter {
    RateLimiter::new(test_rate_limits(1_030, daily_units), RateLimiterState::default())
}

#[test]
fn the_guard_is_three_percent_and_never_zero() {
    for (interval, guarded) in [(1_000, 1_030), (334, 345), (200, 206), (100, 103), (1, 2)] {
        assert_eq!(guarded_interval_ms(interval), guarded);
    }
}

#[test]
fn slots_are_an_interval_apart_and_a_far_one_is_refused() {
    let mut limiter = limiter(1_000);
    // The first call opens a connection: the second one keeps a tenth more distance.
    for start_ms in [0, 1_133] {
        let permit = limiter.reserve_start_time_and_units(TEST_NOW_MS, Interactive, 1).unwrap();
        assert_eq!(permit.start_at_ms, TEST_NOW_MS + start_ms);
    }
    let refusal = limiter.reserve_start_time_and_units(TEST_NOW_MS, Interactive, 1).unwrap_err();
    assert_eq!(refusal, SlotRefusal::RateLimited { retry_after_ms: 2_163 });
    assert_eq!(limiter.spent_units(TEST_NOW_MS), 2, "a refusal counts nothing");
    assert!(
        limiter.reserve_start_time_and_units(TEST_NOW_MS, Background, 1).is_ok(),
        "background waits longer"
    );
}

#[test]
fn public_calls_have_a_share_of_the_day() {
    let mut limiter = limiter(10);
    let day_ms = QuotaTimeZone::Utc.next_midnight_ms(TEST_NOW_MS);
    for n in 0..3 {
        assert_eq!(limiter.units_left(TEST_NOW_MS, Public), 3 - n);
        limiter
            .reserve_start_time_and_units(TEST_NOW_MS + u64::from(n) * 2_000, Public, 1)
            .unwrap();
    }
    let refusal = limiter.reserve_start_time_and_units(TEST_NOW_MS + 8_000, Public, 1).unwrap_err();
    assert_eq!(refusal, SlotRefusal::PublicShareSpent { until_ms: day_ms });
    assert_eq!(
        (
            limiter.units_left(TEST_NOW_MS + 8_000, Interactive),
            limiter.units_left(TEST_NOW_MS + 8_000, Background)
        ),
        (7, 6)
    );
    // The stored state has the public count too.
    let mut again = RateLimiter::new(test_rate_limits(1_030, 10), limiter.state().clone());
    assert_eq!(again.units_left(TEST_NOW_MS + 8_000, Public), 0);
    // A spent day is reported as such, not as a spent share.
    for n in 0..7 {
        again
            .reserve_start_time_and_units(TEST_NOW_MS + 20_000 + n * 2_000, Interactive, 1)
            .unwrap();
    }
    let refusal = again.reserve_start_time_and_units(TEST_NOW_MS + 60_000, Public, 1).unwrap_err();
    assert_eq!(refusal, SlotRefusal::QuotaSpent { until_ms: day_ms });
    assert_eq!(again.units_left(day_ms, Public), 3, "the next day");
}

#[test]
fn public_calls_wait_behind_interactive_ones() {
    let (mut limiter, mut wait_queue) = (limiter(1_000), PriorityWaitQueue::default());
    limiter.reserve_start_time_and_units(TEST_NOW_MS, Interactive, 1).unwrap();
    let mut tickets = Vec::new();
    for class in [Background, Public, Interactive] {
        tickets.push(wait_queue.enqueue(&mut limiter, TEST_NOW_MS, class, 1, 60_000).unwrap());
    }
    let later = TEST_NOW_MS + 5_000;
    for ticket in tickets.into_iter().rev() {
        assert_eq!(
            wait_queue.next_action(&mut limiter, ticket, later),
            Ok(SlotWaiterAction::SendNow),
            "{:?}",
            ticket.class
        );
        wait_queue.leave(ticket);
    }
    assert!(wait_queue.is_empty());
}

#[test]
fn background_leaves_a_share_of_the_day() {
    let mut limiter = limiter(10);
    let mut now = TEST_NOW_MS;
    for _ in 0..9 {
        limiter.reserve_start_time_and_units(now, Background, 1).unwrap();
        now += 2_000;
    }
    let until_ms = QuotaTimeZone::Utc.next_midnight_ms(now);
    assert_eq!(
        limiter.reserve_start_time_and_units(now, Background, 1),
        Err(SlotRefusal::QuotaSpent { until_ms })
    );
    assert!(limiter.reserve_start_time_and_units(now, Interactive, 1).is_ok());
    assert_eq!(
        limiter.reserve_start_time_and_units(now, Interactive, 1),
        Err(SlotRefusal::QuotaSpent { until_ms })
    );
    assert_eq!(limiter.units_left(until_ms, Interactive), 10, "the next day is whole again");
}

#[test]
fn a_bulk_call_needs_all_its_units() {
    let mut limiter = limiter(150);
    assert!(limiter.reserve_start_time_and_units(TEST_NOW_MS, Background, 100).is_ok());
    assert!(limiter.reserve_start_time_and_units(TEST_NOW_MS, Background, 100).is_err());
    assert_eq!(limiter.units_left(TEST_NOW_MS, Background), 35);
    assert!(limiter.reserve_start_time_and_units(TEST_NOW_MS, Background, 35).is_ok());
}

#[test]
fn a_stored_state_continues_after_a_crash() {
    let mut before = limiter(1_000);
    let first = before.reserve_start_time_and_units(TEST_NOW_MS, Background, 7).unwrap();
    let stored = serde_json::to_string(before.state()).unwrap();
    let mut after =
        RateLimiter::new(test_rate_limits(1_030, 1_000), serde_json::from_str(&stored).unwrap());
    assert_eq!(after.spent_units(TEST_NOW_MS), 7);
    let second = after.reserve_start_time_and_units(TEST_NOW_MS, Background, 1).unwrap();
    assert_eq!(second.start_at_ms, first.start_at_ms + 1_133);
}

#[test]
fn a_late_call_delays_the_next_one() {
    let mut limiter = limiter(1_000);
    limiter.reserve_start_time_and_units(TEST_NOW_MS, Background, 1).unwrap();
    limiter.reserve_start_time_and_units(TEST_NOW_MS, Background, 1).unwrap();
    limiter.record_start(TEST_NOW_MS + 1_200);
    assert_eq!(
        limiter.reserve_start_time_and_units(TEST_NOW_MS, Background, 1).unwrap().start_at_ms,
        TEST_NOW_MS + 1_200 + 1_016
    );
    // A call is never early: an earlier time changes nothing.
    limiter.record_start(TEST_NOW_MS);
    assert_eq!(limiter.next_start_at_ms(TEST_NOW_MS), TEST_NOW_MS + 1_200 + 2_046);
}

#[test]
fn after_an_idle_time_a_connection_is_reopened() {
    let mut limiter = limiter(1_000);
    for (now, next) in [
        (TEST_NOW_MS, 1_133),
        (TEST_NOW_MS + 3_000, 1_030),
        (TEST_NOW_MS + 9_029, 1_030),
        (TEST_NOW_MS + 15_059, 1_133),
    ] {
        limiter.reserve_start_time_and_units(now, Background, 1).unwrap();
        assert_eq!(limiter.next_start_at_ms(now), now + next);
    }
}

#[test]
fn an_empty_or_older_state_is_readable() {
    let state: RateLimiterState = serde_json::from_str("{}").unwrap();
    assert_eq!(state, RateLimiterState::default());
}

#[test]
fn an_unused_permit_is_given_back() {
    let mut limiter = limiter(1_000);
    let permit = limiter.reserve_start_time_and_units(TEST_NOW_MS, Interactive, 5).unwrap();
    limiter.refund(TEST_NOW_MS, permit);
    assert_eq!(limiter.spent_units(TEST_NOW_MS), 0);
    // A permit of the previous day changes nothing.
    let permit = limiter.reserve_start_time_and_units(TEST_NOW_MS, Interactive, 5).unwrap();
    let tomorrow = TEST_NOW_MS + 24 * HOUR_MS;
    limiter.reserve_start_time_and_units(tomorrow, Interactive, 3).unwrap();
    limiter.refund(tomorrow, permit);
    assert_eq!(limiter.spent_units(tomorrow), 3);
}

#[test]
fn a_call_at_the_edge_of_the_day_counts_in_both() {
    let mut limiter = limiter(100);
    let midnight = QuotaTimeZone::Utc.next_midnight_ms(TEST_NOW_MS);
    limiter.reserve_start_time_and_units(midnight - 60_000, Background, 1).unwrap();
    limiter.reserve_start_time_and_units(midnight - 500, Background, 4).unwrap();
    assert_eq!(limiter.spent_units(midnight - 1), 5);
    assert_eq!(limiter.spent_units(midnight), 4);
    assert_eq!(limiter.spent_units(midnight + 24 * HOUR_MS), 0);
}

#[test]
fn a_clock_that_went_back_returns_no_units() {
    let mut limiter = limiter(100);
    limiter.reserve_start_time_and_units(TEST_NOW_MS, Interactive, 40).unwrap();
    assert_eq!(limiter.spent_units(TEST_NOW_MS - 48 * HOUR_MS), 40);
}

#[test]
fn a_provider_report_lowers_the_units_left_only() {
    let mut limiter = limiter(1_000);
    limiter.reserve_start_time_and_units(TEST_NOW_MS, Interactive, 10).unwrap();
    // Another program with the same key spent units.
    limiter.reconcile_with_provider(
        TEST_NOW_MS,
        ProviderReportedQuota { total: Some(1_000), left: 600, reset_ms: None },
        0,
        u32::MAX,
    );
    assert_eq!(limiter.units_left(TEST_NOW_MS, Interactive), 600);
    // An older answer arrives late.
    limiter.reconcile_with_provider(
        TEST_NOW_MS,
        ProviderReportedQuota { left: 700, ..ProviderReportedQuota::default() },
        0,
        u32::MAX,
    );
    assert_eq!(limiter.units_left(TEST_NOW_MS, Interactive), 600);
    // The report does not count units of calls in flight yet.
    limiter.reconcile_with_provider(
        TEST_NOW_MS,
        ProviderReportedQuota { left: 590, ..ProviderReportedQuota::default() },
        5,
        u32::MAX,
    );
    assert_eq!(limiter.units_left(TEST_NOW_MS, Interactive), 585);
}

#[test]
fn a_larger_plan_counts_unless_the_number_is_configured() {
    for (fixed, daily) in [(false, 7_500), (true, 1_000)] {
        let mut limiter = RateLimiter::new(
            RateLimits { daily_fixed: fixed, ..test_rate_limits(1_030, 1_000) },
            RateLimiterState::default(),
        );
        limiter.reserve_start_time_and_units(TEST_NOW_MS, Interactive, 1).unwrap();
        limiter.reconcile_with_provider(
            TEST_NOW_MS,
            ProviderReportedQuota { left: 7_499, ..ProviderReportedQuota::default() },
            0,
            u32::MAX,
        );
        assert_eq!(limiter.daily_unit_limit(), daily);
        // Calls in flight must not enlarge the plan.
        limiter.reserve_start_time_and_units(TEST_NOW_MS + 5_000, Interactive, 100).unwrap();
        limiter.reconcile_with_provider(
            TEST_NOW_MS + 5_000,
            ProviderReportedQuota { left: 7_499, ..ProviderReportedQuota::default() },
            100,
            u32::MAX,
        );
        assert_eq!(limiter.daily_unit_limit(), daily);
    }
}

#[test]
fn a_smaller_plan_counts_against_a_configured_number() {
    let mut limiter = RateLimiter::new(
        RateLimits { daily_fixed: true, ..test_rate_limits(1_030, 1_000) },
        RateLimiterState::default(),
    );
    limiter.reconcile_with_provider(
        TEST_NOW_MS,
        ProviderReportedQuota { total: Some(200), left: 200, reset_ms: None },
        0,
        u32::MAX,
    );
    assert_eq!(limiter.units_left(TEST_NOW_MS, Interactive), 200);
}

#[test]
fn a_spent_day_ends_at_midnight_or_the_stated_time() {
    let midnight = QuotaTimeZone::Utc.next_midnight_ms(TEST_NOW_MS);
    let mut spent = limiter(1_000);
    assert_eq!(spent.mark_day_spent(TEST_NOW_MS, None), midnight);
    assert_eq!(
        spent.reserve_start_time_and_units(TEST_NOW_MS, Interactive, 1),
        Err(SlotRefusal::QuotaSpent { until_ms: midnight })
    );
    assert!(spent.reserve_start_time_and_units(midnight, Interactive, 1).is_ok());

    let mut reported = limiter(1_000);
    assert_eq!(reported.mark_day_spent(TEST_NOW_MS, Some(60_000)), TEST_NOW_MS + 60_000);
    assert!(reported.reserve_start_time_and_units(TEST_NOW_MS + 60_000, Interactive, 1).is_ok());

    // A provider with a slow clock: its old day is still running.
    let mut behind = limiter(1_000);
    let after_midnight = midnight + 30_000;
    assert_eq!(behind.mark_day_spent(after_midnight, None), after_midnight + 600_000);
}

#[test]
fn a_pause_delays_every_class() {
    let mut limiter = limiter(1_000);
    limiter.pause_until(TEST_NOW_MS + 1_500);
    assert_eq!(
        limiter.reserve_start_time_and_units(TEST_NOW_MS, Interactive, 1).unwrap().start_at_ms,
        TEST_NOW_MS + 1_500
    );
    limiter.pause_until(TEST_NOW_MS + 60_000);
    assert_eq!(
        limiter.reserve_start_time_and_units(TEST_NOW_MS, Background, 1),
        Err(SlotRefusal::RateLimited { retry_after_ms: 60_000 })
    );
}

#[test]
fn the_headers_state_the_units_left() {
    let mut limiter = limiter(1_000);
    limiter.reserve_start_time_and_units(TEST_NOW_MS, Interactive, 27).unwrap();
    let (limit, policy) =
        ratelimit_headers::rate_limit_values(&mut limiter, TEST_NOW_MS, Interactive);
    assert_eq!(limit, "\"pace\";r=0;t=2, \"day\";r=973;t=61200");
    assert_eq!(policy, "\"pace\";q=58;w=60, \"day\";q=1000;w=86400");
}

#[test]
fn an_interactive_call_precedes_waiting_background_calls() {
    let mut limiter = limiter(1_000);
    let mut wait_queue = PriorityWaitQueue::default();
    let crowd: Vec<QueueTicket> = (0..20)
        .map(|_| {
            wait_queue
                .enqueue(&mut limiter, TEST_NOW_MS, Background, 1, BACKGROUND_SLOT_WAIT_MS)
                .unwrap()
        })
        .collect();
    assert_eq!(
        wait_queue.next_action(&mut limiter, crowd[0], TEST_NOW_MS),
        Ok(SlotWaiterAction::SendNow)
    );
    limiter.reserve_start_time_and_units(TEST_NOW_MS, Background, 1).unwrap();
    wait_queue.leave(crowd[0]);
    let person = wait_queue
        .enqueue(&mut limiter, TEST_NOW_MS + 10, Interactive, 1, INTERACTIVE_WAIT_MS)
        .unwrap();
    // Slots are given out 100 ms before their moment.
    assert_eq!(
        wait_queue.next_action(&mut limiter, crowd[1], TEST_NOW_MS + 1_033),
        Ok(SlotWaiterAction::WaitUntil(TEST_NOW_MS + 2_063))
    );
    assert_eq!(
        wait_queue.next_action(&mut limiter, person, TEST_NOW_MS + 1_033),
        Ok(SlotWaiterAction::SendNow)
    );
}

#[test]
fn a_queue_that_is_too_long_refuses_with_a_time() {
    let mut limiter = limiter(1_000);
    let mut wait_queue = PriorityWaitQueue::default();
    let mut joined = 0;
    let refusal = loop {
        match wait_queue.enqueue(&mut limiter, TEST_NOW_MS, Background, 1, BACKGROUND_SLOT_WAIT_MS)
        {
            Ok(_) => joined += 1,
            Err(refusal) => break refusal,
        }
    };
    // 30 s have 29 intervals of 1.03 s, and the first call is sent at once.
    assert_eq!(joined, 30);
    assert_eq!(refusal, SlotRefusal::RateLimited { retry_after_ms: 30 * 1_030 });
}

#[test]
fn a_waiter_past_its_longest_wait_gives_up() {
    let mut limiter = limiter(1_000);
    let mut wait_queue = PriorityWaitQueue::default();
    limiter.reserve_start_time_and_units(TEST_NOW_MS, Interactive, 1).unwrap();
    let patient = wait_queue
        .enqueue(&mut limiter, TEST_NOW_MS, Background, 1, BACKGROUND_SLOT_WAIT_MS)
        .unwrap();
    limiter.pause_until(TEST_NOW_MS + 31_000);
    assert!(matches!(
        wait_queue.next_action(&mut limiter, patient, TEST_NOW_MS + 1_000),
        Err(SlotRefusal::RateLimited { .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// For any calls at any times: no window has more starts than allowed.
    #[test]
    fn starts_keep_spacing_and_window(
        steps in proptest::collection::vec((0_u64..3_000, any::<bool>(), 1_u32..4), 1..300),
        interval_ms in 50_u64..1_200,
        calls in 5_u32..60,
    ) {
        let window = RollingWindowLimit { calls, span_ms: 20_000 };
        let limits = RateLimits { window: Some(window), ..test_rate_limits(interval_ms, u32::MAX) };
        let mut limiter = RateLimiter::new(limits.clone(), RateLimiterState::default());
        let mut now = TEST_NOW_MS;
        let mut starts = Vec::new();
        for (step, interactive, units) in steps {
            now += step;
            let class = if interactive { Interactive } else { Background };
            if let Ok(permit) = limiter.reserve_start_time_and_units(now, class, units) {
                prop_assert!(permit.start_at_ms >= now);
                starts.push(permit.start_at_ms);
            }
            // A crash at any step changes nothing.
            let stored = serde_json::to_vec(limiter.state()).unwrap();
            limiter = RateLimiter::new(limits.clone(), serde_json::from_slice(&stored).unwrap());
        }
        for pair in starts.windows(2) {
            prop_assert!(pair[1] >= pair[0] + interval_ms);
        }
        for pair in starts.windows(calls as usize + 1) {
            prop_assert!(pair[calls as usize] >= pair[0] + window.span_ms);
        }
    }

    /// A provider's header may hold any text.
    #[test]
    fn any_header_is_read_without_a_panic(text in ".{0,80}") {
        let _ = ratelimit_headers::parse(&text);
    }
}

#[test]
fn a_longer_interval_counts_from_the_last_call() {
    let mut limiter = limiter(1_000);
    let first = limiter.reserve_start_time_and_units(TEST_NOW_MS, Interactive, 1).unwrap();
    limiter.set_interval_ms(10_000);
    assert!(limiter.next_start_at_ms(TEST_NOW_MS) >= first.start_at_ms + 10_000);
    let next = limiter.next_start_at_ms(TEST_NOW_MS);
    limiter.set_interval_ms(1_030);
    assert_eq!(limiter.next_start_at_ms(TEST_NOW_MS), next, "a shorter one from the next call on");
}
