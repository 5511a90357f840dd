//! The state that an isolate of the core keeps between requests; the shell owns the value.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use runtime::cache_policy::memory_tier::MemoryTier;
use runtime::cache_policy::promotion::PromotionPolicy;
use runtime::config::ConfigError;
use runtime::resilient_client::{ResilientClientState, WorkerIdentity};

use crate::binding_manifest::WORKER_NAME;
use crate::config::Config;
use crate::platform::Platform;
use crate::public_misses::PublicMisses;
use crate::target_cache::TargetCache;

/// The settings of an isolate, and the state that depends on them.
type Configured<B> = (Rc<Config>, Rc<IsolateCacheState<B>>);

/// The state of one isolate; losing it causes no wrong answer.
pub struct IsolateState<B> {
    pub client_state: Rc<ResilientClientState>,
    pub targets: TargetCache,
    pub public_misses: RefCell<PublicMisses>,
    /// By the name of a limiter of Google Books: its last call, and when that was read.
    pub google_last_calls: RefCell<BTreeMap<&'static str, (u64, u64)>>,
    /// Read once: the vars and the version of an isolate do not change.
    configured: OnceCell<Configured<B>>,
    identity: OnceCell<WorkerIdentity>,
}

impl<B: Clone> IsolateState<B> {
    pub fn new(client_state: Rc<ResilientClientState>) -> Self {
        Self {
            client_state,
            targets: TargetCache::default(),
            public_misses: RefCell::default(),
            google_last_calls: RefCell::default(),
            configured: OnceCell::new(),
            identity: OnceCell::new(),
        }
    }

    pub fn load_configuration(
        &self,
        platform: &impl Platform,
    ) -> Result<Configured<B>, ConfigError> {
        if let Some(configured) = self.configured.get() {
            return Ok(configured.clone());
        }
        let config = Config::from_vars(|name| platform.var(name))?;
        self.client_state.replace_settings(config.client_settings);
        let state = Rc::new(IsolateCacheState::new(&config));
        Ok(self.configured.get_or_init(|| (Rc::new(config), state)).clone())
    }

    pub fn worker_identity(&self, platform: &impl Platform) -> WorkerIdentity {
        let identity =
            || WorkerIdentity { worker: WORKER_NAME, version: platform.deployed_version() };
        self.identity.get_or_init(identity).clone()
    }
}

/// The part of the state that the cache needs; losing it causes no wrong answer.
pub struct IsolateCacheState<B> {
    pub memory: RefCell<MemoryTier<B>>,
    pub promotions: RefCell<PromotionPolicy>,
    /// Stale keys, whether a known caller started the refresh here, and when.
    refreshing: RefCell<BTreeMap<(String, bool), u64>>,
}

/// For this time after starting a refresh, the isolate does not start it again.
const REFRESH_AGAIN_MS: u64 = 30_000;
const MAX_REFRESHING: usize = 512;
/// Longest life of an entry in memory, and so the time until a purge reaches every isolate.
const MEMORY_MS: u64 = 60_000;

fn empty_memory<B: Clone>(config: &Config) -> MemoryTier<B> {
    MemoryTier::new(config.memory_tier_bytes, MEMORY_MS)
}

impl<B: Clone> IsolateCacheState<B> {
    pub fn new(config: &Config) -> Self {
        Self {
            memory: RefCell::new(empty_memory(config)),
            promotions: RefCell::default(),
            refreshing: RefCell::default(),
        }
    }

    /// Drops all entries from memory, after a batch that may have written newer ones.
    pub fn clear_memory(&self, config: &Config) {
        self.memory.replace(empty_memory(config));
    }

    /// True for the first request in 30 s that finds a key stale. A known caller may refresh also
    /// after an anonymous one, whose refresh may have queried no provider.
    pub fn may_refresh(&self, key: &str, caller_is_known: bool, now_ms: u64) -> bool {
        let mut refreshing = self.refreshing.borrow_mut();
        let is_recent = |of_known: bool| {
            let started_ms = refreshing.get(&(key.to_owned(), of_known));
            started_ms.is_some_and(|at| now_ms.saturating_sub(*at) < REFRESH_AGAIN_MS)
        };
        if is_recent(true) || (!caller_is_known && is_recent(false)) {
            return false;
        }
        if refreshing.len() >= MAX_REFRESHING {
            refreshing.clear();
        }
        refreshing.insert((key.to_owned(), caller_is_known), now_ms);
        true
    }

    /// Forgets a refresh that was not admitted.
    pub fn refresh_refused(&self, key: &str, caller_is_known: bool) {
        self.refreshing.borrow_mut().remove(&(key.to_owned(), caller_is_known));
    }
}
