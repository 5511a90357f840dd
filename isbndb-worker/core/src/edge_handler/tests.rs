//! The whole Worker in one process: requests to it, its object behind it, a scripted provider.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use ports::http_types::{Headers, Method};
use ports::{IncomingResponse, MissingBinding, Transport, TransportError};
use runtime::resilient_client::ResilientClientState;
use runtime::secret::{Secret, SecretError};
use testkit::scripted_transport::test_response;
use testkit::{Executor, ScriptedTransport, TestSystemPorts};

use super::*;
use crate::isbndb_object_service::object_service_harness::{MemoryIsbndbStore, StoreFault};
use crate::isolate_state::IsolateState;
use crate::object_instance::IsbndbObjectInstance;
use runtime::call_outcome::RequestRejection;

const TEST_NOW_MS: u64 = 1_795_244_400_000;
const BOOK: &str = r#"{"book":{"title":"Dune","isbn13":"9780441172719"}}"#;

type TestObject =
    IsbndbObjectInstance<ScriptedTransport<'static>, TestSystemPorts, MemoryIsbndbStore>;

/// The deployed Worker, its object and the provider. Clones share it.
#[derive(Clone)]
struct EdgeHarness(Rc<Parts>);

struct Parts {
    executor: Executor,
    provider: ScriptedTransport<'static>,
    isolate: Rc<IsolateState>,
    object: TestObject,
    store: MemoryIsbndbStore,
    vars: RefCell<BTreeMap<&'static str, &'static str>>,
    has_binding: Cell<bool>,
    /// How many of the next requests the platform fails with a bare 500 instead of the object's
    /// answer.
    bare_500s: Cell<u32>,
    object_requests: Cell<u32>,
}

impl EdgeHarness {
    fn new() -> Self {
        let executor = Executor::new(TEST_NOW_MS);
        let host = executor.test_system_ports();
        let provider =
            ScriptedTransport::new(host.clone(), |_| (200, Ok(test_response(200, &[], BOOK))));
        let isolate = Rc::new(IsolateState::new(Rc::new(ResilientClientState::default())));
        let object = IsbndbObjectInstance::new(provider.clone(), host, Rc::clone(&isolate));
        Self(Rc::new(Parts {
            executor,
            provider,
            isolate,
            object,
            store: MemoryIsbndbStore::default(),
            vars: RefCell::default(),
            has_binding: Cell::new(true),
            bare_500s: Cell::new(0),
            object_requests: Cell::new(0),
        }))
    }

    fn vars(&self) -> Vars<'static> {
        let own = self.clone();
        Vars::new(move |name| own.0.vars.borrow().get(name).map(|value| (*value).to_owned()))
    }

    fn get_in(&self, isolate: &IsolateState, path: &str) -> Reply {
        let incoming = IncomingRequest {
            request: Request::new(Method::Get, path),
            read: Ok(()),
            caller: Some("books-api-proxy".to_owned()),
            version: "v1".to_owned(),
        };
        self.handle_request(isolate, incoming)
    }

    fn get(&self, path: &str) -> Reply {
        self.get_in(&self.0.isolate, path)
    }

    fn handle_request(&self, isolate: &IsolateState, incoming: IncomingRequest) -> Reply {
        let instance = WorkerInstance {
            isolate,
            host: self.0.executor.test_system_ports(),
            ports: self.clone(),
        };
        let vars = self.vars();
        self.0.executor.run_to_end(instance.handle_request(&vars, incoming)).1
    }

    /// The Worker's log lines of an event.
    fn log_lines(&self, event: &str) -> Vec<String> {
        let lines = self.0.executor.test_system_ports().log_lines();
        lines.into_iter().filter(|line| line.event == event).map(|line| line.message).collect()
    }
}

impl SecretSource for EdgeHarness {
    async fn secret(&self, _: &str) -> Result<Secret, SecretError> {
        Secret::new("a-key").ok_or(SecretError::Missing)
    }
}

impl DurableObjectTransports for EdgeHarness {
    type Transport = Self;

    fn object_transport(&self, binding: &str, _: &str) -> Result<Self, MissingBinding> {
        if self.0.has_binding.get() {
            Ok(self.clone())
        } else {
            Err(MissingBinding(format!("object {binding}: no such binding")))
        }
    }
}

impl Transport for EdgeHarness {
    async fn send(
        &self,
        out: OutgoingRequest,
        _timeout_ms: u64,
        _max_body_bytes: usize,
    ) -> Result<IncomingResponse, TransportError> {
        self.0.object_requests.set(self.0.object_requests.get() + 1);
        if self.0.bare_500s.get() > 0 {
            self.0.bare_500s.set(self.0.bare_500s.get() - 1);
            return Ok(test_response(500, &[], "Internal Server Error"));
        }
        let mut request = Request::new(out.method, &out.url);
        (request.headers, request.body) = (out.headers, out.body);
        let open = || Ok(self.0.store.clone());
        let (version, vars) = ("v1".to_owned(), self.vars());
        let reply = self.0.object.handle_request(Ok(request), version, &vars, self, open).await;
        Ok(IncomingResponse { status: reply.status, headers: reply.headers, body: reply.body })
    }
}

fn parsed_reply_body(reply: &Reply) -> serde_json::Value {
    serde_json::from_slice(&reply.body).unwrap()
}

#[test]
fn a_book_goes_through_worker_object_and_provider() {
    let deployment = EdgeHarness::new();
    let reply = deployment.get("/book/9780441172719");
    assert_eq!(
        (reply.status, parsed_reply_body(&reply)["book"]["title"].as_str()),
        (200, Some("Dune"))
    );
    assert!(reply.headers.get("ratelimit").is_some());
    assert_eq!(reply.headers.get(OUTCOME_HEADER), None, "the header is removed");
    assert_eq!(reply.headers.get("cache-control"), Some("no-store"));
    assert_eq!(deployment.log_lines("request"), ["isbndb-worker /book/{isbn} ok"]);
    let _ = deployment.get("/book/9780441172719");
    assert_eq!(deployment.0.provider.sent_count(), 1, "the object cached the answer");
}

#[test]
fn the_object_s_outcome_is_in_the_log() {
    let deployment = EdgeHarness::new();
    deployment
        .0
        .provider
        .set_script(|_| (200, Ok(test_response(404, &[], r#"{"errorMessage":"Not Found"}"#))));
    assert_eq!(deployment.get("/book/9780441172719").status, 404);
    let lines = deployment.log_lines("request");
    assert!(lines.iter().all(|line| line.contains("/book/{isbn} not_found")), "{lines:?}");
}

#[test]
fn a_body_that_could_not_be_read_is_refused() {
    let deployment = EdgeHarness::new();
    let incoming = IncomingRequest {
        request: Request::new(Method::Post, "/books"),
        read: Err(RequestRejection::TooLarge { limit: "65536 bytes".to_owned() }.into()),
        caller: None,
        version: "v1".to_owned(),
    };
    let reply = deployment.handle_request(&deployment.0.isolate, incoming);
    assert_eq!((reply.status, deployment.0.object_requests.get()), (413, 0));
    assert!(reply.headers.get("x-request-id").is_some());
}

#[test]
fn a_bare_500_of_the_object_is_retried() {
    let deployment = EdgeHarness::new();
    deployment.0.bare_500s.set(1);
    assert_eq!(deployment.get("/book/9780441172719").status, 200);
    assert_eq!(deployment.0.object_requests.get(), 2);
    // No number of failures blocks the calls to the object.
    for _ in 0..20 {
        deployment.0.bare_500s.set(u32::MAX);
        assert!(deployment.get("/book/9780441172719").status >= 500);
    }
    deployment.0.bare_500s.set(0);
    assert_eq!(deployment.get("/book/9780441172719").status, 200);
}

#[test]
fn a_bad_variable_fails_all_but_health() {
    let deployment = EdgeHarness::new();
    deployment.0.vars.borrow_mut().insert("BREAKER_PROBES", "none");
    assert_eq!(deployment.get("/book/9780441172719").status, 500);
    let health = deployment.get("/health");
    assert_eq!(health.status, 503);
    assert!(parsed_reply_body(&health)["config"].as_str().unwrap().starts_with("BREAKER_PROBES"));
    deployment.0.vars.borrow_mut().clear();
    assert_eq!(deployment.get("/book/9780441172719").status, 200, "read at each request");
}

#[test]
fn health_is_cached_for_seconds_in_its_isolate() {
    let deployment = EdgeHarness::new();
    let first = deployment.get("/health");
    assert_eq!(
        (first.status, parsed_reply_body(&first)["status"].as_str()),
        (200, Some("healthy"))
    );
    assert_eq!(deployment.get("/health").body, first.body);
    assert_eq!(deployment.0.object_requests.get(), 1);
    let other = IsolateState::new(Rc::new(ResilientClientState::default()));
    let _ = deployment.get_in(&other, "/health");
    assert_eq!(deployment.0.object_requests.get(), 2);
    deployment.0.executor.advance(5_000);
    assert_ne!(deployment.get("/health").body, first.body);
}

#[test]
fn a_missing_object_binding_is_reported() {
    let deployment = EdgeHarness::new();
    deployment.0.has_binding.set(false);
    assert_eq!(deployment.get("/quota").status, 500);
    let health = deployment.get("/health");
    assert_eq!(health.status, 503);
    assert_eq!(parsed_reply_body(&health)["storage"]["ISBNDB_OBJECT"]["status"], "error");
    // The platform's error is in the log.
    let lines = deployment.log_lines("internal");
    assert!(lines.iter().any(|line| line.contains("no such binding")), "{lines:?}");
}

#[test]
fn metrics_have_the_quota_that_is_left() {
    let deployment = EdgeHarness::new();
    let _ = deployment.get("/book/9780441172719");
    let text = String::from_utf8(deployment.get("/metrics").body).unwrap();
    assert!(text.contains(r#"provider_quota_left{provider="isbndb"}"#), "{text}");
    assert!(
        text.contains(r#"http_requests_total{route="/book/{isbn}",status_class="2xx"} 1"#),
        "{text}"
    );
}

#[test]
fn an_object_opens_once_its_storage_can_be_read() {
    let deployment = EdgeHarness::new();
    deployment.0.store.inject_fault(StoreFault::Unreadable);
    assert_eq!(deployment.get("/book/9780441172719").status, 500);
    assert_eq!(deployment.0.provider.sent_count(), 0, "no call without the stored count");
    deployment.0.store.inject_fault(StoreFault::None);
    assert_eq!(deployment.get("/book/9780441172719").status, 200);
}

#[test]
fn class_and_cache_control_reach_the_object() {
    let deployment = EdgeHarness::new();
    let _ = deployment.get("/book/9780441172719");
    let mut request = Request::new(Method::Get, "/book/9780441172719");
    request.headers = Headers::default();
    request.headers.set("cache-control", "no-cache");
    let incoming =
        IncomingRequest { request, read: Ok(()), caller: None, version: "v1".to_owned() };
    let _ = deployment.handle_request(&deployment.0.isolate, incoming);
    assert_eq!(deployment.0.provider.sent_count(), 2);
}
