//! The metrics: names, labels and help texts.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    Counter,
    Gauge,
    Summary,
}

#[derive(Clone, Copy, Debug)]
pub struct MetricDefinition {
    /// Prometheus name, unit included.
    pub name: &'static str,
    pub kind: MetricKind,
    pub labels: &'static [&'static str],
    pub help: &'static str,
}

macro_rules! metrics {
    ($($variant:ident: $kind:ident, $name:literal, $labels:expr, $help:literal;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Metric {
            $(#[doc = $help] $variant,)*
        }

        impl Metric {
            /// All metrics, in the order in which they are written.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            pub fn definition(self) -> MetricDefinition {
                match self {
                    $(Self::$variant => MetricDefinition {
                        name: $name,
                        kind: MetricKind::$kind,
                        labels: &$labels,
                        help: $help,
                    },)*
                }
            }
        }
    };
}

metrics! {
    BindingCalls: Counter, "service_binding_calls_total", ["binding"], "Calls over service bindings.";
    BindingCallsSuccessful: Counter, "service_binding_calls_successful_total", ["binding"], "Calls over service bindings that were answered.";
    BindingCallsFailed: Counter, "service_binding_calls_failed_total", ["binding", "reason"], "Calls over service bindings that failed, by reason.";
    BindingTimeouts: Counter, "service_binding_timeouts_total", ["binding"], "Calls over service bindings without an answer in time.";
    BindingSeconds: Summary, "service_binding_response_time_seconds", ["binding"], "Time calls over service bindings took, retries included.";
    WarmerToProxyCalls: Counter, "cache_warmer_to_proxy_calls_total", [], "Calls from the warmer to the proxy.";
    ProxyToIsbndbCalls: Counter, "proxy_to_isbndb_calls_total", [], "Calls from the proxy to the ISBNdb Worker.";
    DirectToIsbndbCalls: Counter, "direct_to_isbndb_calls_total", [], "Calls from the warmer to the ISBNdb Worker.";
    Retries: Counter, "call_retries_total", ["target"], "Attempts beyond the first.";
    BreakerTrips: Counter, "circuit_breaker_trips_total", ["target"], "Times the circuit breaker of a target opened.";
    BreakerState: Gauge, "circuit_breaker_state", ["target"], "0 closed, 1 half-open, 2 open.";
    CacheRequests: Counter, "cache_requests_total", ["tier", "result"], "Cache reads by tier and result.";
    ProviderRequests: Counter, "provider_requests_total", ["provider", "outcome"], "Provider calls by outcome.";
    ProviderSeconds: Summary, "provider_response_time_seconds", ["provider"], "Time provider calls took, retries included.";
    ProviderQuotaLeft: Gauge, "provider_quota_left", ["provider"], "Units left of a provider's day, as its rate limiter counts them.";
    Requests: Counter, "http_requests_total", ["route", "status_class"], "Requests answered, by route template and status class.";
    RequestSeconds: Summary, "http_request_duration_seconds", ["route"], "Time answering took.";
    LedgerItems: Gauge, "warming_items", ["state"], "Items of the warming ledger by state.";
    LedgerOldestSeconds: Gauge, "warming_oldest_pending_seconds", [], "Age of the oldest item that is still to be warmed.";
    LoggedSearches: Gauge, "warming_searches", ["state"], "Queries of the last pass over what is searched for, by state.";
}
