//! The last answers of `/health`, served again for a few seconds.

use std::cell::RefCell;

use ports::http::Reply;

use super::HealthReport;

/// A report is served again for so long: a monitor that asks every second costs one check in five.
const CACHED_MS: u64 = 5_000;

/// The last answers of one isolate, each with its time.
#[derive(Debug, Default)]
pub struct HealthCache {
    deep: RefCell<Option<(u64, Reply)>>,
    shallow: RefCell<Option<(u64, Reply)>>,
}

impl HealthCache {
    #[must_use]
    pub const fn new() -> Self {
        Self { deep: RefCell::new(None), shallow: RefCell::new(None) }
    }

    /// The answer of a few seconds ago, where there is one.
    #[must_use]
    pub fn get(&self, shallow: bool, now_ms: u64) -> Option<Reply> {
        let last = self.of(shallow).borrow();
        let (at_ms, reply) = last.as_ref()?;
        (now_ms.saturating_sub(*at_ms) < CACHED_MS).then(|| reply.clone())
    }

    /// Makes the answer of a report and keeps it.
    #[must_use]
    pub fn keep(&self, shallow: bool, report: &HealthReport, now_ms: u64) -> Reply {
        let reply = report.reply();
        *self.of(shallow).borrow_mut() = Some((now_ms, reply.clone()));
        reply
    }

    const fn of(&self, shallow: bool) -> &RefCell<Option<(u64, Reply)>> {
        if shallow { &self.shallow } else { &self.deep }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_kept_for_five_seconds_by_its_depth() {
        let cache = HealthCache::new();
        let report = HealthReport::new("w", "v", 1_000);
        let kept = cache.keep(true, &report, 1_000);
        assert_eq!(cache.get(true, 5_999), Some(kept));
        assert_eq!(cache.get(true, 6_000), None);
        assert_eq!(cache.get(false, 1_000), None);
        assert_eq!(HealthCache::new().get(true, 1_000), None, "another isolate");
    }
}
