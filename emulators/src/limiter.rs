//! Pace and quota as the providers count them; the caller passes the time.

use std::collections::VecDeque;

/// At most `limit` requests in any window of `window_ms` (a rolling window).
#[derive(Debug, Default)]
pub(crate) struct RollingWindow {
    accepted_ms: VecDeque<u64>,
}

impl RollingWindow {
    /// How many more requests fit now, and in how many ms the next one fits.
    pub(crate) fn requests_left(&mut self, now_ms: u64, window_ms: u64, limit: u64) -> (u64, u64) {
        while self.accepted_ms.front().is_some_and(|at_ms| at_ms + window_ms <= now_ms) {
            self.accepted_ms.pop_front();
        }
        let used = self.accepted_ms.len() as u64;
        let wait_ms = self.accepted_ms.front().map_or(0, |at_ms| at_ms + window_ms - now_ms);
        (limit.saturating_sub(used), wait_ms)
    }

    pub(crate) fn record_accepted(&mut self, now_ms: u64) {
        self.accepted_ms.push_back(now_ms);
    }
}

/// nginx's `limit_req`: a leaky bucket with a rate and a burst, which delays requests over
/// `delay` of the burst.
#[derive(Debug, Default)]
pub(crate) struct LeakyBucket {
    /// Fill in thousandths of a request, so that slow rates are not rounded to 0.
    excess_milli: u64,
    last_ms: u64,
}

impl LeakyBucket {
    /// The delay to apply in ms, or `None` if the request is refused.
    pub(crate) fn admit_request(
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

#[derive(Clone, Copy, Debug)]
pub(crate) struct DayRule {
    /// The day ends at midnight in Los Angeles, as at Google, not UTC.
    pub(crate) pacific: bool,
    /// Length of a day in seconds from the unix epoch, in place of a real day.
    pub(crate) day_secs: Option<u64>,
}

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

impl DayRule {
    /// The number of the day and the ms until it ends.
    pub(crate) fn at(self, now_ms: u64) -> (u64, u64) {
        if let Some(secs) = self.day_secs {
            let length_ms = secs.max(1) * 1000;
            return (now_ms / length_ms, length_ms - now_ms % length_ms);
        }
        let behind_ms = |at_ms| if self.pacific { behind_utc_ms(at_ms) } else { 0 };
        let day = now_ms.saturating_sub(behind_ms(now_ms)) / DAY_MS;
        // The clock may change during the day, never at midnight.
        let about_ms = (day + 1) * DAY_MS + behind_ms(now_ms);
        (day, (day + 1) * DAY_MS + behind_ms(about_ms) - now_ms)
    }
}

/// How far Los Angeles is behind UTC: summer time from the second Sunday of March to the first of
/// November, changed at two o'clock of the time that ends.
fn behind_utc_ms(at_ms: u64) -> u64 {
    let (mut year, mut first_day) = (1970, 0);
    loop {
        let leap = u64::from(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
        if at_ms < (first_day + 365 + leap) * DAY_MS {
            // 1 January 1970 was a Thursday.
            let sunday_from = |day: u64| day + (3 + 7 - day % 7) % 7;
            let forward = sunday_from(first_day + 59 + leap + 7) * DAY_MS + 10 * HOUR_MS;
            let back = sunday_from(first_day + 304 + leap) * DAY_MS + 9 * HOUR_MS;
            return if (forward..back).contains(&at_ms) { 7 } else { 8 } * HOUR_MS;
        }
        first_day += 365 + leap;
        year += 1;
    }
}

#[derive(Debug, Default)]
pub(crate) struct EmulatedDailyQuota {
    day: u64,
    spent: u64,
}

impl EmulatedDailyQuota {
    fn turn(&mut self, day: u64) {
        if self.day != day {
            self.day = day;
            self.spent = 0;
        }
    }

    pub(crate) fn spent_units(&mut self, day: u64) -> u64 {
        self.turn(day);
        self.spent
    }

    /// Spends the units if all of them are left, otherwise none.
    pub(crate) fn try_charge(&mut self, day: u64, units: u64, limit: u64) -> bool {
        self.turn(day);
        let fits = self.spent.saturating_add(units) <= limit;
        if fits {
            self.spent += units;
        }
        fits
    }

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
            if window.requests_left(now_ms, 60_000, 60).0 > 0 {
                window.record_accepted(now_ms);
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
        window.record_accepted(1_000);
        window.record_accepted(1_400);
        assert_eq!(window.requests_left(1_500, 1_000, 2), (0, 500));
        assert_eq!(window.requests_left(2_000, 1_000, 2), (1, 400));
    }

    #[test]
    fn the_leaky_bucket_delays_a_burst_then_refuses() {
        let mut bucket = LeakyBucket::default();
        let taken: Vec<_> = (0..30).map(|_| bucket.admit_request(1_000, 180, 25, 10)).collect();
        assert_eq!(taken.iter().filter(|delay| **delay == Some(0)).count(), 11);
        assert_eq!(taken.iter().flatten().count(), 26);
        assert_eq!(taken.last(), Some(&None));
        assert!(
            bucket.admit_request(1_340, 180, 25, 10).is_some(),
            "a third of a second later one request fits"
        );
        assert!(bucket.admit_request(1_341, 180, 25, 10).is_none());
    }

    #[test]
    fn a_day_ends_at_its_providers_midnight() {
        let utc = DayRule { pacific: false, day_secs: None };
        assert_eq!(utc.at(86_400_000 * 3 + 1_000), (3, 86_399_000));
        let pacific = DayRule { pacific: true, day_secs: None };
        assert_eq!(pacific.at(86_400_000 * 3 + 1_000).0, 2);
        let short = DayRule { pacific: true, day_secs: Some(10) };
        assert_eq!(short.at(25_000), (2, 5_000));
    }

    #[test]
    fn the_pacific_day_knows_summer_time() {
        let pacific = DayRule { pacific: true, day_secs: None };
        // Unix seconds as printed by `date -u`.
        for (now_secs, ends_secs) in [
            // 2026-11-21 17:00 UTC: winter, until 08:00.
            (1_795_280_400, 1_795_334_400),
            // 2026-07-04 06:59 UTC and a minute later: summer, at 07:00.
            (1_783_148_340, 1_783_148_400),
            (1_783_148_400, 1_783_234_800),
            // 2026-03-08 09:00 UTC: the clock goes forward within the day, which has 23 hours.
            (1_772_960_400, 1_773_039_600),
            // 2026-11-01 08:00 UTC: the clock goes back, and the day has 25 hours.
            (1_793_520_000, 1_793_606_400),
        ] {
            let (_, left_ms) = pacific.at(now_secs * 1_000);
            assert_eq!(now_secs * 1_000 + left_ms, ends_secs * 1_000, "at {now_secs}");
        }
        let mut day = pacific.at(1_767_225_600_000).0;
        for hour in 1..366 * 24 {
            let next = pacific.at(1_767_225_600_000 + hour * HOUR_MS).0;
            assert!(next == day || next == day + 1, "days follow each other");
            day = next;
        }
    }

    #[test]
    fn a_quota_is_spent_and_comes_back_with_the_day() {
        let mut quota = EmulatedDailyQuota::default();
        assert!(quota.try_charge(1, 90, 100));
        assert!(!quota.try_charge(1, 11, 100), "a bulk call that does not fit is refused whole");
        assert_eq!(quota.spent_units(1), 90);
        assert!(quota.try_charge(1, 10, 100));
        assert!(!quota.try_charge(1, 1, 100));
        assert!(quota.try_charge(2, 1, 100));
        assert_eq!(quota.spent_units(2), 1);
    }
}
