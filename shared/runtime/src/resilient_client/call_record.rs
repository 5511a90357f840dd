//! What a finished call leaves: a log line, counters, its duration.

use crate::call_outcome::{Failure, ProviderFailure};
use crate::metrics::Metric;
use crate::resilient_client::call_context::CallTiming;
use crate::resilient_client::call_parameters::CallTargetKind;
use crate::resilient_client::call_runner::CallRunner;
use crate::trace_context::TraceContext;
use ports::SystemPorts;
use ports::structured_log::{CallSide, LogLevel};

impl<T, H: SystemPorts, A, P> CallRunner<'_, T, H, A, P> {
    /// Counts the call, notes its time and writes its log line.
    pub(super) fn record_call(
        &self,
        span: &TraceContext,
        started_at_ms: u64,
        attempts: u32,
        failure: Option<&Failure>,
    ) {
        let Self { host, client_state, context, call, .. } = self;
        let duration_ms = host.now_ms().saturating_sub(started_at_ms);
        // `ok`, or the code word of the failure.
        let outcome = failure.map_or_else(|| "ok".to_owned(), ToString::to_string);
        let binding = call.target == CallTargetKind::Binding;
        context.add_timing(CallTiming { target: call.name, duration_ms, binding });
        // In seconds; durations are far below 2^52 ms.
        let seconds = duration_ms as f64 / 1_000.0;
        match call.target {
            CallTargetKind::Binding => self.count_binding_call(failure, seconds),
            CallTargetKind::Provider => {
                let labels = [call.name, outcome.as_str()];
                client_state.metrics().add(Metric::ProviderRequests, &labels, 1.0);
                client_state.metrics().add(Metric::ProviderSeconds, &[call.name], seconds);
            }
            CallTargetKind::DurableObject => {}
        }
        let mut line = context.log_line(match call.target {
            CallTargetKind::Binding => "binding_call",
            CallTargetKind::DurableObject => "object_call",
            CallTargetKind::Provider => "provider_call",
        });
        line.level = match failure.map(Failure::root_cause) {
            None | Some(Failure::Request(_)) => LogLevel::Info,
            Some(_) => LogLevel::Warn,
        };
        line.message = format!("{} {} {outcome}", call.name, call.route);
        line.span_id = span.span_id();
        line.parent_span_id = span.parent_span_id();
        line.side = Some(CallSide::Caller);
        line.source = Some(context.identity.worker.to_owned());
        line.target = Some(call.name.to_owned());
        line.route = Some(call.route.to_owned());
        line.outcome = Some(outcome);
        line.duration_ms = Some(duration_ms);
        line.budget_ms = Some(context.remaining_ms(started_at_ms));
        line.attempts = Some(attempts);
        host.write(&line);
    }

    fn count_binding_call(&self, failure: Option<&Failure>, seconds: f64) {
        let metrics = self.client_state.metrics();
        let name = [self.call.name];
        metrics.add(Metric::BindingCalls, &name, 1.0);
        metrics.add(Metric::BindingSeconds, &name, seconds);
        if let Some(path) = call_path_metric(self.context.identity.worker, self.call.name) {
            metrics.add(path, &[], 1.0);
        }
        match failure.map(Failure::root_cause) {
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
