//! What the ISBNdb Worker reads from its configuration.

pub const WORKER_NAME: &str = "isbndb-worker";

ports::manifest! {
    required DurableObject ISBNDB_OBJECT;
    required Secret ISBNDB_API_KEY;
    required Var ISBNDB_PLAN;
    required Var RATE_LIMIT_MS;
    required Var MAX_BOOKS_PER_AUTHOR;
    required Var PUBLIC_SHARE;
    // Host, pace and quota: the plan sets them, each can be overridden.
    optional Var ISBNDB_BASE_URL;
    optional Var ISBNDB_BULK_SIZE;
    optional Var ISBNDB_CALLS_PER_MINUTE;
    optional Var ISBNDB_DAILY_QUOTA;
    optional Var ISBNDB_INTERVAL_MS;
    optional Var ISBNDB_PAGE_SIZE;
    // For a second ISBNdb Worker on the same key.
    optional Var PACE_SHARE;
    optional Var BACKGROUND_WAIT_MS;
    optional Var INTERACTIVE_SHARE;
    optional Var INTERACTIVE_WAIT_MS;
}
