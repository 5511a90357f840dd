//! Clock, randomness and log of workerd.

use std::future::Future;
use std::pin::{Pin, pin};

use futures::channel::oneshot;
use futures::future::{Either, select};
use ports::structured_log::{LogLevel, LogLine};
use ports::{Clock, LogSink, RandomSource, Spawn};
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use crate::js_bindings;

/// `setTimeout` takes a signed 32-bit number and fires at once for a larger one.
const MAX_DELAY_MS: u64 = 0x7fff_ffff;

/// Clock, randomness and log in one value, for [`runtime::resilient_client::ResilientClient`].
#[derive(Clone, Copy, Debug, Default)]
pub struct JsSystemPorts;

impl Clock for JsSystemPorts {
    fn now_ms(&self) -> u64 {
        // Whole milliseconds since 1970: exact, and never negative.
        js_sys::Date::now() as u64
    }

    async fn sleep(&self, ms: u64) {
        wait_for_timer(ms).await;
    }
}

impl RandomSource for JsSystemPorts {
    fn uniform(&self) -> f64 {
        js_sys::Math::random()
    }
}

impl LogSink for JsSystemPorts {
    fn write(&self, line: &LogLine) {
        crate::analytics::keep_point(line);
        let text = line.to_json();
        match line.level {
            LogLevel::Info => js_bindings::log(&text),
            LogLevel::Warn => js_bindings::warn(&text),
            LogLevel::Error => js_bindings::error(&text),
        }
    }
}

impl Spawn for JsSystemPorts {
    fn spawn(&self, work: Pin<Box<dyn Future<Output = ()>>>) {
        // All requests of an object share one context: there, spawned work continues after its
        // request.
        js_sys::futures::spawn_local(work);
    }
}

/// The output of `work` within the time, else `None` (`work` is dropped then).
pub async fn with_timeout<F: Future>(ms: u64, work: F) -> Option<F::Output> {
    match select(pin!(work), pin!(JsSystemPorts.sleep(ms))).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

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

/// `setTimeout` as a future; a drop clears the timer.
///
/// `worker::Delay` keeps the timer's handle as a number. Under recent compatibility dates the
/// handle is an object, as in Node: a debug build panics on it, and a release build reads it as 0
/// and never clears a timer, so that the timer of a deadline that was kept would keep its object
/// awake.
async fn wait_for_timer(ms: u64) {
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
