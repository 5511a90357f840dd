//! The way to a sibling: its binding, and beside the proxy's its canary where one is bound.

use ports::OutRequest;
use ports::http::Reply;
use runtime::outcome::Failure;
use runtime::service_client::{Call, CallContext, CanaryTransport, Client, canary};
use warmer_core::engine::ports::Sibling;
use warmer_core::engine::sibling_read::is_read;
use warmer_core::manifest::CANARY;
use warmer_core::routes::sibling_reply;
use worker::Env;
use workerd::{BindingTransport, JsHost};

/// A binding, perhaps with a canary.
pub(crate) type SiblingTransport = CanaryTransport<BindingTransport, BindingTransport, JsHost>;

/// The transport for one request to a sibling.
///
/// # Errors
/// No such binding, or a bad `CANARY_PERCENT`.
pub(crate) fn transport(
    env: &Env,
    sibling: Sibling,
    request: &OutRequest,
) -> Result<SiblingTransport, Failure> {
    let internal = |detail: String| Failure::Internal { detail };
    let production = BindingTransport::new(env, sibling.binding())
        .map_err(|error| internal(error.to_string()))?;
    // Only the proxy has one: two leaves would double the pace on one key.
    let canary = match sibling {
        Sibling::Proxy => BindingTransport::new(env, CANARY).ok(),
        Sibling::Isbndb => None,
    };
    let percent =
        canary::percent(&workerd::env::vars(env)).map_err(|error| internal(error.to_string()))?;
    let is_read = canary.is_some() && is_read(request);
    Ok(CanaryTransport { production, canary, percent, is_read, host: JsHost })
}

/// What a sibling answers a person at the dashboard.
///
/// # Errors
/// The sibling failed.
pub(crate) async fn show(
    env: &Env,
    context: &CallContext,
    route: &'static str,
    (sibling, request): (Sibling, OutRequest),
) -> Result<Reply, Failure> {
    let client = Client::new(transport(env, sibling, &request)?, JsHost, workerd::client_state());
    let call = Call::binding(sibling.binding(), route, request);
    client.ask(context, call, sibling_reply).await
}
