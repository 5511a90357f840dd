//! Secrets: from Secrets Store, else a plain secret of the same name (used by `.dev.vars` and
//! tests).

use ports::Clock;
use runtime::secret::{Secret, SecretError};
use worker::Env;

use crate::env::env_member;
use crate::host::{JsHost, with_timeout};
use crate::isolate;

/// A store that hangs must not use up the request's time.
const READ_TIMEOUT_MS: u64 = 800;

/// Reads a secret, or returns what the isolate remembers of it.
pub async fn read_env_secret(env: &Env, name: &str) -> Result<Secret, SecretError> {
    let bound = env_member(env, name).ok_or(SecretError::Missing)?;
    if let Some(text) = bound.as_string() {
        return Secret::of_binding(name, &text);
    }
    let (now_ms, isolate) = (JsHost.now_ms(), isolate::get());
    let known = isolate.secrets.borrow().get(name).and_then(|known| known.get(now_ms));
    if let Some(known) = known {
        return known;
    }
    let read = read_store(env, name).await;
    isolate.secrets.borrow_mut().entry(name.to_owned()).or_default().keep(read, JsHost.now_ms())
}

/// Reads the store. A secret that does not exist is an error there, never
/// [missing](SecretError::Missing): the secret is bound, and what it guards must not be open.
async fn read_store(env: &Env, name: &str) -> Result<Secret, SecretError> {
    let asked = async {
        let store = env.secret_store(name).ok()?;
        with_timeout(READ_TIMEOUT_MS, store.get()).await?.ok().flatten()
    };
    let text = asked.await.unwrap_or_default();
    Secret::of_binding(name, &text).map_err(|error| match error {
        SecretError::Missing => SecretError::Unreadable,
        error => error,
    })
}
