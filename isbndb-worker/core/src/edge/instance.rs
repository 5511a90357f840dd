//! The Worker in one isolate, and its calls to the object.

use std::rc::Rc;

use ports::{DurableObjects, HostPorts, IncomingResponse, OutgoingRequest};
use runtime::health::CHECK_TIMEOUT_MS;
use runtime::outcome::{Failure, ProviderFailure};
use runtime::problem;
use runtime::service_client::{CallContext, OutgoingCall, ServiceClient};

use crate::isolate::IsolateMemory;
use crate::manifest::ISBNDB_OBJECT;
use crate::service::quota_status::ObjectStatus;

/// One object for the one key: a second name would be a second count of the same quota.
const OBJECT_NAME: &str = "isbndb";
/// Largest answer of the object: a thousand books of a bulk call.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// The Worker's isolate memory and its ports.
#[derive(Debug)]
pub struct WorkerInstance<'a, H, P> {
    pub isolate: &'a IsolateMemory,
    pub host: H,
    pub ports: P,
}

impl<H: HostPorts + Clone, P: DurableObjects> WorkerInstance<'_, H, P> {
    pub(super) async fn ask_object(
        &self,
        context: &CallContext,
        template: &'static str,
        out: OutgoingRequest,
        timeout_ms: u64,
    ) -> Result<IncomingResponse, Failure> {
        let transport = self.ports.object(ISBNDB_OBJECT, OBJECT_NAME)?;
        // A request to the object may be repeated, a bulk request too: the object caches the answer
        // of the first attempt.
        let call = OutgoingCall::object_call(ISBNDB_OBJECT, template, out)
            .idempotent(true)
            .timeout_ms(timeout_ms)
            .max_body_bytes(MAX_ANSWER_BYTES);
        let state = Rc::clone(&self.isolate.object_client_state);
        ServiceClient::new(transport, self.host.clone(), state)
            .ask(context, call, |answer| {
                // A 5xx with a JSON body is the object's answer. A bare 5xx comes from the
                // platform: the object failed.
                let spoken = answer
                    .headers
                    .get("content-type")
                    .is_some_and(|kind| kind.starts_with("application/"));
                if answer.status >= 500 && !spoken {
                    return Err(problem::from_status(answer).into());
                }
                Ok(answer.clone())
            })
            .await
    }

    pub(super) async fn object_status(
        &self,
        context: &CallContext,
    ) -> Result<ObjectStatus, Failure> {
        let out = OutgoingRequest::get("/health");
        let answer = self.ask_object(context, "/health", out, CHECK_TIMEOUT_MS).await?;
        Ok(serde_json::from_slice(&answer.body).map_err(ProviderFailure::from)?)
    }
}
