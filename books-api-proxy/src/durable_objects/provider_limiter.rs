//! The object of a rate limiter.

use std::rc::Rc;

use proxy_core::durable_objects::limiter_object::{LimiterObject, MAX_REQUEST_BODY_BYTES};
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use crate::adapters::{WorkerdPlatform, WorkerdStorage, isolate};

#[durable_object]
pub struct ProviderLimiter {
    env: Env,
    object: LimiterObject<WorkerdPlatform, WorkerdStorage>,
}

impl DurableObject for ProviderLimiter {
    fn new(state: State, env: Env) -> Self {
        let storage = WorkerdStorage(Rc::new(state));
        Self { object: LimiterObject::new(isolate::proxy(&env), storage), env }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let request = workerd::request::from_worker(&mut request, MAX_REQUEST_BODY_BYTES).await;
        let reply = self.object.reply(request).await;
        // An object mostly runs in another isolate than the Worker's requests, which flush too.
        workerd::analytics::flush(&self.env);
        workerd::reply::into_worker(reply)
    }
}
