//! Implements a core's ports with the environment of a request.

use ports::{DurableObjects, MissingBinding};
use runtime::secret::{Secret, SecretError, SecretSource};
use worker::Env;

use crate::binding_transport::ObjectTransport;
use crate::secrets;

#[derive(Clone, Copy, Debug)]
pub struct EnvPorts<'a>(pub &'a Env);

impl DurableObjects for EnvPorts<'_> {
    type Transport = ObjectTransport;

    fn object(&self, binding: &str, name: &str) -> Result<ObjectTransport, MissingBinding> {
        ObjectTransport::new(self.0, binding, name)
            .map_err(|error| MissingBinding(error.to_string()))
    }
}

impl SecretSource for EnvPorts<'_> {
    async fn secret(&self, name: &str) -> Result<Secret, SecretError> {
        secrets::read_env_secret(self.0, name).await
    }
}
