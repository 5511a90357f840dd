//! The Durable Objects: of a caller's batches, of a flight shard and of a rate limiter.

use std::rc::Rc;

use futures::future::LocalBoxFuture;
use proxy_core::api::public_request;
use proxy_core::durable_objects::batch_object::BatchRunner;
use proxy_core::durable_objects::flight_shard::{self, FlightShard};
use proxy_core::durable_objects::limiter_object::{self, LimiterObject};
use worker::{DurableObject, Env, Request, Response, State, durable_object};
use workerd::fetch_event::answer_object_request;

use crate::adapters::platform::{WorkerdPlatform, WorkerdStorage, proxy_instance};

#[durable_object]
pub struct BatchObject {
    env: Env,
    runner: BatchRunner<WorkerdPlatform>,
}

impl DurableObject for BatchObject {
    fn new(state: State, env: Env) -> Self {
        let spawn = move |work: LocalBoxFuture<'static, ()>| state.wait_until(work);
        Self { runner: BatchRunner::new(proxy_instance(&env), Rc::new(spawn)), env }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let (env, max_bytes) = (&self.env, public_request::MAX_REQUEST_BODY_BYTES);
        let reply = async |request| self.runner.reply_to_request(request).await;
        answer_object_request(env, &mut request, max_bytes, reply).await
    }
}

#[durable_object]
pub struct FlightObject {
    env: Env,
    shard: FlightShard<WorkerdPlatform, WorkerdStorage>,
}

impl DurableObject for FlightObject {
    fn new(state: State, env: Env) -> Self {
        let state = Rc::new(state);
        let (background, of_background) = (Rc::clone(&state), env.clone());
        let spawn = move |work: LocalBoxFuture<'static, ()>| {
            let env = of_background.clone();
            background.wait_until(async move {
                work.await;
                // Flushed here too: no further request may come after a late call.
                workerd::analytics::flush(&env);
            });
        };
        let storage = WorkerdStorage(state);
        Self { shard: FlightShard::new(proxy_instance(&env), storage, Rc::new(spawn)), env }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let (env, max_bytes) = (&self.env, flight_shard::MAX_REQUEST_BODY_BYTES);
        let reply = async |request| self.shard.reply_to_request(request).await;
        answer_object_request(env, &mut request, max_bytes, reply).await
    }

    async fn alarm(&self) -> worker::Result<Response> {
        let forgotten = self.shard.on_alarm().await;
        forgotten.map_err(|failure| worker::Error::RustError(failure.to_string()))?;
        Response::empty()
    }
}

#[durable_object]
pub struct ProviderLimiter {
    env: Env,
    object: LimiterObject<WorkerdPlatform, WorkerdStorage>,
}

impl DurableObject for ProviderLimiter {
    fn new(state: State, env: Env) -> Self {
        let storage = WorkerdStorage(Rc::new(state));
        Self { object: LimiterObject::new(proxy_instance(&env), storage), env }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let (env, max_bytes) = (&self.env, limiter_object::MAX_REQUEST_BODY_BYTES);
        let reply = async |request| self.object.reply_to_request(request).await;
        answer_object_request(env, &mut request, max_bytes, reply).await
    }
}
