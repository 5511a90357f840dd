//! The context of a request, which all calls that it causes carry: id, trace, deadline, our
//! identity.

use std::cell::RefCell;
use std::rc::Rc;

use crate::call_outcome::{Failure, InternalError};
use crate::trace_context::TraceContext;
use ports::http_types::Headers;
use ports::structured_log::{LogLevel, LogLine};
use ports::{Clock, LogSink, RandomSource};

/// The caller's remaining time in milliseconds.
pub const DEADLINE_HEADER: &str = "x-deadline-ms";
/// The request's id, the same in all Workers on its way.
pub const REQUEST_ID_HEADER: &str = "x-request-id";
/// Documented header: the calling Worker.
pub const SERVICE_HEADER: &str = "x-service";

/// Milliseconds spent in service bindings on the way to an answer.
pub const BINDING_TIME_HEADER: &str = "x-service-binding-time";

/// The budget of a request without a deadline of its own.
pub const DEFAULT_BUDGET_MS: u64 = 10_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerIdentity {
    /// The name in logs, problems and `X-Service`: `books-api-proxy`, …
    pub worker: &'static str,
    pub version: String,
}

/// How long one dependency took within a request, for Server-Timing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallTiming {
    pub target: &'static str,
    pub duration_ms: u64,
    pub binding: bool,
}

/// The context of a request. Clones are cheap and share the timings.
#[derive(Clone, Debug)]
pub struct RequestContext {
    pub identity: WorkerIdentity,
    pub request_id: String,
    pub trace: TraceContext,
    /// When the request's time is over, Unix time.
    pub deadline_at_ms: u64,
    timings: Rc<RefCell<Vec<CallTiming>>>,
}

impl RequestContext {
    /// The context of an incoming request. `trusted` is true for a known caller (a binding's props,
    /// the admin token). Only a known caller's remaining time and request id are used: those of an
    /// anonymous client could end our work early or spoil the logs.
    pub fn from_headers<H: Clock + RandomSource>(
        identity: WorkerIdentity,
        headers: &Headers,
        trusted: bool,
        budget_ms: u64,
        host: &H,
    ) -> Self {
        let sent = |name: &str| trusted.then(|| headers.get(name)).flatten();
        let left = sent(DEADLINE_HEADER).and_then(|text| text.parse::<u64>().ok());
        // A client with the admin token is outside our Workers, and has a span of its own.
        let of_our_worker = trusted && headers.get(SERVICE_HEADER).is_some();
        let trace = if of_our_worker {
            TraceContext::shared_span(headers, host)
        } else {
            TraceContext::from_headers(headers, host)
        };
        let request_id = sent(REQUEST_ID_HEADER)
            .or_else(|| headers.get("cf-ray"))
            .filter(|id| is_plain_id(id))
            .map_or_else(|| trace.trace_id(), str::to_owned);
        let deadline_at_ms = host.now_ms().saturating_add(left.unwrap_or(budget_ms).min(budget_ms));
        Self { identity, request_id, trace, deadline_at_ms, timings: Rc::default() }
    }

    /// The context of work without a request: a cron, an alarm.
    pub fn for_background<H: Clock + RandomSource>(
        identity: WorkerIdentity,
        budget_ms: u64,
        host: &H,
    ) -> Self {
        Self::from_headers(identity, &Headers::default(), false, budget_ms, host)
    }

    /// The same context with a nearer deadline, never a later one.
    pub fn with_nearer_deadline(&self, now_ms: u64, budget_ms: u64) -> Self {
        let deadline_at_ms = self.deadline_at_ms.min(now_ms.saturating_add(budget_ms));
        Self { deadline_at_ms, ..self.clone() }
    }

    pub fn remaining_ms(&self, now_ms: u64) -> u64 {
        self.deadline_at_ms.saturating_sub(now_ms)
    }

    pub fn add_timing(&self, timing: CallTiming) {
        self.timings.borrow_mut().push(timing);
    }

    /// The value of `Server-Timing`: each dependency's time, and the request's `total_ms`.
    pub fn server_timing(&self, total_ms: u64) -> String {
        let timings = self.timings.borrow();
        let parts = timings.iter().map(|timing| (timing.target, timing.duration_ms));
        let parts = parts.chain([("total", total_ms)]);
        parts.map(|(name, ms)| format!("{name};dur={ms}")).collect::<Vec<_>>().join(", ")
    }

    /// Milliseconds spent in service bindings so far; `None` if none was called.
    pub fn binding_time_ms(&self) -> Option<u64> {
        let timings = self.timings.borrow();
        let mut in_bindings =
            timings.iter().filter(|t| t.binding).map(|t| t.duration_ms).peekable();
        in_bindings.peek().is_some().then(|| in_bindings.sum())
    }

    /// Reports the time spent in bindings to the Worker in front, on an object's answer.
    pub fn write_binding_time(&self, headers: &mut Headers) {
        if let Some(ms) = self.binding_time_ms() {
            headers.set(BINDING_TIME_HEADER, ms.to_string());
        }
    }

    /// A log line with this request's ids filled in.
    pub fn build_log_line(&self, event: &'static str) -> LogLine {
        LogLine {
            event,
            worker: self.identity.worker,
            version: self.identity.version.clone(),
            request_id: self.request_id.clone(),
            trace_id: self.trace.trace_id(),
            span_id: self.trace.span_id(),
            parent_span_id: self.trace.parent_span_id(),
            ..LogLine::default()
        }
    }

    /// Logs the reason of an [`InternalError::Fault`], which is not in its answer. Logs nothing for
    /// any other failure, nor for one that an object of ours has logged already.
    pub fn log_internal<L: LogSink>(&self, route: &str, failure: &Failure, log: &L) {
        let Failure::Internal(InternalError::Fault { detail }) = failure else { return };
        if detail.is_empty() {
            return;
        }
        let mut line = self.build_log_line("internal");
        line.level = LogLevel::Error;
        line.message = format!("{}: {detail}", self.identity.worker);
        line.route = Some(route.to_owned());
        line.outcome = Some(failure.to_string());
        log.write(&line);
    }
}

/// Letters, digits and dashes, at most 64: safe to copy into logs and headers.
fn is_plain_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}
