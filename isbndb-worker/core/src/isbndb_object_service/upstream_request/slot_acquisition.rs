//! How a call gets its send slot: queued, permitted, counted in storage, sent on time.

use ports::{Clock, Transport};
use runtime::acquire::{LimiterOwner, acquire_slot};
use runtime::call_outcome::{Failure, ProviderFailure};
use runtime::rate_limit::{PriorityWaitQueue, RateLimiter, SlotPermit};
use runtime::secret::Secret;

use super::super::isbndb_store::IsbndbStore;
use super::super::{Inner, IsbndbObjectPorts, IsbndbObjectService, SharedIsbndbRequest};
use super::InFlightGuard;

/// Most connections in use: the platform delays a seventh while its timeout runs.
const MAX_IN_FLIGHT: u32 = 6;
/// How often a call that waits for a free connection checks again.
const CONNECTION_LOOK_MS: u64 = 25;

/// The rate limiter of the service, for a call with this key.
struct KeyLimiter<'a, T, H, S> {
    service: &'a IsbndbObjectService<T, H, S>,
    key: &'a Secret,
}

impl<T, H: Clock, S> LimiterOwner for KeyLimiter<'_, T, H, S> {
    fn with_limiter<R>(
        &self,
        work: impl FnOnce(&mut RateLimiter, &mut PriorityWaitQueue) -> R,
    ) -> Result<R, Failure> {
        let Inner { state, wait_queue, .. } = &mut *self.service.inner.borrow_mut();
        Ok(work(&mut state.limiter, wait_queue))
    }

    fn hold_ms(&self) -> Result<Option<u64>, Failure> {
        self.service.check_refused(self.key)?;
        let is_full = self.service.inner.borrow().in_flight >= MAX_IN_FLIGHT;
        Ok(is_full.then_some(CONNECTION_LOOK_MS))
    }
}

impl<T, H: Clock, S> IsbndbObjectService<T, H, S> {
    fn check_refused(&self, key: &Secret) -> Result<(), Failure> {
        let inner = self.inner.borrow();
        match inner.state.refused_part(key, &self.config, self.host.now_ms()) {
            Some(detail) => Err(ProviderFailure::Refused { detail }.into()),
            None => Ok(()),
        }
    }
}

impl<T: Transport + 'static, H: IsbndbObjectPorts, S: IsbndbStore> IsbndbObjectService<T, H, S> {
    /// Waits for a slot, counts it, stores the count, and returns at the moment to send.
    pub(super) async fn wait_for_admission(
        &self,
        key: &Secret,
        shared: &SharedIsbndbRequest,
        units: u32,
        max_wait_ms: u64,
        in_flight_guard: &InFlightGuard<'_>,
    ) -> Result<(), Failure> {
        let owner = KeyLimiter { service: self, key };
        let permit = acquire_slot(&owner, &self.host, &shared.class, units, max_wait_ms).await?;
        let now_ms = self.host.now_ms();
        self.inner.borrow_mut().state.facts.key_sent_at_ms = now_ms;
        // From here on the units are spent. If the count cannot be stored, nothing is sent and the
        // units are given back: the next write stores the lower count, even if the failed write
        // reached the disk.
        in_flight_guard.count_in_flight(now_ms, units);
        self.save().inspect_err(|_| self.refund(permit))?;
        self.host.sleep(permit.start_at_ms.saturating_sub(self.host.now_ms())).await;
        self.check_refused(key).inspect_err(|_| self.refund(permit))?;
        self.inner.borrow_mut().state.limiter.record_start(self.host.now_ms());
        shared.sent.set(shared.sent.get() + 1);
        shared.units.set(shared.units.get().saturating_add(units));
        Ok(())
    }

    fn refund(&self, permit: SlotPermit) {
        let now_ms = self.host.now_ms();
        self.inner.borrow_mut().state.limiter.refund(now_ms, permit);
    }
}
