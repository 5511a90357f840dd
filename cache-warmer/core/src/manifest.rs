//! What the warmer reads from its configuration, and its crons.

pub const WORKER: &str = "cache-warmer";

ports::manifest! {
    required DurableObject LEDGER;
    // Library files, and what became of them.
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

/// The one object: fairness between libraries needs one place.
pub const LEDGER_NAME: &str = "main";

/// Every 15 minutes: new files, the heartbeat, the binding checks.
pub const CRON_HEARTBEAT: &str = "*/15 * * * *";
pub const CRON_VERIFY: &str = "0 2 * * *";
/// Beside the crons' expressions: a file has arrived.
pub const UPLOADED: &str = "uploaded";
