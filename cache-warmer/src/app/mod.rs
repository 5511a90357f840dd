//! Where the warmer meets the platform.
//!
//! - [`edge`]: the Worker's own events: who may ask, uploads, health; all else goes to the object.
//! - `queue`: an R2 event notification, where a queue is configured.
//! - `upload`: a file from a person's machine to R2.
//! - [`object`]: the Durable Object that holds the ledger and runs the engine in its alarm.
//! - [`api`]: the object's routes, pure over the engine's ports.
//! - [`world`], [`sql`]: the ports on workerd.

pub(crate) mod api;
pub(crate) mod edge;
pub(crate) mod health;
mod ledger;
pub(crate) mod metrics;
#[expect(missing_docs, reason = "of what the macro writes")]
pub(crate) mod object;
pub(crate) mod queue;
mod rows;
pub(crate) mod siblings;
pub(crate) mod sql;
mod upload;
pub(crate) mod workerd_ports;

/// This Worker's name in logs, problems and headers.
pub(crate) const WORKER: &str = "cache-warmer";

/// What a request may take that has a plan to wait for.
pub(crate) const BUDGET_MS: u64 = 25_000;

/// Binding of the ledger's object class, and the name of the one object.
pub(crate) const LEDGER: &str = "LEDGER";
/// The one object: fairness between libraries needs one place.
pub(crate) const LEDGER_NAME: &str = "main";
/// Binding of the bucket.
pub(crate) const LIBRARY_DATA: &str = "LIBRARY_DATA";
/// Binding of the KV namespace.
pub(crate) const WARMING_CACHE: &str = "WARMING_CACHE";
/// Service binding, optional: a second deployment of the proxy.
pub(crate) const CANARY: &str = "BOOKS_API_PROXY_CANARY";
/// Secret of the person.
pub(crate) const ADMIN_TOKEN: &str = "ADMIN_TOKEN";

/// Every 15 minutes: new files, the heartbeat, the binding checks.
pub(crate) const CRON_HEARTBEAT: &str = "*/15 * * * *";
/// Daily at 02:00 UTC: verification.
pub(crate) const CRON_VERIFY: &str = "0 2 * * *";
/// Beside the crons' expressions: a file has arrived.
pub(crate) const UPLOADED: &str = "uploaded";
