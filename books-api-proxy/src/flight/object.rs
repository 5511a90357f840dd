//! The object of a shard: joins equal flights, leads the others.

use std::rc::Rc;

use bibliography::cache_key::CacheKey;
use futures::future::LocalBoxFuture;
use ports::Clock;
use ports::http::{Method, Reply, Request};
use runtime::cache_policy::Freshness;
use runtime::cache_policy::policy::freshness;
use runtime::outcome::Failure;
use runtime::service_client::CallContext;
use worker::{DurableObject, Env, Response, State, durable_object};
use workerd::JsClock;

use super::shard::{Role, Shard};
use super::{
    ALL_FAILED_HEADER, AllProvidersFailed, COLLAPSED_HEADER, ENVELOPE_HEADER, FlightRequest,
    FlightResult,
};
use crate::adapters::WorkerdPorts;
use crate::config::{Config, PROVIDER_TIMEOUT_MS};
use crate::object;
use crate::search::fetch_and_store::{FetchedAnswer, fetch_and_store};
use crate::search_log::ROUTE as SEARCHED;
use crate::search_log::log::AnswerKind;
use crate::search_log::shard_log::{LoggedMiss, ShardLog, answered};

/// A flight is a question of 500 characters and an envelope.
const MAX_BODY_BYTES: usize = 16 * 1024;

type Shared = Result<FetchedAnswer, AllProvidersFailed>;

/// Equal questions in flight at the same time, for all isolates.
#[durable_object]
pub struct FlightObject {
    state: Rc<State>,
    env: Env,
    shard: Rc<Shard<Shared>>,
    search_log: Rc<ShardLog>,
}

impl DurableObject for FlightObject {
    fn new(state: State, env: Env) -> Self {
        let state = Rc::new(state);
        let search_log = Rc::new(ShardLog::new(Rc::clone(&state)));
        Self { state, env, shard: Rc::default(), search_log }
    }

    async fn fetch(&self, mut req: worker::Request) -> worker::Result<Response> {
        let answer = async |request: &Request| self.answer(request).await;
        object::serve(&self.env, &mut req, MAX_BODY_BYTES, answer).await
    }

    async fn alarm(&self) -> worker::Result<Response> {
        let is_on = Config::of(&self.env).is_ok_and(|config| config.warm_searches);
        let forgotten = self.search_log.on_alarm(is_on).await;
        forgotten.map_err(|failure| worker::Error::RustError(failure.to_string()))?;
        Response::empty()
    }
}

impl FlightObject {
    async fn answer(&self, request: &Request) -> Result<Reply, Failure> {
        match request.path.as_str() {
            "/fly" => {
                let flight: FlightRequest = serde_json::from_slice(&request.body)
                    .map_err(|_| Failure::BadRequest { detail: "body: not a flight".to_owned() })?;
                let (flight_result, led) = self.run_shared(request, flight).await?;
                let mut reply = reply_of(flight_result);
                if let Some(context) = led {
                    context.write_binding_time(&mut reply.headers);
                }
                Ok(reply)
            }
            "/forget" => {
                let key = std::str::from_utf8(&request.body).unwrap_or_default();
                self.shard.forget(key);
                self.search_log.forget(key).await?;
                Ok(Reply::empty(204))
            }
            SEARCHED if request.method == Method::Delete => {
                self.search_log.clear().await?;
                Ok(Reply::empty(204))
            }
            SEARCHED => Ok(Reply::json(200, &self.search_log.worth_warming().await?)),
            // What it keeps in storage is a hint: that it answers is all there is to check.
            "/health" => Ok(Reply::empty(204)),
            _ => Err(Failure::NotFound { detail: "route".to_owned() }),
        }
    }

    /// The landing, and the context it was led under where this request led it.
    async fn run_shared(
        &self,
        request: &Request,
        flight: FlightRequest,
    ) -> Result<(FlightResult, Option<CallContext>), Failure> {
        let key = CacheKey::of(&flight.question.query());
        let overflow = flight.overflow;
        let flight_page = |shared: Shared, collapsed| {
            shared.map(|fetched_answer| fetched_answer.flight_page(overflow, collapsed))
        };
        loop {
            let now_ms = JsClock.now_ms();
            match self.shard.join(key.as_str(), now_ms, |shared| is_usable(shared, now_ms)) {
                Role::Recent(shared) => return Ok((flight_page(shared, true), None)),
                Role::Follower(waiting) => match waiting.await {
                    Ok(shared) => return Ok((flight_page(shared, true), None)),
                    // The leader was lost: another request has to lead.
                    Err(_) => continue,
                },
                Role::Leader(leading) => {
                    let app = self.build_app(request)?;
                    let logged_miss = LoggedMiss::of(&app.config, &flight, &key);
                    let shared = fetch_and_store(&app, flight).await;
                    leading.complete(&shared, shared.is_ok(), JsClock.now_ms());
                    if let Some(logged_miss) = logged_miss {
                        self.remember(logged_miss, answered(&shared));
                    }
                    let context = app.ports.request_env.context.clone();
                    return Ok((flight_page(shared, false), Some(context)));
                }
            }
        }
    }

    /// Counts a fan-out behind its answer.
    fn remember(&self, logged_miss: LoggedMiss, answered: AnswerKind) {
        let search_log = Rc::clone(&self.search_log);
        self.state.wait_until(async move {
            // A miss that is not counted does not fail a request.
            let _ = search_log.record(logged_miss, answered).await;
        });
    }

    /// The proxy at work inside the object: what is late goes on as long as a provider may take,
    /// whatever time the caller has.
    fn build_app(&self, request: &Request) -> Result<crate::app::App<WorkerdPorts>, Failure> {
        let mut context = object::context(&self.env, request);
        context.deadline_at_ms = JsClock.now_ms().saturating_add(PROVIDER_TIMEOUT_MS);
        let (state, env) = (Rc::clone(&self.state), self.env.clone());
        // A turn later: the answer goes out before what follows behind it takes the thread.
        let background_store = move |work: LocalBoxFuture<'static, ()>| {
            let env = env.clone();
            state.wait_until(async move {
                JsClock.sleep(0).await;
                work.await;
                // Late providers' calls: no request of this isolate may follow for long.
                workerd::analytics::flush(&env);
            });
        };
        WorkerdPorts::app(&self.env, context, Rc::new(background_store))
    }
}

/// A page that is stale by now is no answer to requests that found it stale.
fn is_usable(shared: &Shared, now_ms: u64) -> bool {
    match shared {
        Ok(fetched_answer) => freshness(&fetched_answer.envelope, now_ms) == Freshness::Fresh,
        Err(_) => true,
    }
}

fn reply_of(flight_result: FlightResult) -> Reply {
    match flight_result {
        Ok(flight_page) => {
            let mut reply = Reply::empty(200);
            reply.body = flight_page.page.to_vec();
            reply.headers.set(ENVELOPE_HEADER, flight_page.envelope.encode());
            if flight_page.collapsed {
                reply.headers.set(COLLAPSED_HEADER, "1");
            }
            reply
        }
        Err(all_failed) => Reply::json(200, &all_failed).with_header(ALL_FAILED_HEADER, "1"),
    }
}
