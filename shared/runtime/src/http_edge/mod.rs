//! What every Worker does around its logic: routes, access to them, and replies.

pub mod auth;
pub mod router;

use ports::http_types::Reply;
use ports::{Clock, LogSink};

use crate::call_outcome::Failure;
use crate::problem::{self, ProblemDetails};
use crate::resilient_client::RequestContext;

/// The reply to a handler's result, and its outcome in one word for the log. A failure becomes a
/// problem document; the reason of an internal failure is only logged.
pub fn reply_and_outcome<H: Clock + LogSink>(
    result: Result<Reply, Failure>,
    context: &RequestContext,
    template: &str,
    path: &str,
    host: &H,
) -> (Reply, String) {
    match result {
        Ok(reply) => (reply, "ok".to_owned()),
        Err(failure) => {
            context.log_internal(template, &failure, host);
            let problem = ProblemDetails::new(context.identity.worker, &failure, host.now_ms());
            (problem::problem_document_reply(&problem.at(path)), failure.to_string())
        }
    }
}
