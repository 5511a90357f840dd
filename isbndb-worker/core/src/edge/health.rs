//! `/health` and `/metrics`: the state of the object and of the provider.

use ports::http::{Reply, Request};
use ports::{DurableObjects, HostPorts};
use runtime::config::ConfigError;
use runtime::health::{
    CHECK_TIMEOUT_MS, CheckImportance, CheckResult, HealthReport, ProviderHealth, is_shallow,
};
use runtime::metrics::Metric;
use runtime::outcome::Failure;
use runtime::secret::SecretSource;
use runtime::service_client::{BreakerState, CallContext};

use super::instance::WorkerInstance;
use crate::manifest::{ISBNDB_API_KEY, ISBNDB_OBJECT, WORKER};
use crate::service::quota_status::ObjectStatus;
use crate::service::upstream::PROVIDER;

pub(super) async fn report_health<H: HostPorts + Clone, P: DurableObjects + SecretSource>(
    instance: &WorkerInstance<'_, H, P>,
    request: &Request,
    context: &CallContext,
    bad_variable: Option<ConfigError>,
) -> Reply {
    let (host, cache) = (&instance.host, &instance.isolate.health);
    let shallow = is_shallow(request);
    // There is no public route: each caller is known.
    if let Some(reply) = cache.get(shallow, true, host.now_ms()) {
        return reply;
    }
    let within = context.with_budget(host.now_ms(), CHECK_TIMEOUT_MS);
    let (secret, (status, response_time)) =
        futures::join!(instance.ports.secret(ISBNDB_API_KEY), timed_status(instance, &within));
    let mut report = HealthReport::new(WORKER, &context.identity.version, host.now_ms());
    report.add_secret(ISBNDB_API_KEY, secret.is_ok(), CheckImportance::DegradedWithout);
    add_object(&mut report, status, response_time);
    if let Some(error) = bad_variable {
        report.add_config_error(&error);
    }
    cache.keep(shallow, &report, host.now_ms())
}

async fn timed_status<H: HostPorts + Clone, P: DurableObjects>(
    instance: &WorkerInstance<'_, H, P>,
    context: &CallContext,
) -> (Result<ObjectStatus, Failure>, u64) {
    let started_at_ms = instance.host.now_ms();
    let status = instance.object_status(context).await;
    (status, instance.host.now_ms().saturating_sub(started_at_ms))
}

/// Adds the object's check, and the provider's as the object reports it.
fn add_object(
    report: &mut HealthReport,
    status: Result<ObjectStatus, Failure>,
    response_time: u64,
) {
    let (checked, provider) = match status {
        Ok(status) => {
            let checked = if status.storage_readable {
                CheckResult::default()
            } else {
                CheckResult::failed("its storage cannot be read")
            };
            let error = match (&status.quota.refused, status.key_readable) {
                (Some(detail), _) => Some(format!(
                    "ISBNdb refuses the {detail}: check {ISBNDB_API_KEY} and ISBNDB_PLAN; nothing is sent until they change"
                )),
                (None, false) => Some(format!("{ISBNDB_API_KEY} cannot be read")),
                (None, true) => status.quota.mismatch.clone().filter(|_| status.allows_less),
            };
            let quota = serde_json::to_value(&status.quota).ok();
            let ObjectStatus { breaker, moved_routes, .. } = status;
            (checked, ProviderHealth { breaker, quota, moved_routes, error })
        }
        Err(failure) => {
            (CheckResult::failed(failure.to_string()), ProviderHealth::new(BreakerState::Closed))
        }
    };
    let checked = CheckResult { response_time, ..checked };
    report.add_store(ISBNDB_OBJECT, checked, CheckImportance::Required);
    report.add_provider(PROVIDER, provider, CheckImportance::DegradedWithout);
}

pub(super) async fn metrics<H: HostPorts + Clone, P: DurableObjects>(
    instance: &WorkerInstance<'_, H, P>,
    context: &CallContext,
) -> Result<Reply, Failure> {
    let status = instance.object_status(context).await?;
    let client_state = &instance.isolate.client_state;
    let left = f64::from(status.quota.left);
    client_state.metrics().set(Metric::ProviderQuotaLeft, &[PROVIDER], left);
    Ok(client_state.exposition(&context.identity, instance.host.now_ms()))
}
