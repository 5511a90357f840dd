//! When a provider's day ends.

use crate::time::{DAY_MS, HOUR_MS};
use chrono::{Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

/// The time zone whose midnight ends the day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuotaTimeZone {
    #[default]
    Utc,
    /// Midnight in Los Angeles, with daylight saving time.
    Pacific,
}

impl QuotaTimeZone {
    pub fn next_midnight_ms(self, now_ms: u64) -> u64 {
        (0..=2)
            .map(|ahead| self.midnight_ms(now_ms / DAY_MS + ahead))
            .find(|midnight| *midnight > now_ms)
            .unwrap_or(now_ms + DAY_MS)
    }

    /// The midnight at which the running day began.
    pub fn start_before_ms(self, now_ms: u64) -> u64 {
        (0..=2)
            .map(|back| self.midnight_ms((now_ms / DAY_MS + 1).saturating_sub(back)))
            .find(|midnight| *midnight <= now_ms)
            .unwrap_or(now_ms)
    }

    /// Midnight at the start of the civil day `day` (days since 1970-01-01).
    fn midnight_ms(self, day: u64) -> u64 {
        match self {
            Self::Utc => day * DAY_MS,
            // Midnight is between the 00:00 of both offsets, and outside the hour that is skipped
            // or repeated (02:00), so the offset at midnight is unambiguous.
            Self::Pacific => day * DAY_MS + if is_pacific_summer(day) { 7 } else { 8 } * HOUR_MS,
        }
    }
}

/// Energy Policy Act of 2005: from the second Sunday of March to the first of November, 02:00 local
/// time. A change at 02:00 does not affect that day's midnight.
fn is_pacific_summer(day: u64) -> bool {
    let date = i32::try_from(day).ok().and_then(NaiveDate::from_epoch_days);
    date.is_some_and(|date| {
        let sunday =
            |month, n| NaiveDate::from_weekday_of_month_opt(date.year(), month, Weekday::Sun, n);
        sunday(3, 2).is_some_and(|starts| date > starts)
            && sunday(11, 1).is_some_and(|ends| date <= ends)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(year: i32, month: u32, day: u32, hour: u64) -> u64 {
        let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
        u64::try_from(date.to_epoch_days()).unwrap() * DAY_MS + hour * HOUR_MS
    }

    #[test]
    fn the_utc_day_ends_at_midnight() {
        assert_eq!(QuotaTimeZone::Utc.next_midnight_ms(at(2026, 11, 21, 7)), at(2026, 11, 22, 0));
        assert_eq!(QuotaTimeZone::Utc.next_midnight_ms(at(2026, 11, 21, 0)), at(2026, 11, 22, 0));
        assert_eq!(QuotaTimeZone::Utc.start_before_ms(at(2026, 11, 21, 7)), at(2026, 11, 21, 0));
    }

    #[test]
    fn the_pacific_day_follows_daylight_saving_time() {
        for (now, end, hours) in [
            // Winter: 08:00 UTC.
            (at(2026, 11, 21, 7), at(2026, 11, 21, 8), 24),
            (at(2026, 11, 21, 8), at(2026, 11, 22, 8), 24),
            // Summer: 07:00 UTC.
            (at(2026, 7, 1, 7), at(2026, 7, 2, 7), 24),
            (at(2026, 7, 1, 6), at(2026, 7, 1, 7), 24),
            // 8 March 2026 has 23 hours, 1 November 2026 has 25.
            (at(2026, 3, 8, 12), at(2026, 3, 9, 7), 23),
            (at(2026, 11, 1, 12), at(2026, 11, 2, 8), 25),
            (at(2026, 12, 31, 23), at(2027, 1, 1, 8), 24),
        ] {
            assert_eq!(QuotaTimeZone::Pacific.next_midnight_ms(now), end);
            let start = QuotaTimeZone::Pacific.start_before_ms(now);
            assert_eq!(end - start, hours * HOUR_MS);
            assert!(start <= now && now < end);
        }
    }
}
