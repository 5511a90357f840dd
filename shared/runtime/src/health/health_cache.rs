//! The cache of the last `/health` answers.

use std::cell::RefCell;

use ports::http_types::Reply;

use super::HealthReport;

/// Life of a report for known callers: a monitor that asks every second causes one check in five.
const KNOWN_MS: u64 = 5_000;
/// Life for anonymous callers: a check is five requests to objects, of which a free day has
/// 100,000.
const ANONYMOUS_MS: u64 = 60_000;

/// The last answers of one isolate, each with its time.
#[derive(Debug, Default)]
pub struct HealthCache {
    deep: RefCell<Option<(u64, Reply)>>,
    shallow: RefCell<Option<(u64, Reply)>>,
}

impl HealthCache {
    /// The last answer, if it is young enough for the caller.
    pub fn get(&self, shallow: bool, caller_is_known: bool, now_ms: u64) -> Option<Reply> {
        let last = if shallow { self.shallow.borrow() } else { self.deep.borrow() };
        let (at_ms, reply) = last.as_ref()?;
        let max_age_ms = if caller_is_known { KNOWN_MS } else { ANONYMOUS_MS };
        (now_ms.saturating_sub(*at_ms) < max_age_ms).then(|| reply.clone())
    }

    /// Makes the answer of a report and caches it; a full report also gives the shallow answer.
    pub fn cache_report(&self, shallow: bool, report: &HealthReport, now_ms: u64) -> Reply {
        let reply = report.http_reply();
        let own = if shallow { reply.clone() } else { report.without_bindings().http_reply() };
        self.shallow.replace(Some((now_ms, own)));
        if !shallow {
            self.deep.replace(Some((now_ms, reply.clone())));
        }
        reply
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::{CheckImportance, HealthCheckResult, HealthStatus};

    #[test]
    fn an_answer_is_cached_by_depth_and_caller() {
        let cache = HealthCache::default();
        let report = HealthReport::new("w", "v", 1_000);
        let kept = cache.cache_report(true, &report, 1_000);
        for (caller_is_known, age_ms) in [(true, 5_000), (false, 60_000)] {
            assert_eq!(cache.get(true, caller_is_known, 999 + age_ms), Some(kept.clone()));
            assert_eq!(cache.get(true, caller_is_known, 1_000 + age_ms), None);
        }
        assert_eq!(cache.get(false, false, 1_000), None);
        assert_eq!(HealthCache::default().get(true, false, 1_000), None, "another isolate");
    }

    #[test]
    fn a_whole_answer_is_a_shallow_one_too() {
        let cache = HealthCache::default();
        let mut report = HealthReport::new("w", "v", 0);
        report.add_secret("KEY", false, CheckImportance::DegradedWithout);
        let broken =
            HealthCheckResult { status: HealthStatus::Error, ..HealthCheckResult::default() };
        report.add_binding("SIBLING", broken, CheckImportance::Required);
        let whole = cache.cache_report(false, &report, 0);
        let own = cache.get(true, false, 59_999).unwrap();
        assert_eq!((whole.status, own.status), (503, 200));
        let own = String::from_utf8(own.body).unwrap();
        assert!(own.contains("degraded") && !own.contains("SIBLING"), "{own}");
    }
}
