//! [`ProxyWorkerInstance`]: the platform and the isolate. [`RequestScope`]: these, with the context
//! and the settings of one request.

use std::rc::Rc;

use ports::{IncomingResponse, OutgoingRequest, Transport};
use runtime::call_outcome::Failure;
use runtime::config::ConfigError;
use runtime::resilient_client::{RequestContext, ResilientCall, ResilientClient, WorkerIdentity};
use serde::Serialize;

use crate::cache::cache_store_port::CacheStores;
use crate::config::Config;
use crate::isolate_state::IsolateState;
use crate::platform::Platform;

pub type PlatformCacheBodyHandle<E> = <<E as Platform>::Stores as CacheStores>::CacheBodyHandle;

/// A client of the service behind a transport.
pub type PlatformClient<T, E> = ResilientClient<T, <E as Platform>::RuntimeHost>;

#[derive(Clone)]
pub struct ProxyWorkerInstance<E: Platform> {
    pub platform: E,
    pub isolate: Rc<IsolateState<PlatformCacheBodyHandle<E>>>,
}

impl<E: Platform> ProxyWorkerInstance<E> {
    pub fn config(&self) -> Result<Rc<Config>, ConfigError> {
        self.isolate.load_configuration(&self.platform).map(|(config, _)| config)
    }

    pub fn worker_identity(&self) -> WorkerIdentity {
        self.isolate.worker_identity(&self.platform)
    }
}

/// The context of calls; cheap to clone into a future that outlives the request.
#[derive(Clone)]
pub struct RequestScope<E: Platform> {
    pub proxy: ProxyWorkerInstance<E>,
    pub context: RequestContext,
    pub config: Rc<Config>,
}

impl<E: Platform> RequestScope<E> {
    pub fn platform(&self) -> &E {
        &self.proxy.platform
    }

    pub fn system_ports(&self) -> E::RuntimeHost {
        self.proxy.platform.system_ports()
    }

    pub fn transport_client<T: Transport>(&self, transport: T) -> PlatformClient<T, E> {
        let client_state = Rc::clone(&self.proxy.isolate.client_state);
        ResilientClient::new(transport, self.system_ports(), client_state)
    }

    pub fn durable_object_client(
        &self,
        binding: &str,
        object: &str,
    ) -> Result<PlatformClient<E::Transport, E>, Failure> {
        Ok(self.transport_client(self.platform().object_transport(binding, object)?))
    }

    /// Calls the sibling behind the service binding that the call names.
    pub async fn ask_sibling<R>(
        &self,
        call: ResilientCall,
        parse: impl Fn(&IncomingResponse) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let client = self.transport_client(self.platform().sibling_transport(call.name)?);
        client.call_and_parse(&self.context, call, parse).await
    }

    /// Calls an object of the binding that the call names.
    pub async fn ask_object<R>(
        &self,
        object: &str,
        call: ResilientCall,
        parse: impl Fn(&IncomingResponse) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let client = self.durable_object_client(call.name, object)?;
        client.call_and_parse(&self.context, call, parse).await
    }
}

/// `POST` of a value as JSON to a route of a Durable Object.
pub fn object_call<T: Serialize>(
    binding: &'static str,
    route: &'static str,
    value: &T,
) -> Result<ResilientCall, Failure> {
    let request = OutgoingRequest::json_post(route, value).map_err(Failure::internal)?;
    Ok(ResilientCall::for_object(binding, route, request))
}
