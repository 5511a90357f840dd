//! The fetch event.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use js_sys::Reflect;
use js_sys::futures::future_to_promise;
use ports::http_types::Reply;
use runtime::call_outcome::Failure;
use wasm_bindgen::{JsCast, JsValue};
use worker::{Env, worker_sys};

/// Environment and context of an instance of an entrypoint class, which has them as members.
pub fn of_instance(this: &JsValue) -> (Env, worker::Context) {
    let member = |name: &str| Reflect::get(this, &name.into()).unwrap_or_default();
    let context: worker_sys::Context = member("ctx").unchecked_into();
    (member("env").unchecked_into(), worker::Context::new(context))
}

/// Answers a request to a Durable Object, and sends the analytics: an object mostly runs in another
/// isolate than the requests of its Worker, which send theirs.
pub async fn answer_object_request(
    env: &Env,
    request: &mut worker::Request,
    max_body_bytes: usize,
    answer: impl AsyncFnOnce(Result<ports::http_types::Request, Failure>) -> Reply,
) -> worker::Result<worker::Response> {
    let reply =
        answer(crate::platform_request_reader::from_worker(request, max_body_bytes).await).await;
    crate::analytics::flush(env);
    crate::platform_response::into_worker(reply)
}

/// Answers a fetch event: with a response if the work did not have to wait, else with a promise.
///
/// `#[event(fetch)]` makes every answer a promise that starts a turn later. An answer from memory
/// needs neither.
pub fn respond_to_fetch_event(work: impl Future<Output = web_sys::Response> + 'static) -> JsValue {
    let mut work = Box::pin(work);
    // Unfinished work is polled again by the promise, with a waker of its own.
    match pin!(&mut work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(response) => response.into(),
        Poll::Pending => future_to_promise(async move { Ok(work.await.into()) }).into(),
    }
}
