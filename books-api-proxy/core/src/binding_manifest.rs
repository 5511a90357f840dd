//! The bindings, secrets and vars of the proxy.

pub const WORKER_NAME: &str = "books-api-proxy";

ports::manifest! {
    // The two tiers of the cache.
    required Kv KV_CACHE = "CACHE";
    required R2 R2_COLD = "API_CACHE_COLD";
    required Service ISBNDB_WORKER;
    required DurableObject FLIGHT;
    required DurableObject BATCH;
    required DurableObject PROVIDER_LIMITER;
    // They count the misses of each anonymous client: in ten seconds, and in a minute.
    required RateLimit PUBLIC_BURST_LIMIT;
    required RateLimit PUBLIC_MISS_LIMIT;
    required Secret ADMIN_TOKEN;
    required Secret GOOGLE_BOOKS_API_KEY;
    required Secret GOOGLE_BOOKS_IOSKEY;
    // A Google Books key that is tried first for ISBNs, and used for nothing else.
    optional Secret ISBN_SEARCH_KEY;
    // If set, an anonymous miss needs it.
    optional Secret SEARCH_TOKEN;
    required Var CACHE_HOT_TTL;
    required Var CACHE_COLD_TTL;
    required Var NEGATIVE_TTL;
    required Var PARTIAL_TTL;
    required Var STALE_TTL;
    required Var MAX_RESULTS_DEFAULT;
    required Var MAX_BOOKS_PER_AUTHOR;
    required Var RATE_LIMIT_MS;
    required Var ALLOWED_ORIGINS;
    required Var PUBLIC_SHARE;
    required Var GOOGLE_WARM_SHARE;
    required Var GOOGLE_KEYS_INDEPENDENT;
    required Var WARM_SEARCHES;
    required Var GOOGLE_BOOKS_BASE_URL;
    required Var OPEN_LIBRARY_BASE_URL;
    required Var OPEN_LIBRARY_CONTACT;
    // For a Google account with other quotas or of another country.
    optional Var GOOGLE_CALLS_PER_MINUTE;
    optional Var GOOGLE_COUNTRY;
    optional Var GOOGLE_DAILY_QUOTA;
    // For a mirror of Open Library.
    optional Var OPEN_LIBRARY_INTERVAL_MS;
    optional Var MEMORY_TIER_BYTES;
    optional Var SEARCH_DEADLINE_MS;
}
