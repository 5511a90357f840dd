//! Implements [`Platform`] with the environment of workerd, and reads requests and storage.

use std::rc::Rc;
use std::time::Duration;

use ports::http_types::Request;
use ports::{DurableObjectTransports, MissingBinding};
use proxy_core::api::public_request::{HEADERS, MAX_REQUEST_BODY_BYTES};
use proxy_core::isolate_state::IsolateState;
use proxy_core::platform::{DurableStorage, Platform};
use proxy_core::request_scope::ProxyWorkerInstance;
use runtime::call_outcome::Failure;
use runtime::resilient_client::RequestContext;
use runtime::secret::{Secret, SecretError, SecretSource};
use worker::worker_sys::web_sys;
use worker::{Env, State};
use workerd::body::JsBufferBody;
use workerd::platform_request_reader::{HeaderNames, with_headers};
use workerd::{BindingTransport, DurableObjectTransport, EnvPorts, FetchTransport, JsSystemPorts};

use super::cache_stores::WorkerdStores;

thread_local! {
    static ISOLATE: Rc<IsolateState<JsBufferBody>> = Rc::new(IsolateState::new(workerd::client_state()));
    static HEADER_NAMES: Rc<HeaderNames> = Rc::new(HeaderNames::new(&HEADERS));
}

/// The environment of a request or an object, with what this isolate remembers.
pub fn proxy_instance(env: &Env) -> ProxyWorkerInstance<WorkerdPlatform> {
    ProxyWorkerInstance {
        platform: WorkerdPlatform { env: Rc::new(env.clone()) },
        isolate: ISOLATE.with(Rc::clone),
    }
}

/// Reads a request. The result is an error if the body could not be read.
pub async fn read_incoming_request(request: &web_sys::Request) -> (Request, Result<(), Failure>) {
    let names = HEADER_NAMES.with(Rc::clone);
    with_headers(request, &names, MAX_REQUEST_BODY_BYTES).await
}

#[derive(Clone)]
pub struct WorkerdPlatform {
    /// Shared, because a copy of the environment itself is made in JavaScript.
    env: Rc<Env>,
}

impl DurableObjectTransports for WorkerdPlatform {
    type Transport = DurableObjectTransport;

    fn object_transport(
        &self,
        binding: &str,
        name: &str,
    ) -> Result<DurableObjectTransport, MissingBinding> {
        EnvPorts(&self.env).object_transport(binding, name)
    }
}

impl SecretSource for WorkerdPlatform {
    async fn secret(&self, name: &str) -> Result<Secret, SecretError> {
        EnvPorts(&self.env).secret(name).await
    }
}

impl Platform for WorkerdPlatform {
    type RuntimeHost = JsSystemPorts;
    type Fetch = FetchTransport;
    type ServiceTransport = BindingTransport;
    type Stores = WorkerdStores;

    fn system_ports(&self) -> JsSystemPorts {
        JsSystemPorts
    }

    fn provider_transport(&self) -> FetchTransport {
        FetchTransport
    }

    fn sibling_transport(&self, binding: &str) -> Result<BindingTransport, MissingBinding> {
        BindingTransport::new(&self.env, binding).map_err(|e| MissingBinding(e.to_string()))
    }

    fn cache_stores(&self, context: &RequestContext) -> WorkerdStores {
        WorkerdStores::new(Rc::clone(&self.env), context.clone())
    }

    fn var(&self, name: &str) -> Option<String> {
        workerd::env::var(&self.env, name)
    }

    fn has_env_entry(&self, name: &str) -> bool {
        workerd::env::has_env_entry(&self.env, name)
    }

    fn deployed_version(&self) -> String {
        workerd::env::deployed_version(&self.env)
    }

    async fn check_rate_limit(&self, binding: &str, key: &str) -> Option<bool> {
        workerd::env::check_rate_limit(&self.env, binding, key).await
    }
}

#[derive(Clone)]
pub struct WorkerdStorage(pub Rc<State>);

fn to_storage_error(error: worker::Error) -> Failure {
    Failure::internal(error)
}

impl DurableStorage for WorkerdStorage {
    async fn get(&self, key: &str) -> Result<Option<String>, Failure> {
        self.0.storage().get(key).await.map_err(to_storage_error)
    }

    async fn put(&self, key: &str, text: String) -> Result<(), Failure> {
        self.0.storage().put(key, text).await.map_err(to_storage_error)
    }

    async fn delete(&self, key: &str) -> Result<(), Failure> {
        self.0.storage().delete(key).await.map(drop).map_err(to_storage_error)
    }

    async fn has_alarm(&self) -> Result<bool, Failure> {
        self.0.storage().get_alarm().await.map(|at| at.is_some()).map_err(to_storage_error)
    }

    async fn set_alarm(&self, after_ms: u64) -> Result<(), Failure> {
        self.0.storage().set_alarm(Duration::from_millis(after_ms)).await.map_err(to_storage_error)
    }
}
