//! Implements the ports of one request over a [`Platform`].

use std::rc::Rc;

use bibliography::isbn::Isbn13;
use bibliography::query::{Query, QueryKind};
use futures::future::LocalBoxFuture;
use ports::{Clock, RandomSource};
use runtime::call_outcome::{Failure, ProviderOutcome};
use runtime::resilient_client::RequestContext;
use runtime::wire_types::isbndb_worker_answers::BooksPage;

use crate::cache::cache_store_port::CacheStores;
use crate::flight::{FlightPageResult, SingleFlightRequest};
use crate::miss_admission::{Credentials, check_miss_allowed};
use crate::platform::Platform;
use crate::provider::Provider;
use crate::provider_calls::google::has_key;
use crate::provider_record::ProviderFuture;
use crate::providers::ProviderFetchOptions;
use crate::request_scope::{ProxyWorkerInstance, RequestScope};
use crate::search_context::{AdmittedMiss, BulkOutcome, ProxyPorts, SearchContext};

/// Below the 1,000 operations after which the platform ends a request.
const MAX_OPERATIONS: u32 = 950;

/// Runs work that may outlive the response.
pub type TaskSpawner = Rc<dyn Fn(LocalBoxFuture<'static, ()>)>;

pub type RequestSearchContext<E> = SearchContext<RequestPorts<E>>;

impl<E: Platform> ProxyWorkerInstance<E> {
    pub fn search_context(
        &self,
        context: RequestContext,
        spawn: TaskSpawner,
        anonymous: Option<Credentials>,
    ) -> Result<RequestSearchContext<E>, Failure> {
        let (config, isolate_state) = self.isolate.load_configuration(&self.platform)?;
        let ports = RequestPorts {
            stores: self.platform.cache_stores(&context),
            request_scope: RequestScope {
                proxy: self.clone(),
                context,
                config: Rc::clone(&config),
            },
            spawn,
            anonymous,
        };
        Ok(SearchContext { ports: Rc::new(ports), config, isolate_state, is_purged: Rc::default() })
    }
}

pub struct RequestPorts<E: Platform> {
    pub request_scope: RequestScope<E>,
    stores: E::Stores,
    spawn: TaskSpawner,
    /// The credentials of an anonymous client, checked only on a miss; None for a known caller.
    anonymous: Option<Credentials>,
}

impl<E: Platform> Clock for RequestPorts<E> {
    fn now_ms(&self) -> u64 {
        self.request_scope.system_ports().now_ms()
    }

    async fn sleep(&self, ms: u64) {
        self.request_scope.system_ports().sleep(ms).await;
    }
}

impl<E: Platform> RandomSource for RequestPorts<E> {
    fn uniform(&self) -> f64 {
        self.request_scope.system_ports().uniform()
    }
}

impl<E: Platform> ProxyPorts for RequestPorts<E> {
    type Stores = E::Stores;

    fn cache_stores(&self) -> &E::Stores {
        &self.stores
    }

    fn spawn(&self, work: LocalBoxFuture<'static, ()>) {
        (self.spawn)(work);
    }

    fn query_provider(
        &self,
        provider: Provider,
        query: &Query,
        fetch_policy: ProviderFetchOptions,
    ) -> ProviderFuture {
        let (request_scope, query) = (self.request_scope.clone(), query.clone());
        Box::pin(async move {
            let outcome = match provider {
                Provider::Isbndb => request_scope.search_isbndb(&query, fetch_policy).await,
                Provider::GoogleBooks => {
                    request_scope.search_google(&query, fetch_policy.class).await
                }
                Provider::OpenLibrary => {
                    request_scope.search_open_library(&query, fetch_policy.class).await
                }
            };
            (provider, outcome)
        })
    }

    async fn send_flight(&self, flight: &SingleFlightRequest) -> Result<FlightPageResult, Failure> {
        self.request_scope.send_flight(flight).await
    }

    fn is_known_caller(&self) -> bool {
        self.anonymous.is_none()
    }

    async fn admit_miss(&self) -> Result<AdmittedMiss, Failure> {
        match &self.anonymous {
            Some(credentials) => check_miss_allowed(&self.request_scope, credentials).await,
            None => Ok(AdmittedMiss { is_public: false, may_widen: true }),
        }
    }

    fn time_left_ms(&self) -> u64 {
        self.request_scope.context.remaining_ms(self.now_ms())
    }

    fn operations_left(&self) -> u32 {
        MAX_OPERATIONS.saturating_sub(self.stores.operation_count())
    }

    fn is_configured(&self, provider: Provider, kind: QueryKind) -> bool {
        let has = |name: &str| self.request_scope.platform().has_env_entry(name);
        match provider {
            Provider::GoogleBooks => has_key(has, kind),
            Provider::Isbndb | Provider::OpenLibrary => true,
        }
    }

    async fn fetch_editions(
        &self,
        provider: Provider,
        isbns: &[Isbn13],
        fetch_policy: ProviderFetchOptions,
    ) -> BulkOutcome {
        let (request_scope, class) = (&self.request_scope, fetch_policy.class);
        match provider {
            Provider::Isbndb => request_scope.fetch_isbndb_editions(isbns, fetch_policy).await,
            Provider::OpenLibrary => {
                Ok(request_scope.fetch_open_library_editions(isbns, class).await)
            }
            Provider::GoogleBooks => {
                let mut outcomes = Vec::new();
                for isbn in isbns {
                    outcomes.push(request_scope.fetch_google_edition(*isbn, class).await);
                }
                Ok(outcomes)
            }
        }
    }

    async fn isbndb_author(
        &self,
        name: &str,
        page: u32,
        fetch_policy: ProviderFetchOptions,
    ) -> ProviderOutcome<BooksPage> {
        self.request_scope.isbndb_author_page(name, page, fetch_policy).await
    }
}
