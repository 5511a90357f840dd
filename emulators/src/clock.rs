//! The program's clock: unix milliseconds that never decrease, and that tests can advance.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// Unix time at the start plus the monotonic time since.
#[derive(Debug)]
pub(crate) struct EmulatorClock {
    started_unix_ms: u64,
    started: Instant,
    advanced_ms: AtomicU64,
}

impl EmulatorClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the ban is for wasm, where these panic; this program is native only"
    )]
    pub(crate) fn start() -> Self {
        let since_epoch =
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self {
            started_unix_ms: u64::try_from(since_epoch.as_millis()).unwrap_or(0),
            started: Instant::now(),
            advanced_ms: AtomicU64::new(0),
        }
    }

    /// When a request really arrived: for the log, never advanced by a test.
    pub(crate) fn real_unix_ms(&self) -> u64 {
        let elapsed_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.started_unix_ms.saturating_add(elapsed_ms)
    }

    /// The time of the limiters and the quota days.
    pub(crate) fn unix_ms(&self) -> u64 {
        self.real_unix_ms().saturating_add(self.advanced_ms.load(Ordering::Relaxed))
    }

    pub(crate) fn advance(&self, by_ms: u64) {
        self.advanced_ms.fetch_add(by_ms, Ordering::Relaxed);
    }
}
