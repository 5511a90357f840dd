//! Calls over a service binding that may have a canary.

use ports::IncomingResponse;
use runtime::call_outcome::Failure;
use runtime::resilient_client::{
    Canary, RequestContext, ResilientCall, ResilientClient, canary_routing,
};
use worker::Env;

use crate::PlatformError;
use crate::binding_transport::BindingTransport;
use crate::env::{has_env_entry, worker_variables};
use crate::js_system_ports::JsSystemPorts;

/// Makes the transport of a binding: [`BindingTransport::new`] or
/// [`BindingTransport::with_full_url`].
pub type TransportOf = fn(&Env, &str) -> Result<BindingTransport, PlatformError>;

/// Makes the call. `canary` is the binding of the callee's canary for a read call, and `None` for
/// any other; if it is not bound, the call is made at production. Errors: the call failed, its
/// binding is missing, or `CANARY_PERCENT` is bad.
pub async fn call_binding<R>(
    env: &Env,
    transport_of: TransportOf,
    canary: Option<&'static str>,
    context: &RequestContext,
    call: ResilientCall,
    parse: impl Fn(&IncomingResponse) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let client_of = |binding: &str| {
        transport_of(env, binding)
            .map(|transport| ResilientClient::new(transport, JsSystemPorts, crate::client_state()))
    };
    let production = client_of(call.name)?;
    let Some(name) = canary.filter(|name| has_env_entry(env, name)) else {
        return production.call_and_parse(context, call, parse).await;
    };
    let percent = canary_routing::read_canary_percent(&worker_variables(env))?;
    let canary = Canary { client: client_of(name)?, name, percent };
    canary_routing::call_canary_or_production(&production, &canary, context, call, parse).await
}
