//! What an isolate remembers between requests.

use std::rc::Rc;

use runtime::config::ConfigError;
use runtime::service_client::{ClientSettings, ClientState};

use crate::env;

thread_local! {
    static CLIENT_STATE: Rc<ClientState> = Rc::default();
}

/// What this isolate remembers between requests: breakers, retry budget, counters.
#[must_use]
pub fn client_state() -> Rc<ClientState> {
    CLIENT_STATE.with(Rc::clone)
}

/// Sets how this isolate's breakers and retries behave, from the vars (each may be absent).
///
/// # Errors
/// A var out of bounds, named.
pub fn configure(env: &worker::Env) -> Result<(), ConfigError> {
    client_state().configure(ClientSettings::from_vars(&env::vars(env))?);
    Ok(())
}
