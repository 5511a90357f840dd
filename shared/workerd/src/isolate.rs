//! What an isolate remembers between requests.
//!
//! It holds plain data only, never a handle of JavaScript, which belongs to the request that made
//! it.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use runtime::analytics::Point;
use runtime::config::ConfigError;
use runtime::health::{HealthCache, LastWrite};
use runtime::secret::KnownSecret;
use runtime::service_client::{ClientSettings, ClientState};

use crate::env;

#[derive(Debug, Default)]
pub(crate) struct Isolate {
    pub client_state: Rc<ClientState>,
    pub health: HealthCache,
    /// Which optional bindings there are: the environment does not change within an isolate's life.
    pub optional: Cell<Option<Optional>>,
    pub location: OnceCell<Option<&'static str>>,
    /// Points not handed over yet, whichever request made them.
    pub points: RefCell<Vec<Point>>,
    /// Asking the store is I/O.
    pub secrets: RefCell<BTreeMap<String, KnownSecret>>,
    /// The last real write to each store: what health says about writing, since it writes nothing.
    pub writes: RefCell<BTreeMap<String, LastWrite>>,
}

/// The optional bindings that every request asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Optional {
    pub analytics: bool,
    pub auth: bool,
    pub logger: bool,
}

thread_local! {
    static ISOLATE: Rc<Isolate> = Rc::default();
}

pub(crate) fn get() -> Rc<Isolate> {
    ISOLATE.with(Rc::clone)
}

/// Breakers, retry budget and counters of this isolate.
pub fn client_state() -> Rc<ClientState> {
    Rc::clone(&get().client_state)
}

/// Sets how this isolate's breakers and retries behave, from the vars (each may be absent).
pub fn configure(env: &worker::Env) -> Result<(), ConfigError> {
    get().client_state.configure(ClientSettings::from_vars(&env::vars(env))?);
    Ok(())
}
