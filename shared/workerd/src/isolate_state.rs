//! What an isolate remembers between requests.
//!
//! Plain data only, never a JavaScript handle, which belongs to the request that created it.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use runtime::analytics::Point;
use runtime::binding_manifest::{ANALYTICS, AUTH, LOGGER};
use runtime::config::ConfigError;
use runtime::health::{HealthCache, LastWrite};
use runtime::resilient_client::{ResilientClientSettings, ResilientClientState};
use runtime::secret::KnownSecret;
use worker::Env;

use crate::env::{has_env_entry, worker_variables};

#[derive(Debug, Default)]
pub(crate) struct IsolateState {
    pub client_state: Rc<ResilientClientState>,
    pub health: HealthCache,
    /// Which optional bindings exist: the environment does not change during an isolate's life.
    optional: OnceCell<OptionalBindings>,
    location: OnceCell<Option<&'static str>>,
    /// Points not sent yet, of any request.
    pub points: RefCell<Vec<Point>>,
    /// Known secrets: each read of the store is I/O.
    pub secrets: RefCell<BTreeMap<String, KnownSecret>>,
    /// The last real write to each store: `/health` reports it, and makes no write itself.
    pub writes: RefCell<BTreeMap<String, LastWrite>>,
}

/// The optional bindings that every request needs to know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OptionalBindings {
    pub analytics: bool,
    pub auth: bool,
    pub logger: bool,
}

thread_local! {
    static ISOLATE: Rc<IsolateState> = Rc::default();
}

pub(crate) fn shared_isolate_state() -> Rc<IsolateState> {
    ISOLATE.with(Rc::clone)
}

/// Breakers, retry budget and counters of this isolate.
pub fn client_state() -> Rc<ResilientClientState> {
    Rc::clone(&shared_isolate_state().client_state)
}

/// Sets this isolate's breakers and retries from the variables (each may be absent).
pub fn apply_env_settings(env: &Env) -> Result<(), ConfigError> {
    shared_isolate_state()
        .client_state
        .replace_settings(ResilientClientSettings::from_vars(&worker_variables(env))?);
    Ok(())
}

/// Read once: each read of the environment crosses into JavaScript.
pub(crate) fn optional_bindings(env: &Env) -> OptionalBindings {
    *shared_isolate_state().optional.get_or_init(|| OptionalBindings {
        analytics: has_env_entry(env, ANALYTICS),
        auth: has_env_entry(env, AUTH),
        logger: has_env_entry(env, LOGGER),
    })
}

/// Where objects are created, read once. A bad hint is ignored here, because every request that
/// reads the settings fails with it.
pub(crate) fn location_hint(env: &Env) -> Option<&'static str> {
    *shared_isolate_state()
        .location
        .get_or_init(|| worker_variables(env).location_hint().unwrap_or_default())
}

pub(crate) fn record_write(store: &str, ok: bool, at_ms: u64) {
    shared_isolate_state().writes.borrow_mut().insert(store.to_owned(), LastWrite { at_ms, ok });
}
