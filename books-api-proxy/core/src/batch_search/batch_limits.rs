//! The limits of one batch: time, calls, and operations on the stores.

use std::cell::Cell;

use tokio::sync::Notify;

use crate::providers::open_library::edition_lookup::MAX_CALLS as MAX_OPEN_LIBRARY_CALLS;
use crate::search_context::ProxyPorts;

/// Calls to the ISBNdb Worker in one batch: a request may cause 32 invocations of Workers.
const MAX_ISBNDB_CALLS: u32 = 24;
/// Calls to other providers in one batch: a request may make 50, and some calls are retried.
const MAX_PROVIDER_CALLS: u32 = 36;
/// Google is called again without the `isbn:` prefix if it does not find an ISBN.
const CALLS_OF_GAP: u32 = 2;
/// The most operations on one key, which a title needs under a forced refresh: head and get; head
/// and two writes of a poorer answer; a head after it; get and delete in KV; two retried writes.
pub const OPERATIONS_OF_KEY: u32 = 10;

/// The remaining calls and operations; an item that needs more is deferred.
pub struct BatchBudget<'a, P> {
    ports: &'a P,
    isbndb_calls: Cell<u32>,
    provider_calls: Cell<u32>,
    /// Operations that were left when the batch began.
    operations: u32,
    /// Operations reserved by running work.
    reserved: Cell<u32>,
    given_back: Notify,
    was_refused: Cell<bool>,
}

impl<'a, P: ProxyPorts> BatchBudget<'a, P> {
    pub fn new(ports: &'a P) -> Self {
        Self {
            ports,
            isbndb_calls: Cell::new(MAX_ISBNDB_CALLS),
            provider_calls: Cell::new(MAX_PROVIDER_CALLS),
            operations: ports.operations_left(),
            reserved: Cell::default(),
            given_back: Notify::new(),
            was_refused: Cell::default(),
        }
    }

    /// Takes one call to the ISBNdb Worker; false if none is left.
    pub fn take_isbndb_call(&self) -> bool {
        try_spend(&self.isbndb_calls, 1)
    }

    /// Takes the calls of one search: one to the ISBNdb Worker, the others to providers.
    pub fn take_search(&self, other_providers: usize) -> bool {
        let other_providers = u32::try_from(other_providers).unwrap_or(u32::MAX);
        self.isbndb_calls.get() > 0
            && try_spend(&self.provider_calls, other_providers)
            && self.take_isbndb_call()
    }

    /// Takes the calls for all ISBNs of the batch.
    pub fn take_bulk(&self) -> bool {
        try_spend(&self.provider_calls, MAX_OPEN_LIBRARY_CALLS) && self.take_isbndb_call()
    }

    /// Takes the calls for one ISBN that the bulk calls have not found.
    pub fn take_gap(&self) -> bool {
        try_spend(&self.provider_calls, CALLS_OF_GAP)
    }

    /// Reserves operations, waiting while running work may free some; None if too few are left.
    /// Larger work runs alone, if half of the batch's operations are left.
    pub async fn reserve(&self, count: u32) -> Option<Reserved<'_>> {
        loop {
            let (left, reserved) = (self.ports.operations_left(), self.reserved.get());
            let is_alone = reserved == 0 && left >= self.operations / 2;
            let total = reserved.saturating_add(count);
            if total <= left || is_alone {
                self.reserved.set(total);
                return Some(Reserved { of: &self.reserved, count, given_back: &self.given_back });
            }
            if reserved == 0 {
                self.was_refused.set(true);
                return None;
            }
            self.given_back.notified().await;
        }
    }

    /// Whether an operation was refused.
    pub fn was_refused(&self) -> bool {
        self.was_refused.get()
    }

    /// Whether one more operation is left.
    pub fn may_operate(&self) -> bool {
        let is_left = self.ports.operations_left() > 0;
        self.was_refused.set(self.was_refused.get() || !is_left);
        is_left
    }
}

fn try_spend(left: &Cell<u32>, count: u32) -> bool {
    let rest = left.get().checked_sub(count);
    left.set(rest.unwrap_or(left.get()));
    rest.is_some()
}

/// Reserved operations; dropping it frees them, since the stores have counted those made.
pub struct Reserved<'a> {
    of: &'a Cell<u32>,
    count: u32,
    given_back: &'a Notify,
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        self.of.set(self.of.get().saturating_sub(self.count));
        self.given_back.notify_waiters();
    }
}
