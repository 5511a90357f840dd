//! A day with a fake clock: a naive provider counts the calls that a rate limiter admits.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::tests::test_rate_limits;
use super::*;
use CallClass::{Background, Interactive};

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;
/// 2026-11-21 00:00 UTC.
const MIDNIGHT: u64 = 1_795_219_200_000;

/// The naive provider: no state machine, it searches its whole log.
#[derive(Default)]
struct NaiveProvider {
    log: Vec<(u64, u32)>,
}

impl NaiveProvider {
    fn most_within(&self, span_ms: u64) -> usize {
        let mut most = 0;
        let mut from = 0;
        for (to, (at, _)) in self.log.iter().enumerate() {
            while self.log[from].0 + span_ms <= *at {
                from += 1;
            }
            most = most.max(to - from + 1);
        }
        most
    }

    fn units_of_day(&self, day: u64) -> u32 {
        self.log.iter().filter(|(at, _)| at / DAY_MS == day).map(|(_, units)| units).sum()
    }
}

/// A waiter in the simulation, with its time of arrival.
struct Waiter {
    ticket: QueueTicket,
    arrived_ms: u64,
}

/// Runs queue and rate limiter in steps of 5 ms: each waiter asks again at the time it was given.
struct Simulation {
    limiter: RateLimiter,
    wait_queue: PriorityWaitQueue,
    provider: NaiveProvider,
    waiting: VecDeque<Waiter>,
    interactive_waits_ms: Vec<u64>,
    refused: usize,
}

impl Simulation {
    fn new(limits: RateLimits) -> Self {
        Self {
            limiter: RateLimiter::new(limits, RateLimiterState::default()),
            wait_queue: PriorityWaitQueue::default(),
            provider: NaiveProvider::default(),
            waiting: VecDeque::new(),
            interactive_waits_ms: Vec::new(),
            refused: 0,
        }
    }

    fn arrive(&mut self, now: u64, class: CallClass, units: u32) {
        let max_wait_ms = self.limiter.rate_limits().max_wait_ms(class);
        match self.wait_queue.enqueue(&mut self.limiter, now, class, units, max_wait_ms) {
            Ok(ticket) => self.waiting.push_back(Waiter { ticket, arrived_ms: now }),
            Err(_) => self.refused += 1,
        }
    }

    fn send_due_waiters(&mut self, now: u64) {
        for waiter in std::mem::take(&mut self.waiting) {
            match self.wait_queue.next_action(&mut self.limiter, waiter.ticket, now) {
                Ok(SlotWaiterAction::WaitUntil(at)) => {
                    assert!(at > now);
                    self.waiting.push_back(waiter);
                }
                Err(_) => {
                    self.wait_queue.leave(waiter.ticket);
                    self.refused += 1;
                }
                Ok(SlotWaiterAction::SendNow) => {
                    self.wait_queue.leave(waiter.ticket);
                    let ticket = waiter.ticket;
                    let permit = self
                        .limiter
                        .reserve_start_time_and_units(now, ticket.class, ticket.units)
                        .unwrap();
                    self.provider.log.push((permit.start_at_ms, permit.units));
                    if ticket.class == Interactive {
                        self.interactive_waits_ms.push(permit.start_at_ms - waiter.arrived_ms);
                    }
                }
            }
        }
    }
}

#[test]
fn sixteen_busy_clients_get_the_rate_and_never_more() {
    for (rate, calls) in [(1_u64, 60_u32), (3, 180), (5, 300), (10, 600)] {
        let interval_ms = guarded_interval_ms(1_000_u64.div_ceil(rate));
        let window = Some(RollingWindowLimit { calls, span_ms: MINUTE_MS });
        let mut run =
            Simulation::new(RateLimits { window, ..test_rate_limits(interval_ms, 100_000) });
        let span_ms = 5 * MINUTE_MS;
        for tick in 0..span_ms / 5 {
            let now = MIDNIGHT + tick * 5;
            while run.waiting.len() < 16 {
                run.arrive(now, Background, 1);
            }
            run.send_due_waiters(now);
        }
        assert!(run.provider.most_within(1_000) <= rate as usize);
        assert!(run.provider.most_within(MINUTE_MS) <= calls as usize);
        let allowed = span_ms / 1_000 * rate;
        let sent = run.provider.log.len() as u64;
        assert!(sent * 100 >= allowed * 95, "{sent} of {allowed} at {rate} a second");
    }
}

#[test]
fn an_interactive_call_waits_two_slots_at_most() {
    let mut run = Simulation::new(test_rate_limits(1_030, 100_000));
    for tick in 0..10 * MINUTE_MS / 5 {
        let now = MIDNIGHT + tick * 5;
        run.arrive(now, Background, 1);
        // Every 7.3 s, so that the arrivals meet all phases of a slot.
        if tick % 1_460 == 0 {
            run.arrive(now, Interactive, 1);
        }
        run.send_due_waiters(now);
    }
    assert_eq!(run.interactive_waits_ms.len(), 83);
    let longest = run.interactive_waits_ms.iter().max().copied().unwrap();
    assert!(longest <= 2 * 1_030, "{longest} ms");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if std::env::var_os("SOAK").is_some() { 2_000 } else { 24 }))]

    /// Two days of bursts, bulk calls, failures (which count too) and crashes: the provider's own
    /// count never passes the quota of either day.
    #[test]
    fn a_simulated_day_never_passes_the_quota(
        quota in 20_u32..1_500,
        bursts in proptest::collection::vec(
            (0..2 * DAY_MS, 1_u32..60, 1_u32..100, any::<bool>(), any::<bool>()), 1..120),
    ) {
        let limits = test_rate_limits(1_030, quota);
        let mut limiter = RateLimiter::new(limits.clone(), RateLimiterState::default());
        let mut provider = NaiveProvider::default();
        let mut bursts = bursts;
        bursts.sort_unstable();
        for (at, calls, units, interactive, crash) in bursts {
            let mut now = MIDNIGHT + at;
            let class = if interactive { Interactive } else { Background };
            for _ in 0..calls {
                match limiter.reserve_start_time_and_units(now, class, units) {
                    Ok(permit) => provider.log.push((permit.start_at_ms, permit.units)),
                    Err(SlotRefusal::RateLimited { retry_after_ms }) => now += retry_after_ms,
                    Err(
                        SlotRefusal::QuotaSpent { until_ms }
                        | SlotRefusal::PublicShareSpent { until_ms },
                    ) => {
                        prop_assert!(until_ms > now);
                        break;
                    }
                }
            }
            if crash {
                let stored = serde_json::to_vec(limiter.state()).unwrap();
                limiter = RateLimiter::new(limits.clone(), serde_json::from_slice(&stored).unwrap());
            }
        }
        let first = MIDNIGHT / DAY_MS;
        for day in [first, first + 1, first + 2] {
            prop_assert!(provider.units_of_day(day) <= quota);
        }
        provider.log.sort_unstable();
        prop_assert!(provider.most_within(1_000) <= 1);
        prop_assert!(provider.most_within(MINUTE_MS) <= 60);
    }
}
