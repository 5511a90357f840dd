//! When a provider's day ends.

use serde::{Deserialize, Serialize};

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// Whose midnight brings the units back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DayBoundary {
    /// 00:00 UTC.
    #[default]
    Utc,
    /// Midnight in Los Angeles, with daylight saving time.
    Pacific,
}

impl DayBoundary {
    /// The first midnight after `now_ms`.
    #[must_use]
    pub fn end_after_ms(self, now_ms: u64) -> u64 {
        match self {
            Self::Utc => (now_ms / DAY_MS + 1) * DAY_MS,
            Self::Pacific => {
                // Midnight lies between both offsets' 00:00 and never inside the hour that is
                // skipped or repeated (02:00), so the offset at midnight itself is unambiguous.
                (0..=2)
                    .map(|ahead| pacific_midnight_ms(now_ms / DAY_MS + ahead))
                    .find(|midnight| *midnight > now_ms)
                    .unwrap_or(now_ms + DAY_MS)
            }
        }
    }

    /// The midnight before the one that ends the running day.
    #[must_use]
    pub fn start_before_ms(self, now_ms: u64) -> u64 {
        match self {
            Self::Utc => now_ms / DAY_MS * DAY_MS,
            Self::Pacific => {
                let first = (now_ms / DAY_MS).saturating_sub(1);
                (0..=2)
                    .rev()
                    .map(|ahead| pacific_midnight_ms(first + ahead))
                    .find(|midnight| *midnight <= now_ms)
                    .unwrap_or(now_ms)
            }
        }
    }
}

/// Midnight in Los Angeles at the start of the civil day `day` (days since 1970-01-01).
fn pacific_midnight_ms(day: u64) -> u64 {
    let (year, _, _) = civil_from_days(day);
    // Energy Policy Act of 2005: from the second Sunday of March to the first of November, 02:00
    // local time. A change at 02:00 is not seen at that day's midnight.
    let starts = nth_sunday(year, 3, 2);
    let ends = nth_sunday(year, 11, 1);
    let offset_hours = if day > starts && day <= ends { 7 } else { 8 };
    day * DAY_MS + offset_hours * HOUR_MS
}

/// The day number of the n-th Sunday of a month.
fn nth_sunday(year: u64, month: u64, n: u64) -> u64 {
    let first = days_from_civil(year, month, 1);
    // 1970-01-01 was a Thursday; 3 days later came the first Sunday.
    let to_sunday = (10 - first % 7) % 7;
    first + to_sunday + (n - 1) * 7
}

/// Days since 1970-01-01 of a civil date (proleptic Gregorian, years from 1970 on).
fn days_from_civil(year: u64, month: u64, day: u64) -> u64 {
    // Years begin in March so that the leap day is the last one; 719_468 days lie between
    // 0000-03-01 and 1970-01-01.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year % 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era).saturating_sub(719_468)
}

/// Civil date (year, month, day) of a day number since 1970-01-01.
#[must_use]
pub fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(year: u64, month: u64, day: u64, hour: u64) -> u64 {
        days_from_civil(year, month, day) * DAY_MS + hour * HOUR_MS
    }

    #[test]
    fn a_day_number_is_its_civil_date() {
        for (year, month, day, number) in
            [(1970, 1, 1, 0), (2000, 2, 29, 11_016), (2026, 11, 21, 20_778), (2100, 3, 1, 47_541)]
        {
            assert_eq!(days_from_civil(year, month, day), number);
            assert_eq!(civil_from_days(number), (year, month, day));
        }
        for number in 0..60_000 {
            let (year, month, day) = civil_from_days(number);
            assert_eq!(days_from_civil(year, month, day), number);
        }
    }

    #[test]
    fn the_utc_day_ends_at_midnight() {
        assert_eq!(DayBoundary::Utc.end_after_ms(at(2026, 11, 21, 7)), at(2026, 11, 22, 0));
        assert_eq!(DayBoundary::Utc.end_after_ms(at(2026, 11, 21, 0)), at(2026, 11, 22, 0));
        assert_eq!(DayBoundary::Utc.start_before_ms(at(2026, 11, 21, 7)), at(2026, 11, 21, 0));
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
            assert_eq!(DayBoundary::Pacific.end_after_ms(now), end);
            let start = DayBoundary::Pacific.start_before_ms(now);
            assert_eq!(end - start, hours * HOUR_MS);
            assert!(start <= now && now < end);
        }
    }
}
