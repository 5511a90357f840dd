//! `/health`: the checks of the platform, and the providers' state from the core.

use ports::Clock;
use ports::http_types::{Reply, Request};
use proxy_core::api::health_and_metrics::{LimiterReadings, add_providers, read_limiters};
use proxy_core::binding_manifest::{
    ADMIN_TOKEN, BATCH, FLIGHT, GOOGLE_BOOKS_API_KEY, GOOGLE_BOOKS_IOSKEY, ISBN_SEARCH_KEY,
    ISBNDB_WORKER, KV_CACHE, R2_COLD, SEARCH_TOKEN,
};
use proxy_core::request_scope::RequestScope;
use runtime::config::ConfigError;
use runtime::health::{CHECK_TIMEOUT_MS, CheckImportance, is_shallow};
use runtime::resilient_client::RequestContext;
use worker::Env;
use workerd::JsSystemPorts;
use workerd::health::{self, HealthCheckTarget};

use super::platform::WorkerdPlatform;

/// None of these is required: the proxy can answer without any single tier, provider or Worker.
const HEALTH_CHECKS: [HealthCheckTarget<'static>; 8] = [
    HealthCheckTarget::Binding(ISBNDB_WORKER, CheckImportance::DegradedWithout),
    HealthCheckTarget::Kv(KV_CACHE, CheckImportance::DegradedWithout),
    HealthCheckTarget::R2(R2_COLD, CheckImportance::DegradedWithout),
    object_check(FLIGHT),
    object_check(BATCH),
    HealthCheckTarget::Secret(GOOGLE_BOOKS_API_KEY, CheckImportance::DegradedWithout),
    HealthCheckTarget::Secret(GOOGLE_BOOKS_IOSKEY, CheckImportance::Optional),
    HealthCheckTarget::Secret(ADMIN_TOKEN, CheckImportance::DegradedWithout),
];

/// An object of this binding that is used for the check only.
const fn object_check(binding: &'static str) -> HealthCheckTarget<'static> {
    HealthCheckTarget::DurableObject {
        binding,
        name: "health",
        path: "/health",
        importance: CheckImportance::DegradedWithout,
    }
}

/// Secrets that a deployment may leave out: checked only if bound.
const OPTIONAL_SECRETS: [&str; 2] = [ISBN_SEARCH_KEY, SEARCH_TOKEN];

/// The answer of `/health`. A bad var makes it `error`.
pub async fn health_reply(
    env: &Env,
    context: &RequestContext,
    request: &Request,
    is_known: bool,
    request_scope: Result<RequestScope<WorkerdPlatform>, ConfigError>,
) -> Reply {
    let shallow = is_shallow(request);
    if let Some(reply) = health::cached_reply(shallow, is_known) {
        return reply;
    }
    let context = context.with_nearer_deadline(JsSystemPorts.now_ms(), CHECK_TIMEOUT_MS);
    let bound = OPTIONAL_SECRETS.iter().filter(|name| workerd::env::has_env_entry(env, name));
    let checks: Vec<HealthCheckTarget<'_>> = HEALTH_CHECKS
        .into_iter()
        .chain(bound.map(|name| HealthCheckTarget::Secret(name, CheckImportance::DegradedWithout)))
        .chain(health::of_auth(env))
        .collect();
    let readings = async {
        // A rate limiter needs the settings too.
        let Ok(scope) = &request_scope else { return LimiterReadings::default() };
        read_limiters(&RequestScope { context: context.clone(), ..scope.clone() }).await
    };
    let (mut report, readings) =
        futures::join!(health::run_health_checks(env, &context, &checks, shallow), readings);
    add_providers(&mut report, readings, &workerd::client_state(), JsSystemPorts.now_ms());
    if let Err(error) = &request_scope {
        report.add_config_error(error);
    }
    health::remember(shallow, &report)
}
