//! The units left of the plan, and the data of `/health`.

use std::rc::Rc;

use ports::Transport;
use runtime::call_outcome::FoundOrNotFound;
use runtime::rate_limit::CallClass;
use runtime::wire_types::isbndb_worker_answers::QuotaStatusAnswer;
use serde::{Deserialize, Serialize};

use super::book_cache::MAX_CACHE_BYTES;
use super::isbndb_store::IsbndbStore;
use super::plan_mismatch::is_unclear;
use super::upstream_request::{PROVIDER, RetryPermission, UpstreamCall};
use super::{IsbndbObjectPorts, IsbndbObjectService, IsbndbRequestContext, SharedIsbndbRequest};
use crate::isbndb_api::parse;
use crate::isbndb_api::response_classification::IsbndbResourceKind;

/// Age from which `/quota` requests the provider's count again. The second generation sends its
/// count with every answer; the first sends it only here, for one unit.
const USAGE_AGE_MS: u64 = 6 * 3_600_000;
/// The same age if the provider's count contradicts the plan: its statement decides.
const DOUBT_AGE_MS: u64 = 3_600_000;
const USAGE_WAIT_MS: u64 = 2_500;
/// Interval between sweeps of the cache: a sweep reads every row.
const SWEEP_EVERY_MS: u64 = 6 * 3_600_000;

/// What the object reports to the Worker's `/health` and `/metrics`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IsbndbObjectStatus {
    pub quota: QuotaStatusAnswer,
    pub storage_readable: bool,
    pub key_readable: bool,
    pub breaker: String,
    /// True if the key allows less than the plan that is configured.
    pub allows_less: bool,
    pub moved_routes: Vec<String>,
}

impl<T: Transport + 'static, H: IsbndbObjectPorts, S: IsbndbStore> IsbndbObjectService<T, H, S> {
    /// The units left of the plan; first requests the provider's count if the last one is old.
    pub async fn refresh_and_read_quota(
        self: &Rc<Self>,
        caller: &IsbndbRequestContext,
    ) -> QuotaStatusAnswer {
        if self.usage_is_old() {
            let start = async |service: Rc<Self>, shared: SharedIsbndbRequest| {
                service.fetch_usage(&shared).await
            };
            let now_ms = self.host.now_ms();
            let context = caller.context.with_nearer_deadline(now_ms, USAGE_WAIT_MS);
            let soon =
                IsbndbRequestContext { context, class: CallClass::Background, ..caller.clone() };
            // Without the provider's count our own count holds.
            let _ = self.run_shared(&self.calls_in_flight.usage, &soon, String::new(), start).await;
        }
        self.quota_now(caller)
    }

    fn usage_is_old(&self) -> bool {
        let now_ms = self.host.now_ms();
        let mut inner = self.inner.borrow_mut();
        let asked_at_ms = inner.state.facts.usage_asked_at_ms;
        let limiter = &mut inner.state.limiter;
        let known_at_ms = asked_at_ms.max(limiter.daily_quota().reconciled_at_ms);
        let is_old = now_ms >= known_at_ms.saturating_add(USAGE_AGE_MS)
            || (limiter.daily_quota().is_doubtful(limiter.rate_limits())
                && (asked_at_ms == 0 || now_ms >= asked_at_ms.saturating_add(DOUBT_AGE_MS)));
        // Right after midnight the report may be about the old day, and would be ignored.
        is_old && !limiter.day_just_began(now_ms)
    }

    async fn fetch_usage(&self, shared: &SharedIsbndbRequest) {
        let Ok(requests) = self.request_builder(&shared.caller) else { return };
        let upstream_call = UpstreamCall {
            route: "/key",
            request: requests.key_usage(),
            // ISBNdb does not document this call as free, so it is counted.
            units: 1,
            subject: IsbndbResourceKind::Route,
            retry: RetryPermission::No,
            timeout_ms: USAGE_WAIT_MS,
        };
        let started_at_ms = self.host.now_ms();
        let (own_before, in_flight_before) = {
            let inner = &mut *self.inner.borrow_mut();
            (inner.state.limiter.own_units(started_at_ms), inner.in_flight_units)
        };
        let answer = self.call_provider(shared, upstream_call, parse::key_answer).await;
        let now_ms = self.host.now_ms();
        if shared.sent.get() > 0 {
            self.inner.borrow_mut().state.facts.usage_asked_at_ms = now_ms;
        }
        let Ok(FoundOrNotFound::Found(report)) = answer else { return };
        let mut inner = self.inner.borrow_mut();
        let in_flight = inner.in_flight_units;
        let limiter = &mut inner.state.limiter;
        let own = limiter.own_units(now_ms);
        let alone = in_flight_before == 0 && in_flight == 0 && own == own_before + 1;
        match report.total {
            // The header of this answer, or of a concurrent one, states what is left.
            Some(total) if limiter.daily_quota().reconciled_at_ms >= started_at_ms => {
                limiter.take_total(now_ms, total);
            }
            _ => {
                let completed = if alone { own } else { 0 };
                limiter.reconcile_with_provider(now_ms, report, in_flight, completed);
            }
        }
        drop(inner);
        // Kept in memory if the write fails; the next call writes it.
        let _ = self.save();
    }

    pub fn quota_now(&self, caller: &IsbndbRequestContext) -> QuotaStatusAnswer {
        let now_ms = self.host.now_ms();
        let mut inner = self.inner.borrow_mut();
        let key = caller.key.as_ref().ok();
        let refused = key.and_then(|key| inner.state.refused_part(key, &self.config, now_ms));
        let mismatch = inner.state.plan_mismatch(&self.config, now_ms).map(|found| found.detail);
        let bulk_size =
            inner.state.facts.bulk_size.max_bulk_size(self.config.plan.bulk_size, now_ms);
        let limiter = &mut inner.state.limiter;
        let left = limiter.units_left(now_ms, CallClass::Interactive);
        let (mut daily_limit, mut spent) =
            (limiter.daily_unit_limit(), limiter.spent_units(now_ms));
        if is_unclear(&self.config.plan, limiter) {
            // The daily limit may be wrong, so its share would mislead a caller.
            daily_limit = limiter.daily_quota().units_to_share(limiter.rate_limits());
            spent = daily_limit.saturating_sub(left);
        }
        QuotaStatusAnswer {
            plan: self.config.plan.name.as_str().to_owned(),
            daily_limit,
            spent,
            left,
            left_background: limiter.units_left(now_ms, CallClass::Background),
            resets_at_ms: limiter.returns_at_ms(now_ms),
            pace_ms: limiter.rate_limits().mean_interval_ms(),
            bulk_size,
            refused: refused.map(|part| part.to_string()),
            mismatch,
        }
    }

    /// The data of `/health` and `/metrics`, from memory: no write and no call to the provider.
    pub fn status(&self, caller: &IsbndbRequestContext) -> IsbndbObjectStatus {
        let quota = self.quota_now(caller);
        let storage_readable = self.cache.store().load_state().is_ok();
        let (state, now_ms) = (&self.inner.borrow().state, self.host.now_ms());
        let mismatch = state.plan_mismatch(&self.config, now_ms);
        let breaker = self.client.client_state().breaker_state(PROVIDER, now_ms);
        IsbndbObjectStatus {
            quota,
            storage_readable,
            key_readable: caller.key.is_ok(),
            allows_less: mismatch.is_some_and(|found| found.allows_less),
            moved_routes: state.facts.moved.route_names(),
            breaker: breaker.as_str().to_owned(),
        }
    }

    pub(super) fn sweep_if_due(&self) {
        let now_ms = self.host.now_ms();
        let swept_at_ms = self.inner.borrow().state.facts.swept_at_ms;
        if now_ms < swept_at_ms.saturating_add(SWEEP_EVERY_MS) {
            return;
        }
        self.inner.borrow_mut().state.facts.swept_at_ms = now_ms;
        // The next sweep makes up for one that fails.
        let _ = self.cache.store().sweep(now_ms, MAX_CACHE_BYTES);
    }
}
