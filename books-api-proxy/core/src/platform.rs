//! The traits that a platform implements; the shell does it for workerd.

use ports::{DurableObjectTransports, MissingBinding, SystemPorts, Transport};
use runtime::call_outcome::Failure;
use runtime::resilient_client::RequestContext;
use runtime::secret::SecretSource;

use crate::cache::cache_store_port::CacheStores;

/// The environment of a Worker: vars, secrets, bindings and stores. Cheap to clone.
pub trait Platform: DurableObjectTransports + SecretSource + Clone + 'static {
    type RuntimeHost: SystemPorts + Clone + 'static;
    type Fetch: Transport;
    type ServiceTransport: Transport;
    type Stores: CacheStores + 'static;

    fn system_ports(&self) -> Self::RuntimeHost;
    fn provider_transport(&self) -> Self::Fetch;
    /// The sibling behind a service binding. The URL of a request to it is a path.
    fn sibling_transport(&self, binding: &str) -> Result<Self::ServiceTransport, MissingBinding>;
    /// KV and R2. Operations on an unbound store fail; failures are logged with the context.
    fn cache_stores(&self, context: &RequestContext) -> Self::Stores;
    fn var(&self, name: &str) -> Option<String>;
    /// True if a binding, secret or var of that name exists.
    fn has_env_entry(&self, name: &str) -> bool;
    fn deployed_version(&self) -> String;
    /// Asks a rate limiting binding whether to admit a call; None if it is not bound or fails.
    fn check_rate_limit(&self, binding: &str, key: &str) -> impl Future<Output = Option<bool>>;
}

/// The storage and the alarm of one Durable Object.
pub trait DurableStorage {
    fn get(&self, key: &str) -> impl Future<Output = Result<Option<String>, Failure>>;
    fn put(&self, key: &str, text: String) -> impl Future<Output = Result<(), Failure>>;
    fn delete(&self, key: &str) -> impl Future<Output = Result<(), Failure>>;
    fn has_alarm(&self) -> impl Future<Output = Result<bool, Failure>>;
    fn set_alarm(&self, after_ms: u64) -> impl Future<Output = Result<(), Failure>>;
}
