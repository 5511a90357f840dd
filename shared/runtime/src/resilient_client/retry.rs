//! When a failed attempt is repeated: full jitter, and a budget, so that retries cannot make an
//! outage worse.

use std::collections::VecDeque;

use crate::call_outcome::{Failure, NextAttemptAdvice};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetrySettings {
    /// Most attempts, the first one included.
    pub attempts: u32,
    /// The first pause is drawn from zero to this.
    pub base_ms: u64,
    /// Longest pause. A longer Retry-After is not waited for: the caller gets it with the failure.
    pub cap_ms: u64,
    /// Retries allowed as a share of the calls of the last minute.
    pub budget_share: f64,
    /// Retries allowed in a minute, however few calls there were.
    pub budget_least: u32,
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self { attempts: 3, base_ms: 100, cap_ms: 2_000, budget_share: 0.2, budget_least: 3 }
    }
}

/// The pause before attempt `done + 1`. `None` for no further attempt: the failure is not helped by
/// one, all attempts are made, or the pause would leave less than `least_ms` of the remaining time.
/// `unit` is a random number in `[0, 1)`.
pub fn pause_before_retry_ms(
    settings: &RetrySettings,
    failure: &Failure,
    done: u32,
    remaining_ms: u64,
    least_ms: u64,
    unit: f64,
) -> Option<u64> {
    if done >= settings.attempts {
        return None;
    }
    let pause_ms = match failure.error_reply_and_retry_rules().retry {
        NextAttemptAdvice::Never => return None,
        NextAttemptAdvice::Backoff => jitter_ms(settings, done, unit),
        // With jitter: callers with the same Retry-After must not return at the same moment.
        NextAttemptAdvice::After(ms) if ms <= settings.cap_ms => ms + jitter_ms(settings, 1, unit),
        NextAttemptAdvice::After(_) => return None,
    };
    (pause_ms + least_ms <= remaining_ms).then_some(pause_ms)
}

/// Full jitter: from zero to the doubled base, capped.
fn jitter_ms(settings: &RetrySettings, done: u32, unit: f64) -> u64 {
    let doubled = settings.base_ms.saturating_mul(1_u64 << done.saturating_sub(1).min(20));
    // In [0, 2000): the cast loses nothing but the fraction.
    (unit.clamp(0.0, 1.0) * doubled.min(settings.cap_ms) as f64) as u64
}

/// Length of the budget's window.
const WINDOW_MS: u64 = 60_000;
/// The window slides in steps of this length.
const SLOT_MS: u64 = 1_000;

/// Calls and retries of the last minute toward one target.
/// A retry is allowed while retries stay within the share of calls, or within the minimum if that
/// is more. Both are counted in the same slots, so the bound holds over any time: in every window
/// that ends with a retry, retries are within the share.
#[derive(Clone, Debug, Default)]
pub struct RetryBudget {
    past: VecDeque<RetrySlot>,
    current: RetrySlot,
}

#[derive(Clone, Copy, Debug, Default)]
struct RetrySlot {
    index: u64,
    calls: u64,
    retries: u64,
}

impl RetryBudget {
    pub fn count_call(&mut self, now_ms: u64) {
        self.roll_window(now_ms);
        self.current.calls += 1;
    }

    pub fn try_retry(&mut self, settings: &RetrySettings, now_ms: u64) -> bool {
        self.roll_window(now_ms);
        let slots = || self.past.iter().chain([&self.current]);
        let calls: u64 = slots().map(|slot| slot.calls).sum();
        let retries: u64 = slots().map(|slot| slot.retries).sum();
        let share = (calls as f64 * settings.budget_share) as u64;
        let granted = retries < share.max(u64::from(settings.budget_least));
        self.current.retries += u64::from(granted);
        granted
    }

    /// Moves to the current slot and drops slots older than the window. If the clock steps back,
    /// the last slot is used.
    fn roll_window(&mut self, now_ms: u64) {
        let index = (now_ms / SLOT_MS).max(self.current.index);
        if index > self.current.index {
            self.past.push_back(self.current);
            self.current = RetrySlot { index, ..RetrySlot::default() };
        }
        let first = (index + 1).saturating_sub(WINDOW_MS / SLOT_MS);
        while self.past.front().is_some_and(|slot| slot.index < first) {
            self.past.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
