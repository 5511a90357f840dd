//! The fetch event.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use js_sys::futures::future_to_promise;
use wasm_bindgen::JsValue;

/// Answers a fetch event: with a response where nothing had to be waited for, else with a promise.
///
/// `#[event(fetch)]` makes a promise of every answer and begins it a turn later. What is answered
/// from memory needs neither.
pub fn answer(work: impl Future<Output = web_sys::Response> + 'static) -> JsValue {
    let mut work = Box::pin(work);
    // What is waited for is polled again by the promise, with a waker of its own.
    match pin!(&mut work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(response) => response.into(),
        Poll::Pending => future_to_promise(async move { Ok(work.await.into()) }).into(),
    }
}
