//! What is counted, and how each metric is named and written.

/// What is counted. Names, labels and help are in [`Metric::describe`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Metric {
    /// Calls over service bindings.
    BindingCalls,
    /// Those that gave an answer.
    BindingCallsSuccessful,
    /// Those that failed, by reason.
    BindingCallsFailed,
    /// Those that timed out.
    BindingTimeouts,
    /// Seconds spent in them.
    BindingSeconds,
    /// The path warmer → proxy.
    WarmerToProxyCalls,
    /// The path proxy → leaf.
    ProxyToIsbndbCalls,
    /// The path warmer → leaf.
    DirectToIsbndbCalls,
    /// Attempts beyond the first.
    Retries,
    /// Times a breaker opened.
    BreakerTrips,
    /// What each breaker is doing.
    BreakerState,
    /// Cache reads by tier and result.
    CacheRequests,
    /// Provider calls by outcome.
    ProviderRequests,
    /// Seconds spent in provider calls.
    ProviderSeconds,
    /// Units left of a provider's day.
    ProviderQuotaLeft,
    /// Requests answered, by route and status class.
    Requests,
    RequestSeconds,
    /// Items of the warmer's ledger by state.
    LedgerItems,
    /// Age of the oldest pending item.
    LedgerOldestSeconds,
    /// Queries of the warmer's last pass over what is searched for, by state.
    LoggedSearches,
}

/// How a metric is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    Counter,
    /// Goes up and down.
    Gauge,
    Summary,
}

/// Name, kind, labels and help of a metric.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// Prometheus name, unit included.
    pub name: &'static str,
    pub kind: MetricKind,
    pub labels: &'static [&'static str],
    pub help: &'static str,
}

impl Metric {
    /// All of them, in the order they are written.
    pub const ALL: &'static [Self] = &[
        Self::BindingCalls,
        Self::BindingCallsSuccessful,
        Self::BindingCallsFailed,
        Self::BindingTimeouts,
        Self::BindingSeconds,
        Self::WarmerToProxyCalls,
        Self::ProxyToIsbndbCalls,
        Self::DirectToIsbndbCalls,
        Self::Retries,
        Self::BreakerTrips,
        Self::BreakerState,
        Self::CacheRequests,
        Self::ProviderRequests,
        Self::ProviderSeconds,
        Self::ProviderQuotaLeft,
        Self::Requests,
        Self::RequestSeconds,
        Self::LedgerItems,
        Self::LedgerOldestSeconds,
        Self::LoggedSearches,
    ];

    /// Its name, kind, labels and help.
    #[must_use]
    pub fn describe(self) -> Description {
        use MetricKind::{Counter, Gauge, Summary};
        let (name, kind, labels, help): (_, _, &[&str], _) = match self {
            Self::BindingCalls => (
                "service_binding_calls_total",
                Counter,
                &["binding"],
                "Calls over service bindings.",
            ),
            Self::BindingCallsSuccessful => (
                "service_binding_calls_successful_total",
                Counter,
                &["binding"],
                "Calls over service bindings that were answered.",
            ),
            Self::BindingCallsFailed => (
                "service_binding_calls_failed_total",
                Counter,
                &["binding", "reason"],
                "Calls over service bindings that failed, by reason.",
            ),
            Self::BindingTimeouts => (
                "service_binding_timeouts_total",
                Counter,
                &["binding"],
                "Calls over service bindings without an answer in time.",
            ),
            Self::BindingSeconds => (
                "service_binding_response_time_seconds",
                Summary,
                &["binding"],
                "Time calls over service bindings took, retries included.",
            ),
            Self::WarmerToProxyCalls => (
                "cache_warmer_to_proxy_calls_total",
                Counter,
                &[],
                "Calls from the warmer to the proxy.",
            ),
            Self::ProxyToIsbndbCalls => (
                "proxy_to_isbndb_calls_total",
                Counter,
                &[],
                "Calls from the proxy to the ISBNdb Worker.",
            ),
            Self::DirectToIsbndbCalls => (
                "direct_to_isbndb_calls_total",
                Counter,
                &[],
                "Calls from the warmer to the ISBNdb Worker.",
            ),
            Self::Retries => {
                ("call_retries_total", Counter, &["target"], "Attempts beyond the first.")
            }
            Self::BreakerTrips => (
                "circuit_breaker_trips_total",
                Counter,
                &["target"],
                "Times the circuit breaker of a target opened.",
            ),
            Self::BreakerState => {
                ("circuit_breaker_state", Gauge, &["target"], "0 closed, 1 half-open, 2 open.")
            }
            Self::CacheRequests => (
                "cache_requests_total",
                Counter,
                &["tier", "result"],
                "Cache reads by tier and result.",
            ),
            Self::ProviderRequests => (
                "provider_requests_total",
                Counter,
                &["provider", "outcome"],
                "Provider calls by outcome.",
            ),
            Self::ProviderSeconds => (
                "provider_response_time_seconds",
                Summary,
                &["provider"],
                "Time provider calls took, retries included.",
            ),
            Self::ProviderQuotaLeft => (
                "provider_quota_left",
                Gauge,
                &["provider"],
                "Units left of a provider's day, as its gate counts them.",
            ),
            Self::Requests => (
                "http_requests_total",
                Counter,
                &["route", "status_class"],
                "Requests answered, by route template and status class.",
            ),
            Self::RequestSeconds => {
                ("http_request_duration_seconds", Summary, &["route"], "Time answering took.")
            }
            Self::LedgerItems => {
                ("warming_items", Gauge, &["state"], "Items of the warming ledger by state.")
            }
            Self::LedgerOldestSeconds => (
                "warming_oldest_pending_seconds",
                Gauge,
                &[],
                "Age of the oldest item that is still to be warmed.",
            ),
            Self::LoggedSearches => (
                "warming_searches",
                Gauge,
                &["state"],
                "Queries of the last pass over what is searched for, by state.",
            ),
        };
        Description { name, kind, labels, help }
    }
}
