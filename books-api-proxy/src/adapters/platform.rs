//! Implements [`Platform`] with the environment of workerd.

use ports::{DurableObjects, MissingBinding};
use proxy_core::platform::Platform;
use runtime::secret::{Secret, SecretError, SecretSource};
use runtime::service_client::CallContext;
use worker::Env;
use workerd::{BindingTransport, EnvPorts, FetchTransport, JsHost, ObjectTransport};

use super::stores::WorkerdStores;

#[derive(Clone)]
pub struct WorkerdPlatform {
    pub env: Env,
}

impl DurableObjects for WorkerdPlatform {
    type Transport = ObjectTransport;

    fn object(&self, binding: &str, name: &str) -> Result<ObjectTransport, MissingBinding> {
        EnvPorts(&self.env).object(binding, name)
    }
}

impl SecretSource for WorkerdPlatform {
    async fn secret(&self, name: &str) -> Result<Secret, SecretError> {
        EnvPorts(&self.env).secret(name).await
    }
}

impl Platform for WorkerdPlatform {
    type Host = JsHost;
    type Fetch = FetchTransport;
    type ServiceTransport = BindingTransport;
    type Stores = WorkerdStores;

    fn host(&self) -> JsHost {
        JsHost
    }

    fn fetch(&self) -> FetchTransport {
        FetchTransport
    }

    fn service(&self, binding: &str) -> Result<BindingTransport, MissingBinding> {
        BindingTransport::new(&self.env, binding).map_err(|e| MissingBinding(e.to_string()))
    }

    fn stores(&self, context: &CallContext) -> WorkerdStores {
        WorkerdStores::new(self.env.clone(), context.clone())
    }

    fn var(&self, name: &str) -> Option<String> {
        workerd::env::var(&self.env, name)
    }

    fn has(&self, name: &str) -> bool {
        workerd::env::has_env_entry(&self.env, name)
    }

    fn version(&self) -> String {
        workerd::env::deployed_version(&self.env)
    }

    async fn rate_limit(&self, binding: &str, key: &str) -> Option<bool> {
        workerd::env::check_rate_limit(&self.env, binding, key).await
    }
}
