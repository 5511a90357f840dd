//! The spacing of calls: GCRA with a burst of one, and a rolling window.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::provider_rate_limits::{RateLimits, RollingWindowLimit};

/// A call after so long an idle time opens a new connection.
const COLD_AFTER_MS: u64 = 5_000;
/// A late start may come this part of an interval nearer to the next one: half of the 3 % guard.
const LATENESS_PART: u64 = 70;

/// When the next call may be sent. With a burst of one, GCRA's theoretical arrival time is the last
/// start plus the interval, so that one number is the whole state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallPacer {
    next_at_ms: u64,
    paused_until_ms: u64,
    /// Starts within the window's span; empty if the spacing alone keeps the window.
    #[serde(skip_serializing_if = "VecDeque::is_empty")]
    recent: VecDeque<u64>,
}

impl CallPacer {
    pub fn next_start_at_ms(&self, now_ms: u64, window: Option<RollingWindowLimit>) -> u64 {
        let spaced = now_ms.max(self.next_at_ms).max(self.paused_until_ms);
        let Some(window) = window else { return spaced };
        // The call `calls` places back must be a whole span old.
        let calls = usize::try_from(window.calls.max(1)).unwrap_or(usize::MAX);
        let freed = self
            .recent
            .len()
            .checked_sub(calls)
            .and_then(|at| self.recent.get(at))
            .map_or(0, |start| start.saturating_add(window.span_ms));
        spaced.max(freed)
    }

    /// Takes the slot at `start_at_ms`. A call that opens a connection (`fresh`, or after an idle
    /// time) arrives late: the next one keeps a tenth more distance from it.
    pub fn reserve_slot(&mut self, start_at_ms: u64, limits: &RateLimits, fresh: bool) {
        let cold = fresh || start_at_ms >= self.next_at_ms.saturating_add(COLD_AFTER_MS);
        let extra_ms = if cold { limits.interval_ms / 10 } else { 0 };
        self.next_at_ms = start_at_ms.saturating_add(limits.interval_ms + extra_ms);
        // Calls spaced wider than the window's mean keep the window anyway: their starts need not
        // be stored.
        let narrower = |window: &RollingWindowLimit| {
            limits.interval_ms.saturating_mul(u64::from(window.calls)) < window.span_ms
        };
        let Some(window) = limits.window.filter(narrower) else {
            self.recent.clear();
            return;
        };
        let calls = usize::try_from(window.calls).unwrap_or(usize::MAX);
        self.recent.push_back(start_at_ms);
        while self.recent.len() > calls {
            self.recent.pop_front();
        }
    }

    /// The call of the last slot was sent late: the next one keeps its distance from the late
    /// start. It may use half of the interval's guard; otherwise a few late milliseconds would
    /// lower the rate.
    pub fn record_start(&mut self, now_ms: u64, limits: &RateLimits) {
        let least_ms = limits.interval_ms - limits.interval_ms / LATENESS_PART;
        self.next_at_ms = self.next_at_ms.max(now_ms.saturating_add(least_ms));
    }

    /// Moves the slot after the last call, because the spacing has grown by that much.
    pub fn put_off(&mut self, ms: u64) {
        self.next_at_ms = self.next_at_ms.saturating_add(ms);
    }

    pub fn pause_until(&mut self, until_ms: u64) {
        self.paused_until_ms = self.paused_until_ms.max(until_ms);
    }

    /// About the start of the last call: at most an interval after it, or later while a growing
    /// spacing puts the next one off. 0 without a call.
    pub fn last_start_ms(&self) -> u64 {
        self.next_at_ms
    }

    pub fn is_paused(&self, now_ms: u64) -> bool {
        now_ms < self.paused_until_ms
    }
}
