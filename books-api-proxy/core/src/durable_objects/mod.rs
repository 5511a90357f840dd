//! The Durable Objects of the proxy, and how they answer requests.

pub mod batch_object;
pub mod flight_shard;
pub mod limiter_object;

use ports::Clock;
use ports::http_types::{Reply, Request};
use runtime::call_outcome::Failure;
use runtime::problem::{ProblemDetails, problem_document_reply};
use runtime::resilient_client::RequestContext;

use crate::binding_manifest::WORKER_NAME;
use crate::config::PROVIDER_BUDGET_MS;
use crate::platform::Platform;
use crate::request_scope::ProxyWorkerInstance;

impl<E: Platform> ProxyWorkerInstance<E> {
    /// The call context in the headers of the calling Worker.
    pub fn object_context(&self, request: &Request) -> RequestContext {
        let (headers, host) = (&request.headers, self.platform.system_ports());
        RequestContext::from_headers(
            self.worker_identity(),
            headers,
            true,
            PROVIDER_BUDGET_MS,
            &host,
        )
    }

    /// A failure becomes a problem document; an internal one is logged.
    pub async fn object_reply(
        &self,
        request: Result<Request, Failure>,
        answer: impl AsyncFnOnce(&Request) -> Result<Reply, Failure>,
    ) -> Reply {
        let host = self.platform.system_ports();
        let reply = match request {
            Ok(request) => answer(&request).await.inspect_err(|failure| {
                self.object_context(&request).log_internal(&request.path, failure, &host);
            }),
            Err(failure) => Err(failure),
        };
        reply.unwrap_or_else(|failure| {
            let problem = ProblemDetails::new(WORKER_NAME, &failure, host.now_ms());
            problem_document_reply(&problem)
        })
    }
}
