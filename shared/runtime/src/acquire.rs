//! The wait for a send slot, the same for every owner of a rate limiter.

use std::cell::Cell;

use ports::Clock;

use crate::call_outcome::Failure;
use crate::rate_limit::{
    CallClass, PriorityWaitQueue, QueueTicket, RateLimiter, SlotPermit, SlotWaiterAction,
};

/// Least time that a caller needs after its slot: providers answer in 0.2 to 1.2 s.
pub const LEAST_FOR_ANSWER_MS: u64 = 500;

/// The owner of a rate limiter and its queue. `with_limiter` borrows them, never across an await.
pub trait LimiterOwner {
    fn with_limiter<R>(
        &self,
        work: impl FnOnce(&mut RateLimiter, &mut PriorityWaitQueue) -> R,
    ) -> Result<R, Failure>;

    /// Checked before each action: an error ends the wait, a time delays a slot that is due.
    fn hold_ms(&self) -> Result<Option<u64>, Failure> {
        Ok(None)
    }
}

/// A place in the queue, which is left when the wait ends in any way.
struct QueuePlace<'a, O: LimiterOwner> {
    owner: &'a O,
    ticket: QueueTicket,
}

impl<O: LimiterOwner> Drop for QueuePlace<'_, O> {
    fn drop(&mut self) {
        // Without a limiter there is no queue to leave.
        let _ = self.owner.with_limiter(|_, queue| queue.leave(self.ticket));
    }
}

/// Waits in the queue for at most `max_wait_ms`, and takes the slot shortly before its moment. The
/// class may rise during the wait.
pub async fn acquire_slot<O: LimiterOwner>(
    owner: &O,
    clock: &impl Clock,
    class: &Cell<CallClass>,
    units: u32,
    max_wait_ms: u64,
) -> Result<SlotPermit, Failure> {
    let enter = || {
        let (now_ms, class) = (clock.now_ms(), class.get());
        let ticket = owner.with_limiter(|limiter, queue| {
            queue.enqueue(limiter, now_ms, class, units, max_wait_ms)
        })??;
        Ok::<_, Failure>(QueuePlace { owner, ticket })
    };
    owner.hold_ms()?;
    let mut place = enter()?;
    loop {
        let hold_ms = owner.hold_ms()?;
        if class.get() != place.ticket.class
            && let Ok(better) = enter()
        {
            place = better;
        }
        let now_ms = clock.now_ms();
        let action = owner
            .with_limiter(|limiter, queue| queue.next_action(limiter, place.ticket, now_ms))??;
        match (action, hold_ms) {
            (SlotWaiterAction::SendNow, None) => {
                let class = place.ticket.class;
                return Ok(owner.with_limiter(|limiter, _| {
                    limiter.reserve_start_time_and_units(now_ms, class, units)
                })??);
            }
            (SlotWaiterAction::SendNow, Some(ms)) => clock.sleep(ms).await,
            (SlotWaiterAction::WaitUntil(at_ms), _) => {
                clock.sleep(at_ms.saturating_sub(now_ms)).await
            }
        }
    }
}
