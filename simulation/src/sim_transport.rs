//! Calls from an instance to a provider, to another Worker, or to an object.

use std::future::pending;
use std::rc::Rc;

use ports::http_types::{Reply, Request};
use ports::{IncomingResponse, OutgoingRequest, Transport, TransportError};
use runtime::wire_types::isbndb_worker_answers::CALL_CLASS_HEADER;

use crate::faults::{PlantedFault, PlatformFault};
use crate::sim_instance::SimInstance;
use crate::sim_secrets::TEST_ADMIN_TOKEN;
use crate::world::SimWorld;
use crate::{invariant_checks, providers};

/// The target of a call.
#[derive(Clone)]
pub enum CallTarget {
    Providers,
    Isbndb,
    Proxy,
    /// An object by `BINDING/name`.
    Object(String),
}

/// A transport from an instance to a target. A clone has the same target.
#[derive(Clone)]
pub struct SimTransport {
    from: Rc<SimInstance>,
    to: CallTarget,
}

impl SimTransport {
    pub fn new(from: &Rc<SimInstance>, to: CallTarget) -> Self {
        Self { from: Rc::clone(from), to }
    }

    pub fn to_object(from: &Rc<SimInstance>, binding: &str, name: &str) -> Self {
        Self::new(from, CallTarget::Object(format!("{binding}/{name}")))
    }

    async fn deliver_request(
        &self,
        request: OutgoingRequest,
    ) -> Result<IncomingResponse, TransportError> {
        let world = &self.from.world;
        if let CallTarget::Providers = self.to {
            return providers::answer_from_provider(&self.from, request).await;
        }
        let request = self.tampered(request);
        invariant_checks::no_secret_leaves_its_worker(world, &request);
        if let CallTarget::Isbndb = self.to {
            invariant_checks::on_asked(world, format!("isbndb-worker {}", request.url));
        }
        world.simulate_latency(1, 6).await;
        let draw =
            if world.is_fault_active(PlatformFault::CallsLost) { world.uniform() } else { 1.0 };
        if draw < 0.06 {
            world.increment_counter("calls lost", 1);
            return Err(TransportError::Unreachable);
        }
        let caller = Some(self.from.worker.to_owned());
        let request = to_received_request(request);
        let reply = match &self.to {
            CallTarget::Isbndb => {
                world.simulated_workers().send_to_isbndb_worker(request, caller).await
            }
            CallTarget::Proxy => {
                world
                    .simulated_workers()
                    .send_to_proxy(world.random_between(0, 2) as usize, request, caller)
                    .await
            }
            CallTarget::Object(owner) => {
                world.simulated_workers().send_to_object(owner, request).await
            }
            CallTarget::Providers => Err(TransportError::Unreachable),
        };
        world.simulate_latency(1, 6).await;
        if draw < 0.12 {
            world.increment_counter("answers lost", 1);
            return Err(TransportError::Unreachable);
        }
        if draw < 0.15 {
            world.increment_counter("calls never answered", 1);
            return pending().await;
        }
        reply.map(outgoing)
    }

    /// The request as a planted fault changes it.
    fn tampered(&self, mut request: OutgoingRequest) -> OutgoingRequest {
        let world = &self.from.world;
        if world.has_planted_fault(PlantedFault::SecretSent)
            && matches!(self.to, CallTarget::Isbndb)
        {
            request.headers.set("authorization", TEST_ADMIN_TOKEN);
        }
        if world.has_planted_fault(PlantedFault::PublicIsInteractive) {
            if request.headers.get(CALL_CLASS_HEADER) == Some("public") {
                request.headers.set(CALL_CLASS_HEADER, "interactive");
            }
            let body = String::from_utf8_lossy(&request.body);
            request.body = body.replace(r#""class":"public""#, r#""class":"interactive""#).into();
        }
        request
    }
}

fn to_received_request(out: OutgoingRequest) -> Request {
    Request { headers: out.headers, body: out.body, ..Request::new(out.method, &out.url) }
}

fn outgoing(reply: Reply) -> IncomingResponse {
    IncomingResponse { status: reply.status, headers: reply.headers, body: reply.body }
}

/// Checks the deadline when the call ends, also if it is dropped.
struct RunningCall<'a> {
    world: &'a SimWorld,
    url: String,
    ends_ms: u64,
}

impl Drop for RunningCall<'_> {
    fn drop(&mut self) {
        invariant_checks::calls_end_in_time(self.world, &self.url, self.ends_ms);
    }
}

impl Transport for SimTransport {
    async fn send(
        &self,
        request: OutgoingRequest,
        timeout_ms: u64,
        max_body_bytes: usize,
    ) -> Result<IncomingResponse, TransportError> {
        self.from.pass_output_gate().await;
        let world = &self.from.world;
        let waits_ms = if world.has_planted_fault(PlantedFault::DeadlineIgnored) {
            u64::MAX
        } else {
            timeout_ms
        };
        let _running = RunningCall {
            world,
            url: request.url.clone(),
            ends_ms: world.now_ms().saturating_add(timeout_ms),
        };
        match world.with_timeout(waits_ms, self.deliver_request(request)).await {
            None => Err(TransportError::Timeout),
            Some(Ok(answer)) if answer.body.len() > max_body_bytes => Err(TransportError::TooLarge),
            Some(answer) => answer,
        }
    }
}
