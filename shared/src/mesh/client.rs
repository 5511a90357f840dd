//! The caller's side: one call, from the deadline to the log line.

use std::rc::Rc;

use crate::log::{Level, Side};
use crate::mesh::context::{
    CallContext, DEADLINE_HEADER, REQUEST_ID_HEADER, SERVICE_HEADER, Timing,
};
use crate::mesh::port::{Host, InResponse, OutRequest, Transport, TransportError};
use crate::mesh::state::Mesh;
use crate::outcome::Failure;
use crate::problem;

/// Least time worth sending a request for: with less left, the answer could not be used.
pub const LEAST_BUDGET_MS: u64 = 20;
/// Most an answer may weigh where the call does not say otherwise.
pub const DEFAULT_MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// Most one attempt at a provider takes: three of them, which trip the breaker, stay well under
/// 24 seconds of waiting. Providers answer in 0.2 to 1.2 seconds.
pub const PROVIDER_TIMEOUT_MS: u64 = 6_000;
/// Most one attempt over a binding takes; the request's own deadline is nearer nearly always.
pub const BINDING_TIMEOUT_MS: u64 = 30_000;

/// What kind of thing is called: it decides which headers go along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A sibling Worker over a service binding: trace, deadline, request id and `X-Service` go
    /// along.
    Binding,
    /// An object of this Worker: the same.
    Object,
    /// A provider outside: none of our headers.
    Provider,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Name of the binding, object or provider: of the breaker, the log, the metrics.
    pub name: &'static str,
    /// What kind of thing it is.
    pub target: Target,
    /// The route's template, for the log: never the URL.
    pub route: &'static str,
    /// What is sent.
    pub request: OutRequest,
    /// True where sending it twice does no harm: only then it is retried.
    pub idempotent: bool,
    /// Most the answer may weigh.
    pub max_body_bytes: usize,
    /// Most one attempt may take; the request's deadline bounds it too.
    pub timeout_ms: u64,
}

impl Call {
    /// A call to a sibling Worker. GET, HEAD and DELETE count as idempotent.
    #[must_use]
    pub fn binding(name: &'static str, route: &'static str, request: OutRequest) -> Self {
        Self::new(name, Target::Binding, route, request, BINDING_TIMEOUT_MS)
    }

    /// A call to a Durable Object of this Worker.
    #[must_use]
    pub fn object(name: &'static str, route: &'static str, request: OutRequest) -> Self {
        Self::new(name, Target::Object, route, request, BINDING_TIMEOUT_MS)
    }

    /// A call to a provider.
    #[must_use]
    pub fn provider(name: &'static str, route: &'static str, request: OutRequest) -> Self {
        Self::new(name, Target::Provider, route, request, PROVIDER_TIMEOUT_MS)
    }

    fn new(
        name: &'static str,
        target: Target,
        route: &'static str,
        request: OutRequest,
        timeout_ms: u64,
    ) -> Self {
        let idempotent = request.method.is_idempotent();
        Self {
            name,
            target,
            route,
            request,
            idempotent,
            max_body_bytes: DEFAULT_MAX_BODY_BYTES,
            timeout_ms,
        }
    }

    /// Says whether sending it twice does no harm (a POST that only reads).
    #[must_use]
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = idempotent;
        self
    }

    /// Bounds the answer.
    #[must_use]
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.max_body_bytes = bytes;
        self
    }

    /// Bounds one attempt.
    #[must_use]
    pub fn timeout_ms(mut self, ms: u64) -> Self {
        self.timeout_ms = ms;
        self
    }
}

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
        let span = context.trace.child(&self.host);
        let mut request = call.request.clone();
        if call.target != Target::Provider {
            span.write(&mut request.headers);
            request.headers.set(REQUEST_ID_HEADER, context.request_id.clone());
            request.headers.set(SERVICE_HEADER, context.identity.worker);
        }
        let result = match gate(1).await {
            Ok(()) => self.attempt(context, &call, &request, &parse).await,
            Err(refused) => Err(refused),
        };
        let duration_ms = self.host.now_ms().saturating_sub(started_at_ms);
        let binding = call.target == Target::Binding;
        context.note(Timing { target: call.name, duration_ms, binding });
        let mut line = context.line("call");
        line.level = if result.is_ok() { Level::Info } else { Level::Warn };
        line.span_id = span.span_id();
        line.parent_span_id = span.parent_span_id();
        line.side = Some(Side::Caller);
        line.source = Some(context.identity.worker.to_owned());
        line.target = Some(call.name.to_owned());
        line.route = Some(call.route.to_owned());
        let outcome =
            result.as_ref().err().map_or_else(|| "ok".to_owned(), |failure| failure.to_string());
        line.message = format!("{} {} {outcome}", call.name, call.route);
        line.outcome = Some(outcome);
        line.duration_ms = Some(duration_ms);
        self.host.write(&line);
        result
    }

    /// One attempt: sent only while there is time, with what is left of it sent along.
    async fn attempt<R>(
        &self,
        context: &CallContext,
        call: &Call,
        request: &OutRequest,
        parse: &impl Fn(&InResponse) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let remaining_ms = context.remaining_ms(self.host.now_ms());
        if remaining_ms < LEAST_BUDGET_MS {
            return Err(Failure::DeadlineExceeded);
        }
        let timeout_ms = call.timeout_ms.min(remaining_ms);
        let mut request = request.clone();
        if call.target != Target::Provider {
            request.headers.set(DEADLINE_HEADER, timeout_ms.to_string());
        }
        let answer = self.transport.send(request, timeout_ms, call.max_body_bytes).await;
        parse(&answer.map_err(|error| failed(error, call))?)
    }
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
