//! The way from the Worker to the ledger's object.

use std::rc::Rc;

use ports::OutRequest;
use ports::http::{Headers, Reply};
use runtime::outcome::Failure;
use runtime::problem;
use runtime::service_client::{
    BreakerSettings, Call, CallContext, Client, ClientSettings, ClientState, RetrySettings,
};
use worker::Env;
use workerd::{JsHost, ObjectTransport};

use super::{LEDGER, LEDGER_NAME};

/// Most the object may answer: the status of many libraries, a piece of the failures.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

thread_local! {
    /// No breaker toward the ledger's own object: one that was aborted is back at the next request,
    /// and a minute of refusals would make an outage of it.
    static OBJECT_CLIENT_STATE: Rc<ClientState> = {
        let client_state = ClientState::default();
        client_state.configure(ClientSettings {
            breaker: BreakerSettings { failures: 0, ..BreakerSettings::default() },
            retry: RetrySettings { budget_share: 1.0, budget_least: 60, ..RetrySettings::default() },
        });
        Rc::new(client_state)
    };
}

/// Asks the ledger's object.
pub(super) async fn object(
    env: &Env,
    context: &CallContext,
    route: &'static str,
    request: OutRequest,
    timeout_ms: u64,
) -> Result<Reply, Failure> {
    let transport = ObjectTransport::new(env, LEDGER, LEDGER_NAME)
        .map_err(|error| Failure::Internal { detail: error.to_string() })?;
    let client = Client::new(transport, JsHost, OBJECT_CLIENT_STATE.with(Rc::clone));
    // Looking through the bucket twice does no harm, a heartbeat neither.
    let idempotent = request.method.is_idempotent() || matches!(route, "/cron" | "/warm");
    let call = Call::object(LEDGER, route, request)
        .idempotent(idempotent)
        .max_body_bytes(MAX_ANSWER_BYTES)
        .timeout_ms(timeout_ms);
    client
        .ask(context, call, |response| match response.status {
            200..=299 => Ok(Reply {
                status: response.status,
                headers: forwarded_headers(&response.headers),
                body: response.body.clone(),
            }),
            _ => Err(own(problem::from_sibling(response))),
        })
        .await
}

/// The object is this Worker too: what it refuses, this Worker refuses.
fn own(failure: Failure) -> Failure {
    failure.root().clone()
}

fn forwarded_headers(headers: &Headers) -> Headers {
    let mut forwarded_headers = Headers::default();
    for name in ["content-type", "content-disposition", "link"] {
        if let Some(value) = headers.get(name) {
            forwarded_headers.set(name, value);
        }
    }
    forwarded_headers.set("cache-control", "no-store");
    forwarded_headers
}
