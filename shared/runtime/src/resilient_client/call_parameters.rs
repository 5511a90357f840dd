//! The parameters of a call: target, route, timeout, size limit.

use ports::OutgoingRequest;

/// Largest answer unless the call sets another limit.
pub const DEFAULT_MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// Longest attempt at a provider: three hanging calls, which open the breaker, take well under 24
/// seconds. Providers answer in 0.2 to 1.2 seconds.
pub const ATTEMPT_TIMEOUT_MS: u64 = 5_000;
/// Longest attempt over a binding; the request's own deadline is almost always nearer.
pub const BINDING_TIMEOUT_MS: u64 = 30_000;

/// The kind of callee, which decides the headers of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallTargetKind {
    /// A sibling Worker over a service binding: gets trace, deadline, request id and `X-Service`.
    Binding,
    /// An object of this Worker: gets the same headers.
    DurableObject,
    /// A provider: gets none of these headers.
    Provider,
}

#[derive(Clone, Debug)]
pub struct ResilientCall {
    /// Name of the binding, object or provider, also of its breaker, and in log and metrics.
    pub name: &'static str,
    pub target: CallTargetKind,
    /// The route's template, for the log: never the URL.
    pub route: &'static str,
    pub request: OutgoingRequest,
    /// True if the call may be sent twice: only then it is retried.
    pub idempotent: bool,
    pub max_body_bytes: usize,
    /// Longest attempt; the request's deadline is a limit too.
    pub timeout_ms: u64,
}

impl ResilientCall {
    /// A call to a sibling Worker. GET, HEAD and DELETE count as idempotent.
    pub fn for_service_binding(
        name: &'static str,
        route: &'static str,
        request: OutgoingRequest,
    ) -> Self {
        Self::new(name, CallTargetKind::Binding, route, request, BINDING_TIMEOUT_MS)
    }

    pub fn for_object(name: &'static str, route: &'static str, request: OutgoingRequest) -> Self {
        Self::new(name, CallTargetKind::DurableObject, route, request, BINDING_TIMEOUT_MS)
    }

    pub fn for_provider(name: &'static str, route: &'static str, request: OutgoingRequest) -> Self {
        Self::new(name, CallTargetKind::Provider, route, request, ATTEMPT_TIMEOUT_MS)
    }

    fn new(
        name: &'static str,
        target: CallTargetKind,
        route: &'static str,
        request: OutgoingRequest,
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

    /// Sets whether the call may be sent twice (a POST that only reads).
    pub fn with_idempotency(mut self, idempotent: bool) -> Self {
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
