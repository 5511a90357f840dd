//! [`Proxy`]: the platform and the isolate. [`RequestEnv`]: these, with the context and the
//! settings of one request.

use std::rc::Rc;

use ports::DurableObjects;
use runtime::config::ConfigError;
use runtime::outcome::Failure;
use runtime::service_client::{CallContext, ServiceClient, WorkerIdentity};

use crate::cache::store_port::CacheStores;
use crate::config::Config;
use crate::isolate::IsolateMemory;
use crate::platform::Platform;

pub type CacheBody<E> = <<E as Platform>::Stores as CacheStores>::StoredBytes;

/// A client of the service behind a transport.
pub type PlatformClient<T, E> = ServiceClient<T, <E as Platform>::Host>;

#[derive(Clone)]
pub struct Proxy<E: Platform> {
    pub platform: E,
    pub isolate: Rc<IsolateMemory<CacheBody<E>>>,
}

impl<E: Platform> Proxy<E> {
    pub fn config(&self) -> Result<Rc<Config>, ConfigError> {
        self.isolate.configure(&self.platform).map(|(config, _)| config)
    }

    pub fn worker_identity(&self) -> WorkerIdentity {
        self.isolate.worker_identity(&self.platform)
    }
}

/// The context of calls; cheap to clone into a future that outlives the request.
#[derive(Clone)]
pub struct RequestEnv<E: Platform> {
    pub proxy: Proxy<E>,
    pub context: CallContext,
    pub config: Rc<Config>,
}

impl<E: Platform> RequestEnv<E> {
    pub fn platform(&self) -> &E {
        &self.proxy.platform
    }

    pub fn host(&self) -> E::Host {
        self.proxy.platform.host()
    }

    pub fn client<T: ports::Transport>(&self, transport: T) -> PlatformClient<T, E> {
        ServiceClient::new(transport, self.host(), Rc::clone(&self.proxy.isolate.client_state))
    }

    /// A client of the sibling behind a service binding.
    pub fn service(
        &self,
        binding: &str,
    ) -> Result<PlatformClient<E::ServiceTransport, E>, Failure> {
        Ok(self.client(self.platform().service(binding)?))
    }

    pub fn object(
        &self,
        binding: &str,
        name: &str,
    ) -> Result<PlatformClient<<E as DurableObjects>::Transport, E>, Failure> {
        Ok(self.client(self.platform().object(binding, name)?))
    }
}
