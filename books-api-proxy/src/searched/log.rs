//! The part of one shard: bounded in number and age.

use runtime::api::batch::BatchQuery;
use runtime::api::searched::{MAX_SEARCHED, SearchedQuery};
use serde::{Deserialize, Serialize};

use crate::flight::SHARDS;

/// Queries that a shard remembers: all shards together stay within one answer.
pub const MAX_ENTRIES: u32 = MAX_SEARCHED / SHARDS;
/// A query that nobody asked for in that time is forgotten.
pub const MAX_AGE_MS: u64 = 30 * 86_400_000;
/// Misses from which on a query is worth warming.
const WORTH_ASKING: u32 = 2;

/// What the providers last came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answered {
    /// All that matter answered, and there are books.
    Whole,
    /// All that matter say that there is none.
    None,
    /// Nobody answered, or somebody did not.
    Lacking,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    seen: SearchedQuery,
    answered: Answered,
}

impl Entry {
    /// Asked for again, or not answered well: a search that came to nothing is no book to warm.
    fn is_worth_warming(&self) -> bool {
        match self.answered {
            Answered::Lacking => true,
            Answered::Whole => self.seen.asked >= WORTH_ASKING,
            Answered::None => false,
        }
    }

    fn expires_ms(&self) -> u64 {
        self.seen.last_asked_ms.saturating_add(MAX_AGE_MS)
    }
}

/// The queries of one shard.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Log {
    entries: Vec<Entry>,
}

impl Log {
    /// Counts a fan-out. Where the log is full, the least asked goes, of those the oldest.
    pub fn record(&mut self, key: &str, query: BatchQuery, answered: Answered, now_ms: u64) {
        self.prune(now_ms);
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.seen.key == key) {
            entry.seen.asked = entry.seen.asked.saturating_add(1);
            entry.seen.last_asked_ms = now_ms;
            entry.answered = answered;
            return;
        }
        if self.entries.len() >= MAX_ENTRIES as usize {
            let least = self
                .entries
                .iter()
                .enumerate()
                .min_by_key(|(_, entry)| (entry.seen.asked, entry.seen.last_asked_ms));
            if let Some(place) = least.map(|(place, _)| place) {
                self.entries.remove(place);
            }
        }
        let seen = SearchedQuery { key: key.to_owned(), query, asked: 1, last_asked_ms: now_ms };
        self.entries.push(Entry { seen, answered });
    }

    /// Forgets what is too old; true where something was.
    pub fn prune(&mut self, now_ms: u64) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| now_ms < entry.expires_ms());
        self.entries.len() < before
    }

    /// Forgets one query; true where it was there.
    pub fn forget(&mut self, key: &str) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.seen.key != key);
        self.entries.len() < before
    }

    /// What is worth warming, in no order.
    #[must_use]
    pub fn worth_warming(&self, now_ms: u64) -> Vec<SearchedQuery> {
        let worth = |entry: &&Entry| now_ms < entry.expires_ms() && entry.is_worth_warming();
        self.entries.iter().filter(worth).map(|entry| entry.seen.clone()).collect()
    }

    /// When the next query is too old.
    #[must_use]
    pub fn next_expiry_ms(&self) -> Option<u64> {
        self.entries.iter().map(Entry::expires_ms).min()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn auto(q: &str) -> BatchQuery {
        BatchQuery::Auto { q: q.to_owned() }
    }

    fn keys(log: &Log, now_ms: u64) -> Vec<String> {
        log.worth_warming(now_ms).into_iter().map(|seen| seen.key).collect()
    }

    fn asked(log: &mut Log, key: &str, now_ms: u64) {
        log.record(key, auto(key), Answered::Whole, now_ms);
    }

    #[test]
    fn all_shards_together_fit_into_one_answer() {
        assert_eq!((MAX_ENTRIES * SHARDS, MAX_SEARCHED), (448, 500));
    }

    #[test]
    fn a_query_is_worth_warming_once_it_comes_back_or_was_not_answered_well() {
        let mut log = Log::default();
        asked(&mut log, "once", 1);
        asked(&mut log, "twice", 1);
        asked(&mut log, "twice", 2);
        log.record("none", auto("none"), Answered::None, 1);
        log.record("none", auto("none"), Answered::None, 2);
        log.record("poor", auto("poor"), Answered::Lacking, 1);
        assert_eq!(keys(&log, 3), ["twice", "poor"]);
        asked(&mut log, "poor", 3);
        assert_eq!(keys(&log, 3), ["twice", "poor"], "asked twice, however it was answered");
        let twice = log.worth_warming(3).swap_remove(0);
        assert_eq!((twice.asked, twice.last_asked_ms), (2, 2));
    }

    #[test]
    fn the_least_asked_goes_first_and_of_those_the_oldest() {
        let mut log = Log::default();
        for n in 0..MAX_ENTRIES {
            asked(&mut log, &format!("k{n}"), n.into());
        }
        asked(&mut log, "k0", 50);
        asked(&mut log, "new", 60);
        let left: Vec<&str> = log.entries.iter().map(|e| e.seen.key.as_str()).collect();
        assert_eq!(left, ["k0", "k2", "k3", "k4", "k5", "k6", "new"]);
    }

    #[test]
    fn nothing_is_kept_longer_than_thirty_days() {
        let mut log = Log::default();
        asked(&mut log, "a", 0);
        asked(&mut log, "a", 10);
        asked(&mut log, "b", 20);
        assert_eq!(log.next_expiry_ms(), Some(10 + MAX_AGE_MS));
        assert_eq!(keys(&log, 9 + MAX_AGE_MS), ["a"]);
        assert!(keys(&log, 10 + MAX_AGE_MS).is_empty(), "not told, even before it is removed");
        assert!(log.prune(10 + MAX_AGE_MS) && !log.prune(10 + MAX_AGE_MS));
        assert!(log.forget("b") && !log.forget("b"));
        assert_eq!(log, Log::default());
        assert_eq!(log.next_expiry_ms(), None);
    }

    proptest! {
        /// Against a model that forgets nothing but by age.
        #[test]
        fn it_is_bounded_holds_the_newest_and_never_counts_more_than_was_asked(
            steps in prop::collection::vec((0_u8..30, 0_u64..MAX_AGE_MS / 40), 1..200)
        ) {
            let (mut log, mut now_ms) = (Log::default(), 0);
            let mut model: BTreeMap<String, (u32, u64)> = BTreeMap::new();
            for (n, pause_ms) in steps {
                now_ms += pause_ms;
                let key = format!("k{n}");
                log.record(&key, auto(&key), Answered::Whole, now_ms);
                model.retain(|_, (_, last_ms)| now_ms < *last_ms + MAX_AGE_MS);
                let (asked, last_ms) = model.entry(key.clone()).or_default();
                (*asked, *last_ms) = (*asked + 1, now_ms);
                prop_assert!(log.entries.len() <= MAX_ENTRIES as usize);
                prop_assert!(log.entries.iter().any(|entry| entry.seen.key == key));
                for entry in &log.entries {
                    let (asked, last_ms) = model[&entry.seen.key];
                    prop_assert!(entry.seen.asked <= asked, "a query that was lost counts anew");
                    prop_assert_eq!(entry.seen.last_asked_ms, last_ms);
                }
                let text = serde_json::to_string(&log).unwrap();
                prop_assert_eq!(&serde_json::from_str::<Log>(&text).unwrap(), &log);
            }
        }
    }
}
