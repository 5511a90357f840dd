//! The Durable Object: connects storage and alarm with the core.

use std::time::Duration;

use ports::Clock;
use runtime::call_outcome::Failure;
use runtime::http_edge::reply_and_outcome;
use runtime::http_edge::router::{find_route, matched_route_template};
use runtime::problem::{self, ProblemDetails};
use runtime::resilient_client::RequestContext;
use warmer_core::binding_manifest::WORKER_NAME;
use warmer_core::object_call::OBJECT_BUDGET_MS;
use warmer_core::routes::ROUTES;
use warmer_core::settings::{MAX_PREVIEW_BYTES, WarmerSettings};
use warmer_core::warming_ledger_object_service::WarmingLedgerObjectService;
use worker::{DurableObject, Env, Request, Response, State, durable_object};
use workerd::JsSystemPorts;
use workerd::platform_request_reader::from_worker;
use workerd::platform_response::into_worker;

use crate::adapters::ledger_object::{background_context, worker_identity};
use crate::adapters::sql_ledger::SqlLedger;
use crate::adapters::workerd_ports::WorkerdPorts;

/// Holds the ledger and runs the engine.
#[durable_object]
pub struct LedgerObject {
    state: State,
    env: Env,
    service: WarmingLedgerObjectService,
}

impl DurableObject for LedgerObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, service: WarmingLedgerObjectService::default() }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let storage = self.state.storage();
        let set_alarm = async || storage.set_alarm(Duration::ZERO).await.map_err(Failure::internal);
        // The body is small, at most the first part of a file to preview: whole files go to R2.
        let request = match from_worker(&mut request, MAX_PREVIEW_BYTES).await {
            Ok(request) => request,
            Err(failure) => {
                let details = ProblemDetails::new(WORKER_NAME, &failure, JsSystemPorts.now_ms());
                return into_worker(problem::problem_document_reply(&details));
            }
        };
        let context = RequestContext::from_headers(
            worker_identity(&self.env),
            &request.headers,
            true,
            OBJECT_BUDGET_MS,
            &JsSystemPorts,
        );
        let ports = WorkerdPorts::new(&self.env, context.clone());
        let answered = self.service.handle_request(self.open_ledger(), &ports, &request, set_alarm);
        let template = matched_route_template(&find_route(ROUTES, request.method, &request.path));
        into_worker(reply_and_outcome(answered.await, &context, template, "", &JsSystemPorts).0)
    }

    async fn alarm(&self) -> worker::Result<Response> {
        let (context, started_at_ms) = (background_context(&self.env), JsSystemPorts.now_ms());
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
        workerd::apply_env_settings(&self.env)?;
        let settings = WarmerSettings::read(&workerd::env::worker_variables(&self.env))?;
        Ok((settings, SqlLedger::open_storage(self.state.storage().sql())?))
    }
}
