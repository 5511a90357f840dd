//! [`ProxyWorkerInstance`]: the platform and the isolate. [`RequestScope`]: these, with the context
//! and the settings of one request.

use std::rc::Rc;

use ports::DurableObjects;
use runtime::call_outcome::Failure;
use runtime::config::ConfigError;
use runtime::resilient_client::{CallContext, ResilientClient, WorkerIdentity};

use crate::cache::store_port::CacheStores;
use crate::config::Config;
use crate::isolate_state::IsolateMemory;
use crate::platform::Platform;

pub type CacheBody<E> = <<E as Platform>::Stores as CacheStores>::StoredBytes;

/// A client of the service behind a transport.
pub type PlatformClient<T, E> = ResilientClient<T, <E as Platform>::RuntimeHost>;

#[derive(Clone)]
pub struct ProxyWorkerInstance<E: Platform> {
    pub platform: E,
    pub isolate: Rc<IsolateMemory<CacheBody<E>>>,
}

impl<E: Platform> ProxyWorkerInstance<E> {
    pub fn config(&self) -> Result<Rc<Config>, ConfigError> {
        self.isolate.configure(&self.platform).map(|(config, _)| config)
    }

    pub fn worker_identity(&self) -> WorkerIdentity {
        self.isolate.worker_identity(&self.platform)
    }
}

/// The context of calls; cheap to clone into a future that outlives the request.
#[derive(Clone)]
pub struct RequestScope<E: Platform> {
    pub proxy: ProxyWorkerInstance<E>,
    pub context: CallContext,
    pub config: Rc<Config>,
}

impl<E: Platform> RequestScope<E> {
    pub fn platform(&self) -> &E {
        &self.proxy.platform
    }

    pub fn system_ports(&self) -> E::RuntimeHost {
        self.proxy.platform.system_ports()
    }

    pub fn transport_client<T: ports::Transport>(&self, transport: T) -> PlatformClient<T, E> {
        ResilientClient::new(
            transport,
            self.system_ports(),
            Rc::clone(&self.proxy.isolate.client_state),
        )
    }

    /// A client of the sibling behind a service binding.
    pub fn sibling_client(
        &self,
        binding: &str,
    ) -> Result<PlatformClient<E::ServiceTransport, E>, Failure> {
        Ok(self.transport_client(self.platform().sibling_transport(binding)?))
    }

    pub fn durable_object_client(
        &self,
        binding: &str,
        name: &str,
    ) -> Result<PlatformClient<<E as DurableObjects>::Transport, E>, Failure> {
        Ok(self.transport_client(self.platform().object_transport(binding, name)?))
    }
}
