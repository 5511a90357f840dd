//! The proxy in an isolate, with a memory of its own.

use std::rc::Rc;

use ports::http_types::{Reply, Request};
use ports::{DurableObjectTransports, MissingBinding, TransportError};
use proxy_core::api::public_request::EdgeRequest;
use proxy_core::binding_manifest::PUBLIC_BURST_LIMIT;
use proxy_core::isolate_state::IsolateState;
use proxy_core::request_ports::TaskSpawner;
use proxy_core::request_scope::ProxyWorkerInstance;
use runtime::resilient_client::RequestContext;
use runtime::secret::{Secret, SecretError, SecretSource};

use crate::cache_stores::SimStores;
use crate::faults::PlantedFault;
use crate::sim_instance::{SimInstance, SimSystemPorts};
use crate::sim_secrets::SECRETS;
use crate::sim_transport::{CallTarget, SimTransport};

/// The platform of an instance.
#[derive(Clone)]
pub struct SimPlatform(pub Rc<SimInstance>);

impl DurableObjectTransports for SimPlatform {
    type Transport = SimTransport;

    fn object_transport(&self, binding: &str, name: &str) -> Result<SimTransport, MissingBinding> {
        Ok(SimTransport::to_object(&self.0, binding, name))
    }
}

impl SecretSource for SimPlatform {
    async fn secret(&self, name: &str) -> Result<Secret, SecretError> {
        let found = SECRETS.iter().find(|(known, _)| *known == name);
        Secret::of_binding(name, found.map_or("", |(_, text)| text))
    }
}

impl proxy_core::platform::Platform for SimPlatform {
    type RuntimeHost = SimSystemPorts;
    type Fetch = SimTransport;
    type ServiceTransport = SimTransport;
    type Stores = SimStores;

    fn system_ports(&self) -> SimSystemPorts {
        SimSystemPorts(Rc::clone(&self.0))
    }

    fn provider_transport(&self) -> SimTransport {
        SimTransport::new(&self.0, CallTarget::Providers)
    }

    fn sibling_transport(&self, _binding: &str) -> Result<SimTransport, MissingBinding> {
        Ok(SimTransport::new(&self.0, CallTarget::Isbndb))
    }

    fn cache_stores(&self, _context: &RequestContext) -> SimStores {
        SimStores::new(&self.0)
    }

    fn var(&self, name: &str) -> Option<String> {
        self.0.world.var(name)
    }

    fn has_env_entry(&self, name: &str) -> bool {
        SECRETS.iter().any(|(known, _)| *known == name)
    }

    fn deployed_version(&self) -> String {
        "sim".to_owned()
    }

    async fn check_rate_limit(&self, binding: &str, key: &str) -> Option<bool> {
        let (limit, period_ms) =
            if binding == PUBLIC_BURST_LIMIT { (5, 10_000) } else { (30, 60_000) };
        let (world, location) = (&self.0.world, self.0.location);
        let window = world.now_ms() / period_ms;
        let mut counts = world.rate_limit_counts.borrow_mut();
        let count = counts.entry(format!("{binding} {location} {key}")).or_default();
        *count = if count.0 == window { (window, count.1 + 1) } else { (window, 1) };
        Some(count.1 <= limit)
    }
}

/// A new isolate of the proxy, with empty memory.
pub fn new_isolate(instance: &Rc<SimInstance>) -> ProxyWorkerInstance<SimPlatform> {
    let isolate = Rc::new(IsolateState::new(Rc::default()));
    ProxyWorkerInstance { platform: SimPlatform(Rc::clone(instance)), isolate }
}

/// Runs work of an instance after its answer.
pub fn task_spawner(instance: &Rc<SimInstance>) -> TaskSpawner {
    let instance = Rc::clone(instance);
    Rc::new(move |work| instance.start_concurrent_task(work))
}

/// Answers a request in an isolate.
///
/// # Errors
/// The isolate died during the request.
pub async fn answer_in_isolate(
    proxy: &ProxyWorkerInstance<SimPlatform>,
    request: Request,
    sibling: Option<String>,
) -> Result<Reply, TransportError> {
    let instance = &proxy.platform.0;
    let world = &instance.world;
    let work = async {
        let edge = EdgeRequest::begin_request(proxy, request, Ok(()), sibling).await;
        let health = async |_| Reply::empty(204);
        let response = edge.respond(proxy, task_spawner(instance), None, health).await;
        let mut reply = response.reply;
        if let Some(body) = response.body {
            reply.body = body.to_vec();
        }
        let (host, state) = (SimSystemPorts(Rc::clone(instance)), &proxy.isolate.client_state);
        let mut reply = edge.served_request_tracker.finish_request(
            reply,
            edge.route_template(),
            &response.outcome,
            &host,
            state,
        );
        if world.has_planted_fault(PlantedFault::AnswerLate) {
            world.sleep(10_000).await;
        }
        if world.has_planted_fault(PlantedFault::FailureUntyped) && reply.status == 503 {
            reply.status = 500;
        }
        reply
    };
    instance.life.run_while_alive(work).await.ok_or(TransportError::Unreachable)
}
