//! The service client: every call, over a binding, to an object or to a provider, goes through
//! [`ServiceClient`].
//!
//! [`ServiceClient`] keeps the request's deadline and sends the rest of it along, stops calls to a callee
//! that keeps failing, retries if a retry can help (never a sibling's typed error), carries the
//! trace, measures, and writes one log line a call. It has no I/O of its own: see [`ports`].
//!
//! [`ServiceClient::call`] returns the raw answer: every status but 429 and 5xx is `Ok`.
//!
//! [`crate::outcome::Failure`] has the meaning of each error, and whether a retry helps.

pub mod breaker;
pub mod call;
mod call_record;
mod call_runner;
pub mod canary;
pub mod client;
mod client_state;
pub mod context;
pub mod inbound;
pub mod retry;
pub mod sibling;

pub use breaker::{BreakerSettings, BreakerState};
pub use call::{CallTargetKind, OutgoingCall};
pub use canary::Canary;
pub use client::ServiceClient;
pub use client_state::{ClientSettings, ServiceClientState};
pub use context::{CallContext, DEFAULT_BUDGET_MS, WorkerIdentity};
pub use inbound::InboundRequest;
pub use retry::RetrySettings;
