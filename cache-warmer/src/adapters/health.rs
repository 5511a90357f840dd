//! `/health`: asks both siblings, reads secret and storage, writes nothing.

use ports::http_types::{Reply, Request};
use runtime::health::{CheckImportance, is_shallow};
use runtime::resilient_client::RequestContext;
use warmer_core::binding_manifest::{
    ADMIN_TOKEN, BOOKS_API_PROXY, CANARY, ISBNDB_WORKER, LEDGER, LEDGER_NAME, LIBRARY_DATA,
    WARMING_CACHE,
};
use warmer_core::settings::WarmerSettings;
use worker::Env;
use workerd::health::{self, HealthCheckTarget};

/// Ledger, bucket and token are required. Without a sibling warming waits.
const HEALTH_CHECKS: [HealthCheckTarget<'_>; 6] = [
    HealthCheckTarget::Binding(BOOKS_API_PROXY, CheckImportance::DegradedWithout),
    HealthCheckTarget::Binding(ISBNDB_WORKER, CheckImportance::DegradedWithout),
    HealthCheckTarget::Kv(WARMING_CACHE, CheckImportance::DegradedWithout),
    HealthCheckTarget::R2(LIBRARY_DATA, CheckImportance::Required),
    HealthCheckTarget::DurableObject {
        binding: LEDGER,
        name: LEDGER_NAME,
        path: "/alive",
        importance: CheckImportance::Required,
    },
    HealthCheckTarget::Secret(ADMIN_TOKEN, CheckImportance::Required),
];

pub(crate) async fn health_reply(
    env: &Env,
    request: &Request,
    context: &RequestContext,
    is_known: bool,
) -> Reply {
    let shallow = is_shallow(request);
    if let Some(reply) = health::cached_reply(shallow, is_known) {
        return reply;
    }
    let canary = health::of_canary(env, CANARY);
    let checks: Vec<HealthCheckTarget<'_>> =
        HEALTH_CHECKS.into_iter().chain(canary).chain(health::of_auth(env)).collect();
    let mut report = health::run_health_checks(env, context, &checks, shallow).await;
    let own = WarmerSettings::read(&workerd::env::worker_variables(env)).map(|_| ());
    if let Err(error) = own.and(workerd::apply_env_settings(env)) {
        report.add_config_error(&error);
    }
    health::remember(shallow, &report)
}
