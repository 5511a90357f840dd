//! A transport that answers from a script.

use std::cell::{Ref, RefCell};
use std::fmt;
use std::rc::Rc;

use ports::{Clock, IncomingResponse, OutgoingRequest, Transport, TransportError};

use crate::test_system_ports::TestSystemPorts;

/// A request as the callee received it.
#[derive(Clone, Debug)]
pub struct SentRequest {
    /// How many requests were sent before.
    pub nth: usize,
    pub at_ms: u64,
    pub request: OutgoingRequest,
    /// The timeout of the attempt.
    pub timeout_ms: u64,
}

/// The callee's answer, and how long it takes.
pub type ScriptedResponse = (u64, Result<IncomingResponse, TransportError>);

type Script<'s> = dyn Fn(&SentRequest) -> ScriptedResponse + 's;

/// Answers each request from a script, keeps the caller's limits of time and size, and records the
/// requests. Clones share script and record.
#[derive(Clone)]
pub struct ScriptedTransport<'s> {
    host: TestSystemPorts,
    script: Rc<RefCell<Rc<Script<'s>>>>,
    sent: Rc<RefCell<Vec<SentRequest>>>,
}

impl fmt::Debug for ScriptedTransport<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ScriptedTransport").field("sent", &self.sent).finish()
    }
}

impl<'s> ScriptedTransport<'s> {
    /// A transport that answers from this script.
    pub fn new(
        host: TestSystemPorts,
        script: impl Fn(&SentRequest) -> ScriptedResponse + 's,
    ) -> Self {
        Self { host, script: Rc::new(RefCell::new(Rc::new(script))), sent: Rc::default() }
    }

    /// Answers from another script from now on.
    pub fn set_script(&self, script: impl Fn(&SentRequest) -> ScriptedResponse + 's) {
        *self.script.borrow_mut() = Rc::new(script);
    }

    pub fn sent_requests(&self) -> Ref<'_, Vec<SentRequest>> {
        self.sent.borrow()
    }

    pub fn sent_count(&self) -> usize {
        self.sent.borrow().len()
    }
}

impl Transport for ScriptedTransport<'_> {
    async fn send(
        &self,
        request: OutgoingRequest,
        timeout_ms: u64,
        max_body_bytes: usize,
    ) -> Result<IncomingResponse, TransportError> {
        let sent =
            SentRequest { nth: self.sent_count(), at_ms: self.host.now_ms(), request, timeout_ms };
        self.sent.borrow_mut().push(sent.clone());
        // The script is not borrowed while it runs: it may make calls of its own.
        let script = Rc::clone(&self.script.borrow());
        let (after_ms, answer) = script(&sent);
        if after_ms >= timeout_ms {
            self.host.sleep(timeout_ms).await;
            return Err(TransportError::Timeout);
        }
        if after_ms > 0 {
            self.host.sleep(after_ms).await;
        }
        match answer {
            Ok(answer) if answer.body.len() > max_body_bytes => Err(TransportError::TooLarge),
            answer => answer,
        }
    }
}

pub fn test_response(status: u16, headers: &[(&str, &str)], body: &str) -> IncomingResponse {
    let mut response =
        IncomingResponse { status, body: body.as_bytes().to_vec(), ..IncomingResponse::default() };
    for (name, value) in headers {
        response.headers.set(name, *value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Executor;

    #[test]
    fn the_time_and_the_size_allowed_are_kept() {
        let executor = Executor::default();
        let transport = ScriptedTransport::new(executor.test_system_ports(), |_| {
            (100, Ok(test_response(200, &[], "12345")))
        });
        let send = |timeout_ms, bytes| {
            executor.run_to_end(transport.send(OutgoingRequest::get("/x"), timeout_ms, bytes))
        };
        assert_eq!(send(1_000, 5).unwrap().body, b"12345");
        assert_eq!(executor.test_system_ports().now_ms(), 100);
        assert_eq!(send(1_000, 4), Err(TransportError::TooLarge));
        assert_eq!(send(50, 5), Err(TransportError::Timeout));
        assert_eq!(executor.test_system_ports().now_ms(), 250);
        transport.set_script(|sent| {
            (0, Ok(test_response(204, &[("x-nth", &sent.nth.to_string())], "")))
        });
        assert_eq!(send(50, 5).unwrap().headers.get("x-nth"), Some("3"));
        assert_eq!(transport.sent_count(), 4);
    }
}
