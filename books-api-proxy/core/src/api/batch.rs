//! Sends a batch to the object of its caller.

use ports::http::Reply;
use ports::{Clock, OutRequest};
use runtime::outcome::{Failure, SiblingFailure};
use runtime::problem;
use runtime::service_client::ServiceCall;

use crate::app::App;
use crate::batch::run::run;
use crate::manifest::{BATCH, WORKER};
use crate::objects::batch_object::BYPASS_HEADER;
use crate::platform::Platform;
use crate::request_ports::RequestPorts;

/// Has a batch answered by the object of its caller; here, where no such object is bound.
/// Errors: the object failed, or it has two batches of this caller already.
pub async fn send<E: Platform>(
    app: &App<RequestPorts<E>>,
    caller: &str,
    body: &[u8],
    bypass_isbndb_cache: bool,
) -> Result<Reply, Failure> {
    let request_env = &app.ports.request_env;
    let Ok(client) = request_env.object(BATCH, caller) else {
        let batch = serde_json::from_slice(body)
            .map_err(|error| Failure::bad_request(format!("body: {error}")))?;
        return Ok(Reply::json(200, &run(app, batch, bypass_isbndb_cache).await?));
    };
    let mut request = OutRequest::without_body(ports::http::Method::Post, "/batch");
    request.body = body.to_vec();
    if bypass_isbndb_cache {
        request.headers.set(BYPASS_HEADER, "1");
    }
    let left_ms = request_env.context.remaining_ms(app.ports.now_ms());
    let call = ServiceCall::object(BATCH, "/batch", request).timeout_ms(left_ms);
    let answer = client.call(&request_env.context, call).await.map_err(as_own_failure)?;
    if bypass_isbndb_cache {
        // The object may run in another isolate, whose memory this one does not share.
        app.isolate_state.clear_memory(&app.config);
    }
    if answer.status != 200 {
        return Err(as_own_failure(problem::from_sibling(&answer)));
    }
    let mut reply = Reply::empty(200).with_header("content-type", "application/json");
    reply.body = answer.body;
    Ok(reply)
}

/// What the object says, as what this Worker says.
fn as_own_failure(failure: Failure) -> Failure {
    match failure {
        Failure::Sibling(SiblingFailure { service, failure }) if service == WORKER => *failure,
        failure => failure,
    }
}
