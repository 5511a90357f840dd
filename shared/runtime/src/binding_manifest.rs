//! What every Worker reads from its configuration.

ports::manifest! {
    required Version CF_VERSION_METADATA;
    optional Var BREAKER_COOLDOWN_MS;
    optional Var BREAKER_FAILURES;
    optional Var BREAKER_PROBES;
    optional Var RETRY_ATTEMPTS;
    // Where Cloudflare creates objects.
    optional Var LOCATION_HINT;
    // The share of reads that a canary gets, if one is bound.
    optional Var CANARY_PERCENT;
    // Data points of every call, for dashboards over all isolates.
    optional Analytics ANALYTICS;
    // A Worker that authorises requests; a Worker that receives every span.
    optional Service AUTH;
    optional Service LOGGER;
}
