//! Calls from the Worker to the ledger's object.

use std::rc::Rc;

use ports::OutRequest;
use ports::http::Reply;
use runtime::outcome::Failure;
use runtime::service_client::{CallContext, Client, ClientState};
use warmer_core::manifest::{LEDGER, LEDGER_NAME};
use warmer_core::object_call;
use worker::Env;
use workerd::{JsHost, ObjectTransport};

thread_local! {
    /// The client's state in this isolate, such as its retry budget.
    static OBJECT_CLIENT_STATE: Rc<ClientState> = {
        let client_state = ClientState::default();
        client_state.configure(object_call::client_settings());
        Rc::new(client_state)
    };
}

pub(crate) async fn object(
    env: &Env,
    context: &CallContext,
    route: &'static str,
    request: OutRequest,
    timeout_ms: u64,
) -> Result<Reply, Failure> {
    let transport = ObjectTransport::new(env, LEDGER, LEDGER_NAME)?;
    let client = Client::new(transport, JsHost, OBJECT_CLIENT_STATE.with(Rc::clone));
    let call = object_call::call(route, request, timeout_ms);
    client.ask(context, call, object_call::reply).await
}
