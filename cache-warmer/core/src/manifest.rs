//! The names by which the warmer is configured: bindings, the secret, crons.

/// This Worker's name in logs, problems and headers.
pub const WORKER: &str = "cache-warmer";

/// Binding of the ledger's object class.
pub const LEDGER: &str = "LEDGER";
/// The one object: fairness between libraries needs one place.
pub const LEDGER_NAME: &str = "main";
/// Binding of the bucket.
pub const LIBRARY_DATA: &str = "LIBRARY_DATA";
/// Binding of the KV namespace.
pub const WARMING_CACHE: &str = "WARMING_CACHE";
/// Service binding of the search proxy.
pub const BOOKS_API_PROXY: &str = "BOOKS_API_PROXY";
/// Service binding of the ISBNdb Worker.
pub const ISBNDB_WORKER: &str = "ISBNDB_WORKER";
/// Service binding, optional: a second deployment of the proxy.
pub const CANARY: &str = "BOOKS_API_PROXY_CANARY";
/// Secret of the operator.
pub const ADMIN_TOKEN: &str = "ADMIN_TOKEN";

/// Every 15 minutes: new files, the heartbeat, the binding checks.
pub const CRON_HEARTBEAT: &str = "*/15 * * * *";
/// Daily at 02:00 UTC: verification.
pub const CRON_VERIFY: &str = "0 2 * * *";
/// Beside the crons' expressions: a file has arrived.
pub const UPLOADED: &str = "uploaded";
