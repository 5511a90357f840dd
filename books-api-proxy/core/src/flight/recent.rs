//! Equal questions in flight at the same time share one answer.
//!
//! Lives in a Durable Object: there, unlike in a Worker's isolate, a request may wait for what
//! another one started.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::{Rc, Weak};

use futures::channel::oneshot;

/// Answers kept for requests that looked into the cache before the answer was stored.
const MAX_RECENT: usize = 32;
/// How long an answer is kept: a look-up of both tiers takes less.
const RECENT_MS: u64 = 10_000;
/// A failure is kept only for requests that were waiting already.
const RECENT_FAILURE_MS: u64 = 500;

struct Recent<T> {
    key: String,
    until_ms: u64,
    value: T,
}

pub struct Shard<T> {
    in_flight: RefCell<BTreeMap<String, Vec<oneshot::Sender<T>>>>,
    recent: RefCell<VecDeque<Recent<T>>>,
    /// The flights that may still store something, each with whether its entry was purged.
    storing: RefCell<Vec<(String, Weak<Cell<bool>>)>>,
}

impl<T> Default for Shard<T> {
    fn default() -> Self {
        Self {
            in_flight: RefCell::default(),
            recent: RefCell::default(),
            storing: RefCell::default(),
        }
    }
}

pub enum Role<T> {
    /// It queries the providers for all waiters.
    Leader(Leader<T>),
    /// It waits for the leader. An error means that the leader was lost: join again.
    Follower(oneshot::Receiver<T>),
    /// It was answered a moment ago.
    Recent(T),
}

/// The leader's handle. If it is dropped without an answer (a cancelled request), the followers get an error.
pub struct Leader<T> {
    shard: Rc<Shard<T>>,
    key: String,
    /// True once the entry was purged. The work behind the answer keeps a handle to it.
    pub is_purged: Rc<Cell<bool>>,
}

impl<T: Clone> Shard<T> {
    /// Joins the flight of a key. `usable` decides whether a recent answer may still be used.
    pub fn join(self: &Rc<Self>, key: &str, now_ms: u64, usable: impl Fn(&T) -> bool) -> Role<T> {
        let recent = self.recent.borrow();
        let answer = recent.iter().find(|r| r.key == key && now_ms < r.until_ms);
        if let Some(answer) = answer.filter(|answer| usable(&answer.value)) {
            return Role::Recent(answer.value.clone());
        }
        let mut in_flight = self.in_flight.borrow_mut();
        match in_flight.get_mut(key) {
            Some(waiters) => {
                let (sender, receiver) = oneshot::channel();
                waiters.push(sender);
                Role::Follower(receiver)
            }
            None => {
                in_flight.insert(key.to_owned(), Vec::new());
                let is_purged = Rc::new(Cell::new(false));
                let mut storing = self.storing.borrow_mut();
                storing.retain(|(_, flight)| flight.strong_count() > 0);
                storing.push((key.to_owned(), Rc::downgrade(&is_purged)));
                Role::Leader(Leader { shard: Rc::clone(self), key: key.to_owned(), is_purged })
            }
        }
    }

    /// The entry was purged: drops the recent answer, and marks what is on its way as not to be stored.
    pub fn forget(&self, key: &str) {
        for (_, flight) in self.storing.borrow().iter().filter(|(of, _)| of == key) {
            if let Some(is_purged) = flight.upgrade() {
                is_purged.set(true);
            }
        }
        self.recent.borrow_mut().retain(|recent| recent.key != key);
    }
}

impl<T: Clone> Leader<T> {
    /// Gives the answer to all waiters. `good`: whether later requests may reuse it.
    pub fn complete(self, value: &T, good: bool, now_ms: u64) {
        let waiters = self.shard.in_flight.borrow_mut().remove(&self.key).unwrap_or_default();
        for waiter in waiters {
            // A waiter that has left needs no answer.
            let _ = waiter.send(value.clone());
        }
        let until_ms = now_ms + if good { RECENT_MS } else { RECENT_FAILURE_MS };
        let mut recent = self.shard.recent.borrow_mut();
        recent.retain(|r| now_ms < r.until_ms && r.key != self.key);
        if recent.len() >= MAX_RECENT {
            recent.pop_front();
        }
        if self.is_purged.get() {
            return;
        }
        recent.push_back(Recent { key: self.key.clone(), until_ms, value: value.clone() });
    }
}

impl<T> Drop for Leader<T> {
    fn drop(&mut self) {
        // After `complete` the key is gone already, or a new leader has it: its waiters are its own,
        // and a leader completes or is dropped before another can start under the same key.
        if let Ok(mut in_flight) = self.shard.in_flight.try_borrow_mut() {
            in_flight.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn shard() -> Rc<Shard<u32>> {
        Rc::default()
    }

    fn leader_of(shard: &Rc<Shard<u32>>, key: &str, now: u64) -> Leader<u32> {
        match shard.join(key, now, |_| true) {
            Role::Leader(leader) => leader,
            _ => panic!("not the leader"),
        }
    }

    #[test]
    fn a_hundred_equal_questions_have_one_leader_and_one_answer() {
        let shard = shard();
        let leader = leader_of(&shard, "a", 0);
        let followers: Vec<_> = (0..99)
            .map(|_| match shard.join("a", 1, |_| true) {
                Role::Follower(receiver) => receiver,
                _ => panic!("a second leader"),
            })
            .collect();
        let _other = leader_of(&shard, "b", 1);
        leader.complete(&7, true, 5);
        for follower in followers {
            assert_eq!(follower.now_or_never(), Some(Ok(7)));
        }
        assert!(matches!(shard.join("a", 10_004, |_| true), Role::Recent(7)));
        assert!(matches!(shard.join("a", 10_005, |_| true), Role::Leader(_)));
    }

    #[test]
    fn a_lost_leader_is_replaced() {
        let shard = shard();
        let leader = leader_of(&shard, "a", 0);
        let Role::Follower(follower) = shard.join("a", 0, |_| true) else { panic!("no follower") };
        drop(leader);
        assert!(follower.now_or_never().is_some_and(|lost| lost.is_err()));
        leader_of(&shard, "a", 0).complete(&1, true, 0);
    }

    #[test]
    fn a_failure_is_not_held_against_those_who_come_later() {
        let shard = shard();
        leader_of(&shard, "a", 0).complete(&0, false, 100);
        assert!(matches!(shard.join("a", 599, |_| true), Role::Recent(0)));
        assert!(matches!(shard.join("a", 600, |_| true), Role::Leader(_)));
    }

    #[test]
    fn an_answer_that_is_not_usable_any_more_is_asked_for_again() {
        let shard = shard();
        leader_of(&shard, "a", 0).complete(&7, true, 0);
        assert!(matches!(shard.join("a", 1, |n| *n == 8), Role::Leader(_)));
    }

    #[test]
    fn a_purge_is_seen_at_once_and_memory_is_bounded() {
        let shard = shard();
        for n in 0..100_u32 {
            leader_of(&shard, &n.to_string(), 0).complete(&n, true, 0);
        }
        assert_eq!(shard.recent.borrow().len(), MAX_RECENT);
        assert!(matches!(shard.join("99", 1, |_| true), Role::Recent(99)));
        shard.forget("99");
        assert!(matches!(shard.join("99", 1, |_| true), Role::Leader(_)));
    }

    #[test]
    fn a_purge_reaches_a_flight_until_its_work_ends() {
        let shard = shard();
        let (early, late, other) =
            (leader_of(&shard, "a", 0), leader_of(&shard, "b", 0), leader_of(&shard, "c", 0));
        let (early_mark, late_mark) = (Rc::clone(&early.is_purged), Rc::clone(&late.is_purged));
        shard.forget("a");
        early.complete(&7, true, 0);
        assert!(matches!(shard.join("a", 1, |_| true), Role::Leader(_)), "not reused");
        late.complete(&7, true, 0);
        shard.forget("b");
        assert!(early_mark.get() && late_mark.get() && !other.is_purged.get());
        drop((early_mark, late_mark));
        leader_of(&shard, "d", 0).complete(&7, true, 0);
        assert_eq!(shard.storing.borrow().len(), 2, "c and d");
    }
}
