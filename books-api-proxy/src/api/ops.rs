//! `/health` and `/metrics`.

use ports::Clock;
use ports::http::{Reply, Request};
use runtime::cache_policy::status::{Tier, TierOutcome};
use runtime::config::ConfigError;
use runtime::health::{CHECK_TIMEOUT_MS, Checked, HealthReport, ProviderHealth, Status, Weight};
use runtime::metrics::Metric;
use runtime::service_client::CallContext;
use worker::Env;
use workerd::JsHost;
use workerd::health::{self, Check};

use crate::config::{
    ADMIN_TOKEN, FLIGHT, GOOGLE_BOOKS_API_KEY, GOOGLE_BOOKS_IOSKEY, ISBN_SEARCH_KEY, ISBNDB_WORKER,
    KV_CACHE, PROVIDER_GATE, R2_COLD, SEARCH_TOKEN,
};
use crate::gate::{GateName, GateReading, client as gate};
use crate::search::plan::Provider;

/// What is looked at. Nothing here is needed to answer at all: each tier, each provider and the
/// leaf can be done without.
const CHECKS: [Check<'static>; 7] = [
    Check::Binding(ISBNDB_WORKER, Weight::Wanted),
    Check::Kv(KV_CACHE, Weight::Wanted),
    Check::R2(R2_COLD, Weight::Wanted),
    Check::Object { binding: FLIGHT, name: "health", path: "/health", weight: Weight::Wanted },
    Check::Secret(GOOGLE_BOOKS_API_KEY, Weight::Wanted),
    Check::Secret(GOOGLE_BOOKS_IOSKEY, Weight::Optional),
    Check::Secret(ADMIN_TOKEN, Weight::Wanted),
];

/// Secrets that a deployment may leave out: told only where they are bound, and then they count.
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
        .chain(bound.map(|name| Check::Secret(name, Weight::Wanted)))
        .chain(health::of_auth(env))
        .collect();
    let (mut report, gates) =
        futures::join!(health::check(env, &context, &checks, shallow), read_gates(env, &context));
    add_providers(&mut report, gates);
    if let Some(error) = bad_var {
        report.variable(&error);
    }
    health::remember(shallow, &report)
}

/// The quota gates, with the time they took to answer.
struct Gates {
    google: Option<GateReading>,
    open_library: Option<GateReading>,
    response_time: u64,
}

async fn read_gates(env: &Env, context: &CallContext) -> Gates {
    let started_at_ms = JsHost.now_ms();
    let (google, open_library) = futures::join!(
        gate::state(env, context, GateName::Google),
        gate::state(env, context, GateName::OpenLibrary)
    );
    let response_time = JsHost.now_ms().saturating_sub(started_at_ms);
    Gates { google: google.ok(), open_library: open_library.ok(), response_time }
}

fn add_providers(report: &mut HealthReport, gates: Gates) {
    let answered = gates.google.is_some() && gates.open_library.is_some();
    let checked = Checked {
        status: if answered { Status::Healthy } else { Status::Error },
        response_time: gates.response_time,
        error: (!answered).then(|| "it does not answer".to_owned()),
        last_write: None,
    };
    report.store(PROVIDER_GATE, checked, Weight::Wanted);
    let (mesh, now_ms) = (workerd::mesh(), JsHost.now_ms());
    // ISBNdb's own quota is in the leaf's report; here its breaker is that of the binding.
    for (provider, target, gate) in [
        (Provider::GoogleBooks, Provider::GoogleBooks.name(), gates.google),
        (Provider::OpenLibrary, Provider::OpenLibrary.name(), gates.open_library),
        (Provider::Isbndb, ISBNDB_WORKER, None),
    ] {
        let moved_routes = gate.as_ref().map(|gate| gate.moved_routes.clone()).unwrap_or_default();
        let own = ProviderHealth {
            moved_routes,
            quota: gate
                .filter(|reading| reading.daily_limit > 0)
                .and_then(|reading| serde_json::to_value(reading).ok()),
            ..ProviderHealth::new(mesh.breaker(target, now_ms))
        };
        report.provider(provider.name(), own, Weight::Wanted);
    }
}

/// The answer of `/metrics`: this isolate's counters, and the quota from the gates.
pub async fn metrics(env: &Env, context: &CallContext) -> Reply {
    let mesh = workerd::mesh();
    let gates = read_gates(env, context).await;
    for (provider, reading) in
        [(Provider::GoogleBooks, gates.google), (Provider::OpenLibrary, gates.open_library)]
    {
        if let Some(reading) = reading.filter(|reading| reading.daily_limit > 0) {
            let left = f64::from(reading.left);
            mesh.metrics().set(Metric::ProviderQuotaLeft, &[provider.name()], left);
        }
    }
    mesh.exposition(&context.identity, JsHost.now_ms())
}

/// Counts what each tier said to one look-up.
pub fn count_tiers(trail: &[(Tier, TierOutcome)]) {
    let mesh = workerd::mesh();
    for (tier, outcome) in trail {
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
        mesh.metrics().add(Metric::CacheRequests, &[tier, result], 1.0);
    }
}
