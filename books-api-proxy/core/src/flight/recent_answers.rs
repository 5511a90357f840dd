//! Answers of the last seconds, and the running flights that a purge has to reach.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

/// Answers kept for requests that missed the cache before the answer was stored.
const MAX_RECENT: usize = 32;
/// Longer than a look-up of both tiers takes.
const RECENT_MS: u64 = 10_000;
/// A failure is kept only for requests that are already on their way to the object.
const RECENT_FAILURE_MS: u64 = 500;

struct Recent<T> {
    key: String,
    until_ms: u64,
    value: T,
}

/// True once the entry of a flight was purged. The flight owns the mark until its work ends.
pub type PurgeMark = Rc<Cell<bool>>;

pub struct RecentAnswers<T> {
    recent: RefCell<VecDeque<Recent<T>>>,
    storing: RefCell<Vec<(String, Weak<Cell<bool>>)>>,
}

impl<T> Default for RecentAnswers<T> {
    fn default() -> Self {
        Self { recent: RefCell::default(), storing: RefCell::default() }
    }
}

impl<T: Clone> RecentAnswers<T> {
    /// The last answer, if `usable` accepts it.
    pub fn get(&self, key: &str, now_ms: u64, usable: impl Fn(&T) -> bool) -> Option<T> {
        let recent = self.recent.borrow();
        let answer = recent.iter().find(|r| r.key == key && now_ms < r.until_ms)?;
        usable(&answer.value).then(|| answer.value.clone())
    }

    /// Registers a flight, so that a purge can set its mark.
    pub fn register_flight(&self, key: &str) -> PurgeMark {
        let mark = PurgeMark::default();
        let mut storing = self.storing.borrow_mut();
        storing.retain(|(_, flight)| flight.strong_count() > 0);
        storing.push((key.to_owned(), Rc::downgrade(&mark)));
        mark
    }

    /// Keeps an answer unless its entry was purged: ten seconds if `good`, else half a second.
    pub fn keep_recent_answer(
        &self,
        key: &str,
        value: &T,
        good: bool,
        now_ms: u64,
        is_purged: &Cell<bool>,
    ) {
        let mut recent = self.recent.borrow_mut();
        recent.retain(|r| now_ms < r.until_ms && r.key != key);
        if is_purged.get() {
            return;
        }
        if recent.len() >= MAX_RECENT {
            recent.pop_front();
        }
        let until_ms = now_ms + if good { RECENT_MS } else { RECENT_FAILURE_MS };
        recent.push_back(Recent { key: key.to_owned(), until_ms, value: value.clone() });
    }

    /// Drops the recent answer of a purged entry, and sets the marks of its running flights.
    pub fn drop_purged_answer(&self, key: &str) {
        for (_, flight) in self.storing.borrow().iter().filter(|(of, _)| of == key) {
            if let Some(is_purged) = flight.upgrade() {
                is_purged.set(true);
            }
        }
        self.recent.borrow_mut().retain(|recent| recent.key != key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type RecentTestAnswers = RecentAnswers<u32>;

    fn keep_recent_answer(
        answers: &RecentTestAnswers,
        key: &str,
        value: u32,
        good: bool,
        now_ms: u64,
    ) {
        answers.keep_recent_answer(key, &value, good, now_ms, &answers.register_flight(key));
    }

    fn get(answers: &RecentTestAnswers, key: &str, now_ms: u64) -> Option<u32> {
        answers.get(key, now_ms, |_| true)
    }

    #[test]
    fn an_answer_is_kept_for_ten_seconds() {
        let answers = RecentTestAnswers::default();
        keep_recent_answer(&answers, "a", 7, true, 5);
        assert_eq!(get(&answers, "a", 10_004), Some(7));
        assert_eq!(get(&answers, "a", 10_005), None);
        assert_eq!(get(&answers, "b", 6), None);
    }

    #[test]
    fn a_failure_is_kept_for_half_a_second() {
        let answers = RecentTestAnswers::default();
        keep_recent_answer(&answers, "a", 0, false, 100);
        assert_eq!(get(&answers, "a", 599), Some(0));
        assert_eq!(get(&answers, "a", 600), None);
    }

    #[test]
    fn an_unusable_answer_is_not_returned() {
        let answers = RecentTestAnswers::default();
        keep_recent_answer(&answers, "a", 7, true, 0);
        assert_eq!(answers.get("a", 1, |n| *n == 8), None);
    }

    #[test]
    fn a_purge_drops_the_answer_and_memory_is_bounded() {
        let answers = RecentTestAnswers::default();
        for n in 0..100_u32 {
            keep_recent_answer(&answers, &n.to_string(), n, true, 0);
        }
        assert_eq!(answers.recent.borrow().len(), MAX_RECENT);
        assert_eq!(get(&answers, "99", 1), Some(99));
        answers.drop_purged_answer("99");
        assert_eq!(get(&answers, "99", 1), None);
    }

    #[test]
    fn a_purge_marks_the_running_flights_of_its_key() {
        let answers = RecentTestAnswers::default();
        let (early, late, other) = (
            answers.register_flight("a"),
            answers.register_flight("b"),
            answers.register_flight("c"),
        );
        answers.drop_purged_answer("a");
        answers.keep_recent_answer("a", &7, true, 0, &early);
        assert_eq!(get(&answers, "a", 1), None, "not reused");
        answers.keep_recent_answer("b", &7, true, 0, &late);
        answers.drop_purged_answer("b");
        assert!(early.get() && late.get() && !other.get());
        drop((early, late));
        keep_recent_answer(&answers, "d", 7, true, 0);
        assert_eq!(answers.storing.borrow().len(), 2, "c and d");
    }
}
