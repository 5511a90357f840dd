//! The waiters for the next slot: interactive calls first, then public, then background ones; each
//! class in order of arrival.
//!
//! Slots are not given out ahead of time: otherwise background calls would take all slots of the
//! next 30 s, and an interactive call would wait for all of them; here it waits for at most the one
//! slot that was given out. A waiter calls [`PriorityWaitQueue::next_action`], sleeps as long as it
//! returns, calls again, and leaves after its send or its refusal.

use std::collections::BTreeSet;

use super::{CallClass, RateLimiter, SlotRefusal};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueTicket {
    id: u64,
    pub class: CallClass,
    pub units: u32,
    give_up_at_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotWaiterAction {
    /// The waiter is first and the next slot is due: take it with
    /// [`RateLimiter::reserve_start_time_and_units`].
    SendNow,
    WaitUntil(u64),
}

/// The waiters of one rate limiter, in their order. Not stored: a crash ends the waiters too.
#[derive(Debug, Default)]
pub struct PriorityWaitQueue {
    next_id: u64,
    waiting: BTreeSet<(CallClass, u64)>,
}

impl PriorityWaitQueue {
    /// Joins the queue.
    /// Errors: the wait would be longer than `max_wait_ms`, or the day has no units.
    pub fn enqueue(
        &mut self,
        limiter: &mut RateLimiter,
        now_ms: u64,
        class: CallClass,
        units: u32,
        max_wait_ms: u64,
    ) -> Result<QueueTicket, SlotRefusal> {
        let give_up_at_ms = now_ms.saturating_add(max_wait_ms);
        let ticket = QueueTicket { id: self.next_id, class, units, give_up_at_ms };
        self.expected_start_ms(limiter, ticket, now_ms)?;
        self.next_id += 1;
        self.waiting.insert((class, ticket.id));
        Ok(ticket)
    }

    /// What the holder of a ticket has to do now. Errors: it has to give up, because the slot is
    /// later than it may wait, or the day is spent.
    pub fn next_action(
        &self,
        limiter: &mut RateLimiter,
        ticket: QueueTicket,
        now_ms: u64,
    ) -> Result<SlotWaiterAction, SlotRefusal> {
        let start_at_ms = self.expected_start_ms(limiter, ticket, now_ms)?;
        // A slot is given out before its moment, so that the count is on disk by then; shortly
        // before, because until then an interactive call may still take precedence.
        let lead_ms = (limiter.rate_limits().interval_ms / 4).min(100);
        let due_at_ms = start_at_ms.saturating_sub(lead_ms);
        // A waiter ahead may leave without a send, so the next check is at most one slot later.
        let look_at_ms =
            due_at_ms.min(now_ms.saturating_add(limiter.rate_limits().mean_interval_ms()));
        let is_first = self.waiting.range(..(ticket.class, ticket.id)).next().is_none();
        if is_first && now_ms >= due_at_ms {
            return Ok(SlotWaiterAction::SendNow);
        }
        Ok(SlotWaiterAction::WaitUntil(look_at_ms.max(now_ms + 1)))
    }

    pub fn leave(&mut self, ticket: QueueTicket) {
        self.waiting.remove(&(ticket.class, ticket.id));
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    fn ahead_of(&self, ticket: QueueTicket) -> u64 {
        let ahead = self.waiting.range(..(ticket.class, ticket.id)).count();
        u64::try_from(ahead).unwrap_or(u64::MAX)
    }

    /// When the call of a ticket would start, after the calls before it.
    /// Errors: the day has no units, or the slot is later than the ticket may wait.
    fn expected_start_ms(
        &self,
        limiter: &mut RateLimiter,
        ticket: QueueTicket,
        now_ms: u64,
    ) -> Result<u64, SlotRefusal> {
        limiter.check_quota(now_ms, ticket.class, ticket.units)?;
        let queued_ms =
            self.ahead_of(ticket).saturating_mul(limiter.rate_limits().mean_interval_ms());
        let start_at_ms = limiter.next_start_at_ms(now_ms).saturating_add(queued_ms);
        if start_at_ms > ticket.give_up_at_ms {
            return Err(SlotRefusal::RateLimited { retry_after_ms: start_at_ms - now_ms });
        }
        Ok(start_at_ms)
    }
}
