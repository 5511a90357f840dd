//! The Durable Object: the ledger's storage, and the alarm that runs the engine step by step.

use std::cell::Cell;
use std::time::Duration;

use ports::Clock;
use runtime::outcome::Failure;
use runtime::problem::{self, Problem};
use runtime::service_client::CallContext;
use worker::{DurableObject, Env, Request, Response, State, durable_object};
use workerd::JsHost;

use super::edge::{identity, route_of};
use super::sql::SqlStore;
use super::workerd_ports::WorkerdPorts;
use super::{BUDGET_MS, WORKER, api};
use crate::engine::ports::WarmerPorts;
use crate::engine::{Engine, NextAlarm};
use crate::settings::Settings;

/// A request to the object brings a few words; files go to R2 past it.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// Pause after a step that the storage broke off.
const BROKEN_MS: u64 = 2_000;

/// Holds the ledger and works through it.
#[durable_object]
pub struct LedgerObject {
    state: State,
    env: Env,
    /// Something new came in while a step was running: the next one is due at once.
    woken: Cell<bool>,
}

impl DurableObject for LedgerObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, woken: Cell::new(false) }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let reply = match workerd::request::from_worker(&mut request, MAX_BODY_BYTES).await {
            Ok(request) => self.answer(&request).await.inspect_err(|failure| {
                self.context(&request).log_internal(route_of(&request), failure, &JsHost);
            }),
            Err(failure) => Err(failure),
        };
        let reply = reply.unwrap_or_else(|failure| {
            problem::reply(&Problem::new(WORKER, &failure, JsHost.now_ms()))
        });
        workerd::reply::into_worker(reply)
    }

    async fn alarm(&self) -> worker::Result<Response> {
        self.woken.set(false);
        let now_ms = JsHost.now_ms();
        let next = match self.step().await {
            Ok(next) => next,
            Err(error) => {
                WorkerdPorts::new(&self.env).log("step", &error, serde_json::Value::Null);
                NextAlarm::At(now_ms + BROKEN_MS)
            }
        };
        workerd::analytics::flush(&self.env);
        let next = if self.woken.take() { NextAlarm::Now } else { next };
        if let Some(wait_ms) = next.wait_ms(JsHost.now_ms()) {
            self.state.storage().set_alarm(Duration::from_millis(wait_ms)).await?;
        }
        Response::empty()
    }
}

impl LedgerObject {
    async fn step(&self) -> Result<NextAlarm, String> {
        let settings = self.settings().map_err(|failure| failure.to_string())?;
        let store = SqlStore::open(self.state.storage().sql()).map_err(|e| e.to_string())?;
        let ports = WorkerdPorts::new(&self.env);
        let engine = Engine { store: &store, ports: &ports, settings: &settings };
        engine.step().await.map_err(|error| error.to_string())
    }

    fn settings(&self) -> Result<Settings, Failure> {
        workerd::configure(&self.env)
            .map_err(|error| Failure::Internal { detail: error.to_string() })?;
        Settings::read(&workerd::env::vars(&self.env))
            .map_err(|error| Failure::Internal { detail: error.to_string() })
    }

    /// The request's, as the Worker in front sent it.
    fn context(&self, request: &ports::http::Request) -> CallContext {
        CallContext::from_headers(identity(&self.env), &request.headers, true, BUDGET_MS, &JsHost)
    }

    async fn answer(&self, request: &ports::http::Request) -> Result<ports::http::Reply, Failure> {
        let settings = self.settings()?;
        let store = SqlStore::open(self.state.storage().sql()).map_err(api::internal)?;
        let ports = WorkerdPorts::new(&self.env);
        let engine = Engine { store: &store, ports: &ports, settings: &settings };
        api::answer(&engine, request, || self.wake()).await
    }

    /// Makes the next step due now.
    async fn wake(&self) -> Result<(), Failure> {
        self.woken.set(true);
        let set = self.state.storage().set_alarm(Duration::ZERO).await;
        set.map_err(|error| Failure::Internal { detail: error.to_string() })
    }
}
