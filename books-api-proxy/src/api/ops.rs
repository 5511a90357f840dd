//! `/health` and `/metrics`.

use ports::Clock;
use ports::http::{Reply, Request};
use runtime::cache_policy::status::{Tier, TierOutcome};
use runtime::config::ConfigError;
use runtime::health::{
    CHECK_TIMEOUT_MS, CheckResult, HealthReport, HealthStatus, Importance, ProviderHealth,
};
use runtime::metrics::Metric;
use runtime::service_client::CallContext;
use worker::Env;
use workerd::JsHost;
use workerd::health::{self, Check};

use crate::config::{
    ADMIN_TOKEN, FLIGHT, GOOGLE_BOOKS_API_KEY, GOOGLE_BOOKS_IOSKEY, ISBN_SEARCH_KEY, ISBNDB_WORKER,
    KV_CACHE, PROVIDER_LIMITER, R2_COLD, SEARCH_TOKEN,
};
use crate::rate_limit::{LimiterName, LimiterReading, client as limiter};
use crate::search::provider_rules::Provider;

/// What is looked at. Nothing here is needed to answer at all: each tier, each provider and the
/// leaf can be done without.
const CHECKS: [Check<'static>; 7] = [
    Check::Binding(ISBNDB_WORKER, Importance::Preferred),
    Check::Kv(KV_CACHE, Importance::Preferred),
    Check::R2(R2_COLD, Importance::Preferred),
    Check::Object {
        binding: FLIGHT,
        name: "health",
        path: "/health",
        importance: Importance::Preferred,
    },
    Check::Secret(GOOGLE_BOOKS_API_KEY, Importance::Preferred),
    Check::Secret(GOOGLE_BOOKS_IOSKEY, Importance::Optional),
    Check::Secret(ADMIN_TOKEN, Importance::Preferred),
];

/// Secrets that a deployment may leave out: reported, and required to be readable, only if bound.
const OPTIONAL_SECRETS: [&str; 2] = [ISBN_SEARCH_KEY, SEARCH_TOKEN];

/// The answer of `/health`. A var that cannot be used is an error whatever else works.
pub async fn report(
    env: &Env,
    context: &CallContext,
    request: &Request,
    bad_var: Option<ConfigError>,
) -> Reply {
    let shallow = health::is_shallow(request);
    if let Some(reply) = health::cached(shallow) {
        return reply;
    }
    let context = context.within(JsHost.now_ms(), CHECK_TIMEOUT_MS);
    let bound = OPTIONAL_SECRETS.iter().filter(|name| workerd::env::has(env, name));
    let checks: Vec<Check<'_>> = CHECKS
        .into_iter()
        .chain(bound.map(|name| Check::Secret(name, Importance::Preferred)))
        .chain(health::of_auth(env))
        .collect();
    let (mut report, limiter_readings) = futures::join!(
        health::check(env, &context, &checks, shallow),
        read_limiters(env, &context)
    );
    add_providers(&mut report, limiter_readings);
    if let Some(error) = bad_var {
        report.variable(&error);
    }
    health::remember(shallow, &report)
}

/// The quota rate limiters, with the time they took to answer.
struct LimiterReadings {
    google: Option<LimiterReading>,
    open_library: Option<LimiterReading>,
    response_time: u64,
}

async fn read_limiters(env: &Env, context: &CallContext) -> LimiterReadings {
    let started_at_ms = JsHost.now_ms();
    let (google, open_library) = futures::join!(
        limiter::state(env, context, LimiterName::Google),
        limiter::state(env, context, LimiterName::OpenLibrary)
    );
    let response_time = JsHost.now_ms().saturating_sub(started_at_ms);
    LimiterReadings { google: google.ok(), open_library: open_library.ok(), response_time }
}

fn add_providers(report: &mut HealthReport, limiter_readings: LimiterReadings) {
    let answered = limiter_readings.google.is_some() && limiter_readings.open_library.is_some();
    let checked = CheckResult {
        status: if answered { HealthStatus::Healthy } else { HealthStatus::Error },
        response_time: limiter_readings.response_time,
        error: (!answered).then(|| "it does not answer".to_owned()),
        last_write: None,
    };
    report.store(PROVIDER_LIMITER, checked, Importance::Preferred);
    let (client_state, now_ms) = (workerd::client_state(), JsHost.now_ms());
    // ISBNdb's own quota is in the ISBNdb Worker's report; here its breaker is that of the binding.
    for (provider, target, limiter) in [
        (Provider::GoogleBooks, Provider::GoogleBooks.name(), limiter_readings.google),
        (Provider::OpenLibrary, Provider::OpenLibrary.name(), limiter_readings.open_library),
        (Provider::Isbndb, ISBNDB_WORKER, None),
    ] {
        let moved_routes =
            limiter.as_ref().map(|limiter| limiter.moved_routes.clone()).unwrap_or_default();
        let own = ProviderHealth {
            moved_routes,
            quota: limiter
                .filter(|reading| reading.daily_limit > 0)
                .and_then(|reading| serde_json::to_value(reading).ok()),
            ..ProviderHealth::new(client_state.breaker(target, now_ms))
        };
        report.provider(provider.name(), own, Importance::Preferred);
    }
}

/// The answer of `/metrics`: this isolate's counters, and the quota from the rate limiters.
pub async fn metrics(env: &Env, context: &CallContext) -> Reply {
    let client_state = workerd::client_state();
    let limiter_readings = read_limiters(env, context).await;
    for (provider, reading) in [
        (Provider::GoogleBooks, limiter_readings.google),
        (Provider::OpenLibrary, limiter_readings.open_library),
    ] {
        if let Some(reading) = reading.filter(|reading| reading.daily_limit > 0) {
            let left = f64::from(reading.left);
            client_state.metrics().set(Metric::ProviderQuotaLeft, &[provider.name()], left);
        }
    }
    client_state.exposition(&context.identity, JsHost.now_ms())
}

/// Counts what each tier said to one look-up.
pub fn count_tiers(tier_log: &[(Tier, TierOutcome)]) {
    let client_state = workerd::client_state();
    for (tier, outcome) in tier_log {
        let tier = match tier {
            Tier::Memory => "memory",
            Tier::Hot => "kv",
            Tier::Cold => "r2",
        };
        let result = match outcome {
            TierOutcome::Hit { ttl_secs: 0.. } => "hit",
            TierOutcome::Hit { .. } => "stale",
            TierOutcome::Miss | TierOutcome::Request => "miss",
            TierOutcome::Stale => "expired",
            TierOutcome::Failed => "failed",
        };
        client_state.metrics().add(Metric::CacheRequests, &[tier, result], 1.0);
    }
}
