//! When a failed attempt is made again: full jitter, and a budget, so that retries cannot make an
//! outage worse.

use std::collections::VecDeque;

use crate::outcome::{Failure, RetryAdvice};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetrySettings {
    /// Attempts at most, the first one included.
    pub attempts: u32,
    /// The first pause is drawn from zero to this.
    pub base_ms: u64,
    /// No pause is longer; a Retry-After past it is left to the caller, who knows it from the
    /// failure.
    pub cap_ms: u64,
    /// Retries allowed as a share of the calls of the last minute.
    pub budget_share: f64,
    /// Retries allowed in a minute however few calls there were.
    pub budget_least: u32,
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self { attempts: 3, base_ms: 100, cap_ms: 2_000, budget_share: 0.2, budget_least: 3 }
    }
}

/// How long to wait before attempt `done + 1`, or `None` where there is none: the failure is not
/// helped by it, all attempts are made, or the pause would not leave `least_ms` of the remaining
/// time. `unit` is a random number in `[0, 1)`.
pub fn pause_ms(
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
    let pause_ms = match failure.facts().retry {
        RetryAdvice::Never => return None,
        RetryAdvice::Backoff => jitter_ms(settings, done, unit),
        // The jitter is added: all callers with the same Retry-After must not come back together.
        RetryAdvice::After(ms) if ms <= settings.cap_ms => ms + jitter_ms(settings, 1, unit),
        RetryAdvice::After(_) => return None,
    };
    (pause_ms + least_ms <= remaining_ms).then_some(pause_ms)
}

/// Full jitter: anything from zero to the doubled base, capped.
fn jitter_ms(settings: &RetrySettings, done: u32, unit: f64) -> u64 {
    let doubled = settings.base_ms.saturating_mul(1_u64 << done.saturating_sub(1).min(20));
    // In [0, 2000): the cast loses nothing but the fraction.
    (unit.clamp(0.0, 1.0) * doubled.min(settings.cap_ms) as f64) as u64
}

/// Length of the window the budget looks at.
const WINDOW_MS: u64 = 60_000;
/// It slides in steps of this.
const SLOT_MS: u64 = 1_000;

/// Calls and retries of the last minute toward one target.
///
/// A retry is allowed while retries stay within the share of calls, or within the small minimum
/// where that is more. Counting both in the same slots makes the bound hold over any time: every
/// window that ends with a retry has at most that share.
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
    pub fn call(&mut self, now_ms: u64) {
        self.advance(now_ms);
        self.current.calls += 1;
    }

    pub fn try_retry(&mut self, settings: &RetrySettings, now_ms: u64) -> bool {
        self.advance(now_ms);
        let slots = || self.past.iter().chain([&self.current]);
        let calls: u64 = slots().map(|slot| slot.calls).sum();
        let retries: u64 = slots().map(|slot| slot.retries).sum();
        let share = (calls as f64 * settings.budget_share) as u64;
        let granted = retries < share.max(u64::from(settings.budget_least));
        self.current.retries += u64::from(granted);
        granted
    }

    /// Moves to the slot of now and forgets what is older than the window. A clock that steps back
    /// counts into the last slot.
    fn advance(&mut self, now_ms: u64) {
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
