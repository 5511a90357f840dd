//! The running isolates and objects: two isolates of the proxy in two locations, one of the ISBNdb
//! Worker, and every Durable Object.

use std::cell::RefCell;
use std::rc::Rc;

use ports::TransportError;
use ports::http_types::Request;
use proxy_core::binding_manifest::WORKER_NAME;
use proxy_core::request_scope::ProxyWorkerInstance;

use crate::proxy_isolate::{self, SimPlatform};
use crate::sim_instance::SimInstance;
use crate::sim_isbndb_worker::{self, Front};
use crate::simulated_objects::SimObjects;
use crate::world::{Answering, SimWorld, SimulatedWorkers};

/// The isolates may die at any moment and start again with empty memory.
pub struct SimWorkers {
    world: Rc<SimWorld>,
    proxies: RefCell<Vec<ProxyWorkerInstance<SimPlatform>>>,
    isbndb: RefCell<Option<Rc<Front>>>,
    objects: Rc<SimObjects>,
}

impl SimWorkers {
    /// Starts the Workers of a world, which holds them until it is stopped.
    pub fn start(world: &Rc<SimWorld>) {
        let workers = Self {
            world: Rc::clone(world),
            proxies: RefCell::default(),
            isbndb: RefCell::default(),
            objects: SimObjects::new(world),
        };
        workers.restart_isolates();
        world.set_workers(Rc::new(workers));
    }
}

impl SimulatedWorkers for SimWorkers {
    fn send_to_proxy(
        &self,
        location: usize,
        request: Request,
        sibling: Option<String>,
    ) -> Answering {
        self.world.count_of_day("requests", 1);
        let proxy = self.proxies.borrow().get(location).cloned();
        Box::pin(async move {
            match proxy {
                Some(proxy) => proxy_isolate::answer_in_isolate(&proxy, request, sibling).await,
                None => Err(TransportError::Unreachable),
            }
        })
    }

    fn send_to_isbndb_worker(&self, request: Request, sibling: Option<String>) -> Answering {
        self.world.count_of_day("requests", 1);
        let front = self.isbndb.borrow().clone();
        Box::pin(async move {
            match front {
                Some(front) => sim_isbndb_worker::answer_sibling(&front, request, sibling).await,
                None => Err(TransportError::Unreachable),
            }
        })
    }

    fn send_to_object(&self, owner: &str, request: Request) -> Answering {
        Box::pin(Rc::clone(&self.objects).call(owner.to_owned(), request))
    }

    fn restart_isolates(&self) {
        let proxies = (0..2).map(|location| {
            let instance = SimInstance::new_isolate(&self.world, WORKER_NAME, location);
            proxy_isolate::new_isolate(&instance)
        });
        for old in self.proxies.replace(proxies.collect()) {
            old.platform.0.life.end_all_work();
        }
        if let Some(old) = self.isbndb.replace(Some(Rc::new(Front::new(&self.world)))) {
            old.instance.life.end_all_work();
        }
    }

    fn kill_object(&self, owner: &str) {
        self.objects.kill(owner);
    }

    fn kill_object_later(&self, owner: &str, after_ms: u64) {
        self.objects.kill_later(owner, after_ms);
    }

    fn schedule_alarm(&self, owner: &str, at_ms: u64) {
        self.objects.schedule_alarm(owner, at_ms);
    }

    fn stop(&self) {
        self.proxies.take().iter().for_each(|proxy| proxy.platform.0.life.end_all_work());
        self.isbndb.take().iter().for_each(|front| front.instance.life.end_all_work());
        self.objects.stop();
    }
}
