//! The object of a caller's batches.

use std::rc::Rc;

use futures::future::LocalBoxFuture;
use proxy_core::api::edge::MAX_REQUEST_BODY_BYTES;
use proxy_core::durable_objects::batch_object::BatchRunner;
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use crate::adapters::{WorkerdPlatform, isolate};

#[durable_object]
pub struct BatchObject {
    env: Env,
    runner: BatchRunner<WorkerdPlatform>,
}

impl DurableObject for BatchObject {
    fn new(state: State, env: Env) -> Self {
        let spawn = move |work: LocalBoxFuture<'static, ()>| state.wait_until(work);
        Self { runner: BatchRunner::new(isolate::proxy(&env), Rc::new(spawn)), env }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let request = workerd::request::from_worker(&mut request, MAX_REQUEST_BODY_BYTES).await;
        let reply = self.runner.reply(request).await;
        // An object mostly runs in another isolate than the Worker's requests, which flush too.
        workerd::analytics::flush(&self.env);
        workerd::reply::into_worker(reply)
    }
}
