//! What an isolate remembers of its calls. Losing it causes no wrong answer.

use std::cell::{Cell, RefCell, RefMut};
use std::collections::BTreeMap;

use crate::binding_manifest::{
    BREAKER_COOLDOWN_MS, BREAKER_FAILURES, BREAKER_PROBES, RETRY_ATTEMPTS,
};
use crate::call_outcome::{BreakerEffect, Failure, ProviderFailure};
use crate::config::{ConfigError, Vars};
use crate::metrics::{Metric, MetricRegistry};
use crate::resilient_client::breaker::{
    BreakerPermit, BreakerSettings, BreakerState, CircuitBreaker,
};
use crate::resilient_client::request_context::WorkerIdentity;
use crate::resilient_client::retry::{RetryBudget, RetrySettings};
use ports::http_types::Reply;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ResilientClientSettings {
    pub breaker: BreakerSettings,
    pub retry: RetrySettings,
}

impl ResilientClientSettings {
    /// Calls of a Worker to its own objects: retries without a breaker. An aborted object is back
    /// at the next request, and an open breaker would turn a short failure into a minute of
    /// refusals.
    pub fn for_own_objects() -> Self {
        Self {
            breaker: BreakerSettings { failures: 0, ..BreakerSettings::default() },
            retry: RetrySettings {
                budget_share: 1.0,
                budget_least: 60,
                ..RetrySettings::default()
            },
        }
    }

    /// Reads the vars `BREAKER_FAILURES` (0 switches it off), `BREAKER_COOLDOWN_MS`,
    /// `BREAKER_PROBES`, `RETRY_ATTEMPTS`; each is optional. A bad `LOCATION_HINT` is an error too.
    pub fn from_vars(vars: &Vars<'_>) -> Result<Self, ConfigError> {
        vars.location_hint()?;
        let Self { breaker, retry } = Self::default();
        Ok(Self {
            breaker: BreakerSettings {
                failures: vars.bounded_number(BREAKER_FAILURES, breaker.failures, 0..=1_000)?,
                cool_down_ms: vars.bounded_number(
                    BREAKER_COOLDOWN_MS,
                    breaker.cool_down_ms,
                    100..=3_600_000,
                )?,
                probes: vars.bounded_number(BREAKER_PROBES, breaker.probes, 1..=100)?,
            },
            retry: RetrySettings {
                attempts: vars.bounded_number(RETRY_ATTEMPTS, retry.attempts, 1..=10)?,
                ..retry
            },
        })
    }
}

/// Breakers, retry budgets and counters: one value an isolate in production
/// (`workerd::client_state()`), one a test natively.
#[derive(Debug, Default)]
pub struct ResilientClientState {
    settings: Cell<ResilientClientSettings>,
    targets: RefCell<BTreeMap<&'static str, TargetState>>,
    metrics: MetricRegistry,
}

#[derive(Debug)]
struct TargetState {
    breaker: CircuitBreaker,
    budget: RetryBudget,
    /// When the target last answered a call; `None` if a call failed since.
    answered_at_ms: Option<u64>,
}

impl ResilientClientState {
    /// Sets breakers and retries from now on.
    pub fn replace_settings(&self, settings: ResilientClientSettings) {
        if self.settings.replace(settings) != settings {
            for target_state in self.targets.borrow_mut().values_mut() {
                target_state.breaker.replace_settings(settings.breaker);
            }
        }
    }

    pub fn metrics(&self) -> &MetricRegistry {
        &self.metrics
    }

    /// The state of one target's breaker; closed if the target was never called.
    pub fn breaker_state(&self, name: &str, now_ms: u64) -> BreakerState {
        let targets = self.targets.borrow();
        targets.get(name).map_or(BreakerState::Closed, |target| target.breaker.state(now_ms))
    }

    /// Whether a target answered a call within the last `span_ms`, and no call failed since.
    pub fn is_answering(&self, name: &str, now_ms: u64, span_ms: u64) -> bool {
        let targets = self.targets.borrow();
        let answered_at_ms = targets.get(name).and_then(|target| target.answered_at_ms);
        answered_at_ms.is_some_and(|at_ms| now_ms.saturating_sub(at_ms) <= span_ms)
    }

    /// The answer of `/metrics`: counters, and the state of each breaker.
    pub fn exposition(&self, identity: &WorkerIdentity, now_ms: u64) -> Reply {
        for (target, target_state) in self.targets.borrow().iter() {
            let number = match target_state.breaker.state(now_ms) {
                BreakerState::Closed => 0.0,
                BreakerState::HalfOpen => 1.0,
                BreakerState::Open => 2.0,
            };
            self.metrics.set(Metric::BreakerState, &[target], number);
        }
        let body = self.metrics.render(identity.worker, &identity.version).into_bytes();
        Reply { body, ..Reply::empty(200) }
            .with_header("content-type", "text/plain; version=0.0.4; charset=utf-8")
            .with_header("cache-control", "no-store")
    }

    pub(super) fn retry_settings(&self) -> RetrySettings {
        self.settings.get().retry
    }

    /// Counts a call toward the retry budget.
    pub(super) fn begin_call(&self, name: &'static str, now_ms: u64) {
        self.call_target_state(name).budget.count_call(now_ms);
    }

    pub(super) fn try_retry(&self, name: &'static str, now_ms: u64) -> bool {
        let settings = self.retry_settings();
        self.call_target_state(name).budget.try_retry(&settings, now_ms)
    }

    /// Notes how a sent call ended. A failure that is about the request alone changes nothing.
    pub(super) fn record_result(
        &self,
        name: &'static str,
        result: Result<(), &Failure>,
        now_ms: u64,
    ) {
        let failure = result.err().and_then(Failure::innermost_provider_failure);
        if !failure.is_some_and(ProviderFailure::is_about_the_question) {
            self.call_target_state(name).answered_at_ms = result.is_ok().then_some(now_ms);
        }
    }

    /// Asks the breaker to permit one call; the guard gives the permit back when it is dropped.
    pub(super) fn permit_call_to(
        &self,
        name: &'static str,
        now_ms: u64,
        ends_by_ms: u64,
    ) -> Result<BreakerGuard<'_>, u64> {
        let permit = self.call_target_state(name).breaker.permit_call(now_ms, ends_by_ms)?;
        Ok(BreakerGuard { client_state: self, name, permit: Some(permit) })
    }

    fn call_target_state(&self, name: &'static str) -> RefMut<'_, TargetState> {
        RefMut::map(self.targets.borrow_mut(), |targets| {
            targets.entry(name).or_insert_with(|| TargetState {
                breaker: CircuitBreaker::new(self.settings.get().breaker),
                budget: RetryBudget::default(),
                answered_at_ms: None,
            })
        })
    }
}

/// The permit of one call. A cancelled request drops it, and a probe's place is free again.
#[derive(Debug)]
pub(super) struct BreakerGuard<'a> {
    client_state: &'a ResilientClientState,
    name: &'static str,
    permit: Option<BreakerPermit>,
}

impl BreakerGuard<'_> {
    pub(super) fn is_probe(&self) -> bool {
        self.permit.is_some_and(BreakerPermit::is_probe)
    }

    /// Whether a failed attempt may be repeated: not a probe, and not after the breaker opened.
    pub(super) fn may_repeat(&self) -> bool {
        self.permit.is_some_and(|permit| {
            !permit.is_probe()
                && self.client_state.call_target_state(self.name).breaker.is_current(permit)
        })
    }

    /// Reports the outcome of the call. True if the outcome opened the breaker.
    pub(super) fn report_outcome(mut self, effect: BreakerEffect, now_ms: u64) -> bool {
        self.permit.take().is_some_and(|permit| {
            self.client_state
                .call_target_state(self.name)
                .breaker
                .report_outcome(permit, effect, now_ms)
        })
    }
}

impl Drop for BreakerGuard<'_> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            // Giving a place back needs no clock: no cool-down begins.
            let mut target = self.client_state.call_target_state(self.name);
            target.breaker.report_outcome(permit, BreakerEffect::None, 0);
        }
    }
}
