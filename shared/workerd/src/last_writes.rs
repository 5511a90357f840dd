//! The last real write to each store.

use ports::Clock;
use runtime::health::LastWrite;

use crate::host::JsHost;
use crate::isolate;

pub(crate) fn record_write(store: &str, ok: bool) {
    let last = LastWrite { at_ms: JsHost.now_ms(), ok };
    isolate::get().writes.borrow_mut().insert(store.to_owned(), last);
}
