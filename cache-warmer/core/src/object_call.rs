//! The call from the Worker to its ledger's object: how it is made, and how its answer is read.

use ports::http::{Headers, Reply};
use ports::{InResponse, OutRequest};
use runtime::outcome::Failure;
use runtime::problem;
use runtime::service_client::{BreakerSettings, ClientSettings, RetrySettings, ServiceCall};

use crate::manifest::LEDGER;

/// What a request may take that has a plan to wait for.
pub const BUDGET_MS: u64 = 25_000;
/// A cron's work: a list of the bucket and two checks.
pub const CRON_BUDGET_MS: u64 = 60_000;
/// Most the object may answer: the status of many libraries, a piece of the failures.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// No breaker toward the ledger's own object: one that was aborted is back at the next request,
/// and a minute of refusals would make an outage of it.
pub fn client_settings() -> ClientSettings {
    ClientSettings {
        breaker: BreakerSettings { failures: 0, ..BreakerSettings::default() },
        retry: RetrySettings { budget_share: 1.0, budget_least: 60, ..RetrySettings::default() },
    }
}

pub fn call(route: &'static str, request: OutRequest, timeout_ms: u64) -> ServiceCall {
    // Looking through the bucket twice does no harm, a heartbeat neither.
    let idempotent =
        request.method.is_idempotent() || matches!(route, "/cron" | "/warm" | "/preview");
    ServiceCall::object(LEDGER, route, request)
        .idempotent(idempotent)
        .max_body_bytes(MAX_ANSWER_BYTES)
        .timeout_ms(timeout_ms)
}

/// The object's answer as this Worker's.
/// Errors: what the object refuses. The object is this Worker too: it is no sibling.
pub fn reply(response: &InResponse) -> Result<Reply, Failure> {
    match response.status {
        200..=299 => Ok(Reply {
            status: response.status,
            headers: forwarded_headers(&response.headers),
            body: response.body.clone(),
        }),
        _ => Err(problem::from_sibling(response).root_cause().clone()),
    }
}

fn forwarded_headers(headers: &Headers) -> Headers {
    let mut forwarded_headers = Headers::default();
    for name in ["content-type", "content-disposition", "link"] {
        if let Some(value) = headers.get(name) {
            forwarded_headers.set(name, value);
        }
    }
    forwarded_headers.set("cache-control", "no-store");
    forwarded_headers.set("x-content-type-options", "nosniff");
    forwarded_headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_takes_no_answer_for_another_type() {
        let mut headers = Headers::default();
        headers.set("content-type", "text/csv; charset=utf-8");
        headers.set("server", "workerd");
        let reply = reply(&InResponse { status: 200, headers, body: Vec::new() }).unwrap();
        assert_eq!(reply.headers.get("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.headers.get("content-type"), Some("text/csv; charset=utf-8"));
        assert_eq!(reply.headers.get("server"), None);
    }
}
