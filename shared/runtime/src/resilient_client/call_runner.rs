//! Runs one call, and records its log line, counters and duration.

use crate::call_outcome::{BreakerEffect, Failure, ProviderFailure};
use crate::metrics::Metric;
use crate::resilient_client::call_parameters::{CallTargetKind, ResilientCall};
use crate::resilient_client::client_state::ResilientClientState;
use crate::resilient_client::request_context::{
    BINDING_TIME_HEADER, CallTiming, DEADLINE_HEADER, REQUEST_ID_HEADER, RequestContext,
    SERVICE_HEADER,
};
use crate::resilient_client::retry;
use crate::trace_context::TraceContext;
use ports::structured_log::{LogLevel, LoggedCallSide};
use ports::{IncomingResponse, OutgoingRequest, SystemPorts, Transport, TransportError};

/// Least time for an attempt: with less left, the answer could not be used.
pub const MIN_BUDGET_MS: u64 = 20;
/// A timeout after less than this is not counted against the callee.
const MIN_TIMEOUT_FOR_BREAKER_MS: u64 = 1_000;

pub(super) struct CallRunner<'a, T, H, A, P> {
    pub transport: &'a T,
    pub host: &'a H,
    pub client_state: &'a ResilientClientState,
    pub context: &'a RequestContext,
    pub call: &'a ResilientCall,
    /// Admits each attempt before it is sent.
    pub admit: A,
    pub parse: P,
}

impl<T, H, A, P, R> CallRunner<'_, T, H, A, P>
where
    T: Transport,
    H: SystemPorts,
    A: AsyncFn(u32) -> Result<(), Failure>,
    P: Fn(&IncomingResponse) -> Result<R, Failure>,
{
    /// Makes the call, and writes its log line and counters.
    pub(super) async fn run_call(&self) -> Result<R, Failure> {
        let Self { host, client_state, context, call, .. } = self;
        let started_at_ms = host.now_ms();
        client_state.begin_call(call.name, started_at_ms);
        // Calls of an object belong to the span of its Worker.
        let span = match call.target {
            CallTargetKind::DurableObject => context.trace,
            CallTargetKind::Binding | CallTargetKind::Provider => context.trace.child_span(*host),
        };
        let mut request = call.request.clone();
        if call.target != CallTargetKind::Provider {
            span.write_trace_headers(&mut request.headers);
            request.headers.set(REQUEST_ID_HEADER, context.request_id.clone());
            request.headers.set(SERVICE_HEADER, context.identity.worker);
        }
        let mut sent = 0;
        let result = self.run_guarded(&request, &mut sent).await;
        self.record_call(&span, started_at_ms, sent, result.as_ref().err());
        result
    }

    /// Makes attempts until one is answered or no further one can help. The breaker is asked once a
    /// call, and one line is logged at the end.
    async fn run_guarded(&self, request: &OutgoingRequest, sent: &mut u32) -> Result<R, Failure> {
        let Self { host, client_state, context, call, .. } = self;
        // Checked first, so that an expired request takes no probe's place.
        if context.remaining_ms(host.now_ms()) < MIN_BUDGET_MS {
            return Err(ProviderFailure::DeadlineExceeded.into());
        }
        let guard = client_state
            .permit_call_to(call.name, host.now_ms(), context.deadline_at_ms)
            .map_err(|retry_after_ms| ProviderFailure::CircuitOpen { retry_after_ms })?;
        let settings = client_state.retry_settings();
        // The effect of the last attempt that has one.
        let mut effect = BreakerEffect::None;
        let mut last = None;
        let result = loop {
            let attempt = *sent + 1;
            let (result, shown) = match self.attempt_call(request, attempt, guard.is_probe()).await
            {
                Ok(tried) => tried,
                // Report the failure of the last attempt sent, not that no more was sent.
                Err(not_sent) => break Err(last.unwrap_or(not_sent)),
            };
            *sent = attempt;
            if shown != BreakerEffect::None {
                effect = shown;
            }
            let failure = match result {
                Ok(answer) => break Ok(answer),
                Err(failure) => failure,
            };
            let now_ms = host.now_ms();
            let pause_ms = retry::pause_before_retry_ms(
                &settings,
                &failure,
                attempt,
                context.remaining_ms(now_ms),
                MIN_BUDGET_MS,
                host.uniform(),
            )
            .filter(|_| {
                call.idempotent && guard.may_repeat() && client_state.try_retry(call.name, now_ms)
            });
            let Some(pause_ms) = pause_ms else { break Err(failure) };
            client_state.metrics().add(Metric::Retries, &[call.name], 1.0);
            host.sleep(pause_ms).await;
            if !guard.may_repeat() {
                break Err(failure);
            }
            last = Some(failure);
        };
        if *sent > 0 {
            client_state.record_result(call.name, result.as_ref().map(|_| ()), host.now_ms());
        }
        if guard.report_outcome(effect, host.now_ms()) {
            self.tripped();
        }
        result
    }

    /// One attempt: the rate limiter, then the request with what is left of the time. Returns the
    /// outcome and its breaker effect.
    async fn attempt_call(
        &self,
        request: &OutgoingRequest,
        attempt: u32,
        is_probe: bool,
    ) -> Result<(Result<R, Failure>, BreakerEffect), Failure> {
        let Self { host, context, call, .. } = self;
        // Checked first, so that an expired request takes no quota.
        if context.remaining_ms(host.now_ms()) < MIN_BUDGET_MS {
            return Err(ProviderFailure::DeadlineExceeded.into());
        }
        (self.admit)(attempt).await?;
        let remaining_ms = context.remaining_ms(host.now_ms());
        if remaining_ms < MIN_BUDGET_MS {
            return Err(ProviderFailure::DeadlineExceeded.into());
        }
        // A probe has less time than a normal call: probes are frequent during an outage, and a
        // caller waits for each.
        let longest_operations_ms = match call.target {
            CallTargetKind::Provider if is_probe => call.timeout_ms / 2,
            _ => call.timeout_ms,
        };
        let timeout_ms = longest_operations_ms.min(remaining_ms);
        let mut request = request.clone();
        if call.target != CallTargetKind::Provider {
            request.headers.set(DEADLINE_HEADER, callee_budget_ms(timeout_ms).to_string());
        }
        let answer = self.transport.send(request, timeout_ms, call.max_body_bytes).await;
        // An object of ours may have called a sibling: its time counts as this request's binding
        // time.
        if call.target == CallTargetKind::DurableObject
            && let Ok(answer) = &answer
            && let Some(ms) = answer.headers.get(BINDING_TIME_HEADER)
            && let Ok(duration_ms) = ms.parse()
        {
            context.add_timing(CallTiming { target: "bindings", duration_ms, binding: true });
        }
        let result = answer.map_err(|error| to_failure(error, call)).and_then(|a| (self.parse)(&a));
        let effect = match &result {
            Ok(_) => BreakerEffect::Success,
            // The time given was too short to blame the callee.
            Err(Failure::Provider(ProviderFailure::Timeout))
                if timeout_ms < call.timeout_ms.min(MIN_TIMEOUT_FOR_BREAKER_MS) =>
            {
                BreakerEffect::None
            }
            Err(failure) => failure.error_reply_and_retry_rules().breaker,
        };
        Ok((result, effect))
    }

    /// Logs that the breaker of this call's target opened.
    fn tripped(&self) {
        let name = self.call.name;
        self.client_state.metrics().add(Metric::BreakerTrips, &[name], 1.0);
        let mut line = self.context.build_log_line("breaker_open");
        line.level = LogLevel::Error;
        line.message = format!("circuit breaker of {name} opened");
        line.target = Some(name.to_owned());
        line.route = Some(self.call.route.to_owned());
        self.host.write(&line);
    }
}

impl<T, H: SystemPorts, A, P> CallRunner<'_, T, H, A, P> {
    fn record_call(
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
        let mut line = context.build_log_line(match call.target {
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
        line.side = Some(LoggedCallSide::Caller);
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
                if matches!(failure.innermost_provider_failure(), Some(ProviderFailure::Timeout)) {
                    metrics.add(Metric::BindingTimeouts, &name, 1.0);
                }
            }
        }
    }
}

/// The time budget that the callee gets: a little less than our own, so that its typed timeout
/// error arrives before our timer fires.
fn callee_budget_ms(timeout_ms: u64) -> u64 {
    timeout_ms - (timeout_ms / 10).min(100)
}

fn to_failure(error: TransportError, call: &ResilientCall) -> Failure {
    Failure::Provider(match error {
        TransportError::Timeout => ProviderFailure::Timeout,
        TransportError::Unreachable => ProviderFailure::Unreachable,
        TransportError::TooLarge => {
            ProviderFailure::AnswerTooLarge { max_bytes: call.max_body_bytes }
        }
    })
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
