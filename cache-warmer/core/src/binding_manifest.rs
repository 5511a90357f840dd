//! The bindings, secrets and crons of the warmer's configuration.

pub const WORKER_NAME: &str = "cache-warmer";

ports::manifest! {
    required DurableObject LEDGER;
    // Library files, and their results.
    required R2 LIBRARY_DATA;
    required Kv WARMING_CACHE;
    required Service BOOKS_API_PROXY;
    required Service ISBNDB_WORKER;
    // A second deployment of the proxy.
    optional Service CANARY = "BOOKS_API_PROXY_CANARY";
    required Secret ADMIN_TOKEN;
    required Var MAX_BOOKS_PER_AUTHOR;
    required Var RATE_LIMIT_MS;
    required Var CACHE_COLD_TTL;
    required Var STALE_TTL;
    optional Var LIBRARY_ROWS_PER_DAY;
}

/// The only ledger object: libraries take turns within one object.
pub const LEDGER_NAME: &str = "main";

/// Every 15 minutes: new files, the heartbeat, the binding checks.
pub const CRON_HEARTBEAT: &str = "*/15 * * * *";
pub const CRON_VERIFY: &str = "0 2 * * *";
/// The cause of a wake after an upload, beside the crons' expressions.
pub const UPLOADED: &str = "uploaded";
