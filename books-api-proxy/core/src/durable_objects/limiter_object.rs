//! The object of a rate limiter: stores its state, and lets callers wait for a slot.

use std::cell::{Cell, RefCell};

use ports::Clock;
use ports::http_types::{Reply, Request};
use runtime::acquire::{LEAST_FOR_ANSWER_MS, LimiterOwner, acquire_slot};
use runtime::call_outcome::{Failure, ProviderFailure};
use runtime::lenient;
use runtime::rate_limit::{
    CallClass, MovedProviderRoutePauses, PriorityWaitQueue, ProviderRouteAvailability, RateLimiter,
    RateLimiterState,
};
use serde::{Deserialize, Serialize};

use crate::platform::{DurableStorage, Platform};
use crate::rate_limit::{
    AcquireRequest, FailureReport, Granted, LimiterName, LimiterReading, RouteAnswered,
    rate_limits_of,
};
use crate::request_scope::ProxyWorkerInstance;

/// Far more than any request to this object.
pub const MAX_REQUEST_BODY_BYTES: usize = 4_096;
const STATE_KEY: &str = "limiter";

#[derive(Default, Serialize, Deserialize)]
struct StoredLimiter {
    #[serde(flatten)]
    limiter: RateLimiterState,
    /// Losing the moved routes is harmless: the next call to each finds out that it has moved.
    #[serde(default, deserialize_with = "lenient::default_if_unreadable")]
    moved: MovedProviderRoutePauses,
}

struct LoadedLimiter {
    limiter: RateLimiter,
    wait_queue: PriorityWaitQueue,
    moved: MovedProviderRoutePauses,
}

/// Pace and quota of one provider, for all isolates.
pub struct LimiterObject<E: Platform, S> {
    proxy: ProxyWorkerInstance<E>,
    storage: S,
    open: RefCell<Option<LoadedLimiter>>,
}

impl<E: Platform, S: DurableStorage> LimiterObject<E, S> {
    /// Reads nothing yet.
    pub fn new(proxy: ProxyWorkerInstance<E>, storage: S) -> Self {
        Self { proxy, storage, open: RefCell::new(None) }
    }

    pub async fn reply_to_request(&self, request: Result<Request, Failure>) -> Reply {
        let answer = async |request: &Request| self.handle_request(request).await;
        self.proxy.object_reply(request, answer).await
    }

    fn now_ms(&self) -> u64 {
        self.proxy.platform.system_ports().now_ms()
    }

    async fn handle_request(&self, request: &Request) -> Result<Reply, Failure> {
        match request.path.as_str() {
            "/acquire" => {
                let asked: AcquireRequest = parse_body(request)?;
                self.load(asked.limiter).await?;
                let access = self.with_loaded_limiter(|open| {
                    let route = asked.route.as_deref()?;
                    Some(open.moved.admit_provider_route_call(route, self.now_ms()))
                })?;
                if let (Some(ProviderRouteAvailability::Closed), Some(route)) =
                    (access, asked.route)
                {
                    return Err(ProviderFailure::Moved { route }.into());
                }
                let left_ms = self.proxy.object_context(request).remaining_ms(self.now_ms());
                let start_at_ms = self.wait_turn(asked.class, asked.units, left_ms).await?;
                self.save().await?;
                let wait_ms = start_at_ms.saturating_sub(self.now_ms());
                let probe = access == Some(ProviderRouteAvailability::Probe);
                Ok(Reply::with_json_body(200, &Granted { wait_ms, probe }))
            }
            "/report" => {
                let report: FailureReport = parse_body(request)?;
                self.load(report.limiter).await?;
                self.with_loaded_limiter(|open| take_report(open, &report.failure, self.now_ms()))?;
                self.save().await?;
                Ok(Reply::empty(204))
            }
            "/answered" => {
                let answered: RouteAnswered = parse_body(request)?;
                self.load(answered.limiter).await?;
                if self.with_loaded_limiter(|open| open.moved.mark_answered(&answered.route))? {
                    self.save().await?;
                }
                Ok(Reply::empty(204))
            }
            "/state" => {
                let asked: AcquireRequest = parse_body(request)?;
                self.load(asked.limiter).await?;
                let read = |open: &mut LoadedLimiter| limiter_reading(open, self.now_ms());
                Ok(Reply::with_json_body(200, &self.with_loaded_limiter(read)?))
            }
            _ => Err(Failure::not_found("no route has this path")),
        }
    }

    async fn load(&self, name: LimiterName) -> Result<(), Failure> {
        if self.open.borrow().is_some() {
            return Ok(());
        }
        let limits = rate_limits_of(name, &*self.proxy.config()?);
        // An unreadable state is an error: without it, the units spent today would be unknown.
        let stored = self.storage.get(STATE_KEY).await?;
        let read = |text: String| serde_json::from_slice::<StoredLimiter>(text.as_bytes());
        let stored = stored.map(read).transpose().map_err(Failure::internal)?.unwrap_or_default();
        let mut open = self.open.borrow_mut();
        match open.as_mut() {
            // Another request loaded the state meanwhile and may have changed it.
            Some(open) => open.limiter = RateLimiter::new(limits, open.limiter.state().clone()),
            None => {
                let limiter = RateLimiter::new(limits, stored.limiter);
                let (wait_queue, moved) = (PriorityWaitQueue::default(), stored.moved);
                *open = Some(LoadedLimiter { limiter, wait_queue, moved });
            }
        }
        Ok(())
    }

    async fn save(&self) -> Result<(), Failure> {
        let text = self.with_loaded_limiter(|open| {
            let (limiter, moved) = (open.limiter.state().clone(), open.moved.clone());
            serde_json::to_string(&StoredLimiter { limiter, moved })
        })?;
        self.storage.put(STATE_KEY, text.map_err(Failure::internal)?).await
    }

    /// Waits in the queue, takes a slot and returns its time. The wait ends before the caller's
    /// deadline, since a time-out would count against the breaker of this object.
    async fn wait_turn(&self, class: CallClass, units: u32, left_ms: u64) -> Result<u64, Failure> {
        let max_wait_ms = self
            .with_loaded_limiter(|open| open.limiter.rate_limits().max_wait_ms(class))?
            .min(left_ms.saturating_sub(LEAST_FOR_ANSWER_MS));
        let host = self.proxy.platform.system_ports();
        Ok(acquire_slot(self, &host, &Cell::new(class), units, max_wait_ms).await?.start_at_ms)
    }
}

impl<E: Platform, S> LimiterObject<E, S> {
    fn with_loaded_limiter<R>(
        &self,
        work: impl FnOnce(&mut LoadedLimiter) -> R,
    ) -> Result<R, Failure> {
        let mut open = self.open.borrow_mut();
        let open = open.as_mut().ok_or_else(|| Failure::internal("the limiter is not loaded"))?;
        Ok(work(open))
    }
}

impl<E: Platform, S> LimiterOwner for LimiterObject<E, S> {
    fn with_limiter<R>(
        &self,
        work: impl FnOnce(&mut RateLimiter, &mut PriorityWaitQueue) -> R,
    ) -> Result<R, Failure> {
        self.with_loaded_limiter(|open| work(&mut open.limiter, &mut open.wait_queue))
    }
}

fn parse_body<T: serde::de::DeserializeOwned>(request: &Request) -> Result<T, Failure> {
    serde_json::from_slice(&request.body)
        .map_err(|_| Failure::bad_request("body: invalid JSON for this route"))
}

fn take_report(open: &mut LoadedLimiter, failure: &ProviderFailure, now_ms: u64) {
    let LoadedLimiter { limiter, moved, .. } = open;
    match failure {
        ProviderFailure::Moved { route } => moved.mark_moved(route, now_ms),
        ProviderFailure::QuotaSpent { until_ms } => {
            limiter.mark_day_spent(now_ms, Some(until_ms.saturating_sub(now_ms)));
        }
        ProviderFailure::RateLimited { retry_after_ms, .. } => {
            limiter.pause_until(now_ms.saturating_add(*retry_after_ms));
        }
        _ => {}
    }
}

fn limiter_reading(open: &mut LoadedLimiter, now_ms: u64) -> LimiterReading {
    let limiter = &mut open.limiter;
    let unbounded = limiter.daily_unit_limit() == u32::MAX;
    LimiterReading {
        daily_limit: if unbounded { 0 } else { limiter.daily_unit_limit() },
        spent: limiter.spent_units(now_ms),
        left: if unbounded { 0 } else { limiter.units_left(now_ms, CallClass::Interactive) },
        resets_at_ms: limiter.day_ends_at_ms(now_ms),
        last_call_ms: limiter.last_call_ms(),
        moved_routes: open.moved.route_names(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_without_readable_moved_routes_keeps_its_units() {
        let mut moved = MovedProviderRoutePauses::default();
        moved.mark_moved("/search.json", 1);
        let stored = StoredLimiter { limiter: RateLimiterState::default(), moved };
        let whole = serde_json::to_value(&stored).unwrap();
        let read: StoredLimiter = serde_json::from_value(whole.clone()).unwrap();
        assert_eq!(read.moved.route_names(), ["/search.json"]);
        for moved in [None, Some(serde_json::json!("of another form"))] {
            let mut text = whole.clone();
            let members = text.as_object_mut().unwrap();
            members["daily_quota"]["spent"] = 7.into();
            members.remove("moved");
            members.extend(moved.map(|moved| ("moved".to_owned(), moved)));
            let read: StoredLimiter = serde_json::from_value(text).unwrap();
            assert_eq!(serde_json::to_value(&read.limiter).unwrap()["daily_quota"]["spent"], 7);
            assert!(read.moved.route_names().is_empty());
        }
        assert!(serde_json::from_str::<StoredLimiter>(r#"{"daily_quota":"lost"}"#).is_err());
    }
}
