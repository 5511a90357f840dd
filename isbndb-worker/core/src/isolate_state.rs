//! What an isolate remembers between requests. Losing it causes no wrong answer.

use std::rc::Rc;

use runtime::config::{ConfigError, Vars};
use runtime::health::HealthCache;
use runtime::resilient_client::{ResilientClientSettings, ResilientClientState};

use crate::config::Config;

/// The memory of one isolate, which the Worker and an object in it share.
#[derive(Debug)]
pub struct IsolateState {
    /// Breakers, retry budgets and counters, those of the provider included.
    pub client_state: Rc<ResilientClientState>,
    /// The same for calls to the object.
    pub object_client_state: Rc<ResilientClientState>,
    pub health: HealthCache,
}

impl IsolateState {
    /// The memory of an isolate that has served nothing. The client state is passed in, because the
    /// adapters count in it too.
    pub fn new(client_state: Rc<ResilientClientState>) -> Self {
        let object_client_state = ResilientClientState::default();
        object_client_state.replace_settings(ResilientClientSettings::for_own_objects());
        Self {
            client_state,
            object_client_state: Rc::new(object_client_state),
            health: HealthCache::default(),
        }
    }

    /// Reads and checks all variables and applies the breaker and retry settings.
    pub fn load_configuration(&self, vars: &Vars<'_>) -> Result<Config, ConfigError> {
        self.client_state.replace_settings(ResilientClientSettings::from_vars(vars)?);
        Config::read(vars)
    }
}
