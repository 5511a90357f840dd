//! The ISBNdb Worker: its isolate in front of the object.

use std::rc::Rc;

use isbndb_core::edge::{self, IncomingRequest, WorkerInstance};
use isbndb_core::isolate::IsolateMemory;
use isbndb_core::manifest::WORKER;
use ports::TransportError;
use ports::http::{Reply, Request};
use runtime::config::Vars;

use crate::proxy::Platform;
use crate::sim_instance::SimInstance;
use crate::world::{SimHost, World};

/// The only isolate of the Worker.
pub struct Front {
    pub place: Rc<SimInstance>,
    isolate: IsolateMemory,
}

impl Front {
    #[must_use]
    pub fn new(world: &Rc<World>) -> Self {
        let world = Rc::clone(world);
        let place =
            SimInstance { world, worker: WORKER, life: Rc::default(), disk: None, location: 0 };
        Self { place: Rc::new(place), isolate: IsolateMemory::new(Rc::default()) }
    }
}

/// Answers a sibling's request.
///
/// # Errors
/// The isolate died during the request.
pub async fn serve(
    world: &Rc<World>,
    request: Request,
    caller: Option<String>,
) -> Result<Reply, TransportError> {
    world.count_of_day("requests", 1);
    let front = world.isolates.isbndb();
    let host = SimHost(Rc::clone(&front.place));
    let instance =
        WorkerInstance { isolate: &front.isolate, host, ports: Platform(Rc::clone(&front.place)) };
    let incoming = IncomingRequest { request, read: Ok(()), caller, version: "sim".to_owned() };
    let vars = Vars::new(|name| world.var(name));
    let work = edge::answer(&instance, &vars, incoming);
    let answered = front.place.life.run(work).await;
    answered.map(|(_, reply)| reply).ok_or(TransportError::Unreachable)
}
