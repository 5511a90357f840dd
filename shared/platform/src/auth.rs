//! The optional `AUTH` binding: a Worker that is asked first whether a request may go on.
//!
//! It gets method, URL and headers, never the body. 200 lets the request in; any other answer is
//! returned to the client as it is; no answer is a 503, never an open door. `/health` is exempt,
//! so that a monitor sees what is wrong.

use shared::http::{Headers, Method, Reply, Request};
use shared::mesh::port::{Clock, OutRequest, Transport};
use shared::mesh::{CallContext, InResponse};
use shared::outcome::Failure;
use shared::problem::{self, Problem};
use worker::Env;

use crate::binding::BindingTransport;
use crate::host::JsHost;

/// The optional binding.
pub const BINDING: &str = "AUTH";
/// It stands in front of every request: it must be quick.
const TIMEOUT_MS: u64 = 3_000;
/// Most its refusal may weigh.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// Headers that speak of a body which is not passed on.
const OF_THE_BODY: [&str; 3] = ["content-length", "transfer-encoding", "content-encoding"];

/// Asks. `None` lets the request in: there is no such binding, or it said 200.
pub async fn refuse(
    env: &Env,
    original: &web_sys::Request,
    request: &Request,
    context: &CallContext,
) -> Option<Reply> {
    if !crate::env::optional(env).auth || request.path == "/health" {
        return None;
    }
    let all = crate::request::headers_of(original);
    let asked = OutRequest {
        // A method we have no name for is refused by the router anyway.
        method: if request.method == Method::Other { Method::Get } else { request.method },
        url: original.url(),
        headers: without(&all, &OF_THE_BODY),
        body: Vec::new(),
    };
    let budget_ms = context.remaining_ms(JsHost.now_ms()).min(TIMEOUT_MS);
    let answer = match BindingTransport::whole_url(env, BINDING) {
        Ok(transport) => transport.send(asked, budget_ms, MAX_BODY_BYTES).await.ok(),
        Err(_) => None,
    };
    match answer {
        Some(InResponse { status: 200, .. }) => None,
        Some(InResponse { status, headers, body }) => {
            Some(Reply { status, headers: without(&headers, &OF_THE_BODY), body })
        }
        None => {
            let failure = Failure::Unavailable {
                what: "the authorization service does not answer".to_owned(),
                retry_after_ms: 5_000,
            };
            let problem = Problem::new(context.identity.worker, &failure, JsHost.now_ms());
            Some(problem::reply(&problem.at(&request.path)))
        }
    }
}

fn without(headers: &Headers, names: &[&str]) -> Headers {
    let mut kept = Headers::default();
    for (name, value) in headers.iter().filter(|(name, _)| !names.contains(name)) {
        kept.append(name, value);
    }
    kept
}
