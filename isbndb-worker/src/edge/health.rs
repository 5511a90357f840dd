//! `/health` and `/metrics`: what the object says of itself and the provider.

use futures::future::LocalBoxFuture;
use ports::http::{Reply, Request};
use ports::{Clock, OutRequest};
use runtime::config::ConfigError;
use runtime::health::{CHECK_TIMEOUT_MS, Checked, HealthReport, ProviderHealth, Weight};
use runtime::metrics::Metric;
use runtime::outcome::Failure;
use runtime::service_client::{BreakerState, CallContext};
use worker::Env;
use workerd::{JsHost, health};

use super::{OBJECT, ask_object};
use crate::budget::account::Status;
use crate::budget::answer::WORKER;
use crate::budget::upstream::PROVIDER;
use crate::object::KEY_SECRET;

/// Asks the object how it is.
fn status<'a>(
    env: &'a Env,
    context: &'a CallContext,
) -> LocalBoxFuture<'a, Result<Status, Failure>> {
    Box::pin(async move {
        let out = OutRequest::get("/health");
        let answer = ask_object(env, context, "/health", out, CHECK_TIMEOUT_MS).await?;
        serde_json::from_slice(&answer.body)
            .map_err(|_| Failure::Malformed { what: "the object's status".to_owned() })
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
    report.secret(KEY_SECRET, secret.is_ok(), Weight::Wanted);
    add_object(&mut report, status, response_time);
    if let Some(error) = bad_variable {
        report.variable(&error);
    }
    health::remember(shallow, &report)
}

async fn timed_status(env: &Env, context: &CallContext) -> (Result<Status, Failure>, u64) {
    let started_at_ms = JsHost.now_ms();
    let status = status(env, context).await;
    (status, JsHost.now_ms().saturating_sub(started_at_ms))
}

/// The object and what it knows of the provider.
fn add_object(report: &mut HealthReport, status: Result<Status, Failure>, response_time: u64) {
    let failed = |error: String| Checked {
        status: runtime::health::Status::Error,
        error: Some(error),
        ..Checked::default()
    };
    let (checked, provider) = match status {
        Ok(status) => {
            let checked = if status.storage_readable {
                Checked::default()
            } else {
                failed("its storage cannot be read".to_owned())
            };
            let error = match (&status.quota.refused, status.key_readable) {
                (Some(what), _) => Some(format!(
                    "ISBNdb refuses the {what}: check {KEY_SECRET} and ISBNDB_PLAN; nothing is sent until they change"
                )),
                (None, false) => Some(format!("{KEY_SECRET} cannot be read")),
                (None, true) => status.quota.mismatch.clone().filter(|_| status.allows_less),
            };
            let quota = serde_json::to_value(&status.quota).ok();
            let Status { breaker, moved_routes, .. } = status;
            (checked, ProviderHealth { breaker, quota, moved_routes, error })
        }
        Err(failure) => (failed(failure.to_string()), ProviderHealth::new(BreakerState::Closed)),
    };
    report.store(OBJECT, Checked { response_time, ..checked }, Weight::Needed);
    report.provider(PROVIDER, provider, Weight::Wanted);
}

/// Answers `/metrics`.
pub(super) async fn metrics(env: &Env, context: &CallContext) -> Result<Reply, Failure> {
    let status = status(env, context).await?;
    let mesh = workerd::mesh();
    let left = f64::from(status.quota.left);
    mesh.metrics().set(Metric::ProviderQuotaLeft, &[PROVIDER], left);
    Ok(mesh.exposition(&context.identity, JsHost.now_ms()))
}
