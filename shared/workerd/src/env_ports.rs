//! Implements a core's ports with the environment of a request.

use ports::{Clock, DurableObjectTransports, MissingBinding};
use runtime::secret::{Secret, SecretError, SecretSource};
use worker::Env;

use crate::binding_transport::DurableObjectTransport;
use crate::env::env_member;
use crate::isolate_state;
use crate::js_system_ports::{JsSystemPorts, with_timeout};

/// A store that hangs must not use up the request's time.
const SECRET_TIMEOUT_MS: u64 = 800;

#[derive(Clone, Copy, Debug)]
pub struct EnvPorts<'a>(pub &'a Env);

impl DurableObjectTransports for EnvPorts<'_> {
    type Transport = DurableObjectTransport;

    fn object_transport(
        &self,
        binding: &str,
        name: &str,
    ) -> Result<DurableObjectTransport, MissingBinding> {
        DurableObjectTransport::new(self.0, binding, name)
            .map_err(|error| MissingBinding(error.to_string()))
    }
}

/// From Secrets Store, else a plain secret of the same name (used by `.dev.vars` and tests).
impl SecretSource for EnvPorts<'_> {
    async fn secret(&self, name: &str) -> Result<Secret, SecretError> {
        let bound = env_member(self.0, name).ok_or(SecretError::Missing)?;
        if let Some(text) = bound.as_string() {
            return Secret::of_binding(name, &text);
        }
        let isolate = isolate_state::shared_isolate_state();
        let known =
            isolate.secrets.borrow().get(name).and_then(|known| known.get(JsSystemPorts.now_ms()));
        if let Some(known) = known {
            return known;
        }
        let read = read_secrets_store(self.0, name).await;
        let mut secrets = isolate.secrets.borrow_mut();
        secrets.entry(name.to_owned()).or_default().remember_read(read, JsSystemPorts.now_ms())
    }
}

/// A secret that does not exist is an error in the store, never
/// [missing](SecretError::Missing): the secret is bound, and what it guards must not be open.
async fn read_secrets_store(env: &Env, name: &str) -> Result<Secret, SecretError> {
    let reading = async {
        let store = env.secret_store(name).ok()?;
        with_timeout(SECRET_TIMEOUT_MS, store.get()).await?.ok().flatten()
    };
    let text = reading.await.unwrap_or_default();
    Secret::of_binding(name, &text).map_err(|error| match error {
        SecretError::Missing => SecretError::Unreadable,
        error => error,
    })
}
