//! What one isolate remembers between requests: one value, which the shell owns.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use runtime::config::ConfigError;
use runtime::service_client::{ClientState, Identity};

use crate::api::target_cache::TargetCache;
use crate::app::IsolateState;
use crate::config::{Config, WORKER};
use crate::platform::Platform;

/// The settings of an isolate, and what it remembers under them.
type Configured<B> = (Rc<Config>, Rc<IsolateState<B>>);

/// The memory of one isolate; right also when it vanishes.
pub struct Isolate<B> {
    /// Breakers and counters.
    pub client_state: Rc<ClientState>,
    /// URLs that were worked out.
    pub targets: TargetCache,
    /// Until when the size of ISBNdb's day is known, and what it is.
    pub isbndb_day: Cell<Option<(u64, Option<u32>)>>,
    /// Vars do not change within an isolate's life: they are read once.
    configured: RefCell<Option<Configured<B>>>,
    /// Nor does the version.
    identity: OnceCell<Identity>,
}

impl<B: Clone> Isolate<B> {
    /// An isolate that remembers nothing yet.
    #[must_use]
    pub fn new(client_state: Rc<ClientState>) -> Self {
        Self {
            client_state,
            targets: TargetCache::default(),
            isbndb_day: Cell::default(),
            configured: RefCell::default(),
            identity: OnceCell::new(),
        }
    }

    /// The checked settings, and what is remembered under them.
    ///
    /// # Errors
    /// The first var that cannot be used.
    pub fn configure(&self, platform: &impl Platform) -> Result<Configured<B>, ConfigError> {
        if let Some(configured) = self.configured.borrow().as_ref() {
            return Ok(configured.clone());
        }
        let config = Rc::new(Config::from_vars(|name| platform.var(name))?);
        self.client_state.configure(config.client_state);
        let state = Rc::new(IsolateState::new(&config));
        self.configured.replace(Some((Rc::clone(&config), Rc::clone(&state))));
        Ok((config, state))
    }

    /// This Worker, as it is deployed.
    pub fn identity(&self, platform: &impl Platform) -> Identity {
        self.identity
            .get_or_init(|| Identity { worker: WORKER, version: platform.version() })
            .clone()
    }
}
