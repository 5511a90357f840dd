//! One call to the provider: queued, counted, stored, sent, classified.

mod slot_acquisition;

use std::cell::{Cell, RefCell};

use ports::structured_log::LogLevel;
use ports::{IncomingResponse, OutgoingRequest, Transport};
use runtime::acquire::LEAST_FOR_ANSWER_MS;
use runtime::call_outcome::{Failure, FoundOrNotFound, ProviderFailure, ProviderOutcome};
use runtime::rate_limit::ProviderRouteAvailability;
use runtime::resilient_client::ResilientCall;
use runtime::secret::{Secret, SecretError, unreadable_key_failure};

use super::isbndb_store::IsbndbStore;
use super::{
    Inner, IsbndbObjectPorts, IsbndbObjectService, IsbndbRequestContext, SharedIsbndbRequest,
};
use crate::isbndb_api::isbndb_requests::RequestBuilder;
use crate::isbndb_api::parse::MAX_ANSWER_BYTES;
use crate::isbndb_api::response_classification::{
    IsbndbResourceKind, ResponseClass, classify_response, quota_report, stated_interval_ms,
};

/// Name in logs, breaker and metrics.
pub const PROVIDER: &str = "isbndb";
/// Longest time of a call with its retries, after its first slot.
const UPSTREAM_CALL_MS: u64 = 45_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RetryPermission {
    /// A repeated call costs one more unit.
    Yes,
    /// One more unit, but not after a 500: the page may be too heavy, and would be again.
    UnlessHeavy,
    /// A repeated call would be billed again for every ISBN.
    No,
}

pub(super) struct UpstreamCall {
    pub route: &'static str,
    pub request: OutgoingRequest,
    pub units: u32,
    pub subject: IsbndbResourceKind,
    pub retry: RetryPermission,
    pub timeout_ms: u64,
}

/// The units of a call in flight: counted at `count_in_flight`, released when the call ends or is
/// dropped.
struct InFlightGuard<'a> {
    inner: &'a RefCell<Inner>,
    units: Cell<u32>,
    /// Our own count at that moment, without the units of other calls in flight.
    completed_units: Cell<u32>,
}

impl InFlightGuard<'_> {
    fn count_in_flight(&self, now_ms: u64, units: u32) {
        self.release_units();
        let mut inner = self.inner.borrow_mut();
        let own_units = inner.state.limiter.own_units(now_ms);
        self.completed_units.set(own_units.saturating_sub(inner.in_flight_units));
        inner.in_flight += 1;
        inner.in_flight_units = inner.in_flight_units.saturating_add(units);
        self.units.set(units);
    }

    fn release_units(&self) {
        let units = self.units.replace(0);
        if units > 0 {
            let mut inner = self.inner.borrow_mut();
            inner.in_flight = inner.in_flight.saturating_sub(1);
            inner.in_flight_units = inner.in_flight_units.saturating_sub(units);
        }
    }
}

impl Drop for InFlightGuard<'_> {
    fn drop(&mut self) {
        self.release_units();
    }
}

impl<T: Transport + 'static, H: IsbndbObjectPorts, S: IsbndbStore> IsbndbObjectService<T, H, S> {
    /// Calls the provider. Every attempt waits for its slot and is counted in storage first.
    pub(super) async fn call_provider<R>(
        &self,
        shared: &SharedIsbndbRequest,
        upstream_call: UpstreamCall,
        read: impl Fn(&[u8]) -> Result<R, ProviderFailure>,
    ) -> ProviderOutcome<R> {
        let SharedIsbndbRequest { caller, class, sent, .. } = shared;
        let UpstreamCall { route, request, units, subject, retry, timeout_ms } = upstream_call;
        let key = self.api_key(caller)?;
        let sent_before = sent.get();
        // Every call to a route that has moved costs a unit, so it is only probed now and then.
        if self
            .inner
            .borrow_mut()
            .state
            .facts
            .moved
            .admit_provider_route_call(route, self.host.now_ms())
            == ProviderRouteAvailability::Closed
        {
            return Err(ProviderFailure::Moved { route: route.to_owned() }.into());
        }
        // In the queue: its class's limit, at most the caller's time.
        let left_ms = caller.context.remaining_ms(self.host.now_ms());
        let max_wait_ms = self
            .config
            .limits
            .max_wait_ms(class.get())
            .min(left_ms.saturating_sub(LEAST_FOR_ANSWER_MS));
        // The call outlives the caller's deadline: its units are spent, and its answer is cached.
        let mut context = caller.context.clone();
        context.deadline_at_ms = self.host.now_ms().saturating_add(max_wait_ms + UPSTREAM_CALL_MS);
        let call = ResilientCall::for_provider(PROVIDER, route, request)
            .with_idempotency(retry != RetryPermission::No)
            .timeout_ms(timeout_ms)
            .max_body_bytes(MAX_ANSWER_BYTES);
        let in_flight_guard = InFlightGuard {
            inner: &self.inner,
            units: Cell::new(0),
            completed_units: Cell::new(0),
        };
        let last_status = Cell::new(0);
        let outcome = self
            .client
            .ask_when_admitted(
                &context,
                call,
                async |attempt| {
                    in_flight_guard.release_units();
                    // The first attempt runs in any case; a retry needs a caller who waits.
                    let left_ms = caller.context.remaining_ms(self.host.now_ms());
                    let heavy = retry == RetryPermission::UnlessHeavy && last_status.get() == 500;
                    if attempt > 1 && (heavy || left_ms < LEAST_FOR_ANSWER_MS) {
                        // The client reports the failure of the previous attempt instead.
                        return Err(ProviderFailure::DeadlineExceeded.into());
                    }
                    self.wait_for_admission(key, shared, units, max_wait_ms, &in_flight_guard).await
                },
                |response| {
                    last_status.set(response.status);
                    let route = (route, subject);
                    match self.apply_response(response, key, route, &in_flight_guard)? {
                        FoundOrNotFound::Found(()) => {
                            Ok(FoundOrNotFound::Found(read(&response.body)?))
                        }
                        FoundOrNotFound::NotFound => Ok(FoundOrNotFound::NotFound),
                    }
                },
            )
            .await;
        drop(in_flight_guard);
        let is_idle = |inner: &Inner| inner.in_flight == 0 && inner.wait_queue.is_empty();
        if sent.get() > sent_before && is_idle(&self.inner.borrow()) {
            // Stores the provider's report of the day, which an eviction would lose. If the write
            // fails, only that is lost.
            let _ = self.save();
        }
        outcome
    }

    pub(super) fn request_builder<'a>(
        &'a self,
        caller: &'a IsbndbRequestContext,
    ) -> Result<RequestBuilder<'a>, Failure> {
        let key = self.api_key(caller)?;
        Ok(RequestBuilder { base_url: &self.config.plan.base_url, key: key.expose() })
    }

    /// The caller's key.
    fn api_key<'a>(&self, caller: &'a IsbndbRequestContext) -> Result<&'a Secret, Failure> {
        let outage = || {
            let sent_at_ms = self.inner.borrow().state.facts.key_sent_at_ms;
            unreadable_key_failure("ISBNdb", sent_at_ms, self.host.now_ms())
        };
        caller.key.as_ref().map_err(|error| {
            let outage = (*error == SecretError::Unreadable).then(outage).flatten();
            outage.unwrap_or_else(|| ProviderFailure::NotConfigured.into())
        })
    }

    /// Takes over what an answer states about the pace, the day and the key, before its body is
    /// read.
    fn apply_response(
        &self,
        response: &IncomingResponse,
        key: &Secret,
        (route, subject): (&str, IsbndbResourceKind),
        in_flight_guard: &InFlightGuard<'_>,
    ) -> Result<FoundOrNotFound<()>, ProviderFailure> {
        let now_ms = self.host.now_ms();
        let response_class = classify_response(response, subject);
        let mut inner = self.inner.borrow_mut();
        if let Some(report) = quota_report(response) {
            let others = inner.in_flight_units.saturating_sub(in_flight_guard.units.get());
            inner.state.limiter.reconcile_with_provider(
                now_ms,
                report,
                others,
                in_flight_guard.completed_units.get(),
            );
        }
        inner.state.pace_stated(stated_interval_ms(response), &self.config, now_ms);
        let outcome = match response_class {
            ResponseClass::Body => Ok(FoundOrNotFound::Found(())),
            ResponseClass::NotFound => Ok(FoundOrNotFound::NotFound),
            ResponseClass::Failed(failure) => Err(failure),
            ResponseClass::Moved => {
                inner.state.facts.moved.mark_moved(route, now_ms);
                Err(ProviderFailure::Moved { route: route.to_owned() })
            }
            ResponseClass::RateLimited { retry_after_ms } => {
                Err(inner.state.note_rate_limited(retry_after_ms, &self.config, now_ms))
            }
            ResponseClass::DaySpent { retry_after_ms } => {
                let until_ms = inner.state.limiter.mark_day_spent(now_ms, retry_after_ms);
                Err(ProviderFailure::QuotaSpent { until_ms })
            }
            ResponseClass::Refused { detail } => {
                Err(inner.state.record_refusal(detail, key, &self.config, now_ms))
            }
        };
        let must_save = match outcome {
            Ok(_) => {
                inner.state.clear_key_refusal();
                inner.state.facts.moved.mark_answered(route)
            }
            Err(ref failure) => matches!(
                failure,
                ProviderFailure::Refused { .. }
                    | ProviderFailure::QuotaSpent { .. }
                    | ProviderFailure::RateLimited { .. }
                    | ProviderFailure::Moved { .. }
            ),
        };
        drop(inner);
        if must_save {
            // Refusal and pause must survive a restart; if the write fails, a call repeats them.
            let _ = self.save();
        }
        outcome
    }

    /// Logs a mismatch of plan and key once.
    pub(super) fn name_mismatch(&self, caller: &IsbndbRequestContext) {
        let now_ms = self.host.now_ms();
        let mut inner = self.inner.borrow_mut();
        let Some(mismatch) = inner.state.unnamed_mismatch(&self.config, now_ms) else { return };
        drop(inner);
        let mut line = caller.context.build_log_line("plan_mismatch");
        line.level = LogLevel::Warn;
        line.message = mismatch.detail;
        line.target = Some(PROVIDER.to_owned());
        self.host.write(&line);
        // If the write fails, the mismatch is logged again after a restart.
        let _ = self.save();
    }

    pub(super) fn save(&self) -> Result<(), super::IsbndbStoreError> {
        let text = self.inner.borrow().state.to_text(self.cache.row_count());
        self.cache.store().save_state(&text)
    }
}
