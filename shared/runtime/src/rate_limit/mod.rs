//! Pace and quota toward one provider, as a pure state machine.
//!
//! A provider sells a pace (calls a second, calls in any minute) and a day (units until its
//! midnight). [`Gate`] is the one place that hands out send slots and counts units: a unit is taken
//! when the permit is given, before anything is sent, because an attempt that fails counts too.
//! Time is passed in; whoever owns a gate stores [`GateState`] before it sends.
//!
//! # Layout
//! - [`limits`]: the numbers. [`call_class`]: which calls go first.
//! - [`pace`]: least spacing (GCRA with a burst of one) and a rolling window.
//! - [`day`], [`ledger`]: when a provider's day ends, and the units of that day.
//! - [`line`](mod@line): who waits for the next slot; interactive before background.
//! - [`moved`]: routes that the provider has moved.
//! - [`headers`]: a provider's `RateLimit` headers read, our own written.

pub mod call_class;
pub mod day;
pub mod headers;
pub mod ledger;
pub mod limits;
pub mod line;
pub mod moved;
pub mod pace;

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use call_class::CallClass;
pub use day::DayBoundary;
pub use headers::{QuotaReport, RateReport};
pub use ledger::Ledger;
pub use limits::{
    BACKGROUND_WAIT_MS, INTERACTIVE_WAIT_MS, KEPT_PERCENT_DEFAULT, Limits, guarded_interval_ms,
};
pub use line::{Line, Ticket, Turn};
pub use moved::{MovedRoutes, Way};
pub use pace::{Pace, Window};

/// Leave to send one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// The moment to send at, never before.
    pub start_at_ms: u64,
    /// Units counted for it.
    pub units: u32,
}

/// Why a call may not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The pace: the slot is further away than the class may wait.
    RateLimited {
        /// Time until a call of this class would be let in.
        retry_after_ms: u64,
    },
    /// The day.
    QuotaSpent {
        /// When units return, Unix time.
        until_ms: u64,
    },
}

/// What has to survive a crash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GateState {
    /// Spacing and window.
    pub pace: Pace,
    /// The day's units.
    pub ledger: Ledger,
}

/// Pace and quota toward one provider.
#[derive(Clone, Debug)]
pub struct Gate {
    limits: Limits,
    state: GateState,
    /// True until its first call: a new process has no open connection.
    fresh: bool,
}

impl Gate {
    /// A gate that goes on from a stored state (or from an empty one).
    #[must_use]
    pub fn new(limits: Limits, mut state: GateState) -> Self {
        state.ledger.configure(limits.daily_units);
        Self { limits, state, fresh: true }
    }

    /// What to store before the next send.
    #[must_use]
    pub fn state(&self) -> &GateState {
        &self.state
    }

    /// The limits it keeps.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The earliest moment the pace allows another call.
    #[must_use]
    pub fn earliest_ms(&self, now_ms: u64) -> u64 {
        self.state.pace.earliest_ms(now_ms, self.limits.window)
    }

    /// Takes a slot and the units of one call, or says why not. A permit is counted at once.
    ///
    /// # Errors
    /// [`Refusal`], with the time to come back.
    pub fn decide(&mut self, now_ms: u64, class: CallClass, units: u32) -> Result<Permit, Refusal> {
        self.check_quota(now_ms, class, units)?;
        let start_at_ms = self.earliest_ms(now_ms);
        let wait_ms = start_at_ms.saturating_sub(now_ms);
        if wait_ms > self.limits.patience_ms(class) {
            return Err(Refusal::RateLimited { retry_after_ms: wait_ms });
        }
        self.state.ledger.count(start_at_ms, units);
        self.state.pace.take(start_at_ms, &self.limits, std::mem::take(&mut self.fresh));
        Ok(Permit { start_at_ms, units })
    }

    /// The call of the last permit goes out now. Timers fire late, never early.
    pub fn started(&mut self, now_ms: u64) {
        self.state.pace.started(now_ms, &self.limits);
    }

    /// Whether the day has the units, without taking them.
    ///
    /// # Errors
    /// [`Refusal::QuotaSpent`] with the time the units return.
    pub fn check_quota(
        &mut self,
        now_ms: u64,
        class: CallClass,
        units: u32,
    ) -> Result<(), Refusal> {
        self.state.ledger.roll(now_ms, self.limits.day);
        if self.left(now_ms, class) >= units {
            return Ok(());
        }
        Err(Refusal::QuotaSpent { until_ms: self.state.ledger.returns_at_ms(now_ms) })
    }

    /// Units a call of this class could still use today.
    pub fn left(&mut self, now_ms: u64, class: CallClass) -> u32 {
        self.state.ledger.roll(now_ms, self.limits.day);
        let kept = match class {
            CallClass::Interactive => 0,
            CallClass::Background => self.kept_units(),
        };
        self.state.ledger.left(now_ms, &self.limits).saturating_sub(kept)
    }

    /// Units a day: what a person set, else what the provider said, else the plan's.
    #[must_use]
    pub fn daily_units(&self) -> u32 {
        self.state.ledger.daily_units(&self.limits)
    }

    /// Units of the day that background calls leave alone.
    #[must_use]
    pub fn kept_units(&self) -> u32 {
        let shared = self.state.ledger.shared_units(&self.limits);
        let kept = u64::from(shared) * u64::from(self.limits.kept_percent.min(100));
        u32::try_from(kept.div_ceil(100)).unwrap_or(u32::MAX)
    }

    /// Units counted today.
    pub fn spent(&mut self, now_ms: u64) -> u32 {
        self.state.ledger.roll(now_ms, self.limits.day);
        self.state.ledger.spent(&self.limits)
    }

    /// When the running day ends.
    #[must_use]
    pub fn day_ends_at_ms(&self, now_ms: u64) -> u64 {
        self.limits.day.end_after_ms(now_ms)
    }

    /// When units return: the end of the day, or of a block that the provider asked for.
    pub fn returns_at_ms(&mut self, now_ms: u64) -> u64 {
        self.state.ledger.roll(now_ms, self.limits.day);
        self.state.ledger.returns_at_ms(now_ms)
    }

    /// Gives back the units of a permit that was never used. The slot itself is gone.
    pub fn give_back(&mut self, now_ms: u64, permit: Permit) {
        self.state.ledger.roll(now_ms, self.limits.day);
        self.state.ledger.give_back(permit.start_at_ms, permit.units);
    }

    /// The provider refused the pace: nothing goes out before that moment.
    pub fn pause_until(&mut self, until_ms: u64) {
        self.state.pace.pause_until(until_ms);
    }

    /// True while the provider's refusal holds calls back.
    #[must_use]
    pub fn is_paused(&self, now_ms: u64) -> bool {
        self.state.pace.is_paused(now_ms)
    }

    /// The provider says that the day is spent. `retry_after_ms` is its own word on how long.
    pub fn day_spent(&mut self, now_ms: u64, retry_after_ms: Option<u64>) -> u64 {
        self.state.ledger.roll(now_ms, self.limits.day);
        self.state.ledger.block(now_ms, retry_after_ms)
    }

    /// When the provider last told its count, 0 if never.
    #[must_use]
    pub fn reconciled_at_ms(&self) -> u64 {
        self.state.ledger.reconciled_at_ms()
    }

    /// What the ledger holds.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.state.ledger
    }

    /// Takes over the size of the day: see [`Ledger::take_total`].
    pub fn take_total(&mut self, now_ms: u64, total: u32) {
        let Self { limits, state: GateState { ledger, .. }, .. } = self;
        ledger.roll(now_ms, limits.day);
        ledger.take_total(now_ms, total, limits);
    }

    /// Sets the spacing of calls: the configured one, or what the provider was found to allow.
    pub fn set_interval_ms(&mut self, interval_ms: u64) {
        // The next call keeps its distance from the last one too.
        self.state.pace.put_off(interval_ms.saturating_sub(self.limits.interval_ms));
        self.limits.interval_ms = interval_ms;
    }

    /// True while a provider may still be in the day before.
    pub fn day_is_young(&mut self, now_ms: u64) -> bool {
        self.state.ledger.roll(now_ms, self.limits.day);
        self.state.ledger.is_young(now_ms)
    }

    /// Takes over what the provider reports about the day: see [`Ledger::reconcile`].
    pub fn reconcile(
        &mut self,
        now_ms: u64,
        report: QuotaReport,
        in_flight_units: u32,
        settled_units: u32,
    ) {
        let Self { limits, state: GateState { ledger, .. }, .. } = self;
        ledger.roll(now_ms, limits.day);
        ledger.reconcile(now_ms, report, in_flight_units, settled_units, limits);
    }

    /// Units of our own attempts today.
    pub fn own_units(&mut self, now_ms: u64) -> u32 {
        self.state.ledger.roll(now_ms, self.limits.day);
        self.state.ledger.own()
    }
}
