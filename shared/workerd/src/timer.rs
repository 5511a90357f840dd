//! `setTimeout` as a future.
//!
//! `worker::Delay` keeps the timer's handle as a number. Under recent compatibility dates the
//! handle is an object, as in Node: a debug build panics on it, and a release build reads it as 0
//! and never clears a timer, so that the timer of a deadline that was kept would keep its object
//! awake.

use futures::channel::oneshot;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use crate::js_bindings;

/// `setTimeout` takes a signed 32-bit number and fires at once for a larger one.
const MAX_DELAY_MS: u64 = 0x7fff_ffff;

/// Clears the timer unless it has fired.
struct Timer {
    handle: JsValue,
    fired: bool,
}

impl Drop for Timer {
    fn drop(&mut self) {
        if !self.fired {
            js_bindings::clear_timeout(&self.handle);
        }
    }
}

/// Waits; a drop clears the timer.
pub async fn sleep(ms: u64) {
    let (sender, receiver) = oneshot::channel();
    let callback = Closure::once(move || {
        // The waiter may have been dropped.
        let _ = sender.send(());
    });
    // At most 2^31 - 1: exact as a double.
    let delay = ms.min(MAX_DELAY_MS) as f64;
    let Ok(handle) = js_bindings::set_timeout(callback.as_ref(), delay) else { return };
    let mut timer = Timer { handle, fired: false };
    timer.fired = receiver.await.is_ok();
    drop(timer);
    drop(callback);
}
