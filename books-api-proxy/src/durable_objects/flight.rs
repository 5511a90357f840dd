//! The flight object of a shard.

use std::rc::Rc;

use futures::future::LocalBoxFuture;
use proxy_core::durable_objects::flight_shard::{FlightShard, MAX_REQUEST_BODY_BYTES};
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use crate::adapters::{WorkerdPlatform, WorkerdStorage, isolate};

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
        let (proxy, storage) = (isolate::proxy(&env), WorkerdStorage(state));
        Self { shard: FlightShard::new(proxy, storage, Rc::new(spawn)), env }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let request = workerd::request::from_worker(&mut request, MAX_REQUEST_BODY_BYTES).await;
        let reply = self.shard.reply(request).await;
        // An object mostly runs in another isolate than the Worker's requests, which flush too.
        workerd::analytics::flush(&self.env);
        workerd::reply::into_worker(reply)
    }

    async fn alarm(&self) -> worker::Result<Response> {
        let forgotten = self.shard.on_alarm().await;
        forgotten.map_err(|failure| worker::Error::RustError(failure.to_string()))?;
        Response::empty()
    }
}
