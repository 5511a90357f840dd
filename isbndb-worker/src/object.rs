//! The Durable Object: platform glue around [`IsbndbService`].

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

use futures::future::LocalBoxFuture;
use ports::http::{Reply, Request as PlainRequest};
use ports::log::LogLine;
use ports::{Clock, LogSink, Random};
use runtime::api::isbndb::CALL_CLASS_HEADER;
use runtime::outcome::Failure;
use runtime::problem::{Problem, reply};
use runtime::rate_limit::CallClass;
use runtime::secret::SecretError;
use runtime::service_client::{CallContext, Identity};
use worker::{DurableObject, Env, Request, Response, State, durable_object, wasm_bindgen};
use workerd::{FetchTransport, JsHost};

use crate::config::Config;
use crate::route::MAX_BODY_BYTES;
use crate::service::handlers::WORKER;
use crate::service::{CallerContext, IsbndbService, Spawn};
use crate::sql::SqlStore;

/// The name of the key's secret.
pub const KEY_SECRET: &str = "ISBNDB_API_KEY";
/// Longest a request to the object takes: half a minute in line, and the provider's answer.
pub const BUDGET_MS: u64 = 55_000;

/// The platform, and work that outlives its request.
#[derive(Clone, Copy, Debug, Default)]
pub struct ObjectHost;

impl Clock for ObjectHost {
    fn now_ms(&self) -> u64 {
        JsHost.now_ms()
    }

    fn sleep(&self, ms: u64) -> impl Future<Output = ()> {
        JsHost.sleep(ms)
    }
}

impl Random for ObjectHost {
    fn unit(&self) -> f64 {
        JsHost.unit()
    }
}

impl LogSink for ObjectHost {
    fn write(&self, line: &LogLine) {
        JsHost.write(line);
    }
}

impl Spawn for ObjectHost {
    fn spawn(&self, work: LocalBoxFuture<'static, ()>) {
        // An object has one context for all its requests: what is started here goes on when the
        // request that started it is over.
        worker::wasm_bindgen_futures::spawn_local(work);
    }
}

type ObjectService = IsbndbService<FetchTransport, ObjectHost, SqlStore>;

/// Owns the pace, the day's ledger, the queue and the cache of one ISBNdb key.
#[durable_object]
pub struct IsbndbObject {
    state: State,
    env: Env,
    service: RefCell<Option<Rc<ObjectService>>>,
}

impl DurableObject for IsbndbObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, service: RefCell::new(None) }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let answer = match workerd::request::from_worker(&mut request, MAX_BODY_BYTES).await {
            Ok(request) => self.answer(&request).await,
            Err(failure) => problem(&failure),
        };
        // It seldom shares an isolate with the Worker in front, whose requests end with this too.
        workerd::analytics::flush(&self.env);
        workerd::reply::into_worker(answer)
    }
}

impl IsbndbObject {
    /// The logic, opened at the first request. A storage that cannot be read is tried again at the
    /// next one: nothing may be sent without the count.
    fn service(&self) -> Result<Rc<ObjectService>, Failure> {
        if let Some(service) = self.service.borrow().as_ref() {
            return Ok(Rc::clone(service));
        }
        let internal = |detail: String| Failure::Internal { detail };
        let config = Config::read(&workerd::env::vars(&self.env))
            .map_err(|error| internal(error.to_string()))?;
        workerd::configure(&self.env).map_err(|error| internal(error.to_string()))?;
        let store = SqlStore::open(self.state.storage().sql())
            .map_err(|error| internal(error.to_string()))?;
        let service =
            IsbndbService::open(FetchTransport, ObjectHost, workerd::client_state(), store, config)
                .map_err(|error| internal(error.to_string()))?;
        let service = Rc::new(service);
        *self.service.borrow_mut() = Some(Rc::clone(&service));
        Ok(service)
    }

    async fn answer(&self, request: &PlainRequest) -> Reply {
        // Only our own Worker reaches the object.
        let context = CallContext::from_headers(
            self.identity(),
            &request.headers,
            true,
            BUDGET_MS,
            &ObjectHost,
        );
        let service = match self.service() {
            Ok(service) => service,
            Err(failure) => {
                // Whatever was requested: it is not looked at.
                context.log_internal("-", &failure, &ObjectHost);
                return problem(&failure);
            }
        };
        let key = workerd::secrets::read(&self.env, KEY_SECRET).await;
        let caller = CallerContext {
            context,
            class: CallClass::from_header(request.headers.get(CALL_CLASS_HEADER)),
            refresh: request.headers.get("cache-control").is_some_and(|v| v.contains("no-cache")),
            key_unreadable: key == Err(SecretError::Unreadable),
            key: key.ok(),
        };
        service.answer(request, &caller).await
    }

    fn identity(&self) -> Identity {
        Identity { worker: WORKER, version: workerd::env::version(&self.env) }
    }
}

fn problem(failure: &Failure) -> Reply {
    reply(&Problem::new(WORKER, failure, ObjectHost.now_ms()))
}
