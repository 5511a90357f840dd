//! The flight object of a shard: runs one of several equal flights, and lets the others join it.

use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use ports::Clock;
use ports::http_types::{Method, Reply, Request};
use runtime::cache_policy::Freshness;
use runtime::cache_policy::entry_lifetimes::classify_freshness;
use runtime::call_outcome::Failure;
use runtime::rate_limit::CallClass;
use runtime::resilient_client::RequestContext;
use runtime::single_flight::{CallClassCell, SingleFlight};

use crate::config::PROVIDER_BUDGET_MS;
use crate::flight::recent_answers::RecentAnswers;
use crate::flight::{
    ALL_FAILED_HEADER, AllProvidersFailed, COLLAPSED_HEADER, ENVELOPE_HEADER, FlightAnswerPages,
    FlightPageResult, SingleFlightRequest,
};
use crate::platform::{DurableStorage, Platform};
use crate::request_ports::{RequestSearchContext, TaskSpawner};
use crate::request_scope::ProxyWorkerInstance;
use crate::search::fetch_and_store::fetch_and_store;
use crate::search_context::SearchContext;
use crate::search_log::ROUTE as SEARCHED;
use crate::search_log::shard_log::{LoggedMiss, ShardLog, logged_completeness};

/// Room for a question of 500 characters and the metadata of an entry.
pub const MAX_REQUEST_BODY_BYTES: usize = 16 * 1024;

type SharedAnswer = Result<FlightAnswerPages, AllProvidersFailed>;

/// Shares running and recent flights among all isolates, and keeps the shard's search log.
pub struct FlightShard<E: Platform, S> {
    proxy: ProxyWorkerInstance<E>,
    spawn: TaskSpawner,
    single_flight: Rc<SingleFlight<SharedAnswer>>,
    recent: Rc<RecentAnswers<SharedAnswer>>,
    search_log: Rc<ShardLog<S, E::RuntimeHost>>,
}

impl<E: Platform, S: DurableStorage + 'static> FlightShard<E, S> {
    /// Reads nothing yet.
    pub fn new(proxy: ProxyWorkerInstance<E>, storage: S, spawn: TaskSpawner) -> Self {
        let search_log = Rc::new(ShardLog::new(storage, proxy.platform.system_ports()));
        Self { proxy, spawn, single_flight: Rc::default(), recent: Rc::default(), search_log }
    }

    pub async fn reply_to_request(&self, request: Result<Request, Failure>) -> Reply {
        let answer = async |request: &Request| self.handle_request(request).await;
        self.proxy.object_reply(request, answer).await
    }

    pub async fn on_alarm(&self) -> Result<(), Failure> {
        let is_on = self.proxy.config().is_ok_and(|config| config.warm_searches);
        self.search_log.on_alarm(is_on).await
    }

    fn now_ms(&self) -> u64 {
        self.proxy.platform.system_ports().now_ms()
    }

    async fn handle_request(&self, request: &Request) -> Result<Reply, Failure> {
        match request.path.as_str() {
            "/fly" => {
                let flight: SingleFlightRequest = serde_json::from_slice(&request.body)
                    .map_err(|_| Failure::bad_request("body: invalid JSON of a flight"))?;
                let (flight_result, leader_context) = self.run_shared(request, flight).await?;
                let mut reply = reply_of(flight_result);
                if let Some(context) = leader_context {
                    context.write_binding_time(&mut reply.headers);
                }
                Ok(reply)
            }
            "/forget" => {
                let key = std::str::from_utf8(&request.body).unwrap_or_default();
                self.recent.drop_purged_answer(key);
                self.search_log.remove_logged_query(key).await?;
                Ok(Reply::empty(204))
            }
            SEARCHED if request.method == Method::Delete => {
                self.search_log.clear().await?;
                Ok(Reply::empty(204))
            }
            SEARCHED => Ok(Reply::with_json_body(200, &self.search_log.worth_warming().await?)),
            // Storage is not checked: it holds only the search log, which may be lost.
            "/health" => Ok(Reply::empty(204)),
            _ => Err(Failure::not_found("no route has this path")),
        }
    }

    /// The result of the flight; for its leader also the context, with the time of its calls over
    /// bindings.
    async fn run_shared(
        &self,
        request: &Request,
        flight: SingleFlightRequest,
    ) -> Result<(FlightPageResult, Option<RequestContext>), Failure> {
        let key = CacheKey::of(&flight.question.query());
        let (overflow, is_public) = (flight.overflow, flight.is_public);
        // A known caller does not get an answer that lacks a provider because of the public share.
        let is_for = |shared: &SharedAnswer| is_public || !is_public_quota_spent(shared);
        let flight_page = |shared: SharedAnswer, collapsed| {
            shared.map(|answer| answer.caller_page(overflow, collapsed))
        };
        // A joined flight may end with an answer that this caller cannot use: then look again.
        loop {
            let now_ms = self.now_ms();
            let usable = |shared: &SharedAnswer| is_for(shared) && is_usable(shared, now_ms);
            if let Some(shared) = self.recent.get(key.as_str(), now_ms, usable) {
                return Ok((flight_page(shared, true), None));
            }
            // The class is not used: that of a flight's calls is in `ProviderFetchOptions`.
            let Some(running) = self.single_flight.join_call(key.as_str(), CallClass::Interactive)
            else {
                break;
            };
            let shared = running.await;
            if is_for(&shared) {
                return Ok((flight_page(shared, true), None));
            }
        }
        // `/forget` sets this mark: the answer of a purged entry is not stored.
        let is_purged = self.recent.register_flight(key.as_str());
        let app = SearchContext { is_purged, ..self.build_app(request)? };
        let logged_miss = LoggedMiss::of(&app.config, &flight, &key);
        let context = app.ports.request_scope.context.clone();
        let (recent, host) = (Rc::clone(&self.recent), self.proxy.platform.system_ports());
        let name = key.as_str().to_owned();
        let work = async move {
            let shared = fetch_and_store(&app, flight).await;
            // A good answer is kept for ten seconds, any other for half a second.
            let good = shared.is_ok() && !is_public_quota_spent(&shared);
            recent.keep_recent_answer(key.as_str(), &shared, good, host.now_ms(), &app.is_purged);
            shared
        };
        let work =
            self.single_flight.start_shared_call(name, CallClassCell::default(), Box::pin(work));
        // The flight ends even if this request is dropped.
        (self.spawn)(Box::pin(work.clone().map(drop)));
        let shared = work.await;
        if let Some(logged_miss) = logged_miss {
            let (search_log, answered) =
                (Rc::clone(&self.search_log), logged_completeness(&shared));
            // Counted after the response. An uncounted miss is harmless.
            (self.spawn)(Box::pin(async move {
                let _ = search_log.log_search(logged_miss, answered).await;
            }));
        }
        Ok((flight_page(shared, false), Some(context)))
    }

    /// The app of a flight. Its deadline is that of the slowest provider call, not the caller's, so
    /// that late calls can finish.
    fn build_app(&self, request: &Request) -> Result<RequestSearchContext<E>, Failure> {
        let mut context = self.proxy.object_context(request);
        context.deadline_at_ms = self.now_ms().saturating_add(PROVIDER_BUDGET_MS);
        let (host, spawn) = (self.proxy.platform.system_ports(), Rc::clone(&self.spawn));
        // Yields once, so that the response is sent before background work starts.
        let spawn_after_reply = move |work: LocalBoxFuture<'static, ()>| {
            let host = host.clone();
            spawn(Box::pin(async move {
                host.sleep(0).await;
                work.await;
            }));
        };
        // No credentials: the miss is admitted already, and a public flight says so itself.
        self.proxy.search_context(context, Rc::new(spawn_after_reply), None)
    }
}

fn is_public_quota_spent(shared: &SharedAnswer) -> bool {
    match shared {
        Ok(answer) => answer.lacks_public_share,
        Err(all_failed) => all_failed.lacks_public_share,
    }
}

/// A page that is stale by now is not reused: the request may have come to refresh it.
fn is_usable(shared: &SharedAnswer, now_ms: u64) -> bool {
    match shared {
        Ok(answer) => classify_freshness(&answer.metadata, now_ms) == Freshness::Fresh,
        Err(_) => true,
    }
}

fn reply_of(flight_result: FlightPageResult) -> Reply {
    match flight_result {
        Ok(flight_page) => {
            let reply = Reply { body: flight_page.page.to_vec(), ..Reply::empty(200) }
                .with_header(ENVELOPE_HEADER, flight_page.metadata.encode());
            if flight_page.collapsed { reply.with_header(COLLAPSED_HEADER, "1") } else { reply }
        }
        Err(all_failed) => {
            // 200: the object works. After another status, the caller queries the providers itself.
            Reply::with_json_body(200, &all_failed).with_header(ALL_FAILED_HEADER, "1")
        }
    }
}
