//! Calls from the Worker to the ledger's object.

use std::rc::Rc;

use ports::OutgoingRequest;
use ports::http::Reply;
use runtime::outcome::Failure;
use runtime::service_client::{CallContext, ServiceClient, ServiceClientState};
use warmer_core::manifest::{LEDGER, LEDGER_NAME};
use warmer_core::object_call;
use worker::Env;
use workerd::{JsHost, ObjectTransport};

thread_local! {
    /// The client's state in this isolate, such as its retry budget.
    static OBJECT_CLIENT_STATE: Rc<ServiceClientState> = {
        let client_state = ServiceClientState::default();
        client_state.configure(object_call::client_settings());
        Rc::new(client_state)
    };
}

pub(crate) async fn object(
    env: &Env,
    context: &CallContext,
    route: &'static str,
    request: OutgoingRequest,
    timeout_ms: u64,
) -> Result<Reply, Failure> {
    let transport = ObjectTransport::new(env, LEDGER, LEDGER_NAME)?;
    let client = ServiceClient::new(transport, JsHost, OBJECT_CLIENT_STATE.with(Rc::clone));
    let call = object_call::outgoing_call(route, request, timeout_ms);
    client.ask(context, call, object_call::reply).await
}
