//! What one invocation may do: its time, its calls, and its operations on the stores.

use std::cell::Cell;

use super::item::KeyedItem;
use super::port::BulkPorts;

/// Calls to the ISBNdb Worker in one batch: a request may cause 32 invocations of Workers.
const MAX_ISBNDB_CALLS: u32 = 24;
/// Calls to other providers that the items of one batch make beside the bulk calls: a request may make 50.
const MAX_PROVIDER_CALLS: u32 = 36;
/// What sending the answer may take.
const ANSWER_MS: u64 = 1_000;

/// What is left of one batch; an item for which it does not suffice is deferred.
pub struct Limits<'a, P> {
    ports: &'a P,
    isbndb_calls: Cell<u32>,
    provider_calls: Cell<u32>,
    /// Operations on the stores, when the batch began.
    operations: u32,
    /// Those of the items at work, at most.
    reserved: Cell<u32>,
}

impl<'a, P: BulkPorts> Limits<'a, P> {
    pub fn new(ports: &'a P) -> Self {
        Self {
            ports,
            isbndb_calls: Cell::new(MAX_ISBNDB_CALLS),
            provider_calls: Cell::new(MAX_PROVIDER_CALLS),
            operations: ports.operations_left(),
            reserved: Cell::default(),
        }
    }

    /// How long the batch may work on its items.
    pub fn work_ms(&self) -> u64 {
        self.ports.time_left_ms().saturating_sub(ANSWER_MS)
    }

    /// Takes one call to the ISBNdb Worker; false if none is left.
    pub fn take_isbndb_call(&self) -> bool {
        take(&self.isbndb_calls, 1)
    }

    /// Takes the calls of one search: one to the ISBNdb Worker, the others to providers.
    pub fn take_search(&self, other_providers: usize) -> bool {
        let other_providers = u32::try_from(other_providers).unwrap_or(u32::MAX);
        self.isbndb_calls.get() > 0
            && take(&self.provider_calls, other_providers)
            && self.take_isbndb_call()
    }

    /// Reserves the operations on an item's keys while it is worked on. An item that alone is more
    /// than a batch may do is begun where nothing else was.
    pub fn reserve(&self, item: &KeyedItem) -> Option<Reserved<'_>> {
        let (left, reserved) = (self.ports.operations_left(), self.reserved.get());
        let count = item.most_operations();
        let is_alone = reserved == 0 && left >= self.operations / 2;
        if reserved.saturating_add(count) > left && !is_alone {
            return None;
        }
        self.reserved.set(reserved.saturating_add(count));
        Some(Reserved { of: &self.reserved, count })
    }
}

fn take(left: &Cell<u32>, count: u32) -> bool {
    let rest = left.get().checked_sub(count);
    left.set(rest.unwrap_or(left.get()));
    rest.is_some()
}

/// Operations that are given back once their item is done: what it made is counted by then.
pub struct Reserved<'a> {
    of: &'a Cell<u32>,
    count: u32,
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        self.of.set(self.of.get().saturating_sub(self.count));
    }
}
