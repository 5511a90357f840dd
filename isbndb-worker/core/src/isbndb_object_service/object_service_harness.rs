//! The object under test: a scripted provider, and a store that can fail before or after a write.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::rc::Rc;

use ports::http_types::Headers;
use ports::{Clock, IncomingResponse, OutgoingRequest, Transport, TransportError};
use runtime::rate_limit::CallClass;
use runtime::resilient_client::{RequestContext, ResilientClientState, WorkerIdentity};
use runtime::secret::Secret;
use runtime::time::DAY_MS;
pub(super) use testkit::scripted_transport::test_response;
use testkit::{Executor, StartedTask, TestSystemPorts};

use super::isbndb_store::{CacheTableRow, IsbndbStore, IsbndbStoreError, WriteMode};
use super::{IsbndbObjectService, IsbndbRequestContext};
use crate::config::Config;

/// 2026-11-21 07:00 UTC.
pub(super) const TEST_NOW_MS: u64 = 1_795_244_400_000;

/// A request as the provider received it.
#[derive(Clone, Debug)]
pub(super) struct SentRequest {
    pub(super) at_ms: u64,
    pub(super) path: String,
    pub(super) isbns: Vec<String>,
}

impl SentRequest {
    /// What the provider bills.
    pub(super) fn quota_units(&self) -> u32 {
        u32::try_from(self.isbns.len().max(1)).unwrap()
    }
}

type Script = dyn Fn(&SentRequest) -> (u64, Result<IncomingResponse, TransportError>);

#[derive(Clone)]
pub(super) struct FakeProvider {
    host: TestSystemPorts,
    script: Rc<RefCell<Box<Script>>>,
    pub(super) seen: Rc<RefCell<Vec<SentRequest>>>,
    /// The store, to check at each send that the units are already counted in it.
    store: MemoryIsbndbStore,
}

impl Transport for FakeProvider {
    async fn send(
        &self,
        request: OutgoingRequest,
        timeout_ms: u64,
        max_body_bytes: usize,
    ) -> Result<IncomingResponse, TransportError> {
        assert_eq!(request.headers.get("authorization"), Some("secret-key"));
        let path = request.url.strip_prefix("https://api2.isbndb.com").unwrap().to_owned();
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let isbns = body["isbns"].as_array().into_iter().flatten();
        let isbns = isbns.map(|isbn| isbn.as_str().unwrap().to_owned()).collect();
        let seen = SentRequest { at_ms: self.host.now_ms(), path, isbns };
        self.seen.borrow_mut().push(seen.clone());
        let day = |at_ms: u64| at_ms / DAY_MS;
        let today = |other: &&SentRequest| day(other.at_ms) == day(seen.at_ms);
        let sent: u32 = self.seen.borrow().iter().filter(today).map(SentRequest::quota_units).sum();
        assert!(self.store.spent_units() >= sent, "sent before it was counted");
        let (latency_ms, answer) = (self.script.borrow())(&seen);
        if latency_ms >= timeout_ms {
            self.host.sleep(timeout_ms).await;
            return Err(TransportError::Timeout);
        }
        self.host.sleep(latency_ms).await;
        match answer {
            Ok(answer) if answer.body.len() > max_body_bytes => Err(TransportError::TooLarge),
            answer => answer,
        }
    }
}

/// How the store fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum StoreFault {
    #[default]
    None,
    Lost,
    /// The write happens, but reports a failure.
    AnswerLost,
    /// Reads fail.
    Unreadable,
}

#[derive(Default)]
struct FakeStorage {
    rows: RefCell<BTreeMap<String, CacheTableRow>>,
    state: RefCell<Option<String>>,
    fault: Cell<StoreFault>,
}

/// Storage that outlives an `IsbndbObjectService`.
#[derive(Clone, Default)]
pub(crate) struct MemoryIsbndbStore(Rc<FakeStorage>);

impl MemoryIsbndbStore {
    pub(crate) fn inject_fault(&self, fault: StoreFault) {
        self.0.fault.set(fault);
    }

    pub(super) fn row_keys(&self) -> Vec<String> {
        self.0.rows.borrow().keys().cloned().collect()
    }

    pub(super) fn stored_row(&self, key: &str) -> Option<CacheTableRow> {
        self.0.rows.borrow().get(key).cloned()
    }

    pub(super) fn set_state(&self, state: &str) {
        *self.0.state.borrow_mut() = Some(state.to_owned());
    }

    /// Units that are counted on disk.
    pub(super) fn spent_units(&self) -> u32 {
        let state = self.0.state.borrow();
        let state: serde_json::Value =
            state.as_deref().map(|text| serde_json::from_str(text).unwrap()).unwrap_or_default();
        u32::try_from(state["limiter"]["daily_quota"]["spent"].as_u64().unwrap_or(0)).unwrap()
    }

    fn writing(&self, write: impl FnOnce()) -> Result<(), IsbndbStoreError> {
        let fault = self.0.fault.get();
        if fault != StoreFault::Lost {
            write();
        }
        match fault {
            StoreFault::None | StoreFault::Unreadable => Ok(()),
            _ => Err(IsbndbStoreError("injected fault".to_owned())),
        }
    }

    fn check_read_fault(&self) -> Result<(), IsbndbStoreError> {
        match self.0.fault.get() {
            StoreFault::Unreadable => Err(IsbndbStoreError("injected fault".to_owned())),
            _ => Ok(()),
        }
    }
}

impl IsbndbStore for MemoryIsbndbStore {
    fn get(&self, key: &str) -> Result<Option<CacheTableRow>, IsbndbStoreError> {
        self.check_read_fault()?;
        Ok(self.stored_row(key))
    }

    fn put(&self, rows: &[CacheTableRow], how: WriteMode) -> Result<(), IsbndbStoreError> {
        self.writing(|| {
            let mut all = self.0.rows.borrow_mut();
            for row in rows {
                let fresh = |now_ms| {
                    all.get(&row.key).is_some_and(|old| {
                        old.fresh_until_ms > now_ms && old.fresh_until_ms == old.keep_until_ms
                    })
                };
                if !matches!(how, WriteMode::UnlessFresh { now_ms } if fresh(now_ms)) {
                    all.insert(row.key.clone(), row.clone());
                }
            }
        })
    }

    fn sweep(&self, now_ms: u64, _max_bytes: u64) -> Result<(), IsbndbStoreError> {
        self.writing(|| self.0.rows.borrow_mut().retain(|_, row| row.keep_until_ms > now_ms))
    }

    fn load_state(&self) -> Result<Option<String>, IsbndbStoreError> {
        self.check_read_fault()?;
        Ok(self.0.state.borrow().clone())
    }

    fn save_state(&self, state: &str) -> Result<(), IsbndbStoreError> {
        self.writing(|| self.set_state(state))
    }
}

pub(super) type FakeService = IsbndbObjectService<FakeProvider, TestSystemPorts, MemoryIsbndbStore>;

pub(super) struct TestHarness {
    executor: Executor,
    pub(super) host: TestSystemPorts,
    pub(super) store: MemoryIsbndbStore,
    pub(super) provider: FakeProvider,
    pub(super) config: Config,
    pub(super) service: Rc<FakeService>,
}

impl TestHarness {
    /// An ISBNdb Worker on the Basic plan over an empty store.
    pub(super) fn new() -> Self {
        Self::with_vars(&[])
    }

    /// The same with these variables.
    pub(super) fn with_vars(vars: &[(&str, &str)]) -> Self {
        let config = Config::read(&runtime::config::Vars::new(|name| {
            vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        }))
        .unwrap();
        let executor = Executor::new(TEST_NOW_MS);
        let host = executor.test_system_ports();
        host.forbid_in_log("secret-key");
        let store = MemoryIsbndbStore::default();
        let provider = FakeProvider {
            host: host.clone(),
            script: Rc::new(RefCell::new(Box::new(|seen| (100, Ok(books_for(seen)))))),
            seen: Rc::default(),
            store: store.clone(),
        };
        let service = start_fake_service(&provider, &host, &store, &config);
        Self { executor, host, store, provider, config, service }
    }

    /// Sets the provider's answers from now on.
    pub(super) fn set_script(
        &self,
        script: impl Fn(&SentRequest) -> (u64, Result<IncomingResponse, TransportError>) + 'static,
    ) {
        *self.provider.script.borrow_mut() = Box::new(script);
    }

    /// The provider answers every request alike, without delay.
    pub(super) fn answer_always(&self, status: u16, headers: &[(&str, &str)], body: &str) {
        let answer = test_response(status, headers, body);
        self.set_script(move |_| (100, Ok(answer.clone())));
    }

    /// Drops the object with its memory; a new one reads the store.
    pub(super) fn crash(&mut self) {
        self.executor.restart();
        self.service = start_fake_service(&self.provider, &self.host, &self.store, &self.config);
    }

    pub(super) fn caller_context(&self, class: CallClass) -> IsbndbRequestContext {
        let identity = WorkerIdentity { worker: "isbndb-worker", version: "test".to_owned() };
        let context =
            RequestContext::from_headers(identity, &Headers::default(), true, 60_000, &self.host);
        let key = Ok(Secret::new("secret-key").unwrap());
        IsbndbRequestContext { context, class, refresh: false, key }
    }

    /// Runs `work` to its end; the clock jumps from timer to timer.
    pub(super) fn run_to_end<V>(&mut self, work: impl Future<Output = V>) -> V {
        self.executor.run_to_end(work)
    }

    /// Starts work that runs beside other work.
    pub(super) fn start_concurrent_task<V: 'static>(
        &mut self,
        work: impl Future<Output = V> + 'static,
    ) -> StartedTask<V> {
        self.executor.start_concurrent_task(work)
    }

    pub(super) fn advance(&mut self, ms: u64) {
        self.executor.advance(ms);
    }

    /// Paths sent so far.
    pub(super) fn paths(&self) -> Vec<String> {
        self.provider.seen.borrow().iter().map(|seen| seen.path.clone()).collect()
    }
}

fn start_fake_service(
    provider: &FakeProvider,
    host: &TestSystemPorts,
    store: &MemoryIsbndbStore,
    config: &Config,
) -> Rc<FakeService> {
    let client_state = Rc::new(ResilientClientState::default());
    let service = IsbndbObjectService::from_stored_state(
        provider.clone(),
        host.clone(),
        client_state,
        store.clone(),
        config.clone(),
    );
    Rc::new(service.unwrap())
}

/// A correct answer in which every ISBN exists.
pub(super) fn books_for(seen: &SentRequest) -> IncomingResponse {
    let record = |isbn: &str| format!(r#"{{"title":"Book {isbn}","isbn13":"{isbn}"}}"#);
    let body = match seen.path.strip_prefix("/book/") {
        Some(isbn) => format!(r#"{{"book":{}}}"#, record(isbn)),
        None => {
            let records: Vec<String> = seen.isbns.iter().map(|isbn| record(isbn)).collect();
            let total = records.len();
            format!(r#"{{"total":{total},"requested":{total},"data":[{}]}}"#, records.join(","))
        }
    };
    test_response(200, &[], &body)
}
