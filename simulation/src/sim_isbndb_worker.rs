//! The ISBNdb Worker: its isolate in front of the object.

use std::rc::Rc;

use isbndb_core::binding_manifest::WORKER_NAME;
use isbndb_core::edge_handler::{IncomingRequest, WorkerInstance};
use isbndb_core::isolate_state::IsolateState;
use ports::TransportError;
use ports::http_types::{Reply, Request};
use runtime::config::Vars;

use crate::proxy_isolate::SimPlatform;
use crate::sim_instance::{SimInstance, SimSystemPorts};
use crate::world::SimWorld;

/// The only isolate of the Worker.
pub struct Front {
    pub instance: Rc<SimInstance>,
    isolate: IsolateState,
}

impl Front {
    #[must_use]
    pub fn new(world: &Rc<SimWorld>) -> Self {
        let instance = SimInstance::new_isolate(world, WORKER_NAME, 0);
        Self { instance, isolate: IsolateState::new(Rc::default()) }
    }
}

/// Answers a sibling's request.
///
/// # Errors
/// The isolate died during the request.
pub async fn answer_sibling(
    front: &Front,
    request: Request,
    caller: Option<String>,
) -> Result<Reply, TransportError> {
    let host = SimSystemPorts(Rc::clone(&front.instance));
    let instance = WorkerInstance {
        isolate: &front.isolate,
        host,
        ports: SimPlatform(Rc::clone(&front.instance)),
    };
    let incoming = IncomingRequest { request, read: Ok(()), caller, version: "sim".to_owned() };
    let vars = Vars::new(|name| front.instance.world.var(name));
    let work = instance.handle_request(&vars, incoming);
    let answered = front.instance.life.run_while_alive(work).await;
    answered.map(|(_, reply)| reply).ok_or(TransportError::Unreachable)
}
