//! The service client: every call, over a binding, to an object or to a provider, goes through
//! [`ResilientClient`].
//!
//! [`ResilientClient`] keeps the request's deadline and sends the rest of it along, stops calls to
//! a callee that keeps failing, retries if a retry can help (never a sibling's typed error),
//! carries the trace, measures, and writes one log line a call. It has no I/O of its own: see
//! [`ports`].
//!
//! [`ResilientClient::call`] returns the raw answer: every status but 429 and 5xx is `Ok`.
//!
//! [`crate::call_outcome::Failure`] has the meaning of each error, and whether a retry helps.

pub mod breaker;
pub mod call_parameters;
mod call_runner;
pub mod canary_routing;
pub mod client;
mod client_state;
pub mod request_context;
pub mod retry;
pub mod served_request_tracker;
pub mod sibling_answer;

pub use breaker::{BreakerSettings, BreakerState};
pub use call_parameters::{CallTargetKind, ResilientCall};
pub use canary_routing::Canary;
pub use client::ResilientClient;
pub use client_state::{ResilientClientSettings, ResilientClientState};
pub use request_context::{DEFAULT_BUDGET_MS, RequestContext, WorkerIdentity};
pub use retry::RetrySettings;
pub use served_request_tracker::ServedRequestTracker;
