//! Secrets: from Secrets Store, else from a plain secret of the same name (`.dev.vars` and tests
//! give those).

use ports::Clock;
use runtime::secret::{Secret, SecretError};
use worker::Env;

use crate::env::get;
use crate::host::{JsHost, within};
use crate::isolate;

/// How long a text is used before the store is asked again: a rotated key is picked up within it.
const FRESH_MS: u64 = 5 * 60 * 1_000;
/// How long the last text serves on while the store fails.
const STALE_MS: u64 = 60 * 60 * 1_000;
/// A store that does not answer must not eat the request's time.
const READ_TIMEOUT_MS: u64 = 800;

/// Reads a secret; a text read less than five minutes ago is used again.
pub async fn read(env: &Env, name: &str) -> Result<Secret, SecretError> {
    let bound = get(env, name).ok_or(SecretError::Missing)?;
    if let Some(text) = bound.as_string() {
        return Secret::of_binding(name, &text);
    }
    let now_ms = JsHost.now_ms();
    let isolate = isolate::get();
    let known = isolate.secrets.borrow().get(name).cloned();
    let age_ms = known.as_ref().map(|(_, read_at_ms)| now_ms.saturating_sub(*read_at_ms));
    match (known, age_ms) {
        (Some((secret, _)), Some(age_ms)) if age_ms < FRESH_MS => Ok(secret),
        (known, age_ms) => match fetch(env, name).await {
            Ok(secret) => {
                isolate.secrets.borrow_mut().insert(name.to_owned(), (secret.clone(), now_ms));
                Ok(secret)
            }
            Err(SecretError::TooShort) => Err(SecretError::TooShort),
            Err(_) => known
                .filter(|_| age_ms.is_some_and(|age_ms| age_ms < STALE_MS))
                .map(|(secret, _)| secret)
                .ok_or(SecretError::Unreadable),
        },
    }
}

/// Asks the store. A secret that does not exist is an error there, not `None`. Nothing is
/// [missing](SecretError::Missing): the secret is bound, and what it guards must not stand open.
async fn fetch(env: &Env, name: &str) -> Result<Secret, SecretError> {
    let asked = async {
        let store = env.secret_store(name).ok()?;
        within(READ_TIMEOUT_MS, store.get()).await?.ok().flatten()
    };
    let text = asked.await.unwrap_or_default();
    Secret::of_binding(name, &text).map_err(|error| match error {
        SecretError::Missing => SecretError::Unreadable,
        error => error,
    })
}
