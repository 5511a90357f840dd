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
use super::{COLLAPSED_HEADER, ENVELOPE_HEADER, Flight, Landing, NOBODY_HEADER, NobodyAnswered};
use crate::config::{Config, PROVIDER_TIMEOUT_MS};
use crate::live::Live;
use crate::object;
use crate::search::lead::{Flown, lead};
use crate::searched::ROUTE as SEARCHED;
use crate::searched::keep::{Keeper, Sighting, answered};
use crate::searched::log::Answered;

/// A flight is a question of 500 characters and an envelope.
const MAX_BODY_BYTES: usize = 16 * 1024;

type Shared = Result<Flown, NobodyAnswered>;

/// Equal questions in flight at the same time, for all isolates.
#[durable_object]
pub struct FlightObject {
    state: Rc<State>,
    env: Env,
    shard: Rc<Shard<Shared>>,
    searched: Rc<Keeper>,
}

impl DurableObject for FlightObject {
    fn new(state: State, env: Env) -> Self {
        let state = Rc::new(state);
        let searched = Rc::new(Keeper::new(Rc::clone(&state)));
        Self { state, env, shard: Rc::default(), searched }
    }

    async fn fetch(&self, mut req: worker::Request) -> worker::Result<Response> {
        let answer = async |request: &Request| self.answer(request).await;
        object::serve(&self.env, &mut req, MAX_BODY_BYTES, answer).await
    }

    async fn alarm(&self) -> worker::Result<Response> {
        let is_on = Config::of(&self.env).is_ok_and(|config| config.warm_searches);
        let forgotten = self.searched.on_alarm(is_on).await;
        forgotten.map_err(|failure| worker::Error::RustError(failure.to_string()))?;
        Response::empty()
    }
}

impl FlightObject {
    async fn answer(&self, request: &Request) -> Result<Reply, Failure> {
        match request.path.as_str() {
            "/fly" => {
                let flight: Flight = serde_json::from_slice(&request.body)
                    .map_err(|_| Failure::BadRequest { what: "body: not a flight".to_owned() })?;
                let (landing, led) = self.fly(request, flight).await?;
                let mut reply = reply_of(landing);
                if let Some(context) = led {
                    context.write_binding_time(&mut reply.headers);
                }
                Ok(reply)
            }
            "/forget" => {
                let key = std::str::from_utf8(&request.body).unwrap_or_default();
                self.shard.forget(key);
                self.searched.forget(key).await?;
                Ok(Reply::empty(204))
            }
            SEARCHED if request.method == Method::Delete => {
                self.searched.clear().await?;
                Ok(Reply::empty(204))
            }
            SEARCHED => Ok(Reply::json(200, &self.searched.worth_warming().await?)),
            // What it keeps in storage is a hint: that it answers is all there is to check.
            "/health" => Ok(Reply::empty(204)),
            _ => Err(Failure::NotFound { what: "route".to_owned() }),
        }
    }

    /// The landing, and the context it was led under where this request led it.
    async fn fly(
        &self,
        request: &Request,
        flight: Flight,
    ) -> Result<(Landing, Option<CallContext>), Failure> {
        let key = CacheKey::of(&flight.question.query());
        let rest = flight.rest;
        let landed = |shared: Shared, collapsed| shared.map(|flown| flown.landed(rest, collapsed));
        loop {
            let now_ms = JsClock.now_ms();
            match self.shard.join(key.as_str(), now_ms, |shared| is_usable(shared, now_ms)) {
                Role::Recent(shared) => return Ok((landed(shared, true), None)),
                Role::Follow(waiting) => match waiting.await {
                    Ok(shared) => return Ok((landed(shared, true), None)),
                    // The leader was lost: somebody else has to lead.
                    Err(_) => continue,
                },
                Role::Lead(leading) => {
                    let app = self.live(request)?;
                    let sighting = Sighting::of(&app.config, &flight, &key);
                    let shared = lead(&app, flight).await;
                    leading.land(&shared, shared.is_ok(), JsClock.now_ms());
                    if let Some(sighting) = sighting {
                        self.remember(sighting, answered(&shared));
                    }
                    let context = app.ports.caller.context.clone();
                    return Ok((landed(shared, false), Some(context)));
                }
            }
        }
    }

    /// Counts a fan-out behind its answer.
    fn remember(&self, sighting: Sighting, answered: Answered) {
        let searched = Rc::clone(&self.searched);
        self.state.wait_until(async move {
            // A miss that is not counted costs nobody an answer.
            let _ = searched.record(sighting, answered).await;
        });
    }

    /// The proxy at work inside the object: what is late goes on as long as a provider may take,
    /// whatever time the caller has.
    fn live(&self, request: &Request) -> Result<crate::app::App<Live>, Failure> {
        let mut context = object::context(&self.env, request);
        context.deadline_at_ms = JsClock.now_ms().saturating_add(PROVIDER_TIMEOUT_MS);
        let (state, env) = (Rc::clone(&self.state), self.env.clone());
        // A turn later: the answer goes out before what follows behind it takes the thread.
        let behind = move |work: LocalBoxFuture<'static, ()>| {
            let env = env.clone();
            state.wait_until(async move {
                JsClock.sleep(0).await;
                work.await;
                // Late providers' calls: no request of this isolate may follow for long.
                workerd::analytics::flush(&env);
            });
        };
        Live::app(&self.env, context, Rc::new(behind))
    }
}

/// A page that is past its time by now is no answer to those who found it so.
fn is_usable(shared: &Shared, now_ms: u64) -> bool {
    match shared {
        Ok(flown) => freshness(&flown.envelope, now_ms) == Freshness::Fresh,
        Err(_) => true,
    }
}

fn reply_of(landing: Landing) -> Reply {
    match landing {
        Ok(landed) => {
            let mut reply = Reply::empty(200);
            reply.body = landed.page.to_vec();
            reply.headers.set(ENVELOPE_HEADER, landed.envelope.encode());
            if landed.collapsed {
                reply.headers.set(COLLAPSED_HEADER, "1");
            }
            reply
        }
        Err(nobody) => Reply::json(200, &nobody).with_header(NOBODY_HEADER, "1"),
    }
}
