//! The proxy: two isolates in two locations, each with a memory of its own.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use ports::http::{Reply, Request};
use ports::{DurableObjects, MissingBinding, TransportError};
use proxy_core::api::edge::EdgeRequest;
use proxy_core::isolate::IsolateMemory;
use proxy_core::manifest::{PUBLIC_BURST_LIMIT, WORKER};
use proxy_core::request_env::Proxy;
use proxy_core::request_ports::Spawn;
use runtime::secret::{Secret, SecretError, SecretSource};
use runtime::service_client::CallContext;

use crate::faults::Planted;
use crate::isbndb::Front;
use crate::sim_instance::SimInstance;
use crate::sim_transport::SimTransport;
use crate::stores::SimStores;
use crate::world::{SimHost, World};

/// The owner's token.
pub const TEST_ADMIN_TOKEN: &str = "sim-admin-token-0123456789";
/// Every secret; none may leave its Worker.
pub const SECRETS: [(&str, &str); 5] = [
    ("ADMIN_TOKEN", TEST_ADMIN_TOKEN),
    ("GOOGLE_BOOKS_API_KEY", "google-key-1"),
    ("GOOGLE_BOOKS_IOSKEY", "google-key-2"),
    ("ISBN_SEARCH_KEY", "google-search-key"),
    ("ISBNDB_API_KEY", "isbndb-key"),
];

/// The environment of a place.
#[derive(Clone)]
pub struct Platform(pub Rc<SimInstance>);

impl DurableObjects for Platform {
    type Transport = SimTransport;

    fn object(&self, binding: &str, name: &str) -> Result<SimTransport, MissingBinding> {
        Ok(SimTransport::to_object(&self.0, binding, name))
    }
}

impl SecretSource for Platform {
    async fn secret(&self, name: &str) -> Result<Secret, SecretError> {
        let found = SECRETS.iter().find(|(known, _)| *known == name);
        Secret::of_binding(name, found.map_or("", |(_, text)| text))
    }
}

impl proxy_core::platform::Platform for Platform {
    type Host = SimHost;
    type Fetch = SimTransport;
    type ServiceTransport = SimTransport;
    type Stores = SimStores;

    fn host(&self) -> SimHost {
        SimHost(Rc::clone(&self.0))
    }

    fn fetch(&self) -> SimTransport {
        SimTransport::to_providers(&self.0)
    }

    fn service(&self, _binding: &str) -> Result<SimTransport, MissingBinding> {
        Ok(SimTransport::to_isbndb(&self.0))
    }

    fn stores(&self, _context: &CallContext) -> SimStores {
        SimStores::new(&self.0)
    }

    fn var(&self, name: &str) -> Option<String> {
        self.0.world.var(name)
    }

    fn has(&self, name: &str) -> bool {
        SECRETS.iter().any(|(known, _)| *known == name)
    }

    fn version(&self) -> String {
        "sim".to_owned()
    }

    async fn rate_limit(&self, binding: &str, key: &str) -> Option<bool> {
        let (limit, period_ms) =
            if binding == PUBLIC_BURST_LIMIT { (5, 10_000) } else { (30, 60_000) };
        let (world, location) = (&self.0.world, self.0.location);
        let window = world.now_ms() / period_ms;
        let mut counts = world.isolates.rate_limits.borrow_mut();
        let count = counts.entry(format!("{binding} {location} {key}")).or_default();
        *count = if count.0 == window { (window, count.1 + 1) } else { (window, 1) };
        Some(count.1 <= limit)
    }
}

type ProxyIsolate = IsolateMemory<Rc<[u8]>>;

/// The isolates in front of the objects. Each may die and start again empty.
#[derive(Default)]
pub struct Isolates {
    proxy: RefCell<Vec<Proxy<Platform>>>,
    isbndb: RefCell<Option<Rc<Front>>>,
    /// Anonymous misses by limit, location and client: the window and its count.
    rate_limits: RefCell<BTreeMap<String, (u64, u32)>>,
}

impl Isolates {
    /// Replaces all isolates by new ones.
    pub fn start(&self, world: &Rc<World>) {
        let proxies = (0..2).map(|location| {
            let (world, life) = (Rc::clone(world), Rc::default());
            new_isolate(&Rc::new(SimInstance { world, worker: WORKER, life, disk: None, location }))
        });
        for old in self.proxy.replace(proxies.collect()) {
            old.platform.0.life.end();
        }
        if let Some(old) = self.isbndb.replace(Some(Rc::new(Front::new(world)))) {
            old.place.life.end();
        }
    }

    /// Ends all isolates.
    pub fn stop(&self) {
        self.proxy.take().iter().for_each(|proxy| proxy.platform.0.life.end());
        self.isbndb.take().iter().for_each(|front| front.place.life.end());
    }

    pub fn isbndb(&self) -> Rc<Front> {
        let front = self.isbndb.borrow().clone();
        front.unwrap_or_else(|| unreachable!("the isolates are started with the world"))
    }
}

/// A new isolate of the proxy, with empty memory.
pub fn new_isolate(place: &Rc<SimInstance>) -> Proxy<Platform> {
    let isolate: Rc<ProxyIsolate> = Rc::new(IsolateMemory::new(Rc::default()));
    Proxy { platform: Platform(Rc::clone(place)), isolate }
}

/// Runs a place's work after its answer.
pub fn spawn(place: &Rc<SimInstance>) -> Spawn {
    let place = Rc::clone(place);
    Rc::new(move |work| place.world.start(&place.life, work))
}

/// Answers a request in one of the isolates.
///
/// # Errors
/// The isolate died during the request.
pub async fn serve(
    world: &Rc<World>,
    location: usize,
    request: Request,
    sibling: Option<String>,
) -> Result<Reply, TransportError> {
    world.count_of_day("requests", 1);
    let proxy = world.isolates.proxy.borrow().get(location).cloned();
    let Some(proxy) = proxy else { return Err(TransportError::Unreachable) };
    let place = &proxy.platform.0;
    let work = async {
        let edge = EdgeRequest::begin(&proxy, request, Ok(()), sibling).await;
        let health = async |_| Reply::empty(204);
        let response = edge.respond(&proxy, spawn(place), None, health).await;
        let mut reply = response.reply;
        if let Some(body) = response.body {
            reply.body = body.to_vec();
        }
        let (host, state) = (SimHost(Rc::clone(place)), &proxy.isolate.client_state);
        let mut reply =
            edge.inbound().finish(reply, edge.route_template(), &response.outcome, &host, state);
        if world.has_planted(Planted::AnswerLate) {
            world.sleep(10_000).await;
        }
        if world.has_planted(Planted::FailureUntyped) && reply.status == 503 {
            reply.status = 500;
        }
        reply
    };
    place.life.run(work).await.ok_or(TransportError::Unreachable)
}
