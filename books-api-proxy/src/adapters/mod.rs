//! The ports on workerd.

mod bulk;
pub mod google;
mod isbndb;
pub mod open_library;
pub mod quota;
mod stores;

use std::cell::{OnceCell, RefCell};
use std::future::Future;
use std::rc::Rc;

use bibliography::query::Query;
use futures::future::LocalBoxFuture;
use ports::log::LogLine;
use ports::{Clock, LogSink, Random};
use runtime::outcome::Failure;
use runtime::service_client::{CallContext, Identity};
use worker::Env;
use workerd::JsHost;
use workerd::body::JsBody;
use workerd::kv::Kv;
use workerd::r2::Bucket;

use crate::app::{App, IsolateState, Ports};
use crate::candidate::Candidate;
use crate::config::{Config, KV_CACHE, R2_COLD};
use crate::flight::{FlightRequest, FlightResult};
use crate::providers::FetchPolicy;
use crate::search::provider_queries::ProviderFuture;
use crate::search::provider_rules::Provider;

/// This Worker's name.
pub const WORKER: &str = "books-api-proxy";

/// Goes on with work after the answer is out.
pub type Spawn = Rc<dyn Fn(LocalBoxFuture<'static, ()>)>;

thread_local! {
    static ISOLATE_STATE: RefCell<Option<Rc<IsolateState<JsBody>>>> = const { RefCell::new(None) };
}

/// Who runs.
#[must_use]
pub fn identity(env: &Env) -> Identity {
    Identity { worker: WORKER, version: workerd::env::version(env) }
}

/// What a provider call needs; cheap to clone into a future that outlives the request.
#[derive(Clone)]
pub struct RequestEnv {
    /// The environment.
    pub env: Env,
    /// The request.
    pub context: CallContext,
    /// Settings.
    pub config: Rc<Config>,
}

/// Decides whether a caller may cause a miss.
pub type Admission =
    Box<dyn FnOnce(RequestEnv, u32) -> LocalBoxFuture<'static, Result<(), Failure>>>;

/// The ports of one request.
pub struct WorkerdPorts {
    pub(crate) request_env: RequestEnv,
    kv: OnceCell<Option<Kv>>,
    bucket: OnceCell<Option<Bucket>>,
    spawn: Spawn,
    /// Who may not cause a miss, and why; requested only on a miss.
    admission: RefCell<Option<Admission>>,
}

impl WorkerdPorts {
    /// The proxy at work on one request. A store that is not bound is a store that fails.
    ///
    /// # Errors
    /// A var that cannot be used.
    pub fn app(env: &Env, context: CallContext, spawn: Spawn) -> Result<App<Self>, Failure> {
        let config = Config::of(env).map_err(|e| Failure::Internal { detail: e.to_string() })?;
        let isolate_state = ISOLATE_STATE.with_borrow_mut(|isolate_state| {
            Rc::clone(isolate_state.get_or_insert_with(|| Rc::new(IsolateState::new(&config))))
        });
        let ports = Self {
            kv: OnceCell::new(),
            bucket: OnceCell::new(),
            request_env: RequestEnv { env: env.clone(), context, config: Rc::clone(&config) },
            spawn,
            admission: RefCell::new(None),
        };
        Ok(App { ports: Rc::new(ports), config, isolate_state })
    }

    /// The hot tier; bound only where it is needed, since a hit in memory needs none.
    fn kv(&self) -> Option<&Kv> {
        self.kv.get_or_init(|| Kv::new(&self.request_env.env, KV_CACHE).ok()).as_ref()
    }

    /// The cold tier.
    fn bucket(&self) -> Option<&Bucket> {
        self.bucket.get_or_init(|| Bucket::new(&self.request_env.env, R2_COLD).ok()).as_ref()
    }

    /// Sets what decides about a miss of this caller.
    pub fn admit_by(&self, admission: Admission) {
        self.admission.replace(Some(admission));
    }
}

impl Clock for WorkerdPorts {
    fn now_ms(&self) -> u64 {
        JsHost.now_ms()
    }

    fn sleep(&self, ms: u64) -> impl Future<Output = ()> {
        JsHost.sleep(ms)
    }
}

impl Random for WorkerdPorts {
    fn unit(&self) -> f64 {
        JsHost.unit()
    }
}

impl LogSink for WorkerdPorts {
    fn write(&self, line: &LogLine) {
        JsHost.write(line);
    }
}

impl Ports for WorkerdPorts {
    fn spawn(&self, work: LocalBoxFuture<'static, ()>) {
        (self.spawn)(work);
    }

    fn ask(
        &self,
        provider: Provider,
        query: &Query,
        fetch_policy: FetchPolicy,
    ) -> ProviderFuture<Vec<Candidate>> {
        let (request_env, query) = (self.request_env.clone(), query.clone());
        Box::pin(async move {
            let outcome = match provider {
                Provider::Isbndb => isbndb::search(&request_env, &query, fetch_policy).await,
                Provider::GoogleBooks => {
                    google::search(&request_env, &query, fetch_policy.class).await
                }
                Provider::OpenLibrary => {
                    open_library::search(&request_env, &query, fetch_policy.class).await
                }
            };
            (provider, outcome)
        })
    }

    async fn run_shared(&self, flight: &FlightRequest) -> Result<FlightResult, Failure> {
        let RequestEnv { env, context, config } = &self.request_env;
        crate::flight::client::run_shared(env, context, flight, config.search_deadline_ms).await
    }

    async fn admit_miss(&self, calls: u32) -> Result<(), Failure> {
        let admission = self.admission.borrow_mut().take();
        match admission {
            Some(admission) => admission(self.request_env.clone(), calls).await,
            None => Ok(()),
        }
    }
}
