//! The callee's side of a call: the context of an incoming request, and the headers and log line of
//! its answer.

use crate::call_outcome::ProviderFailure;
use crate::metrics::Metric;
use crate::resilient_client::client_state::ResilientClientState;
use crate::resilient_client::request_context::{REQUEST_ID_HEADER, RequestContext, WorkerIdentity};
use ports::SystemPorts;
use ports::http_types::{Headers, Reply, Request};
use ports::structured_log::{LogLevel, LoggedCallSide};

/// Milliseconds that this Worker took.
pub const RESPONSE_TIME_HEADER: &str = "x-response-time";

#[derive(Debug)]
pub struct ServedRequestTracker {
    context: RequestContext,
    caller: Option<String>,
    started_at_ms: u64,
    budget_ms: u64,
}

impl ServedRequestTracker {
    /// Begins a request. `caller` is from `ctx.props`, which a client cannot forge; `trusted` is
    /// true for a known caller or the admin token; `budget_ms` is the request's longest time
    /// ([`crate::resilient_client::DEFAULT_BUDGET_MS`] at the edge).
    pub fn begin_request<H: SystemPorts>(
        identity: WorkerIdentity,
        request: &Request,
        caller: Option<&str>,
        trusted: bool,
        budget_ms: u64,
        host: &H,
    ) -> Self {
        let context =
            RequestContext::from_headers(identity, &request.headers, trusted, budget_ms, host);
        let started_at_ms = host.now_ms();
        let budget_ms = context.remaining_ms(started_at_ms);
        Self { context, caller: caller.map(str::to_owned), started_at_ms, budget_ms }
    }

    /// The context for every call that this request makes.
    pub fn request_context(&self) -> &RequestContext {
        &self.context
    }

    pub fn started_at_ms(&self) -> u64 {
        self.started_at_ms
    }

    /// Ends the request: sets trace and timing headers on the answer, counts it and writes one log
    /// line. `route` is the template (`/book/{isbn}`), `outcome` a stable word (`ok`, a failure's).
    pub fn finish_request<H: SystemPorts>(
        &self,
        mut reply: Reply,
        route: &str,
        outcome: &str,
        host: &H,
        client_state: &ResilientClientState,
    ) -> Reply {
        let duration_ms = host.now_ms().saturating_sub(self.started_at_ms);
        let (metrics, class) = (client_state.metrics(), format!("{}xx", reply.status / 100));
        metrics.add(Metric::Requests, &[route, &class], 1.0);
        metrics.add(Metric::RequestSeconds, &[route], duration_ms as f64 / 1_000.0);
        self.write_headers(&mut reply.headers, duration_ms);
        let mut line = self.context.build_log_line("request");
        line.level = match reply.status {
            // The operator configured no key for this provider: no warning.
            503 if outcome == ProviderFailure::NotConfigured.to_string() => LogLevel::Info,
            500.. => LogLevel::Error,
            _ => LogLevel::Info,
        };
        line.message = format!("{} {route} {outcome}", self.context.identity.worker);
        line.side = Some(LoggedCallSide::Callee);
        line.source = self.caller.clone().or_else(|| Some("public".to_owned()));
        line.target = Some(self.context.identity.worker.to_owned());
        line.route = Some(route.to_owned());
        line.outcome = Some(outcome.to_owned());
        line.status = Some(reply.status);
        line.duration_ms = Some(duration_ms);
        line.budget_ms = Some(self.budget_ms);
        host.write(&line);
        reply
    }

    fn write_headers(&self, headers: &mut Headers, duration_ms: u64) {
        self.context.trace.write_documented(headers);
        headers.set(REQUEST_ID_HEADER, self.context.request_id.clone());
        headers.set(RESPONSE_TIME_HEADER, duration_ms.to_string());
        headers.set("server-timing", self.context.server_timing(duration_ms));
        self.context.write_binding_time(headers);
    }
}

#[cfg(test)]
mod tests;
