//! `/health` and `/metrics`: what the object says of itself and the provider.

use futures::future::LocalBoxFuture;
use ports::http::{Reply, Request};
use ports::{Clock, OutRequest};
use runtime::config::ConfigError;
use runtime::health::{CHECK_TIMEOUT_MS, CheckResult, HealthReport, Importance, ProviderHealth};
use runtime::metrics::Metric;
use runtime::outcome::Failure;
use runtime::service_client::{BreakerState, CallContext};
use worker::Env;
use workerd::{JsHost, health};

use super::{OBJECT, ask_object};
use crate::object::KEY_SECRET;
use crate::service::handlers::WORKER;
use crate::service::quota_status::ServiceStatus;
use crate::service::upstream::PROVIDER;

/// Asks the object how it is.
fn status<'a>(
    env: &'a Env,
    context: &'a CallContext,
) -> LocalBoxFuture<'a, Result<ServiceStatus, Failure>> {
    Box::pin(async move {
        let out = OutRequest::get("/health");
        let answer = ask_object(env, context, "/health", out, CHECK_TIMEOUT_MS).await?;
        serde_json::from_slice(&answer.body)
            .map_err(|_| Failure::Malformed { detail: "the object's status".to_owned() })
    })
}

/// Answers `/health`.
pub(super) async fn report_health(
    request: &Request,
    env: &Env,
    context: &CallContext,
    bad_variable: Option<ConfigError>,
) -> Reply {
    let shallow = health::is_shallow(request);
    if let Some(reply) = health::cached(shallow) {
        return reply;
    }
    let within = context.within(JsHost.now_ms(), CHECK_TIMEOUT_MS);
    let (secret, (status, response_time)) =
        futures::join!(workerd::secrets::read(env, KEY_SECRET), timed_status(env, &within));
    let version = &context.identity.version;
    let mut report = HealthReport::new(WORKER, version, JsHost.now_ms());
    report.secret(KEY_SECRET, secret.is_ok(), Importance::Preferred);
    add_object(&mut report, status, response_time);
    if let Some(error) = bad_variable {
        report.variable(&error);
    }
    health::remember(shallow, &report)
}

async fn timed_status(env: &Env, context: &CallContext) -> (Result<ServiceStatus, Failure>, u64) {
    let started_at_ms = JsHost.now_ms();
    let status = status(env, context).await;
    (status, JsHost.now_ms().saturating_sub(started_at_ms))
}

/// The object and what it knows of the provider.
fn add_object(
    report: &mut HealthReport,
    status: Result<ServiceStatus, Failure>,
    response_time: u64,
) {
    let failed = |error: String| CheckResult {
        status: runtime::health::HealthStatus::Error,
        error: Some(error),
        ..CheckResult::default()
    };
    let (checked, provider) = match status {
        Ok(status) => {
            let checked = if status.storage_readable {
                CheckResult::default()
            } else {
                failed("its storage cannot be read".to_owned())
            };
            let error = match (&status.quota.refused, status.key_readable) {
                (Some(detail), _) => Some(format!(
                    "ISBNdb refuses the {detail}: check {KEY_SECRET} and ISBNDB_PLAN; nothing is sent until they change"
                )),
                (None, false) => Some(format!("{KEY_SECRET} cannot be read")),
                (None, true) => status.quota.mismatch.clone().filter(|_| status.allows_less),
            };
            let quota = serde_json::to_value(&status.quota).ok();
            let ServiceStatus { breaker, moved_routes, .. } = status;
            (checked, ProviderHealth { breaker, quota, moved_routes, error })
        }
        Err(failure) => (failed(failure.to_string()), ProviderHealth::new(BreakerState::Closed)),
    };
    report.store(OBJECT, CheckResult { response_time, ..checked }, Importance::Required);
    report.provider(PROVIDER, provider, Importance::Preferred);
}

/// Answers `/metrics`.
pub(super) async fn metrics(env: &Env, context: &CallContext) -> Result<Reply, Failure> {
    let status = status(env, context).await?;
    let client_state = workerd::client_state();
    let left = f64::from(status.quota.left);
    client_state.metrics().set(Metric::ProviderQuotaLeft, &[PROVIDER], left);
    Ok(client_state.exposition(&context.identity, JsHost.now_ms()))
}
