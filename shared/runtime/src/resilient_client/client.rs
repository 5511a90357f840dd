//! The caller's side: one call, from the deadline to the log line.

use std::rc::Rc;

use futures::FutureExt;

use crate::call_outcome::Failure;
use crate::problem;
use crate::resilient_client::call_parameters::{CallTargetKind, ResilientCall};
use crate::resilient_client::call_runner::CallRunner;
use crate::resilient_client::client_state::ResilientClientState;
use crate::resilient_client::request_context::RequestContext;
use ports::{IncomingResponse, SystemPorts, Transport};

#[derive(Clone, Debug)]
pub struct ResilientClient<T, H> {
    transport: T,
    host: H,
    client_state: Rc<ResilientClientState>,
}

impl<T: Transport, H: SystemPorts> ResilientClient<T, H> {
    /// All clients of an isolate share one `client_state`, with its breakers and counters.
    pub fn new(transport: T, host: H, client_state: Rc<ResilientClientState>) -> Self {
        Self { transport, host, client_state }
    }

    pub fn system_ports(&self) -> &H {
        &self.host
    }

    pub fn client_state(&self) -> &ResilientClientState {
        &self.client_state
    }

    /// Makes the call and returns the raw answer. Every status but 429 and 5xx is `Ok`. Errors:
    /// [`Failure`]; a sibling's error becomes [`Failure::Sibling`].
    pub async fn call(
        &self,
        context: &RequestContext,
        call: ResilientCall,
    ) -> Result<IncomingResponse, Failure> {
        let target = call.target;
        self.call_and_parse(context, call, |response| match (response.status, target) {
            (429 | 500.., CallTargetKind::Provider) => {
                Err(problem::failure_from_status(response).into())
            }
            (429 | 500.., _) => Err(problem::failure_from_sibling_response(response)),
            _ => Ok(response.clone()),
        })
        .await
    }

    /// Makes the call and reads the answer with `parse`, whose failure decides about the retry and
    /// the breaker.
    pub async fn call_and_parse<R>(
        &self,
        context: &RequestContext,
        call: ResilientCall,
        parse: impl Fn(&IncomingResponse) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        self.ask_when_admitted(context, call, async |_| Ok(()), parse).await
    }

    /// The same with a rate limiter: every attempt passes it after the breaker and before it is
    /// sent. The limiter counts the attempt against the quota and may wait for the pace. Its
    /// refusal is the call's failure and is not retried.
    pub async fn ask_when_admitted<R>(
        &self,
        context: &RequestContext,
        call: ResilientCall,
        admit: impl AsyncFn(u32) -> Result<(), Failure>,
        parse: impl Fn(&IncomingResponse) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let Self { transport, host, client_state } = self;
        let runner =
            CallRunner { transport, host, client_state, context, call: &call, admit, parse };
        // Boxed: calls wait within calls, and the compiler does not accept so deep a type.
        runner.run_call().boxed_local().await
    }
}

#[cfg(test)]
mod tests;
