//! The parameters of a call: target, route, timeout, size limit.

use ports::OutRequest;

/// Most an answer may weigh where the call does not say otherwise.
pub const DEFAULT_MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// Most one attempt at a provider takes: three calls that hang, which trip the breaker, stay well
/// under 24 seconds of waiting. Providers answer in 0.2 to 1.2 seconds.
pub const PROVIDER_TIMEOUT_MS: u64 = 5_000;
/// Most one attempt over a binding takes; the request's own deadline is nearer nearly always.
pub const BINDING_TIMEOUT_MS: u64 = 30_000;

/// What kind of thing is called: it decides which headers go along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallTarget {
    /// A sibling Worker over a service binding: trace, deadline, request id and `X-Service` go
    /// along.
    Binding,
    /// An object of this Worker: the same.
    DurableObject,
    /// A provider outside: none of our headers.
    Provider,
}

#[derive(Clone, Debug)]
pub struct ServiceCall {
    /// Name of the binding, object or provider: of the breaker, the log, the metrics.
    pub name: &'static str,
    pub target: CallTarget,
    /// The route's template, for the log: never the URL.
    pub route: &'static str,
    pub request: OutRequest,
    /// True if sending it twice does no harm: only then it is retried.
    pub idempotent: bool,
    pub max_body_bytes: usize,
    /// Most one attempt may take; the request's deadline bounds it too.
    pub timeout_ms: u64,
}

impl ServiceCall {
    /// A call to a sibling Worker. GET, HEAD and DELETE count as idempotent.
    pub fn binding(name: &'static str, route: &'static str, request: OutRequest) -> Self {
        Self::new(name, CallTarget::Binding, route, request, BINDING_TIMEOUT_MS)
    }

    /// A call to a Durable Object of this Worker.
    pub fn object(name: &'static str, route: &'static str, request: OutRequest) -> Self {
        Self::new(name, CallTarget::DurableObject, route, request, BINDING_TIMEOUT_MS)
    }

    pub fn provider(name: &'static str, route: &'static str, request: OutRequest) -> Self {
        Self::new(name, CallTarget::Provider, route, request, PROVIDER_TIMEOUT_MS)
    }

    fn new(
        name: &'static str,
        target: CallTarget,
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
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = idempotent;
        self
    }

    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.max_body_bytes = bytes;
        self
    }

    pub fn timeout_ms(mut self, ms: u64) -> Self {
        self.timeout_ms = ms;
        self
    }
}
