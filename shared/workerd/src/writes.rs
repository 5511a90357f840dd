//! The last real write to each store: what health says about writing, since it writes nothing.

use std::cell::RefCell;
use std::collections::BTreeMap;

use ports::Clock;
use runtime::health::LastWrite;

use crate::host::JsHost;

thread_local! {
    static WRITES: RefCell<BTreeMap<String, LastWrite>> = const { RefCell::new(BTreeMap::new()) };
}

/// Notes a real write.
pub(crate) fn note(store: &str, ok: bool) {
    let at_ms = JsHost.now_ms();
    WRITES.with_borrow_mut(|writes| writes.insert(store.to_owned(), LastWrite { at_ms, ok }));
}

/// The last write to a store.
pub(crate) fn last(store: &str) -> Option<LastWrite> {
    WRITES.with_borrow(|writes| writes.get(store).copied())
}
