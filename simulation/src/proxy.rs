//! The proxy: two isolates in two locations, each with a memory of its own, over the played stores.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use ports::http::{Reply, Request};
use ports::{NoBinding, Objects, TransportError};
use proxy_core::api::edge::EdgeRequest;
use proxy_core::cache::port::{StoreFailed, StoreRead, StoredPage, Stores};
use proxy_core::isolate::Isolate;
use proxy_core::manifest::{PUBLIC_BURST_LIMIT, WORKER};
use proxy_core::request_env::Proxy;
use proxy_core::request_ports::Spawn;
use runtime::cache_policy::Envelope;
use runtime::secret::{Secret, SecretError, Secrets};
use runtime::service_client::CallContext;

use crate::faults::Planted;
use crate::isbndb::Front;
use crate::link::Link;
use crate::place::Place;
use crate::rules;
use crate::world::{SimHost, World};

/// The owner's token.
pub const ADMIN_TOKEN: &str = "sim-admin-token-0123456789";
/// Every secret; none may leave its Worker.
pub const SECRETS: [(&str, &str); 5] = [
    ("ADMIN_TOKEN", ADMIN_TOKEN),
    ("GOOGLE_BOOKS_API_KEY", "google-key-1"),
    ("GOOGLE_BOOKS_IOSKEY", "google-key-2"),
    ("ISBN_SEARCH_KEY", "google-search-key"),
    ("ISBNDB_API_KEY", "isbndb-key"),
];
/// A store that does not answer is bypassed, as the shell does.
const READ_TIMEOUT_MS: u64 = 1_500;
/// Pause before R2 is written again after "too soon", as the shell makes it.
const WRITE_INTERVAL_MS: u64 = 1_100;

/// The environment of a place.
#[derive(Clone)]
pub struct Platform(pub Rc<Place>);

impl Objects for Platform {
    type Transport = Link;

    fn object(&self, binding: &str, name: &str) -> Result<Link, NoBinding> {
        Ok(Link::to_object(&self.0, binding, name))
    }
}

impl Secrets for Platform {
    async fn secret(&self, name: &str) -> Result<Secret, SecretError> {
        let found = SECRETS.iter().find(|(known, _)| *known == name);
        Secret::of_binding(name, found.map_or("", |(_, text)| text))
    }
}

impl proxy_core::platform::Platform for Platform {
    type Host = SimHost;
    type Fetch = Link;
    type Service = Link;
    type Stores = SimStores;

    fn host(&self) -> SimHost {
        SimHost(Rc::clone(&self.0))
    }

    fn fetch(&self) -> Link {
        Link::to_providers(&self.0)
    }

    fn service(&self, _binding: &str) -> Result<Link, NoBinding> {
        Ok(Link::to_isbndb(&self.0))
    }

    fn stores(&self, _context: &CallContext) -> SimStores {
        SimStores { place: Rc::clone(&self.0), operations: Cell::default() }
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

/// The two tiers as a place sees them.
pub struct SimStores {
    place: Rc<Place>,
    /// Operations that were begun.
    operations: Cell<u32>,
}

impl SimStores {
    /// The world, for one operation more.
    fn operation(&self) -> &Rc<World> {
        self.operations.set(self.operations.get() + 1);
        &self.place.world
    }

    async fn timely<T>(
        &self,
        work: impl Future<Output = Result<T, StoreFailed>>,
    ) -> Result<T, StoreFailed> {
        let read = self.place.world.within(READ_TIMEOUT_MS, work).await;
        read.unwrap_or(Err(StoreFailed::Broken))
    }

    async fn put(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        envelope: &Envelope,
        unless_since_ms: Option<u64>,
    ) -> Result<bool, StoreFailed> {
        let world = &self.place.world;
        let (mut envelope, mut bytes) = (envelope.clone(), Cow::Borrowed(bytes));
        if world.breaks(Planted::PartialIsKept) && envelope.partial {
            envelope.fresh_until_ms = world.now_ms() + 7 * 86_400_000;
        }
        if world.breaks(Planted::WrongBookStored) && world.chance(0.1) {
            let text = String::from_utf8_lossy(&bytes).replace("97803450", "97803460");
            bytes = Cow::Owned(text.into_bytes());
        }
        let (name, text) = (key.cold(), envelope.encode());
        let put = || self.operation().bucket.put(world, &name, (&bytes, &text), unless_since_ms);
        let stored = match put().await {
            Err(StoreFailed::TooManyWrites) => {
                world.sleep(WRITE_INTERVAL_MS).await;
                put().await
            }
            stored => stored,
        };
        if stored == Ok(true) {
            rules::on_stored(world, key, &bytes, &envelope);
        }
        stored
    }
}

impl Stores for SimStores {
    type Body = Rc<[u8]>;

    fn len_bytes(body: &Self::Body) -> usize {
        body.len()
    }

    fn operations(&self) -> u32 {
        self.operations.get()
    }

    async fn hot_open(&self, key: &CacheKey) -> StoreRead<Self::Body> {
        let entry = self.operation().kv.get(&self.place, key.as_str()).await?;
        let opened = entry.and_then(|entry| {
            Some(StoredPage { envelope: Envelope::decode(&entry.metadata)?, body: entry.value })
        });
        Ok(opened)
    }

    async fn cold_open(&self, key: &CacheKey) -> StoreRead<Self::Body> {
        let world = self.operation();
        let stored = self.timely(world.bucket.get(world, &key.cold())).await?;
        let opened = stored.and_then(|stored| {
            Some(StoredPage { envelope: Envelope::decode(&stored.metadata)?, body: stored.body })
        });
        Ok(opened)
    }

    async fn cold_head(&self, key: &CacheKey) -> Result<Option<Envelope>, StoreFailed> {
        Ok(self.cold_open(key).await?.map(|page| page.envelope))
    }

    async fn read(&self, body: Self::Body) -> Result<Vec<u8>, StoreFailed> {
        Ok(body.to_vec())
    }

    async fn hot_put(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        envelope: &Envelope,
        ttl_secs: u64,
    ) -> Result<(), StoreFailed> {
        let value = Some((bytes, envelope.encode()));
        let value = value.as_ref().map(|(bytes, text)| (*bytes, text.as_str(), ttl_secs));
        self.operation().kv.put(&self.place, key.as_str(), value).await?;
        rules::on_stored(&self.place.world, key, bytes, envelope);
        Ok(())
    }

    async fn hot_copy(
        &self,
        key: &CacheKey,
        body: &Self::Body,
        envelope: &Envelope,
        ttl_secs: u64,
    ) -> Result<(), StoreFailed> {
        self.hot_put(key, body, envelope, ttl_secs).await
    }

    async fn cold_put(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        envelope: &Envelope,
    ) -> Result<(), StoreFailed> {
        self.put(key, bytes, envelope, None).await.map(drop)
    }

    async fn cold_put_unless_since(
        &self,
        key: &CacheKey,
        bytes: &[u8],
        envelope: &Envelope,
        since_ms: u64,
    ) -> Result<bool, StoreFailed> {
        self.put(key, bytes, envelope, Some(since_ms)).await
    }

    async fn hot_delete(&self, key: &CacheKey) -> Result<(), StoreFailed> {
        if self.place.world.breaks(Planted::PurgeLeavesKv) {
            return Ok(());
        }
        self.operation().kv.put(&self.place, key.as_str(), None).await
    }

    async fn cold_delete(&self, key: &CacheKey) -> Result<(), StoreFailed> {
        self.operation().bucket.delete(&self.place.world, &key.cold()).await
    }
}

type Memory = Isolate<Rc<[u8]>>;

/// The isolates in front of the objects. Each may die and come back empty.
#[derive(Default)]
pub struct Isolates {
    proxy: RefCell<Vec<Proxy<Platform>>>,
    isbndb: RefCell<Option<Rc<Front>>>,
    /// Anonymous misses by limit, location and client: the window and its count.
    rate_limits: RefCell<BTreeMap<String, (u64, u32)>>,
}

impl Isolates {
    /// Starts all of them anew.
    pub fn start(&self, world: &Rc<World>) {
        let proxies = (0..2).map(|location| {
            let (world, life) = (Rc::clone(world), Rc::default());
            new_isolate(&Rc::new(Place { world, worker: WORKER, life, disk: None, location }))
        });
        for old in self.proxy.replace(proxies.collect()) {
            old.platform.0.life.end();
        }
        if let Some(old) = self.isbndb.replace(Some(Rc::new(Front::new(world)))) {
            old.place.life.end();
        }
    }

    /// Ends all of them.
    pub fn stop(&self) {
        self.proxy.take().iter().for_each(|proxy| proxy.platform.0.life.end());
        self.isbndb.take().iter().for_each(|front| front.place.life.end());
    }

    pub fn isbndb(&self) -> Rc<Front> {
        let front = self.isbndb.borrow().clone();
        front.unwrap_or_else(|| unreachable!("the isolates are started with the world"))
    }
}

/// A new isolate of the proxy, which remembers nothing.
pub fn new_isolate(place: &Rc<Place>) -> Proxy<Platform> {
    let isolate: Rc<Memory> = Rc::new(Isolate::new(Rc::default()));
    Proxy { platform: Platform(Rc::clone(place)), isolate }
}

/// Runs work of a place behind an answer.
pub fn spawn(place: &Rc<Place>) -> Spawn {
    let place = Rc::clone(place);
    Rc::new(move |work| place.world.start(&place.life, work))
}

/// Answers a request in one of the isolates.
///
/// # Errors
/// The isolate died meanwhile.
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
        edge.inbound().finish(reply, edge.template(), &response.outcome, &host, state)
    };
    place.life.run(work).await.ok_or(TransportError::Unreachable)
}
