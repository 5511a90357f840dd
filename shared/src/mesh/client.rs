//! The caller's side: one call, from the deadline to the log line.

use std::rc::Rc;

use crate::log::Level;
use crate::mesh::call::{Call, Target};
use crate::mesh::context::{CallContext, DEADLINE_HEADER, REQUEST_ID_HEADER, SERVICE_HEADER};
use crate::mesh::port::{Host, InResponse, OutRequest, Transport, TransportError};
use crate::mesh::record::Record;
use crate::mesh::retry;
use crate::mesh::state::Mesh;
use crate::metrics::Metric;
use crate::outcome::{BreakerEffect, Failure};
use crate::problem;

/// Least time worth sending a request for: with less left, the answer could not be used.
pub const LEAST_BUDGET_MS: u64 = 20;
/// A timeout after less than this does not speak against the one that was called.
const FAIR_CHANCE_MS: u64 = 1_000;

/// Makes calls over one transport.
#[derive(Clone, Debug)]
pub struct Client<T, H> {
    transport: T,
    host: H,
    mesh: Rc<Mesh>,
}

impl<T: Transport, H: Host> Client<T, H> {
    /// A client. The mesh is the isolate's: all clients of an isolate share it.
    pub fn new(transport: T, host: H, mesh: Rc<Mesh>) -> Self {
        Self { transport, host, mesh }
    }

    /// What the isolate remembers.
    #[must_use]
    pub fn mesh(&self) -> &Mesh {
        &self.mesh
    }

    /// Makes the call and gives the raw answer. Every status but 429 and 5xx is `Ok`.
    ///
    /// # Errors
    /// [`Failure`]; what a sibling answered comes as [`Failure::Sibling`].
    pub async fn call(&self, context: &CallContext, call: Call) -> Result<InResponse, Failure> {
        let target = call.target;
        self.ask(context, call, |response| match (response.status, target) {
            (429 | 500.., Target::Provider) => Err(problem::from_status(response)),
            (429 | 500.., _) => Err(problem::from_sibling(response)),
            _ => Ok(response.clone()),
        })
        .await
    }

    /// Makes the call and reads the answer with `parse`, whose failure decides about the retry
    /// and the breaker.
    ///
    /// # Errors
    /// What `parse` says, or why there was nothing to parse.
    pub async fn ask<R>(
        &self,
        context: &CallContext,
        call: Call,
        parse: impl Fn(&InResponse) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        self.ask_gated(context, call, async |_| Ok(()), parse).await
    }

    /// The same with a gate, which every attempt passes after the breaker and before it is sent:
    /// it counts the attempt against the quota, and may wait for the pace. What the gate refuses
    /// is the call's failure and is not retried.
    ///
    /// # Errors
    /// As [`Client::ask`], and what the gate says.
    pub async fn ask_gated<R>(
        &self,
        context: &CallContext,
        call: Call,
        gate: impl AsyncFn(u32) -> Result<(), Failure>,
        parse: impl Fn(&InResponse) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let started_at_ms = self.host.now_ms();
        self.mesh.begin_call(call.name, started_at_ms);
        let span = context.trace.child(&self.host);
        let mut request = call.request.clone();
        if call.target != Target::Provider {
            span.write(&mut request.headers);
            request.headers.set(REQUEST_ID_HEADER, context.request_id.clone());
            request.headers.set(SERVICE_HEADER, context.identity.worker);
        }
        let mut sent = 0;
        let result = self.attempts(context, &call, &request, &mut sent, &gate, &parse).await;
        let record = Record {
            context,
            call: &call,
            span: &span,
            duration_ms: self.host.now_ms().saturating_sub(started_at_ms),
            budget_ms: context.remaining_ms(started_at_ms),
            attempts: sent,
            failure: result.as_ref().err(),
        };
        record.write(&self.host, &self.mesh);
        result
    }

    /// Attempts until one is answered, or none can help any more.
    async fn attempts<R>(
        &self,
        context: &CallContext,
        call: &Call,
        request: &OutRequest,
        sent: &mut u32,
        gate: &impl AsyncFn(u32) -> Result<(), Failure>,
        parse: &impl Fn(&InResponse) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let settings = self.mesh.retry_settings();
        let mut last = None;
        for attempt in 1.. {
            let failure = match self.attempt(context, call, request, attempt, gate, parse).await {
                Tried::Answered(answer) => {
                    *sent += 1;
                    return Ok(answer);
                }
                Tried::Failed(failure) => {
                    *sent += 1;
                    failure
                }
                // What an earlier attempt met says more than that there was no further one.
                Tried::NotSent(failure) => return Err(last.unwrap_or(failure)),
            };
            let now_ms = self.host.now_ms();
            let pause_ms = retry::pause_ms(
                &settings,
                &failure,
                attempt,
                context.remaining_ms(now_ms),
                LEAST_BUDGET_MS,
                self.host.unit(),
            )
            .filter(|_| call.idempotent && self.mesh.try_retry(call.name, now_ms));
            let Some(pause_ms) = pause_ms else { return Err(failure) };
            self.mesh.metrics().add(Metric::Retries, &[call.name], 1.0);
            self.host.sleep(pause_ms).await;
            last = Some(failure);
        }
        Err(last.unwrap_or(Failure::Timeout))
    }

    /// One attempt: the breaker, the gate, then the request while there is time, with what is left
    /// of it sent along.
    async fn attempt<R>(
        &self,
        context: &CallContext,
        call: &Call,
        request: &OutRequest,
        attempt: u32,
        gate: &impl AsyncFn(u32) -> Result<(), Failure>,
        parse: &impl Fn(&InResponse) -> Result<R, Failure>,
    ) -> Tried<R> {
        // Asked first, so that an expired request takes no probe's place and no quota.
        if context.remaining_ms(self.host.now_ms()) < LEAST_BUDGET_MS {
            return Tried::NotSent(Failure::DeadlineExceeded);
        }
        let pass = match self.mesh.try_pass(call.name, self.host.now_ms()) {
            Ok(pass) => pass,
            Err(retry_after_ms) => return Tried::NotSent(Failure::CircuitOpen { retry_after_ms }),
        };
        if let Err(refused) = gate(attempt).await {
            return Tried::NotSent(refused);
        }
        let remaining_ms = context.remaining_ms(self.host.now_ms());
        if remaining_ms < LEAST_BUDGET_MS {
            return Tried::NotSent(Failure::DeadlineExceeded);
        }
        let timeout_ms = call.timeout_ms.min(remaining_ms);
        let mut request = request.clone();
        if call.target != Target::Provider {
            request.headers.set(DEADLINE_HEADER, callee_budget_ms(timeout_ms).to_string());
        }
        let answer = self.transport.send(request, timeout_ms, call.max_body_bytes).await;
        let result = answer.map_err(|error| failed(error, call)).and_then(|a| parse(&a));
        let effect = match &result {
            Ok(_) => BreakerEffect::Success,
            // It had no fair chance: that says nothing about it.
            Err(Failure::Timeout) if timeout_ms < call.timeout_ms.min(FAIR_CHANCE_MS) => {
                BreakerEffect::None
            }
            Err(failure) => failure.breaker_effect(),
        };
        let now_ms = self.host.now_ms();
        if pass.report(effect, now_ms) {
            self.tripped(context, call);
        }
        result.map_or_else(Tried::Failed, Tried::Answered)
    }

    /// The breaker of this call's target opened: a person may want to know.
    fn tripped(&self, context: &CallContext, call: &Call) {
        self.mesh.metrics().add(Metric::BreakerTrips, &[call.name], 1.0);
        let mut line = context.line("breaker_open");
        line.level = Level::Error;
        line.message = format!("circuit breaker of {} opened", call.name);
        line.target = Some(call.name.to_owned());
        line.route = Some(call.route.to_owned());
        self.host.write(&line);
    }
}

/// What became of one attempt.
enum Tried<R> {
    /// Answered and read.
    Answered(R),
    /// Sent, and no usable answer.
    Failed(Failure),
    /// Not sent: breaker, gate or deadline.
    NotSent(Failure),
}

/// What the callee is given of our time: a little less, so that its own typed "timed out" arrives
/// before our timer fires.
fn callee_budget_ms(timeout_ms: u64) -> u64 {
    timeout_ms - (timeout_ms / 10).min(100)
}

/// What a transport's error means.
fn failed(error: TransportError, call: &Call) -> Failure {
    match error {
        TransportError::Timeout => Failure::Timeout,
        TransportError::Unreachable => Failure::Unreachable,
        TransportError::TooLarge => {
            Failure::Malformed { what: format!("the answer is over {} bytes", call.max_body_bytes) }
        }
    }
}

#[cfg(test)]
mod tests;
