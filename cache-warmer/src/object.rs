//! The Durable Object: connects storage and alarm with the core.

use std::time::Duration;

use runtime::edge::reply_of;
use runtime::edge::router::{find, template_of};
use runtime::outcome::Failure;
use runtime::problem::{self, ProblemDetails};
use warmer_core::manifest::WORKER;
use warmer_core::routes::ROUTES;
use warmer_core::service::{LedgerService, open_ledger};
use warmer_core::settings::WarmerSettings;
use worker::{DurableObject, Env, Request, Response, State, durable_object};
use workerd::JsHost;

use crate::adapters::object_events::{context_of, internal, now_ms, read, settings};
use crate::adapters::sql::SqlLedger;
use crate::adapters::wake::background_context;
use crate::adapters::workerd_ports::WorkerdPorts;

/// Holds the ledger and runs the engine.
#[durable_object]
pub struct LedgerObject {
    state: State,
    env: Env,
    service: LedgerService,
}

impl DurableObject for LedgerObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, service: LedgerService::default() }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let storage = self.state.storage();
        let set_alarm = async || storage.set_alarm(Duration::ZERO).await.map_err(internal);
        let reply = match read(&mut request).await {
            Ok(request) => {
                let context = context_of(&self.env, &request);
                let ports = WorkerdPorts::new(&self.env, context.clone());
                let result =
                    self.service.answer(self.open_ledger(), &ports, &request, set_alarm).await;
                let template = template_of(&find(ROUTES, request.method, &request.path));
                reply_of(result, &context, template, "", &JsHost).0
            }
            Err(failure) => problem::reply(&ProblemDetails::new(WORKER, &failure, now_ms())),
        };
        workerd::reply::into_worker(reply)
    }

    async fn alarm(&self) -> worker::Result<Response> {
        let (context, started_at_ms) = (background_context(&self.env), now_ms());
        let ports = WorkerdPorts::new(&self.env, context.clone());
        let wait_ms = self.service.alarm(self.open_ledger(), &ports).await;
        if let Some(span) = workerd::report_event(&self.env, &context, started_at_ms) {
            self.state.wait_until(span);
        }
        if let Some(wait_ms) = wait_ms {
            self.state.storage().set_alarm(Duration::from_millis(wait_ms)).await?;
        }
        Response::empty()
    }
}

impl LedgerObject {
    fn open_ledger(&self) -> Result<(WarmerSettings, SqlLedger), Failure> {
        open_ledger(settings(&self.env), || SqlLedger::open(self.state.storage().sql()))
    }
}
