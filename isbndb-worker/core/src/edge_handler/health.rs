//! `/health` and `/metrics`: the state of the object and of the provider.

use ports::http_types::{Reply, Request};
use ports::{DurableObjects, OutgoingRequest, SystemPorts};
use runtime::call_outcome::{Failure, ProviderFailure};
use runtime::config::ConfigError;
use runtime::health::{
    CHECK_TIMEOUT_MS, CheckImportance, HealthCheckResult, HealthReport, ProviderHealth, is_shallow,
};
use runtime::metrics::Metric;
use runtime::resilient_client::{BreakerState, CallContext};
use runtime::secret::SecretSource;

use super::WorkerInstance;
use crate::binding_manifest::{ISBNDB_API_KEY, ISBNDB_OBJECT, WORKER_NAME};
use crate::isbndb_service::quota_status::IsbndbObjectStatus;
use crate::isbndb_service::upstream_request::PROVIDER;

impl<H: SystemPorts + Clone, P: DurableObjects + SecretSource> WorkerInstance<'_, H, P> {
    pub(super) async fn report_health(
        &self,
        request: &Request,
        context: &CallContext,
        bad_variable: Option<ConfigError>,
    ) -> Reply {
        let (host, cache) = (&self.host, &self.isolate.health);
        let shallow = is_shallow(request);
        // There is no public route: each caller is known.
        if let Some(reply) = cache.get(shallow, true, host.now_ms()) {
            return reply;
        }
        let within = context.with_budget(host.now_ms(), CHECK_TIMEOUT_MS);
        let (secret, (status, response_time)) =
            futures::join!(self.ports.secret(ISBNDB_API_KEY), self.timed_status(&within));
        let mut report = HealthReport::new(WORKER_NAME, &context.identity.version, host.now_ms());
        report.add_secret(ISBNDB_API_KEY, secret.is_ok(), CheckImportance::DegradedWithout);
        add_object(&mut report, status, response_time);
        if let Some(error) = bad_variable {
            report.add_config_error(&error);
        }
        cache.cache_report(shallow, &report, host.now_ms())
    }

    async fn timed_status(
        &self,
        context: &CallContext,
    ) -> (Result<IsbndbObjectStatus, Failure>, u64) {
        let started_at_ms = self.host.now_ms();
        let status = self.object_status(context).await;
        (status, self.host.now_ms().saturating_sub(started_at_ms))
    }

    pub(super) async fn metrics(&self, context: &CallContext) -> Result<Reply, Failure> {
        let status = self.object_status(context).await?;
        let client_state = &self.isolate.client_state;
        let left = f64::from(status.quota.left);
        client_state.metrics().set(Metric::ProviderQuotaLeft, &[PROVIDER], left);
        Ok(client_state.exposition(&context.identity, self.host.now_ms()))
    }

    async fn object_status(&self, context: &CallContext) -> Result<IsbndbObjectStatus, Failure> {
        let out = OutgoingRequest::get("/health");
        let answer = self.ask_object(context, "/health", out, CHECK_TIMEOUT_MS).await?;
        Ok(serde_json::from_slice(&answer.body).map_err(ProviderFailure::from)?)
    }
}

/// Adds the object's check, and the provider's as the object reports it.
fn add_object(
    report: &mut HealthReport,
    status: Result<IsbndbObjectStatus, Failure>,
    response_time: u64,
) {
    let (checked, provider) = match status {
        Ok(status) => {
            let checked = if status.storage_readable {
                HealthCheckResult::default()
            } else {
                HealthCheckResult::failed_check("its storage cannot be read")
            };
            let error = match (&status.quota.refused, status.key_readable) {
                (Some(detail), _) => Some(format!(
                    "ISBNdb refuses the {detail}: check {ISBNDB_API_KEY} and ISBNDB_PLAN; until they change, one call a day is sent"
                )),
                (None, false) => Some(format!("{ISBNDB_API_KEY} cannot be read")),
                (None, true) => status.quota.mismatch.clone().filter(|_| status.allows_less),
            };
            let quota = serde_json::to_value(&status.quota).ok();
            let IsbndbObjectStatus { breaker, moved_routes, .. } = status;
            (checked, ProviderHealth { breaker, quota, moved_routes, error })
        }
        Err(failure) => (
            HealthCheckResult::failed_check(failure.to_string()),
            ProviderHealth::new(BreakerState::Closed),
        ),
    };
    let checked = HealthCheckResult { response_time, ..checked };
    report.add_store(ISBNDB_OBJECT, checked, CheckImportance::Required);
    report.add_provider(PROVIDER, provider, CheckImportance::DegradedWithout);
}
