use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use BreakerEffect::{Failure, None as Nothing, Success};

const BREAKER_SETTINGS: BreakerSettings =
    BreakerSettings { failures: 3, cool_down_ms: 60_000, probes: 1 };

/// A call that takes at most a hundred seconds.
fn acquire_breaker_permit(breaker: &mut CircuitBreaker, now_ms: u64) -> Result<BreakerPermit, u64> {
    breaker.permit_call(now_ms, now_ms + 100_000)
}

fn tripped(settings: BreakerSettings) -> CircuitBreaker {
    let mut breaker = CircuitBreaker::new(settings);
    for _ in 0..settings.failures {
        let permit = acquire_breaker_permit(&mut breaker, 0).unwrap();
        breaker.report_outcome(permit, Failure, 0);
    }
    assert_eq!(breaker.state(0), BreakerState::Open);
    breaker
}

#[test]
fn opens_on_the_third_failure_and_states_the_time() {
    let mut breaker = CircuitBreaker::new(BREAKER_SETTINGS);
    for (at, effect, opened) in [
        (0, Failure, false),
        (1, Failure, false),
        (2, Success, false),
        (3, Failure, false),
        (4, Nothing, false),
        (5, Failure, false),
        (6, Failure, true),
    ] {
        let permit = acquire_breaker_permit(&mut breaker, at).unwrap();
        assert_eq!(breaker.report_outcome(permit, effect, at), opened, "at {at}");
    }
    assert_eq!(acquire_breaker_permit(&mut breaker, 6), Err(1_000));
    assert_eq!(acquire_breaker_permit(&mut breaker, 1_005), Err(1));
    assert!(acquire_breaker_permit(&mut breaker, 1_006).is_ok());
}

#[test]
fn a_thousand_callers_get_exactly_the_configured_probes() {
    for probes in [1, 2, 5] {
        let mut breaker = tripped(BreakerSettings { probes, ..BREAKER_SETTINGS });
        let passed =
            (0..1_000).filter(|_| acquire_breaker_permit(&mut breaker, 60_000).is_ok()).count();
        assert_eq!(passed, probes as usize);
    }
}

#[test]
fn each_failed_probe_doubles_the_cool_down() {
    let mut breaker = tripped(BREAKER_SETTINGS);
    let mut now_ms = 0;
    for secs in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
        assert_eq!(acquire_breaker_permit(&mut breaker, now_ms), Err(secs * 1_000));
        now_ms += secs * 1_000;
        let probe = acquire_breaker_permit(&mut breaker, now_ms).unwrap();
        assert!(probe.is_probe());
        // During a probe, other callers are sent back for no longer than this cool-down.
        assert!(acquire_breaker_permit(&mut breaker, now_ms).unwrap_err() <= secs * 1_000);
        assert!(breaker.report_outcome(probe, Failure, now_ms));
    }
    // After the breaker was closed, the cool-down is a second again.
    let probe = acquire_breaker_permit(&mut breaker, now_ms + 60_000).unwrap();
    breaker.report_outcome(probe, Success, now_ms + 60_000);
    for _ in 0..3 {
        let permit = acquire_breaker_permit(&mut breaker, now_ms + 60_000).unwrap();
        breaker.report_outcome(permit, Failure, now_ms + 60_000);
    }
    assert_eq!(acquire_breaker_permit(&mut breaker, now_ms + 60_000), Err(1_000));
}

#[test]
fn a_cool_down_below_a_second_is_kept() {
    let mut breaker = tripped(BreakerSettings { cool_down_ms: 100, ..BREAKER_SETTINGS });
    for at in [0, 100, 200] {
        assert_eq!(acquire_breaker_permit(&mut breaker, at), Err(100));
        let probe = acquire_breaker_permit(&mut breaker, at + 100).unwrap();
        breaker.report_outcome(probe, Failure, at + 100);
    }
}

#[test]
fn all_probes_must_succeed_before_it_closes() {
    let mut breaker = tripped(BreakerSettings { probes: 2, ..BREAKER_SETTINGS });
    let first = acquire_breaker_permit(&mut breaker, 60_000).unwrap();
    let second = acquire_breaker_permit(&mut breaker, 60_000).unwrap();
    breaker.report_outcome(first, Success, 60_010);
    assert_eq!(breaker.state(60_010), BreakerState::HalfOpen);
    assert!(acquire_breaker_permit(&mut breaker, 60_010).is_err(), "one probe has not reported");
    breaker.report_outcome(second, Success, 60_020);
    assert_eq!(breaker.state(60_020), BreakerState::Closed);
}

#[test]
fn a_cancelled_probe_gives_its_place_back() {
    let mut breaker = tripped(BREAKER_SETTINGS);
    let probe = acquire_breaker_permit(&mut breaker, 60_000).unwrap();
    assert!(acquire_breaker_permit(&mut breaker, 60_001).is_err());
    breaker.report_outcome(probe, Nothing, 60_002);
    assert!(acquire_breaker_permit(&mut breaker, 60_003).is_ok());
}

#[test]
fn a_lost_probe_frees_its_place_when_it_expires() {
    let mut breaker = tripped(BREAKER_SETTINGS);
    let lost = acquire_breaker_permit(&mut breaker, 60_000).unwrap();
    // Longer than the cool-down: a slow probe must not let a second one pass.
    for now in [60_001, 120_000, 159_999] {
        let wait = acquire_breaker_permit(&mut breaker, now).unwrap_err();
        assert!((1..=60_000).contains(&wait), "{wait}");
    }
    let next = acquire_breaker_permit(&mut breaker, 160_000).unwrap();
    assert!(!breaker.report_outcome(lost, Failure, 160_001), "the report is too late");
    breaker.report_outcome(next, Success, 160_002);
    assert_eq!(breaker.state(160_002), BreakerState::Closed);
}

#[test]
fn a_permit_of_an_earlier_state_does_not_count() {
    let mut breaker = CircuitBreaker::new(BREAKER_SETTINGS);
    let slow = acquire_breaker_permit(&mut breaker, 0).unwrap();
    for _ in 0..3 {
        let permit = acquire_breaker_permit(&mut breaker, 0).unwrap();
        breaker.report_outcome(permit, Failure, 0);
    }
    breaker.report_outcome(slow, Success, 10);
    assert_eq!(breaker.state(10), BreakerState::Open, "a late success does not close it");
    let probe = acquire_breaker_permit(&mut breaker, 60_000).unwrap();
    breaker.report_outcome(slow, Failure, 60_001);
    breaker.report_outcome(probe, Success, 60_002);
    assert_eq!(breaker.state(60_002), BreakerState::Closed, "a late failure does not open it");
}

#[test]
fn zero_failures_switch_it_off() {
    let mut breaker = CircuitBreaker::new(BreakerSettings { failures: 0, ..BREAKER_SETTINGS });
    for at in 0..100 {
        let permit = acquire_breaker_permit(&mut breaker, at).unwrap();
        assert!(!breaker.report_outcome(permit, Failure, at));
    }
}

/// The longest time of a call in the model.
const LEASE: u64 = 1_700;

/// The naive reference: it keeps the whole history and derives the state from it each time.
#[derive(Default)]
struct Reference {
    events: Vec<CallEvent>,
}

#[derive(Clone, Copy)]
enum CallEvent {
    Passed { call: usize, at: u64 },
    Reported { call: usize, at: u64, effect: BreakerEffect },
}

enum ReferenceBreakerState {
    Closed,
    Open { until: u64 },
    HalfOpen,
}

impl Reference {
    /// Replays the history: phase, failures in a row, probes in flight, probes succeeded.
    fn replay(
        &self,
        settings: BreakerSettings,
        now: u64,
    ) -> (ReferenceBreakerState, Vec<(usize, u64)>, u32) {
        let mut phase = ReferenceBreakerState::Closed;
        let (mut row, mut succeeded, mut openings) = (0, 0, 0_u32);
        let mut out: Vec<(usize, u64)> = Vec::new();
        let mut belongs: BTreeMap<usize, u32> = BTreeMap::new();
        let mut setup = 0;
        for event in &self.events {
            match *event {
                CallEvent::Passed { call, at } => {
                    if let ReferenceBreakerState::Open { until } = phase {
                        assert!(at >= until);
                        (phase, setup, succeeded) = (ReferenceBreakerState::HalfOpen, setup + 1, 0);
                        out.clear();
                    }
                    if matches!(phase, ReferenceBreakerState::HalfOpen) {
                        out.retain(|(_, since)| since + LEASE > at);
                        out.push((call, at));
                    }
                    belongs.insert(call, setup);
                }
                CallEvent::Reported { call, at, effect } => {
                    if belongs.get(&call) != Some(&setup) {
                        continue;
                    }
                    // A second, doubled with each opening since the breaker was last closed.
                    let until = at + (1_000 << openings.min(20)).min(settings.cool_down_ms);
                    match phase {
                        ReferenceBreakerState::Closed => match effect {
                            Success => row = 0,
                            Nothing => {}
                            Failure => {
                                row += 1;
                                if row >= settings.failures {
                                    (phase, setup, row) =
                                        (ReferenceBreakerState::Open { until }, setup + 1, 0);
                                    openings += 1;
                                }
                            }
                        },
                        ReferenceBreakerState::Open { .. } => {}
                        ReferenceBreakerState::HalfOpen => {
                            if !out.iter().any(|(c, _)| *c == call) {
                                continue;
                            }
                            out.retain(|(c, _)| *c != call);
                            match effect {
                                Success => {
                                    succeeded += 1;
                                    if succeeded >= settings.probes {
                                        (phase, setup, row) =
                                            (ReferenceBreakerState::Closed, setup + 1, 0);
                                        openings = 0;
                                    }
                                }
                                Nothing => {}
                                Failure => {
                                    (phase, setup) =
                                        (ReferenceBreakerState::Open { until }, setup + 1);
                                    openings += 1;
                                }
                            }
                        }
                    }
                }
            }
        }
        out.retain(|(_, since)| since + LEASE > now);
        (phase, out, succeeded)
    }

    fn may_pass(&self, settings: BreakerSettings, now: u64) -> bool {
        let (phase, out, succeeded) = self.replay(settings, now);
        match phase {
            ReferenceBreakerState::Closed => true,
            ReferenceBreakerState::Open { until } => now >= until,
            ReferenceBreakerState::HalfOpen => (out.len() as u32) < settings.probes - succeeded,
        }
    }
}

#[derive(Clone, Debug)]
enum BreakerAction {
    BreakerGuard,
    Report { which: usize, effect: u8 },
    Wait { ms: u64 },
}

fn breaker_action() -> impl Strategy<Value = BreakerAction> {
    prop_oneof![
        4 => Just(BreakerAction::BreakerGuard),
        5 => (0_usize..8, 0_u8..4).prop_map(|(which, effect)| BreakerAction::Report { which, effect }),
        2 => (1_u64..1_500).prop_map(|ms| BreakerAction::Wait { ms }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn behaves_like_the_naive_reference(
        failures in 1_u32..4,
        probes in 1_u32..4,
        steps in prop::collection::vec(breaker_action(), 1..120),
    ) {
        let settings = BreakerSettings { failures, cool_down_ms: 3_000, probes };
        let mut breaker = CircuitBreaker::new(settings);
        let mut reference = Reference::default();
        let mut open: Vec<(usize, BreakerPermit)> = Vec::new();
        let (mut now, mut calls) = (0, 0);
        for step in steps {
            match step {
                BreakerAction::Wait { ms } => now += ms,
                BreakerAction::BreakerGuard => {
                    let passed = breaker.permit_call(now, now + LEASE);
                    prop_assert_eq!(passed.is_ok(), reference.may_pass(settings, now), "at {}", now);
                    match passed {
                        Ok(permit) => {
                            reference.events.push(CallEvent::Passed { call: calls, at: now });
                            open.push((calls, permit));
                            calls += 1;
                        }
                        Err(wait) => prop_assert!((1..=3_000).contains(&wait)),
                    }
                }
                BreakerAction::Report { which, effect } => {
                    if open.is_empty() { continue; }
                    let (call, permit) = open.remove(which % open.len());
                    let effect = [Failure, Failure, Success, Nothing][effect as usize];
                    breaker.report_outcome(permit, effect, now);
                    reference.events.push(CallEvent::Reported { call, at: now, effect });
                }
            }
        }
    }
}
