//! What a finished call leaves: a log line, counters, its duration.

use crate::metrics::{Metric, MetricRegistry};
use crate::outcome::{Failure, ProviderFailure};
use crate::service_client::call::{CallTargetKind, OutgoingCall};
use crate::service_client::client_state::ServiceClientState;
use crate::service_client::context::{CallContext, CallTiming};
use crate::trace::TraceContext;
use ports::log::{CallSide, LogLevel, LogLine};

pub(super) struct CallRecord<'a> {
    pub context: &'a CallContext,
    pub call: &'a OutgoingCall,
    pub span: &'a TraceContext,
    pub duration_ms: u64,
    pub budget_ms: u64,
    pub attempts: u32,
    pub failure: Option<&'a Failure>,
}

impl CallRecord<'_> {
    /// Counts the call and notes its time; returns its log line.
    pub(super) fn record_metrics(&self, client_state: &ServiceClientState) -> LogLine {
        let binding = self.call.target == CallTargetKind::Binding;
        self.context.add_timing(CallTiming {
            target: self.call.name,
            duration_ms: self.duration_ms,
            binding,
        });
        // In seconds; durations are far below 2^52 ms.
        let seconds = self.duration_ms as f64 / 1_000.0;
        match self.call.target {
            CallTargetKind::Binding => self.count_binding(client_state.metrics(), seconds),
            CallTargetKind::Provider => {
                let outcome = self.outcome_word();
                let labels = [self.call.name, outcome.as_str()];
                client_state.metrics().add(Metric::ProviderRequests, &labels, 1.0);
                client_state.metrics().add(Metric::ProviderSeconds, &[self.call.name], seconds);
            }
            CallTargetKind::DurableObject => {}
        }
        let outcome = self.outcome_word();
        let mut line = self.context.log_line(match self.call.target {
            CallTargetKind::Binding => "binding_call",
            CallTargetKind::DurableObject => "object_call",
            CallTargetKind::Provider => "provider_call",
        });
        line.level = match self.failure.map(Failure::root_cause) {
            None | Some(Failure::Request(_)) => LogLevel::Info,
            Some(_) => LogLevel::Warn,
        };
        line.message = format!("{} {} {outcome}", self.call.name, self.call.route);
        line.span_id = self.span.span_id();
        line.parent_span_id = self.span.parent_span_id();
        line.side = Some(CallSide::Caller);
        line.source = Some(self.context.identity.worker.to_owned());
        line.target = Some(self.call.name.to_owned());
        line.route = Some(self.call.route.to_owned());
        line.outcome = Some(outcome);
        line.duration_ms = Some(self.duration_ms);
        line.budget_ms = Some(self.budget_ms);
        line.attempts = Some(self.attempts);
        line
    }

    /// `ok`, or the code word of the failure.
    fn outcome_word(&self) -> String {
        self.failure.map_or_else(|| "ok".to_owned(), ToString::to_string)
    }

    fn count_binding(&self, metrics: &MetricRegistry, seconds: f64) {
        let name = [self.call.name];
        metrics.add(Metric::BindingCalls, &name, 1.0);
        metrics.add(Metric::BindingSeconds, &name, seconds);
        if let Some(path) = call_path_metric(self.context.identity.worker, self.call.name) {
            metrics.add(path, &[], 1.0);
        }
        match self.failure.map(Failure::root_cause) {
            // If the sibling refused the request itself, the call worked.
            None | Some(Failure::Request(_)) => {
                metrics.add(Metric::BindingCallsSuccessful, &name, 1.0);
            }
            Some(failure) => {
                let labels = [self.call.name, &failure.to_string()];
                metrics.add(Metric::BindingCallsFailed, &labels, 1.0);
                if matches!(failure.provider_failure(), Some(ProviderFailure::Timeout)) {
                    metrics.add(Metric::BindingTimeouts, &name, 1.0);
                }
            }
        }
    }
}

/// The metric of the documented call path to which a binding call belongs.
fn call_path_metric(worker: &str, binding: &str) -> Option<Metric> {
    match (worker, binding) {
        ("cache-warmer", "BOOKS_API_PROXY") => Some(Metric::WarmerToProxyCalls),
        ("books-api-proxy", "ISBNDB_WORKER") => Some(Metric::ProxyToIsbndbCalls),
        ("cache-warmer", "ISBNDB_WORKER") => Some(Metric::DirectToIsbndbCalls),
        _ => None,
    }
}
