//! What the proxy needs of its platform beside the stores of a search.

use runtime::outcome::Failure;
use std::future::Future;

use ports::{Host, MissingBinding, Objects, Transport};
use runtime::secret::SecretSource;
use runtime::service_client::CallContext;

use crate::cache::port::CacheStores;

/// An environment: its vars, secrets, bindings and stores. A clone is a handle to the same one.
pub trait Platform: Objects + SecretSource + Clone + 'static {
    type Host: Host + Clone + 'static;
    type Fetch: Transport;
    type Service: Transport;
    type Stores: CacheStores + 'static;

    fn host(&self) -> Self::Host;
    fn fetch(&self) -> Self::Fetch;
    /// The sibling behind a service binding. The URL of a request is a path that begins with `/`.
    fn service(&self, binding: &str) -> Result<Self::Service, MissingBinding>;
    /// The tiers. A store that is not bound is a store that fails; failures are logged under the
    /// context.
    fn stores(&self, context: &CallContext) -> Self::Stores;
    fn var(&self, name: &str) -> Option<String>;
    /// True where there is a binding, secret or var of that name.
    fn has(&self, name: &str) -> bool;
    fn version(&self) -> String;
    /// Asks a rate limiting binding; none where there is no such binding or it fails.
    fn rate_limit(&self, binding: &str, key: &str) -> impl Future<Output = Option<bool>>;
}

/// The storage and the alarm of one Durable Object.
pub trait ObjectStorage {
    fn get(&self, key: &str) -> impl Future<Output = Result<Option<String>, StorageFailed>>;
    fn put(&self, key: &str, text: String) -> impl Future<Output = Result<(), StorageFailed>>;
    fn delete(&self, key: &str) -> impl Future<Output = Result<(), StorageFailed>>;
    fn has_alarm(&self) -> impl Future<Output = Result<bool, StorageFailed>>;
    fn set_alarm(&self, after_ms: u64) -> impl Future<Output = Result<(), StorageFailed>>;
}

/// A storage operation failed; the text says why, for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StorageFailed(pub String);

impl From<StorageFailed> for Failure {
    fn from(error: StorageFailed) -> Self {
        Self::internal(error)
    }
}
