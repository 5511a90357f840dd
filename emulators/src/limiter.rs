//! Pace and quota as the providers keep them; time is passed in.

use std::collections::VecDeque;

/// At most `limit` requests in any window of `window_ms`, the way a rolling window counts.
#[derive(Debug, Default)]
pub(crate) struct RollingWindow {
    accepted_ms: VecDeque<u64>,
}

impl RollingWindow {
    /// How many more requests fit now, and in how many ms the next place comes free.
    pub(crate) fn state(&mut self, now_ms: u64, window_ms: u64, limit: u64) -> (u64, u64) {
        while self.accepted_ms.front().is_some_and(|at_ms| at_ms + window_ms <= now_ms) {
            self.accepted_ms.pop_front();
        }
        let used = self.accepted_ms.len() as u64;
        let wait_ms = self.accepted_ms.front().map_or(0, |at_ms| at_ms + window_ms - now_ms);
        (limit.saturating_sub(used), wait_ms)
    }

    /// Takes a place.
    pub(crate) fn accept(&mut self, now_ms: u64) {
        self.accepted_ms.push_back(now_ms);
    }
}

/// nginx's `limit_req`: a bucket that leaks at a rate, holds a burst, and delays what is over
/// `delay` of it.
#[derive(Debug, Default)]
pub(crate) struct LeakyBucket {
    /// Fill in thousandths of a request, so that slow rates lose nothing.
    excess_milli: u64,
    last_ms: u64,
}

impl LeakyBucket {
    /// The delay to apply in ms, or `None` where the request is refused.
    pub(crate) fn take(
        &mut self,
        now_ms: u64,
        per_minute: u64,
        burst: u64,
        delay: u64,
    ) -> Option<u64> {
        let leaked = now_ms.saturating_sub(self.last_ms).saturating_mul(per_minute) / 60;
        let first = self.last_ms == 0;
        let excess = if first { 0 } else { (self.excess_milli + 1000).saturating_sub(leaked) };
        if excess > burst * 1000 {
            return None;
        }
        self.excess_milli = excess;
        self.last_ms = now_ms;
        let over_milli = excess.saturating_sub(delay * 1000);
        Some(over_milli * 60 / per_minute.max(1))
    }
}

/// When a provider's quota day begins and ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DayRule {
    /// Where midnight is, before UTC: 0 for ISBNdb, 8 hours for Google's Pacific time (winter
    /// time the year round; a test that minds the hour moves the clock).
    pub(crate) behind_utc_ms: u64,
    /// A day of this many seconds instead, counted from the unix epoch.
    pub(crate) day_secs: Option<u64>,
}

impl DayRule {
    const DAY_MS: u64 = 86_400_000;

    /// The number of the day and the ms until it ends.
    pub(crate) fn at(self, now_ms: u64) -> (u64, u64) {
        let (length_ms, behind_ms) = match self.day_secs {
            Some(secs) => (secs.max(1) * 1000, 0),
            None => (Self::DAY_MS, self.behind_utc_ms),
        };
        let local_ms = now_ms.saturating_sub(behind_ms);
        (local_ms / length_ms, length_ms - local_ms % length_ms)
    }
}

/// One key's spending in the current day.
#[derive(Debug, Default)]
pub(crate) struct DailyQuota {
    day: u64,
    spent: u64,
}

impl DailyQuota {
    fn turn(&mut self, day: u64) {
        if self.day != day {
            self.day = day;
            self.spent = 0;
        }
    }

    /// What has been spent on that day.
    pub(crate) fn spent(&mut self, day: u64) -> u64 {
        self.turn(day);
        self.spent
    }

    /// Spends units if all of them are left; nothing otherwise.
    pub(crate) fn charge(&mut self, day: u64, units: u64, limit: u64) -> bool {
        self.turn(day);
        let fits = self.spent.saturating_add(units) <= limit;
        if fits {
            self.spent += units;
        }
        fits
    }

    /// Sets what counts as spent, for tests.
    pub(crate) fn set_spent(&mut self, day: u64, spent: u64) {
        self.day = day;
        self.spent = spent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rolling_window_never_lets_more_than_its_limit_through() {
        let mut window = RollingWindow::default();
        let mut accepted = Vec::new();
        for now_ms in (0..200_000).step_by(137) {
            if window.state(now_ms, 60_000, 60).0 > 0 {
                window.accept(now_ms);
                accepted.push(now_ms);
            }
        }
        for start in &accepted {
            let within = accepted.iter().filter(|at| (*start..start + 60_000).contains(at)).count();
            assert!(within <= 60, "{within} in the minute from {start}");
        }
        assert_eq!(accepted.len(), 60 * 4, "four minutes began");
    }

    #[test]
    fn a_rolling_window_says_when_the_next_place_is_free() {
        let mut window = RollingWindow::default();
        window.accept(1_000);
        window.accept(1_400);
        assert_eq!(window.state(1_500, 1_000, 2), (0, 500));
        assert_eq!(window.state(2_000, 1_000, 2), (1, 400));
    }

    #[test]
    fn the_leaky_bucket_takes_a_burst_delays_its_end_and_then_refuses() {
        let mut bucket = LeakyBucket::default();
        let taken: Vec<_> = (0..30).map(|_| bucket.take(1_000, 180, 25, 10)).collect();
        assert_eq!(taken.iter().filter(|delay| **delay == Some(0)).count(), 11);
        assert_eq!(taken.iter().flatten().count(), 26);
        assert_eq!(taken.last(), Some(&None));
        assert!(bucket.take(1_340, 180, 25, 10).is_some(), "a third of a second frees one place");
        assert!(bucket.take(1_341, 180, 25, 10).is_none());
    }

    #[test]
    fn a_day_ends_at_its_providers_midnight() {
        let utc = DayRule { behind_utc_ms: 0, day_secs: None };
        assert_eq!(utc.at(86_400_000 * 3 + 1_000), (3, 86_399_000));
        let pacific = DayRule { behind_utc_ms: 8 * 3_600_000, day_secs: None };
        assert_eq!(pacific.at(86_400_000 * 3 + 1_000).0, 2);
        let short = DayRule { behind_utc_ms: 8 * 3_600_000, day_secs: Some(10) };
        assert_eq!(short.at(25_000), (2, 5_000));
    }

    #[test]
    fn a_quota_is_spent_and_comes_back_with_the_day() {
        let mut quota = DailyQuota::default();
        assert!(quota.charge(1, 90, 100));
        assert!(!quota.charge(1, 11, 100), "a bulk call that does not fit is refused whole");
        assert_eq!(quota.spent(1), 90);
        assert!(quota.charge(1, 10, 100));
        assert!(!quota.charge(1, 1, 100));
        assert!(quota.charge(2, 1, 100));
        assert_eq!(quota.spent(2), 1);
    }
}
