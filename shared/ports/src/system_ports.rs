//! Time, randomness and the log.

use std::future::Future;
use std::pin::Pin;

use crate::structured_log::LogLine;

/// Time in Unix milliseconds; on workerd it does not change between two I/O operations.
pub trait Clock {
    fn now_ms(&self) -> u64;
    fn sleep(&self, ms: u64) -> impl Future<Output = ()>;
}

/// Randomness good enough for jitter and trace ids, not for secrets.
pub trait RandomSource {
    /// A number in `[0, 1)`.
    fn uniform(&self) -> f64;

    /// 64 random bits from two draws (a JavaScript number has 52).
    fn bits(&self) -> u64 {
        // The product is in [0, 2^32), so the cast drops only the fraction.
        let half = || (self.uniform() * 4_294_967_296.0) as u64 & 0xffff_ffff;
        (half() << 32) | half()
    }
}

pub trait LogSink {
    fn write(&self, line: &LogLine);
}

/// All that a client needs besides a transport.
pub trait SystemPorts: Clock + RandomSource + LogSink {}

impl<T: Clock + RandomSource + LogSink> SystemPorts for T {}

/// Runs work that continues after the answer to the request that started it.
pub trait Spawn {
    fn spawn(&self, work: Pin<Box<dyn Future<Output = ()>>>);
}
