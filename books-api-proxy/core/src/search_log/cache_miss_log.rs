//! The log of one shard, bounded in number and age.

use runtime::lenient;
use runtime::wire_types::batch_search_wire_types::BatchItemQuery;
use runtime::wire_types::search_log::{LoggedQuery, MAX_LOGGED_QUERIES};
use serde::{Deserialize, Serialize};

use crate::flight::SHARDS;

/// Queries in a shard's log: those of all shards fit into one answer.
pub const MAX_ENTRIES: u32 = MAX_LOGGED_QUERIES / SHARDS;
/// A query is dropped this long after its last search.
pub const MAX_AGE_MS: u64 = 30 * 86_400_000;
/// The number of misses from which a query is worth warming.
const WORTH_ASKING: u32 = 2;

/// The completeness of the last answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoggedAnswerCompleteness {
    /// Every provider that matters answered, and there are books.
    Complete,
    /// Every provider that matters confirms the absence.
    Empty,
    /// At least one provider did not answer.
    Incomplete,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SearchLogEntry {
    seen: LoggedQuery,
    answered: LoggedAnswerCompleteness,
}

impl SearchLogEntry {
    /// Repeated or answered incompletely; a confirmed absence is not worth warming.
    fn is_worth_warming(&self) -> bool {
        match self.answered {
            LoggedAnswerCompleteness::Incomplete => true,
            LoggedAnswerCompleteness::Complete => self.seen.times_searched >= WORTH_ASKING,
            LoggedAnswerCompleteness::Empty => false,
        }
    }

    fn expires_ms(&self) -> u64 {
        self.seen.last_asked_ms.saturating_add(MAX_AGE_MS)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CacheMissLog {
    #[serde(deserialize_with = "lenient::readable_rows")]
    entries: Vec<SearchLogEntry>,
}

impl CacheMissLog {
    /// Counts a fan-out. A full log drops the least searched query, the oldest of several.
    pub fn log_search(
        &mut self,
        key: &str,
        query: BatchItemQuery,
        answered: LoggedAnswerCompleteness,
        now_ms: u64,
    ) {
        self.prune(now_ms);
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.seen.key == key) {
            entry.seen.times_searched = entry.seen.times_searched.saturating_add(1);
            entry.seen.last_asked_ms = now_ms;
            entry.answered = answered;
            return;
        }
        if self.entries.len() >= MAX_ENTRIES as usize {
            let worth = |(_, SearchLogEntry { seen, .. }): &(usize, &SearchLogEntry)| {
                (seen.times_searched, seen.last_asked_ms)
            };
            let least = self.entries.iter().enumerate().min_by_key(worth);
            if let Some((place, _)) = least {
                self.entries.remove(place);
            }
        }
        let seen =
            LoggedQuery { key: key.to_owned(), query, times_searched: 1, last_asked_ms: now_ms };
        self.entries.push(SearchLogEntry { seen, answered });
    }

    /// Drops old queries; true if there were any.
    pub fn prune(&mut self, now_ms: u64) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| now_ms < entry.expires_ms());
        self.entries.len() < before
    }

    /// Drops one query; true if it was in the log.
    pub fn remove_logged_query(&mut self, key: &str) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.seen.key != key);
        self.entries.len() < before
    }

    /// The queries worth warming, in no order.
    pub fn worth_warming(&self, now_ms: u64) -> Vec<LoggedQuery> {
        let worth =
            |entry: &&SearchLogEntry| now_ms < entry.expires_ms() && entry.is_worth_warming();
        self.entries.iter().filter(worth).map(|entry| entry.seen.clone()).collect()
    }

    pub fn next_expiry_ms(&self) -> Option<u64> {
        self.entries.iter().map(SearchLogEntry::expires_ms).min()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn free_text_batch_item_query(q: &str) -> BatchItemQuery {
        BatchItemQuery::Auto { q: q.to_owned() }
    }

    fn keys_worth_warming(log: &CacheMissLog, now_ms: u64) -> Vec<String> {
        log.worth_warming(now_ms).into_iter().map(|seen| seen.key).collect()
    }

    fn log_search_with_complete_answer(log: &mut CacheMissLog, key: &str, now_ms: u64) {
        log.log_search(
            key,
            free_text_batch_item_query(key),
            LoggedAnswerCompleteness::Complete,
            now_ms,
        );
    }

    #[test]
    fn all_shards_together_fit_into_one_answer() {
        assert_eq!((MAX_ENTRIES * SHARDS, MAX_LOGGED_QUERIES), (496, 500));
    }

    #[test]
    fn a_repeated_or_poorly_answered_query_is_warmed() {
        let mut log = CacheMissLog::default();
        log_search_with_complete_answer(&mut log, "once", 1);
        log_search_with_complete_answer(&mut log, "twice", 1);
        log_search_with_complete_answer(&mut log, "twice", 2);
        log.log_search(
            "none",
            free_text_batch_item_query("none"),
            LoggedAnswerCompleteness::Empty,
            1,
        );
        log.log_search(
            "none",
            free_text_batch_item_query("none"),
            LoggedAnswerCompleteness::Empty,
            2,
        );
        log.log_search(
            "poor",
            free_text_batch_item_query("poor"),
            LoggedAnswerCompleteness::Incomplete,
            1,
        );
        assert_eq!(keys_worth_warming(&log, 3), ["twice", "poor"]);
        log_search_with_complete_answer(&mut log, "poor", 3);
        assert_eq!(
            keys_worth_warming(&log, 3),
            ["twice", "poor"],
            "searched twice, and the last answer was complete"
        );
        let twice = log.worth_warming(3).swap_remove(0);
        assert_eq!((twice.times_searched, twice.last_asked_ms), (2, 2));
    }

    #[test]
    fn a_full_log_drops_the_least_searched_then_the_oldest() {
        let mut log = CacheMissLog::default();
        for n in 0..MAX_ENTRIES {
            log_search_with_complete_answer(&mut log, &format!("k{n}"), n.into());
        }
        log_search_with_complete_answer(&mut log, "k0", 50);
        log_search_with_complete_answer(&mut log, "new", 60);
        let left: Vec<&str> = log.entries.iter().map(|e| e.seen.key.as_str()).collect();
        assert_eq!(left.len(), MAX_ENTRIES as usize);
        assert_eq!([left[0], left[1], left[left.len() - 1]], ["k0", "k2", "new"]);
    }

    #[test]
    fn queries_expire_after_thirty_days() {
        let mut log = CacheMissLog::default();
        log_search_with_complete_answer(&mut log, "a", 0);
        log_search_with_complete_answer(&mut log, "a", 10);
        log_search_with_complete_answer(&mut log, "b", 20);
        assert_eq!(log.next_expiry_ms(), Some(10 + MAX_AGE_MS));
        assert_eq!(keys_worth_warming(&log, 9 + MAX_AGE_MS), ["a"]);
        assert!(
            keys_worth_warming(&log, 10 + MAX_AGE_MS).is_empty(),
            "an expired query is not listed"
        );
        assert!(log.prune(10 + MAX_AGE_MS) && !log.prune(10 + MAX_AGE_MS));
        assert!(log.remove_logged_query("b") && !log.remove_logged_query("b"));
        assert_eq!(log, CacheMissLog::default());
        assert_eq!(log.next_expiry_ms(), None);
    }

    proptest! {
        /// Compares the log with a model that drops queries by age only.
        #[test]
        fn a_log_is_bounded_and_never_overcounts(
            steps in prop::collection::vec((0_u8..30, 0_u64..MAX_AGE_MS / 40), 1..200)
        ) {
            let (mut log, mut now_ms) = (CacheMissLog::default(), 0);
            let mut model: BTreeMap<String, (u32, u64)> = BTreeMap::new();
            for (n, pause_ms) in steps {
                now_ms += pause_ms;
                let key = format!("k{n}");
                log.log_search(&key, free_text_batch_item_query(&key), LoggedAnswerCompleteness::Complete, now_ms);
                model.retain(|_, (_, last_ms)| now_ms < *last_ms + MAX_AGE_MS);
                let (times_searched, last_ms) = model.entry(key.clone()).or_default();
                (*times_searched, *last_ms) = (*times_searched + 1, now_ms);
                prop_assert!(log.entries.len() <= MAX_ENTRIES as usize);
                prop_assert!(log.entries.iter().any(|entry| entry.seen.key == key));
                for entry in &log.entries {
                    let (times_searched, last_ms) = model[&entry.seen.key];
                    prop_assert!(entry.seen.times_searched <= times_searched, "a dropped query restarts at 1");
                    prop_assert_eq!(entry.seen.last_asked_ms, last_ms);
                }
                let text = serde_json::to_string(&log).unwrap();
                prop_assert_eq!(&serde_json::from_str::<CacheMissLog>(&text).unwrap(), &log);
            }
        }
    }
}
