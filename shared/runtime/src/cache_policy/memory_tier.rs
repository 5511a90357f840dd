//! The isolate's memory tier: plain bytes, bounded in size and in time.
//!
//! An entry is kept from its second hit within that time: a key requested once takes no space.

use std::collections::{BTreeMap, VecDeque};

use super::entry_metadata::EntryMetadata;

/// An entry as the stores hold it. `B` is the bytes, or a cheap handle to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryTierEntry<B> {
    pub body: B,
    pub len_bytes: usize,
    pub metadata: EntryMetadata,
}

struct MemorySlot<B> {
    entry: MemoryTierEntry<B>,
    inserted_ms: u64,
}

/// Bounded bytes, the oldest evicted first. Entries live so briefly that LRU would gain nothing.
pub struct MemoryTier<B> {
    max_bytes: usize,
    max_age_ms: u64,
    used_bytes: usize,
    slots: BTreeMap<String, MemorySlot<B>>,
    order: VecDeque<(String, u64)>,
    seen: BTreeMap<String, u64>,
}

const MAX_SEEN: usize = 1_024;

impl<B: Clone> MemoryTier<B> {
    /// An empty tier. `max_bytes` 0 turns it off.
    pub fn new(max_bytes: usize, max_age_ms: u64) -> Self {
        Self {
            max_bytes,
            max_age_ms,
            used_bytes: 0,
            slots: BTreeMap::new(),
            order: VecDeque::new(),
            seen: BTreeMap::new(),
        }
    }

    /// The entry under a key, if it is young enough.
    pub fn get(&mut self, key: &str, now_ms: u64) -> Option<MemoryTierEntry<B>> {
        let slot = self.slots.get(key)?;
        if now_ms.saturating_sub(slot.inserted_ms) >= self.max_age_ms {
            self.remove(key);
            return None;
        }
        Some(slot.entry.clone())
    }

    /// Notes a request for a key; true if its bytes are to be kept now.
    pub fn should_keep(&mut self, key: &str, now_ms: u64) -> bool {
        if self.max_bytes == 0 {
            return false;
        }
        let before = self.seen.get(key).copied();
        if self.seen.len() >= MAX_SEEN {
            self.seen.clear();
        }
        self.seen.insert(key.to_owned(), now_ms);
        before.is_some_and(|at| now_ms.saturating_sub(at) < self.max_age_ms)
    }

    /// Stores an entry, and evicts the oldest ones to make room.
    pub fn put(&mut self, key: &str, entry: MemoryTierEntry<B>, now_ms: u64) {
        // No entry larger than a quarter of the tier: it would evict too many others.
        if entry.len_bytes > self.max_bytes / 4 {
            return;
        }
        self.remove(key);
        self.used_bytes = self.used_bytes.saturating_add(entry.len_bytes);
        self.slots.insert(key.to_owned(), MemorySlot { entry, inserted_ms: now_ms });
        self.order.push_back((key.to_owned(), now_ms));
        while self.used_bytes > self.max_bytes || self.order.len() > 2 * MAX_SEEN {
            let Some((oldest, inserted_ms)) = self.order.pop_front() else { break };
            // A key that was put twice is in the queue twice; only its latest time counts.
            if self.slots.get(&oldest).is_some_and(|slot| slot.inserted_ms == inserted_ms) {
                self.remove(&oldest);
            }
        }
    }

    pub fn remove(&mut self, key: &str) {
        if let Some(slot) = self.slots.remove(key) {
            self.used_bytes = self.used_bytes.saturating_sub(slot.entry.len_bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cache_policy::entry_metadata::AnswerBookPresence;

    fn memory_entry(len_bytes: usize) -> MemoryTierEntry<()> {
        let metadata = EntryMetadata {
            schema: 1,
            stored_at_ms: 0,
            fresh_until_ms: 1,
            stale_until_ms: 2,
            outcome: AnswerBookPresence::Found,
            count: 1,
            partial: false,
            confirmed: 0,
            warmed: false,
            lent: false,
            widened: false,
            etag: String::new(),
            providers: Vec::new(),
        };
        MemoryTierEntry { body: (), len_bytes, metadata }
    }

    #[test]
    fn an_entry_is_gone_after_a_minute() {
        let mut tier = MemoryTier::new(1_000, 60_000);
        tier.put("a", memory_entry(10), 5);
        assert!(tier.get("a", 60_004).is_some());
        assert!(tier.get("a", 60_005).is_none());
        assert_eq!(tier.used_bytes, 0);
    }

    #[test]
    fn a_key_is_kept_at_its_second_hit_within_a_minute() {
        let mut tier = MemoryTier::<()>::new(1_000, 60_000);
        assert!(!tier.should_keep("a", 0));
        assert!(tier.should_keep("a", 59_999));
        assert!(!tier.should_keep("b", 0));
        assert!(!tier.should_keep("b", 60_000));
        assert!(!MemoryTier::<()>::new(0, 60_000).should_keep("a", 0));
    }

    #[test]
    fn the_oldest_is_evicted_and_a_giant_is_not_kept() {
        let mut tier = MemoryTier::new(100, 60_000);
        for (at, key) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
            tier.put(key, memory_entry(25), at as u64);
        }
        assert!(tier.get("a", 5).is_none());
        assert!(tier.get("e", 5).is_some());
        tier.put("giant", memory_entry(26), 6);
        assert!(tier.get("giant", 6).is_none());
    }

    proptest! {
        #[test]
        fn the_bound_on_bytes_always_holds(
            puts in prop::collection::vec((0_u8..8, 0_usize..60, 0_u64..50), 0..60),
        ) {
            let mut tier = MemoryTier::new(100, 60_000);
            let mut now = 0;
            for (key, len, step) in puts {
                now += step;
                tier.put(&key.to_string(), memory_entry(len), now);
                prop_assert!(tier.used_bytes <= 100);
                let held: usize = tier.slots.values().map(|slot| slot.entry.len_bytes).sum();
                prop_assert_eq!(held, tier.used_bytes);
            }
        }
    }
}
