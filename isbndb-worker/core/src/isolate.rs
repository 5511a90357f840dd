//! What an isolate remembers between requests. It may vanish at any time, and nothing goes wrong.

use std::rc::Rc;

use runtime::config::{ConfigError, Vars};
use runtime::health::HealthCache;
use runtime::service_client::{BreakerSettings, ClientSettings, ClientState, RetrySettings};

use crate::config::Config;

/// The memory of one isolate, which the Worker and an object in it share.
#[derive(Debug)]
pub struct Isolate {
    /// Breakers, retries and counters; those of the provider among them.
    pub client_state: Rc<ClientState>,
    /// The same for calls to the object.
    pub object_client_state: Rc<ClientState>,
    pub health: HealthCache,
}

impl Isolate {
    /// An isolate that has served nothing. The state of its clients is given, because the adapters
    /// count there too.
    pub fn new(client_state: Rc<ClientState>) -> Self {
        // Retries without a breaker: an object that was aborted is back at the next request, and a
        // minute of refusals would turn a hiccup into an outage.
        let object_client_state = ClientState::default();
        object_client_state.configure(ClientSettings {
            breaker: BreakerSettings { failures: 0, ..BreakerSettings::default() },
            retry: RetrySettings {
                budget_share: 1.0,
                budget_least: 60,
                ..RetrySettings::default()
            },
        });
        Self {
            client_state,
            object_client_state: Rc::new(object_client_state),
            health: HealthCache::default(),
        }
    }

    /// Reads and checks all variables; breakers and retries behave by them from now on.
    pub fn configure<F: Fn(&str) -> Option<String>>(
        &self,
        vars: &Vars<F>,
    ) -> Result<Config, ConfigError> {
        self.client_state.configure(ClientSettings::from_vars(vars)?);
        Config::read(vars)
    }
}
