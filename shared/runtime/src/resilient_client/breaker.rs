//! The circuit breaker of one target: a state machine without a clock.
//!
//! Closed: all calls pass; failed calls in a row are counted. Open: no call passes until the
//! cool-down is over. The cool-down is a second at first, because most outages are short, and
//! doubles with each failed probe. Half-open: exactly the configured number of probes pass. If all
//! succeed the breaker closes, if one fails it opens again. A probe that never reports (its request
//! was cancelled) frees its place: at once if the guard is dropped, else when the request's time is
//! over.

use crate::call_outcome::BreakerEffect;

pub const FIRST_COOL_DOWN_MS: u64 = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Failed calls in a row that open the breaker; 0 switches it off.
    pub failures: u32,
    pub cool_down_ms: u64,
    /// Probes that must succeed before the breaker closes.
    pub probes: u32,
}

impl Default for BreakerSettings {
    /// The documented defaults: 3 failures, at most 60 seconds, one probe.
    fn default() -> Self {
        Self { failures: 3, cool_down_ms: 60_000, probes: 1 }
    }
}

/// Permission for one call; the call's outcome has to be reported with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct BreakerPermit {
    generation: u64,
    probe: Option<u64>,
}

impl BreakerPermit {
    /// True if the call checks whether the target works again.
    pub fn is_probe(self) -> bool {
        self.probe.is_some()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BreakerState {
    Closed,
    Open,
    HalfOpen,
}

impl BreakerState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
        }
    }
}

#[derive(Clone, Debug)]
enum BreakerStateDetails {
    Closed { failures: u32 },
    Open { until_ms: u64 },
    HalfOpen { succeeded: u32, out: Vec<PendingProbe> },
}

#[derive(Clone, Copy, Debug)]
struct PendingProbe {
    id: u64,
    expires_at_ms: u64,
}

#[derive(Clone, Debug)]
pub struct CircuitBreaker {
    settings: BreakerSettings,
    state: BreakerStateDetails,
    /// How often the breaker opened since it was last closed.
    openings: u32,
    /// Counts state changes: the outcome of a call permitted under an earlier state is ignored.
    generation: u64,
    next_probe: u64,
}

impl CircuitBreaker {
    pub fn new(settings: BreakerSettings) -> Self {
        Self {
            settings,
            state: BreakerStateDetails::Closed { failures: 0 },
            openings: 0,
            generation: 0,
            next_probe: 0,
        }
    }

    /// Changes the settings; the state stays.
    pub fn replace_settings(&mut self, settings: BreakerSettings) {
        self.settings = settings;
    }

    /// Asks for permission for a call that ends by `ends_by_ms` in any case. A probe keeps its
    /// place until then, so that a slow probe lets no second one pass.
    pub fn permit_call(&mut self, now_ms: u64, ends_by_ms: u64) -> Result<BreakerPermit, u64> {
        if self.settings.failures == 0 {
            return Ok(BreakerPermit { generation: self.generation, probe: None });
        }
        if let BreakerStateDetails::Open { until_ms } = self.state {
            if now_ms < until_ms {
                return Err(until_ms - now_ms);
            }
            self.set_state(BreakerStateDetails::HalfOpen { succeeded: 0, out: Vec::new() });
        }
        let generation = self.generation;
        let BreakerStateDetails::HalfOpen { succeeded, out } = &mut self.state else {
            return Ok(BreakerPermit { generation, probe: None });
        };
        out.retain(|probe| probe.expires_at_ms > now_ms);
        let wanted = self.settings.probes.max(1).saturating_sub(*succeeded);
        if u32::try_from(out.len()).unwrap_or(u32::MAX) < wanted {
            let id = self.next_probe;
            self.next_probe = id.wrapping_add(1);
            out.push(PendingProbe { id, expires_at_ms: ends_by_ms.max(now_ms.saturating_add(1)) });
            return Ok(BreakerPermit { generation, probe: Some(id) });
        }
        // All probe places are taken: the next one is free when the first probe must have ended.
        let next_ms = out.iter().map(|probe| probe.expires_at_ms).min().unwrap_or(now_ms);
        Err(next_ms.saturating_sub(now_ms).clamp(1, self.cool_down_duration_ms().max(1)))
    }

    /// False if the breaker opened or closed since the permit: the call's outcome is not counted.
    pub fn is_current(&self, permit: BreakerPermit) -> bool {
        permit.generation == self.generation
    }

    fn cool_down_duration_ms(&self) -> u64 {
        let doublings = self.openings.saturating_sub(1).min(32);
        FIRST_COOL_DOWN_MS.saturating_mul(1 << doublings).min(self.settings.cool_down_ms)
    }

    /// Reports the outcome of a permitted call. True if the outcome opened the breaker.
    pub fn report_outcome(
        &mut self,
        permit: BreakerPermit,
        effect: BreakerEffect,
        now_ms: u64,
    ) -> bool {
        if permit.generation != self.generation || self.settings.failures == 0 {
            return false;
        }
        let trips = match (&mut self.state, effect) {
            (BreakerStateDetails::Closed { failures }, BreakerEffect::Failure) => {
                *failures += 1;
                *failures >= self.settings.failures
            }
            (BreakerStateDetails::Closed { failures }, BreakerEffect::Success) => {
                *failures = 0;
                false
            }
            (BreakerStateDetails::HalfOpen { succeeded, out }, effect) => {
                let held = out.len();
                out.retain(|probe| Some(probe.id) != permit.probe);
                if out.len() == held {
                    return false; // the probe's place has expired
                }
                if effect == BreakerEffect::Success {
                    *succeeded += 1;
                    if *succeeded >= self.settings.probes {
                        self.openings = 0;
                        self.set_state(BreakerStateDetails::Closed { failures: 0 });
                    }
                }
                effect == BreakerEffect::Failure
            }
            _ => false,
        };
        if trips {
            self.openings = self.openings.saturating_add(1);
            let until_ms = now_ms.saturating_add(self.cool_down_duration_ms());
            self.set_state(BreakerStateDetails::Open { until_ms });
        }
        trips
    }

    /// The state; open past its cool-down counts as half-open, before the next call arrives.
    pub fn state(&self, now_ms: u64) -> BreakerState {
        match self.state {
            BreakerStateDetails::Closed { .. } => BreakerState::Closed,
            BreakerStateDetails::Open { until_ms } if now_ms < until_ms => BreakerState::Open,
            BreakerStateDetails::Open { .. } | BreakerStateDetails::HalfOpen { .. } => {
                BreakerState::HalfOpen
            }
        }
    }

    fn set_state(&mut self, state: BreakerStateDetails) {
        self.state = state;
        self.generation = self.generation.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests;
