//! A request to the Durable Object, which owns the pace, quota and cache of one ISBNdb key.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use ports::Transport;
use ports::http_types::{Reply, Request};
use runtime::call_outcome::Failure;
use runtime::config::Vars;
use runtime::http_edge::reply_and_outcome;
use runtime::problem::{self, ProblemDetails};
use runtime::rate_limit::CallClass;
use runtime::resilient_client::{RequestContext, WorkerIdentity};
use runtime::secret::SecretSource;
use runtime::wire_types::isbndb_worker_answers::CALL_CLASS_HEADER;

use crate::binding_manifest::{ISBNDB_API_KEY, WORKER_NAME};
use crate::isbndb_object_service::isbndb_store::{IsbndbStore, IsbndbStoreError};
use crate::isbndb_object_service::{IsbndbObjectPorts, IsbndbObjectService, IsbndbRequestContext};
use crate::isolate_state::IsolateState;

/// Longest time of a request to the object: half a minute in the queue, then ISBNdb's answer.
pub const OBJECT_BUDGET_MS: u64 = 55_000;

/// One instance of the object, from its start to its eviction.
pub struct IsbndbObjectInstance<T, H, S> {
    transport: T,
    host: H,
    isolate: Rc<IsolateState>,
    service: RefCell<Option<Rc<IsbndbObjectService<T, H, S>>>>,
}

impl<T, H, S> fmt::Debug for IsbndbObjectInstance<T, H, S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_open = self.service.borrow().is_some();
        formatter
            .debug_struct("IsbndbObjectInstance")
            .field("is_open", &is_open)
            .finish_non_exhaustive()
    }
}

impl<T: Transport + Clone + 'static, H: IsbndbObjectPorts, S: IsbndbStore>
    IsbndbObjectInstance<T, H, S>
{
    pub fn new(transport: T, host: H, isolate: Rc<IsolateState>) -> Self {
        Self { transport, host, isolate, service: RefCell::new(None) }
    }

    /// Answers a request; an unreadable one gets an error. `open_store` opens the object's storage.
    pub async fn handle_request(
        &self,
        request: Result<Request, Failure>,
        version: String,
        vars: &Vars<'_>,
        secrets: &impl SecretSource,
        open_store: impl FnOnce() -> Result<S, IsbndbStoreError>,
    ) -> Reply {
        let request = match request {
            Ok(request) => request,
            Err(failure) => {
                let problem = ProblemDetails::new(WORKER_NAME, &failure, self.host.now_ms());
                return problem::problem_document_reply(&problem);
            }
        };
        let identity = WorkerIdentity { worker: WORKER_NAME, version };
        // Only our own Worker can reach the object.
        let context = RequestContext::from_headers(
            identity,
            &request.headers,
            true,
            OBJECT_BUDGET_MS,
            &self.host,
        );
        let service = match self.get_or_open_service(vars, open_store) {
            Ok(service) => service,
            // Refused before its route and parameters are read.
            Err(failure) => {
                return reply_and_outcome(Err(failure), &context, "-", "", &self.host).0;
            }
        };
        let caller = IsbndbRequestContext {
            context,
            class: CallClass::from_header(request.headers.get(CALL_CLASS_HEADER)),
            refresh: request.headers.get("cache-control").is_some_and(|v| v.contains("no-cache")),
            key: secrets.secret(ISBNDB_API_KEY).await,
        };
        service.handle_request(&request, &caller).await
    }

    /// The service, opened at the first request. If the stored state cannot be read, the next
    /// request tries again: no call may be sent without the count.
    fn get_or_open_service(
        &self,
        vars: &Vars<'_>,
        open_store: impl FnOnce() -> Result<S, IsbndbStoreError>,
    ) -> Result<Rc<IsbndbObjectService<T, H, S>>, Failure> {
        if let Some(service) = self.service.borrow().as_ref() {
            return Ok(Rc::clone(service));
        }
        let config = self.isolate.load_configuration(vars)?;
        let store = open_store()?;
        let client_state = Rc::clone(&self.isolate.client_state);
        let (transport, host) = (self.transport.clone(), self.host.clone());
        let service =
            IsbndbObjectService::from_stored_state(transport, host, client_state, store, config)?;
        Ok(Rc::clone(self.service.borrow_mut().insert(Rc::new(service))))
    }
}
