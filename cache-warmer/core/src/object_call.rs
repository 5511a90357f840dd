//! The call of the Worker to its ledger's object, and the parsing of the answer.

use ports::http_types::Reply;
use ports::{IncomingResponse, OutgoingRequest};
use runtime::call_outcome::Failure;
use runtime::problem;
use runtime::resilient_client::ResilientCall;

use crate::binding_manifest::LEDGER;

/// Deadline of a request that waits for a plan.
pub const OBJECT_BUDGET_MS: u64 = 25_000;
/// Deadline of a cron's request: a list of the bucket and two checks.
pub const CRON_BUDGET_MS: u64 = 60_000;
/// Bytes of the object's answer: the status of many libraries, or a piece of the failures.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

pub fn outgoing_call(
    route: &'static str,
    request: OutgoingRequest,
    timeout_ms: u64,
) -> ResilientCall {
    // A repeated scan or heartbeat does no harm.
    let idempotent =
        request.method.is_idempotent() || matches!(route, "/cron" | "/warm" | "/preview");
    ResilientCall::for_object(LEDGER, route, request)
        .with_idempotency(idempotent)
        .max_body_bytes(MAX_ANSWER_BYTES)
        .timeout_ms(timeout_ms)
}

/// The object's answer as the Worker's answer. Errors: those of the object, which is no sibling,
/// but a part of this Worker.
pub fn object_reply(response: &IncomingResponse) -> Result<Reply, Failure> {
    match response.status {
        200..=299 => {
            let names = ["content-type", "content-disposition", "link"];
            let reply = forwarded_reply(response, &names);
            Ok(reply.with_header("x-content-type-options", "nosniff"))
        }
        _ => Err(problem::failure_from_sibling_response(response).root_cause().clone()),
    }
}

/// An answer with some of its headers; no cache keeps it.
pub(crate) fn forwarded_reply(response: &IncomingResponse, header_names: &[&str]) -> Reply {
    let mut headers = response.headers.subset(header_names);
    headers.set("cache-control", "no-store");
    Reply { status: response.status, headers, body: response.body.clone() }
}

#[cfg(test)]
mod tests {
    use ports::http_types::Headers;

    use super::*;

    #[test]
    fn a_browser_does_not_guess_the_type_of_an_answer() {
        let mut headers = Headers::default();
        headers.set("content-type", "text/csv; charset=utf-8");
        headers.set("server", "workerd");
        let reply =
            object_reply(&IncomingResponse { status: 200, headers, body: Vec::new() }).unwrap();
        assert_eq!(reply.headers.get("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.headers.get("content-type"), Some("text/csv; charset=utf-8"));
        assert_eq!(reply.headers.get("server"), None);
    }
}
