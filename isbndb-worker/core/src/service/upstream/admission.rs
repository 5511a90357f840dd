//! The way to a send slot: in the queue, permitted, counted in storage, at the right moment.

use std::cell::{Cell, RefCell};

use ports::{Host, Spawn, Transport};
use runtime::outcome::{Failure, ProviderFailure};
use runtime::rate_limit::{CallClass, SlotPermit, Ticket, Turn};
use runtime::secret::Secret;

use super::super::store::Store;
use super::super::{Inner, IsbndbService};
use super::InFlightGuard;

/// Connections that may wait for an answer at once: a seventh would wait with its time running.
const MAX_IN_FLIGHT: u32 = 6;
/// How often a call that waits for a free connection checks again.
const CONNECTION_LOOK_MS: u64 = 25;

/// A place in the queue, left when its holder has gone, given up or vanished.
struct QueuePlace<'a> {
    inner: &'a RefCell<Inner>,
    ticket: Ticket,
}

impl Drop for QueuePlace<'_> {
    fn drop(&mut self) {
        self.inner.borrow_mut().wait_queue.leave(self.ticket);
    }
}

impl<T, H, S> IsbndbService<T, H, S>
where
    T: Transport + 'static,
    H: Host + Spawn + Clone + 'static,
    S: Store + 'static,
{
    /// Waits for a slot, counts it, stores the count, and returns at the moment to send.
    pub(super) async fn admit(
        &self,
        key: &Secret,
        class: &Cell<CallClass>,
        units: u32,
        max_wait_ms: u64,
        in_flight_guard: &InFlightGuard<'_>,
    ) -> Result<(), Failure> {
        self.check_refused(key)?;
        let mut place = self.enter(class.get(), units, max_wait_ms)?;
        loop {
            self.check_refused(key)?;
            // An interactive waiter has joined a background call.
            if class.get() != place.ticket.class()
                && let Ok(better) = self.enter(class.get(), units, max_wait_ms)
            {
                place = better;
            }
            let now_ms = self.host.now_ms();
            match self.turn(place.ticket, now_ms) {
                Turn::Go if self.inner.borrow().in_flight >= MAX_IN_FLIGHT => {
                    self.host.sleep(CONNECTION_LOOK_MS).await;
                }
                Turn::Go => break,
                Turn::WaitUntil(at_ms) => self.host.sleep(at_ms.saturating_sub(now_ms)).await,
                Turn::GiveUp(refusal) => return Err(refusal.into()),
            }
        }
        let now_ms = self.host.now_ms();
        let permit = {
            let state = &mut self.inner.borrow_mut().state;
            state.key_sent_at_ms = now_ms;
            state.limiter.decide(now_ms, place.ticket.class(), units)?
        };
        drop(place);
        // From here on the units are spent. If the count cannot be stored, nothing is sent, and
        // they are given back: the next write says so, whatever the storage made of this one.
        in_flight_guard.begin(now_ms, units);
        self.save().inspect_err(|_| self.refund(permit))?;
        self.host.sleep(permit.start_at_ms.saturating_sub(self.host.now_ms())).await;
        self.check_refused(key).inspect_err(|_| self.refund(permit))?;
        self.inner.borrow_mut().state.limiter.started(self.host.now_ms());
        Ok(())
    }

    fn enter(
        &self,
        class: CallClass,
        units: u32,
        max_wait_ms: u64,
    ) -> Result<QueuePlace<'_>, Failure> {
        let now_ms = self.host.now_ms();
        let mut inner = self.inner.borrow_mut();
        let Inner { state, wait_queue, .. } = &mut *inner;
        let ticket =
            wait_queue.join_within(&mut state.limiter, now_ms, class, units, max_wait_ms)?;
        Ok(QueuePlace { inner: &self.inner, ticket })
    }

    fn turn(&self, ticket: Ticket, now_ms: u64) -> Turn {
        let mut inner = self.inner.borrow_mut();
        let Inner { state, wait_queue, .. } = &mut *inner;
        wait_queue.turn(&mut state.limiter, ticket, now_ms)
    }

    fn refund(&self, permit: SlotPermit) {
        let now_ms = self.host.now_ms();
        self.inner.borrow_mut().state.limiter.refund(now_ms, permit);
    }

    fn check_refused(&self, key: &Secret) -> Result<(), Failure> {
        let inner = self.inner.borrow();
        match inner.state.refused(key, &self.config, self.host.now_ms()) {
            Some(detail) => Err(ProviderFailure::Refused { detail }.into()),
            None => Ok(()),
        }
    }
}
