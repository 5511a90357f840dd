//! The warmer: its ledger's object over the simulated platform, and the requests that it gets.

use std::rc::Rc;

use ports::http_types::{Reply, Request};
use ports::{Clock, LogSink, OutgoingRequest};
use proxy_core::cache::cache_store_port::TierError;
use runtime::call_outcome::Failure;
use runtime::config::Vars;
use runtime::http_edge::reply_and_outcome;
use runtime::resilient_client::{
    RequestContext, ResilientClient, ResilientClientSettings, ResilientClientState, WorkerIdentity,
};
use serde::de::DeserializeOwned;
use warmer_core::binding_manifest::{LEDGER, LEDGER_NAME, WORKER_NAME};
use warmer_core::object_call::{self, CRON_BUDGET_MS, OBJECT_BUDGET_MS};
use warmer_core::settings::WarmerSettings;
use warmer_core::warming_engine::bucket_scan::is_unrelated;
use warmer_core::warming_engine::ports::{
    BucketFileInfo, RangeReadResult, SiblingWorker, WarmerPorts, build_log_line, parse_answer,
};
use warmer_core::warming_ledger::warming_ledger_store::{StorageResult, WarmerStorageError};
use warmer_core::warming_ledger_object_service::WarmingLedgerObjectService;

use crate::faults::PlantedFault;
use crate::sim_instance::{SimInstance, SimSystemPorts};
use crate::sim_object_storage::SimObjectStorage;
use crate::sim_transport::{CallTarget, SimTransport};
use crate::world::SimWorld;

/// The ledger's object by binding and name.
#[must_use]
pub fn ledger_owner() -> String {
    format!("{LEDGER}/{LEDGER_NAME}")
}

fn worker_identity() -> WorkerIdentity {
    WorkerIdentity { worker: WORKER_NAME, version: "sim".to_owned() }
}

struct SimPorts {
    instance: Rc<SimInstance>,
    context: RequestContext,
    client_state: Rc<ResilientClientState>,
}

impl SimPorts {
    fn new(
        instance: &Rc<SimInstance>,
        state: &Rc<ResilientClientState>,
        context: RequestContext,
    ) -> Self {
        Self { instance: Rc::clone(instance), context, client_state: Rc::clone(state) }
    }

    fn world(&self) -> &Rc<SimWorld> {
        &self.instance.world
    }
}

fn to_storage_error(error: TierError) -> WarmerStorageError {
    WarmerStorageError(format!("{error:?}"))
}

impl WarmerPorts for SimPorts {
    fn now_ms(&self) -> u64 {
        self.world().now_ms()
    }

    fn memory_bytes(&self) -> u64 {
        0
    }

    async fn sleep_ms(&self, ms: u64) {
        self.world().sleep(ms).await;
    }

    async fn call_sibling<T: DeserializeOwned>(
        &self,
        sibling: SiblingWorker,
        route: &'static str,
        request: OutgoingRequest,
        timeout_ms: u64,
    ) -> Result<T, Failure> {
        let target = match sibling {
            SiblingWorker::Isbndb => CallTarget::Isbndb,
            SiblingWorker::Proxy => CallTarget::Proxy,
        };
        let link = SimTransport::new(&self.instance, target);
        let mut context = self.context.clone();
        context.deadline_at_ms = self.now_ms().saturating_add(timeout_ms);
        let call = sibling.outgoing_call(route, request, timeout_ms);
        let host = SimSystemPorts(Rc::clone(&self.instance));
        ResilientClient::new(link, host, Rc::clone(&self.client_state))
            .call_and_parse(&context, call, parse_answer)
            .await
    }

    async fn list(&self, prefix: &str) -> StorageResult<(Vec<BucketFileInfo>, bool)> {
        let found = self.world().bucket.objects_below(self.world(), prefix).await;
        let found = found.map_err(to_storage_error)?;
        let files = found.into_iter().map(|(key, stored)| BucketFileInfo {
            key,
            etag: stored.etag,
            size_bytes: stored.body.len() as u64,
            uploaded_ms: stored.uploaded_ms,
        });
        Ok((files.collect(), false))
    }

    async fn top_level(&self) -> StorageResult<Vec<String>> {
        let found =
            self.world().bucket.objects_below(self.world(), "").await.map_err(to_storage_error)?;
        let folder = |key: &str| key.split_once('/').map(|(folder, _)| format!("{folder}/"));
        let keys = found.into_iter().map(|(key, _)| key);
        Ok(keys.filter(|key| folder(key).is_none_or(|folder| is_unrelated(&folder))).collect())
    }

    async fn read(
        &self,
        file: &str,
        etag: &str,
        from: u64,
        len: u64,
    ) -> StorageResult<RangeReadResult> {
        Ok(match self.world().bucket.get(self.world(), file).await.map_err(to_storage_error)? {
            None => RangeReadResult::Gone,
            Some(stored) if stored.etag != etag => RangeReadResult::Replaced,
            Some(stored) => {
                let mut bytes = stored.body.to_vec();
                if self.world().has_planted_fault(PlantedFault::LineLost) {
                    let last = bytes.iter_mut().rev().skip(1).take_while(|byte| **byte != b'\n');
                    last.for_each(|byte| *byte = b' ');
                }
                RangeReadResult::Bytes(
                    bytes.into_iter().skip(from as usize).take(len as usize).collect(),
                )
            }
        })
    }

    async fn write(&self, file: &str, _content_type: &str, body: Vec<u8>) -> StorageResult<()> {
        let stored = self.world().bucket.put(self.world(), file, (&body, ""), None).await;
        stored.map(drop).map_err(to_storage_error)
    }

    async fn write_parts(
        &self,
        file: &str,
        content_type: &str,
        next: &mut dyn FnMut() -> StorageResult<Option<Vec<u8>>>,
    ) -> StorageResult<()> {
        let parts: Vec<_> = std::iter::from_fn(|| next().transpose()).collect::<Result<_, _>>()?;
        self.write(file, content_type, parts.concat()).await
    }

    async fn publish(&self, key: &str, body: Vec<u8>) -> StorageResult<()> {
        let (key, value) = (format!("warming {key}"), Some((&body[..], "", u64::MAX)));
        let put = self.world().kv.put(self.world(), self.instance.location, &key, value);
        put.await.map_err(to_storage_error)
    }

    fn log(&self, event: &'static str, message: &str, fields: serde_json::Value) {
        let line = build_log_line(&self.context, event, message, &fields);
        SimSystemPorts(Rc::clone(&self.instance)).write(&line);
    }
}

fn open_with_defaults(
    storage: SimObjectStorage,
) -> Result<(WarmerSettings, SimObjectStorage), Failure> {
    Ok((WarmerSettings::read(&Vars::new(|_| None))?, storage))
}

/// Answers a request to the object.
pub async fn answer_ledger_object(
    instance: &Rc<SimInstance>,
    service: &WarmingLedgerObjectService,
    state: &Rc<ResilientClientState>,
    storage: SimObjectStorage,
    request: &Request,
) -> Reply {
    let (world, host) = (&instance.world, SimSystemPorts(Rc::clone(instance)));
    let context = RequestContext::from_headers(
        worker_identity(),
        &request.headers,
        true,
        OBJECT_BUDGET_MS,
        &host,
    );
    let ports = SimPorts::new(instance, state, context.clone());
    let (disk, owner) = (Rc::clone(&storage.disk), storage.owner.clone());
    let set_alarm =
        async || disk.set_alarm(&**world, &owner, world.now_ms()).map_err(Failure::internal);
    let result =
        service.handle_request(open_with_defaults(storage), &ports, request, set_alarm).await;
    reply_and_outcome(result, &context, "-", "", &host).0
}

/// Runs one step, and sets the next alarm; false if the alarm cannot be set.
pub async fn run_ledger_alarm(
    instance: &Rc<SimInstance>,
    service: &WarmingLedgerObjectService,
    state: &Rc<ResilientClientState>,
    storage: SimObjectStorage,
) -> bool {
    let host = SimSystemPorts(Rc::clone(instance));
    let ports = SimPorts::new(
        instance,
        state,
        RequestContext::for_background(worker_identity(), CRON_BUDGET_MS, &host),
    );
    let (disk, owner) = (Rc::clone(&storage.disk), storage.owner.clone());
    let wait_ms = service.alarm(open_with_defaults(storage), &ports).await;
    // As in the shell: if the next alarm cannot be set, this one fails and the platform repeats it.
    wait_ms.is_none_or(|wait_ms| {
        disk.set_alarm(&*instance.world, &owner, host.now_ms() + wait_ms).is_ok()
    })
}

/// The Worker in front of the object, for the owner's requests and the crons.
///
/// # Errors
/// The failure that the owner receives.
pub async fn send_owner_request(
    world: &Rc<SimWorld>,
    route: &'static str,
    request: OutgoingRequest,
) -> Result<Reply, Failure> {
    world.count_of_day("requests", 1);
    let instance = SimInstance::new_isolate(world, WORKER_NAME, 0);
    let host = SimSystemPorts(Rc::clone(&instance));
    let context = RequestContext::for_background(worker_identity(), CRON_BUDGET_MS, &host);
    let state = ResilientClientState::default();
    state.replace_settings(ResilientClientSettings::for_own_objects());
    let link = SimTransport::to_object(&instance, LEDGER, LEDGER_NAME);
    let call = object_call::outgoing_call(route, request, OBJECT_BUDGET_MS);
    ResilientClient::new(link, host, Rc::new(state))
        .call_and_parse(&context, call, object_call::object_reply)
        .await
}
