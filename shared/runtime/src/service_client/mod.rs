//! The service client: every call, over a binding, to an object or to a provider, goes through
//! [`Client`].
//!
//! [`Client`] keeps the request's deadline and sends the rest of it along, stops calls to a callee
//! that keeps failing, retries if a retry can help (never a sibling's typed error), carries the
//! trace, measures, and writes one log line a call. It has no I/O of its own: see [`ports`].
//!
//! # The callee's side
//! ```ignore
//! let inbound = InboundRequest::begin(identity, &request, caller, trusted, DEFAULT_BUDGET_MS, &host);
//! let reply = router(inbound.context(), &request).await;
//! let reply = inbound.finish(reply, "/book/{isbn}", "ok", &host, &client_state); // headers and log line
//! ```
//!
//! # The caller's side
//! ```ignore
//! // Over a service binding: the URL is a path, the transport puts the dummy host in front.
//! let client = Client::new(BindingTransport::new(&env, "ISBNDB_WORKER")?, JsHost, workerd::client_state());
//! let call = ServiceCall::binding("ISBNDB_WORKER", "/book/{isbn}", OutRequest::get("/book/9780441172719"));
//! let outcome: Outcome<BookAnswer> = client.ask(&context, call, sibling::json).await;
//!
//! // To a provider: `parse` is a pure function of status, headers and body. Its `Failure` decides
//! // about the retry and the breaker. The rate limiter is passed once an attempt, after the breaker and
//! // before anything is sent, so that failures count against the quota too.
//! let call = ServiceCall::provider("open-library", "/search.json", OutRequest::get(url));
//! let outcome = client.ask_when_admitted(&context, call, async |_attempt| admit.acquire().await, parse).await;
//! ```
//! [`Client::call`] returns the raw answer: every status but 429 and 5xx is `Ok`.
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
pub use call::{CallTarget, ServiceCall};
pub use canary::Canary;
pub use client::Client;
pub use client_state::{ClientSettings, ClientState};
pub use context::{CallContext, DEFAULT_BUDGET_MS, WorkerIdentity};
pub use inbound::InboundRequest;
pub use retry::RetrySettings;
