//! `/health` and `/metrics`.

use std::collections::BTreeMap;

use ports::Clock;
use ports::http_types::Reply;
use runtime::cache_policy::status_header::{CacheTier, TierOutcome};
use runtime::health::{CheckImportance, HealthCheckResult, HealthReport, ProviderHealth};
use runtime::metrics::Metric;
use runtime::resilient_client::ResilientClientState;

use crate::binding_manifest::PROVIDER_LIMITER;
use crate::platform::Platform;
use crate::provider::Provider;
use crate::rate_limit::{LimiterName, LimiterReading};
use crate::request_scope::RequestScope;

/// The readings of the rate limiters, and the time that reading them took.
#[derive(Default)]
pub struct LimiterReadings {
    readings: BTreeMap<Provider, Option<LimiterReading>>,
    response_time: u64,
}

pub async fn read_limiters<E: Platform>(request_scope: &RequestScope<E>) -> LimiterReadings {
    let host = request_scope.system_ports();
    let started_at_ms = host.now_ms();
    let limited = Provider::ALL.into_iter().filter_map(|p| Some((p, LimiterName::of(p)?)));
    let readings = limited.map(async |(provider, limiter)| {
        (provider, request_scope.read_limiter(limiter).await.ok())
    });
    let readings = futures::future::join_all(readings).await.into_iter().collect();
    LimiterReadings { readings, response_time: host.now_ms().saturating_sub(started_at_ms) }
}

/// Adds the providers and their rate limiters to a report.
pub fn add_providers(
    report: &mut HealthReport,
    LimiterReadings { mut readings, response_time }: LimiterReadings,
    client_state: &ResilientClientState,
    now_ms: u64,
) {
    // Nothing was read if the vars are not usable.
    let answered = !readings.is_empty() && readings.values().all(Option::is_some);
    let checked = match answered {
        true => HealthCheckResult::default(),
        false => HealthCheckResult::failed_check("a rate limiter does not answer"),
    };
    let checked = HealthCheckResult { response_time, ..checked };
    report.add_store(PROVIDER_LIMITER, checked, CheckImportance::DegradedWithout);
    // ISBNdb's quota is in the ISBNdb Worker's own report; its breaker here is that of the binding.
    for provider in Provider::ALL {
        let target = provider.names_and_trust_ranks().call_target;
        let mut own = ProviderHealth::new(client_state.breaker_state(target, now_ms));
        if let Some(reading) = readings.remove(&provider).flatten() {
            own.moved_routes.clone_from(&reading.moved_routes);
            if reading.daily_limit > 0 {
                let shown = LimiterReading { last_call_ms: 0, ..reading };
                own.quota = serde_json::to_value(&shown).ok();
            }
        }
        report.add_provider(provider.name(), own, CheckImportance::DegradedWithout);
    }
}

/// The answer of `/metrics`: this isolate's counters, and the quota from the rate limiters.
pub async fn metrics_reply<E: Platform>(request_scope: &RequestScope<E>) -> Reply {
    let client_state = &request_scope.proxy.isolate.client_state;
    for (provider, reading) in read_limiters(request_scope).await.readings {
        if let Some(reading) = reading.filter(|reading| reading.daily_limit > 0) {
            let left = f64::from(reading.left);
            client_state.metrics().set(Metric::ProviderQuotaLeft, &[provider.name()], left);
        }
    }
    client_state.exposition(&request_scope.context.identity, request_scope.system_ports().now_ms())
}

/// Counts the outcome of each tier in one look-up.
pub fn count_tiers(client_state: &ResilientClientState, tier_log: &[(CacheTier, TierOutcome)]) {
    for (tier, outcome) in tier_log {
        let tier = match tier {
            CacheTier::Memory => "memory",
            CacheTier::Hot => "kv",
            CacheTier::Cold => "r2",
        };
        let result = match outcome {
            TierOutcome::Hit { ttl_secs: 0.. } => "hit",
            TierOutcome::Hit { .. } => "stale",
            TierOutcome::Miss | TierOutcome::Request => "miss",
            TierOutcome::Expired => "expired",
            TierOutcome::Failed => "failed",
        };
        client_state.metrics().add(Metric::CacheRequests, &[tier, result], 1.0);
    }
}
