//! Which hits in the cold tier are copied to the hot one: a free day has only 1,000 KV writes.

use std::collections::BTreeMap;

use super::TierError;
use crate::time::DAY_MS;

/// A key is copied at its second hit within this time.
const SECOND_HIT_MS: u64 = 3_600_000;
/// A key is not copied again within this time: other locations see a KV write after a minute.
const AGAIN_MS: u64 = 60_000;
/// Most copies in a minute, and (the next constant) in a day of UTC.
const MAX_A_MINUTE: usize = 20;
const MAX_A_DAY: u32 = 200;
const MAX_SEEN: usize = 1_024;

#[derive(Debug, Default)]
pub struct PromotionPolicy {
    seen: BTreeMap<String, u64>,
    copied: BTreeMap<String, u64>,
    day: u64,
    copied_today: u32,
    /// True if KV refused the last copy as one of too many writes.
    is_refused: bool,
}

impl PromotionPolicy {
    /// Notes a hit in the cold tier; true if it is to be copied.
    pub fn should_promote(&mut self, key: &str, now_ms: u64) -> bool {
        if now_ms / DAY_MS != self.day {
            self.day = now_ms / DAY_MS;
            self.copied_today = 0;
        }
        let before = self.seen.get(key).copied();
        if self.seen.len() >= MAX_SEEN {
            self.seen.clear();
        }
        self.seen.insert(key.to_owned(), now_ms);
        self.copied.retain(|_, at_ms| now_ms.saturating_sub(*at_ms) < AGAIN_MS);
        let admits = before.is_some_and(|at_ms| now_ms.saturating_sub(at_ms) < SECOND_HIT_MS)
            && !self.copied.contains_key(key)
            && self.copied.len() < MAX_A_MINUTE
            && self.copied_today < MAX_A_DAY;
        if admits {
            self.copied.insert(key.to_owned(), now_ms);
            self.copied_today += 1;
        }
        admits
    }

    /// Notes the result of a copy. Once KV's day is spent, nothing is copied until 00:00 UTC. A
    /// single refusal may be due to another isolate's write of the same key; a second in a row
    /// means the same as a spent day.
    pub fn record_copy(&mut self, copied: Result<(), TierError>) {
        match copied {
            Err(TierError::DaySpent) => self.copied_today = MAX_A_DAY,
            Err(TierError::TooManyWrites) if self.is_refused => self.copied_today = MAX_A_DAY,
            Err(TierError::TooManyWrites) => self.is_refused = true,
            Err(TierError::Broken) | Ok(()) => self.is_refused = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON_MS: u64 = 100 * DAY_MS + DAY_MS / 2;

    /// Two hits of a key; true if the second is copied.
    fn hit_twice(promotions: &mut PromotionPolicy, key: &str, now_ms: u64) -> bool {
        let first = promotions.should_promote(key, now_ms);
        !first && promotions.should_promote(key, now_ms)
    }

    #[test]
    fn a_key_is_copied_at_its_second_hit_and_once_a_minute() {
        let mut promotions = PromotionPolicy::default();
        let hits = |promotions: &mut PromotionPolicy, n, at_ms| {
            (0..n).filter(|_| promotions.should_promote("a", at_ms)).count()
        };
        assert_eq!(hits(&mut promotions, 1, NOON_MS), 0);
        assert_eq!(hits(&mut promotions, 100, NOON_MS + 1), 1);
        assert_eq!(hits(&mut promotions, 100, NOON_MS + 60_000), 0);
        assert_eq!(hits(&mut promotions, 100, NOON_MS + 60_001), 1);
        assert_eq!(hits(&mut promotions, 1, NOON_MS + 2 * SECOND_HIT_MS), 0, "long ago");
    }

    #[test]
    fn the_copies_of_a_minute_and_of_a_day_are_bounded() {
        let mut promotions = PromotionPolicy::default();
        let mut of_minute = |minute: u64| {
            let at_ms = NOON_MS + minute * 60_000;
            (0..100).filter(|n| hit_twice(&mut promotions, &format!("{minute}/{n}"), at_ms)).count()
        };
        let copied: Vec<usize> = (0..12).map(&mut of_minute).collect();
        assert_eq!(copied, [20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 0, 0]);
        assert_eq!(of_minute(11 * 60 + 59), 0);
        assert_eq!(of_minute(12 * 60), 20, "the next day");
    }

    #[test]
    fn a_spent_day_stops_copies_until_midnight() {
        for failures in [&[TierError::DaySpent][..], &[TierError::TooManyWrites; 2]] {
            let mut promotions = PromotionPolicy::default();
            for (n, failure) in failures.iter().enumerate() {
                assert!(hit_twice(&mut promotions, &n.to_string(), NOON_MS));
                promotions.record_copy(Err(*failure));
            }
            assert!(!hit_twice(&mut promotions, "b", NOON_MS + DAY_MS / 2 - 1), "{failures:?}");
            assert!(hit_twice(&mut promotions, "c", NOON_MS + DAY_MS / 2), "{failures:?}");
        }
    }

    #[test]
    fn other_failures_do_not_stop_copies() {
        let mut promotions = PromotionPolicy::default();
        let (refused, broken) = (Err(TierError::TooManyWrites), Err(TierError::Broken));
        for (n, result) in [refused, broken, refused, Ok(()), refused].into_iter().enumerate() {
            promotions.record_copy(result);
            assert!(hit_twice(&mut promotions, &n.to_string(), NOON_MS), "{n}");
        }
    }
}
