//! What the rules have seen of a world, and the rules that were broken.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use crate::scenario::DAY_MS;
use crate::simulation_context::Initiator;

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub rule: &'static str,
    pub after_ms: u64,
    pub detail: String,
}

/// What the rules need of a world's past.
#[derive(Default)]
pub struct Observed {
    pub violations: RefCell<Vec<Violation>>,
    /// Units of a key that anonymous clients caused, by key and day.
    pub public_units: RefCell<BTreeMap<(String, u64), u64>>,
    /// Keys and days that another program used up.
    spent_elsewhere: RefCell<BTreeSet<(String, u64)>>,
    /// When each provider last failed.
    pub failing_at_ms: RefCell<BTreeMap<&'static str, u64>>,
    /// When each provider last answered that its pace or its day is spent.
    pub limited_at_ms: RefCell<BTreeMap<&'static str, u64>>,
    /// The keys that were purged.
    pub purged: RefCell<BTreeSet<String>>,
    /// The requests to the providers and the ISBNdb Worker, by cause.
    pub asked: RefCell<BTreeMap<Initiator, BTreeSet<String>>>,
    /// The target of each request, and the key of its stored answer.
    pub targets: RefCell<BTreeMap<Initiator, String>>,
    pub keys: RefCell<BTreeMap<String, String>>,
    pub longest_answer_ms: Cell<u64>,
}

impl Observed {
    /// Another program uses the key of a provider too.
    pub fn spend_elsewhere(&self, provider: &str, now_ms: u64) {
        for day in [now_ms / DAY_MS, now_ms / DAY_MS + 1] {
            self.spent_elsewhere.borrow_mut().insert((provider.to_owned(), day));
        }
    }

    pub fn is_spent_elsewhere(&self, provider: &str, now_ms: u64) -> bool {
        self.spent_elsewhere.borrow().contains(&(provider.to_owned(), now_ms / DAY_MS))
    }
}
