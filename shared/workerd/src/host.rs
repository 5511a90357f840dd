//! Clock, randomness and log of workerd.

use std::future::Future;
use std::pin::{Pin, pin};

use futures::future::{Either, select};
use ports::log::{LogLevel, LogLine};
use ports::{Clock, LogSink, RandomSource, Spawn};

use crate::{js_bindings, timer};

/// Clock, randomness and log in one value, for [`runtime::service_client::ServiceClient`].
#[derive(Clone, Copy, Debug, Default)]
pub struct JsHost;

impl Clock for JsHost {
    fn now_ms(&self) -> u64 {
        // Whole milliseconds since 1970: exact, and never negative.
        js_sys::Date::now() as u64
    }

    async fn sleep(&self, ms: u64) {
        timer::sleep(ms).await;
    }
}

impl RandomSource for JsHost {
    fn uniform(&self) -> f64 {
        js_sys::Math::random()
    }
}

impl LogSink for JsHost {
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

impl Spawn for JsHost {
    fn spawn(&self, work: Pin<Box<dyn Future<Output = ()>>>) {
        // All requests of an object share one context: there, spawned work continues after its
        // request.
        js_sys::futures::spawn_local(work);
    }
}

/// The output of `work` within the time, else `None` (`work` is dropped then).
pub async fn with_timeout<F: Future>(ms: u64, work: F) -> Option<F::Output> {
    match select(pin!(work), pin!(JsHost.sleep(ms))).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}
